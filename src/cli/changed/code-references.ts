import { jupyterCode } from "@jobstrata/core/model";

/** What a code file refers to: modules, notebooks, files and folders, which need not exist. */
export interface CodeReferences {
  /** Imported modules: `lib.tables`, `..common`. `from lib import tables` adds both `lib` and `lib.tables`. */
  readonly modules: readonly string[];
  /** Packages from which a module with a computed name is imported. */
  readonly packages: readonly string[];
  /** Paths of notebooks that the code runs, with or without an extension. */
  readonly notebooks: readonly string[];
  /** Strings that may be file paths. */
  readonly files: readonly string[];
  /** Folders that the code lists, or in which it accesses files with computed names. */
  readonly folders: readonly string[];
  /** Folders that the code adds to the module search path, if named literally. */
  readonly searchPaths: readonly string[];
  /** Whether the code changes the search path, possibly with unknown folders. */
  readonly extendsSearch: boolean;
}

const FROM =
  /(?:^|[;:\n])[ \t]*from[ \t\\\n]+(\.*[\p{L}\p{N}_.]*)[ \t\\\n]+import[ \t\\\n]*(\([^)]*\)|[^\n;#]+)/gu;
const IMPORT = /(?:^|[;:\n])[ \t]*import[ \t]+([\p{L}\p{N}_. ,\t]+)/gu;
const RUN = /(?:^|\n)[ \t]*%run[ \t]+(?:"([^"\n]+)"|'([^'\n]+)'|(\S+))/g;
/** Cell lines that pass files to other programs: `%pip install -r requirements.txt`. */
const MAGIC = /(?:^|\n)[ \t]*[%!](?!run\b|md\b)([^\n]*)/g;
/** A string literal with its prefix. */
const STRING =
  /(?:\b([rbfuRBFU]{1,2})|([fs])(?="))?("""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')/g;
const DYNAMIC_IMPORT = /(?:import_module|__import__)\s*\(\s*$/;
const RUNS_NOTEBOOK = /\bnotebook\s*\.\s*run\s*\(\s*(?:path\s*=\s*)?$/;
const SEARCHES = /\bsys\s*\.\s*path\b/;
const LISTS =
  /[\w)\]]\s*\/\s*$|\b(?:listdir|scandir|walk|glob|iglob|rglob|iterdir|Path|PurePath|join|joinpath|ls|copytree)\s*\(\s*$/;
/** A string that may be a path: one line, not a URL. */
const PATH = /^(?!\w+:\/\/)[^\n\r\0*?<>|"']{1,400}$/;

/** The prefix of lines in another language in a notebook. */
const MAGIC_MARK = /^(?:#|--|\/\/) MAGIC ?/gm;
/** Maximum number of characters analysed per file. */
const MAX_CODE = 5_000_000;

/** Finds references in code without executing it; unreachable code counts, too. Linear time. */
export function codeReferences(source: string, isJupyter: boolean): CodeReferences {
  const text = (isJupyter ? jupyterCode(source) : source.replaceAll(MAGIC_MARK, ""))
    .slice(0, MAX_CODE)
    .replaceAll("\r\n", "\n");
  const found = {
    modules: new Set<string>(),
    packages: new Set<string>(),
    notebooks: new Set<string>(),
    files: new Set<string>(),
    folders: new Set<string>(),
    searchPaths: new Set<string>(),
    extendsSearch: SEARCHES.test(text),
  };
  for (const [, path = "", names = ""] of text.matchAll(FROM)) {
    found.modules.add(path);
    for (const name of names
      .replace(/[()\\]/g, " ")
      .replace(/#[^\n]*/g, "")
      .split(",")) {
      const [first = ""] = name.trim().split(/\s+/);
      if (/^[\p{L}\p{N}_]+$/u.test(first))
        found.modules.add(path.endsWith(".") ? `${path}${first}` : `${path}.${first}`);
    }
  }
  for (const [, names = ""] of text.matchAll(IMPORT))
    for (const name of names.split(",")) {
      const [first = ""] = name.trim().split(/\s+/);
      if (first !== "") found.modules.add(first);
    }
  for (const [, a, b, c] of text.matchAll(RUN)) found.notebooks.add(a ?? b ?? c ?? "");
  for (const [, words = ""] of text.matchAll(MAGIC))
    for (const word of words.split(/[\s"'=;&|]+/)) if (/[./]/.test(word)) addPath(word, found);
  const withoutComments = text.replace(/(^|\n)([ \t]*)#[^\n]*/g, "$1");
  for (const match of withoutComments.matchAll(STRING)) addString(withoutComments, match, found);
  return {
    modules: [...found.modules],
    packages: [...found.packages],
    notebooks: [...found.notebooks],
    files: [...found.files],
    folders: [...found.folders],
    searchPaths: [...found.searchPaths],
    extendsSearch: found.extendsSearch,
  };
}

interface Found {
  readonly modules: Set<string>;
  readonly packages: Set<string>;
  readonly notebooks: Set<string>;
  readonly files: Set<string>;
  readonly folders: Set<string>;
  readonly searchPaths: Set<string>;
  readonly extendsSearch: boolean;
}

function addString(text: string, match: RegExpExecArray, found: Found): void {
  const [, prefix = "", scala = "", quoted = ""] = match;
  const value =
    quoted.startsWith('"""') || quoted.startsWith("'''")
      ? quoted.slice(3, -3)
      : quoted.slice(1, -1);
  const computed = /f/i.test(prefix) || scala !== "" ? /\$?\{|\$\w/.exec(value)?.index : undefined;
  const before = codeBefore(text, match.index, found.extendsSearch);
  if (found.extendsSearch && computed === undefined && SEARCHES.test(before))
    found.searchPaths.add(value);
  if (before !== "" && DYNAMIC_IMPORT.test(before)) {
    const known = computed === undefined ? value : value.slice(0, computed);
    if (computed === undefined) found.modules.add(known);
    else found.packages.add(known.replace(/\.?[^.]*$/, ""));
    return;
  }
  if (computed !== undefined) {
    const known = value.slice(0, computed);
    const folder = known.slice(0, known.lastIndexOf("/") + 1);
    if (folder !== "") addFolder(folder, found);
    // A path after a computed folder: f"{root}/config/tables.yml".
    const rest = /^\$?\{[^{}]*\}(\/[^{}$]+)$/.exec(value)?.[1];
    if (rest !== undefined) addPath(rest, found);
    return;
  }
  if (before !== "" && RUNS_NOTEBOOK.test(before)) found.notebooks.add(value);
  else {
    if (value.endsWith("/") || (before !== "" && LISTS.test(before))) addFolder(value, found);
    // Multi-line strings are embedded code, not paths.
    if (value.includes("\n")) return;
    addPath(value, found);
  }
}

/** The code before a string on its line if it shows the string's purpose: it ends in `(`, `=` or `/`, or `isWhole` is set. */
function codeBefore(text: string, at: number, isWhole: boolean): string {
  let end = at;
  while (end > 0 && (text[end - 1] === " " || text[end - 1] === "\t")) end--;
  if (!isWhole && !["(", "=", "/"].includes(text[end - 1] ?? "")) return "";
  const start = Math.max(text.lastIndexOf("\n", at) + 1, at - 200);
  return text.slice(start, at);
}

function addFolder(path: string, found: Found): void {
  const folder = path.replace(/\/+$/, "");
  // `.` or `/` would make every file of the project an input.
  if (PATH.test(folder) && !/^(?:\.{0,2}\/?)*$/.test(folder)) found.folders.add(folder);
}

function addPath(path: string, found: Found): void {
  if (/[./]/.test(path) && PATH.test(path) && /[\p{L}\p{N}]/u.test(path)) found.files.add(path);
}
