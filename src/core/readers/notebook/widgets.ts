import { statSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import type { NotebookFile, NotebookWidgets } from "../../model/job-spec";
import { objectOf } from "../../model/json";
import { CODE_FILES, FileOfCode } from "../code/code-file";

/** By the extension of a notebook in source form. */
const LANGUAGES: ReadonlyMap<string, Language> = new Map([
  ["py", "python"],
  ["sql", "sql"],
  ["scala", "scala"],
  ["r", "r"],
]);
type Language = "python" | "scala" | "r" | "sql";

/**
 * What there is to know of a notebook's file; it is read when first asked for.
 *
 * @param file with its extension, as a bundle or an upload names it
 */
export function notebookFile(file: string): NotebookFile {
  let widgets: NotebookWidgets | undefined;
  let read = false;
  return {
    get exists() {
      return sizeOf(file) !== undefined;
    },
    get widgets() {
      if (!read) widgets = readWidgets(file);
      read = true;
      return widgets;
    },
    code: new FileOfCode(file),
  };
}

function sizeOf(file: string): number | undefined {
  try {
    const stats = statSync(file);
    return stats.isFile() ? stats.size : undefined;
  } catch {
    return undefined;
  }
}

/** @param within the notebooks that run this one, which would otherwise be read forever */
function readWidgets(file: string, within: readonly string[] = []): NotebookWidgets | undefined {
  const [, extension = ""] = /\.([a-z]+)$/i.exec(file) ?? [];
  try {
    const source = CODE_FILES.read(file);
    if (source === undefined) return undefined;
    return notebookWidgets(source, extension, (path) => {
      const found = notebookAt(file, path);
      const known = [...within, file];
      if (found === undefined || known.length > MAX_RUN_DEPTH) return undefined;
      return known.includes(found) ? NO_WIDGETS : readWidgets(found, known);
    });
  } catch {
    return undefined;
  }
}

/** The file of the notebook that `%run` names in `file`; undefined for one of the workspace, or if there is none. */
function notebookAt(file: string, path: string): string | undefined {
  if (path === "" || isAbsolute(path)) return undefined;
  const base = resolve(dirname(file), path);
  return ["", ".py", ".ipynb", ".sql", ".scala", ".r", ".R"]
    .map((extension) => base + extension)
    .find((candidate) => sizeOf(candidate) !== undefined);
}

/** No notebook that people write runs others deeper. */
const MAX_RUN_DEPTH = 10;
const NO_WIDGETS: NotebookWidgets = { reads: [], declares: [], open: false };

/**
 * What a notebook does with widgets, as far as its source tells. Never throws; takes time in proportion to the source.
 *
 * @param extension `py`, `ipynb`, `sql`, `scala` or `r`
 * @param included what another notebook does that this one executes with `%run`, by the path written there
 * @returns undefined for anything else, and for a broken `ipynb`
 */
export function notebookWidgets(
  source: string,
  extension: string,
  included: (path: string) => NotebookWidgets | undefined = () => undefined,
): NotebookWidgets | undefined {
  const kind = extension.toLowerCase();
  const found = new Widgets(included);
  if (kind === "ipynb") {
    if (!readIpynb(source, found)) return undefined;
  } else {
    const language = LANGUAGES.get(kind);
    if (language === undefined) return undefined;
    for (const cell of cellsOf(source, language)) found.readCell(cell, language);
  }
  return found.result();
}

const COMMENT_MARKS: Readonly<Record<Language, string>> = {
  python: "#",
  r: "#",
  scala: "//",
  sql: "--",
};

/** The cells of a notebook in source form. Everything but code of its language is written as comments that begin with MAGIC. */
function cellsOf(source: string, language: Language): string[] {
  const mark = COMMENT_MARKS[language];
  const cells: string[] = [];
  let code: string[] = [];
  let magic: string[] = [];
  const end = (): void => {
    if (code.length > 0) cells.push(code.join("\n"));
    // Without a % they are comments that only look like it.
    if (magic.find((line) => line.trim() !== "")?.trimStart()[0] === "%")
      cells.push(magic.join("\n"));
    code = [];
    magic = [];
  };
  for (const line of source.split(/\r\n|\n|\r/)) {
    if (line.startsWith(`${mark} COMMAND ----------`)) end();
    else if (line.startsWith(`${mark} MAGIC`)) magic.push(line.slice(mark.length + 7));
    else code.push(line);
  }
  end();
  return cells;
}

/** @returns whether it is a notebook at all */
function readIpynb(source: string, found: Widgets): boolean {
  let notebook: unknown;
  try {
    notebook = JSON.parse(source.replace(/^\uFEFF/, ""));
  } catch {
    return false;
  }
  const { cells, metadata } = objectOf(notebook);
  if (!Array.isArray(cells)) return false;
  const about = objectOf(metadata);
  const databricks = objectOf(about["application/vnd.databricks.v1+notebook"]);
  const named = [
    databricks.language,
    objectOf(about.kernelspec).language,
    objectOf(about.language_info).name,
  ].find((name) => typeof name === "string");
  const known = [...LANGUAGES.values()];
  const language = known.find((name) => name === named?.toLowerCase()) ?? "python";
  for (const widget of Object.keys(objectOf(databricks.widgets))) found.declare(widget);
  for (const cell of cells as unknown[]) {
    const { cell_type: type, source: text } = objectOf(cell);
    if (type !== "code") continue;
    const lines = (Array.isArray(text) ? text : [text]) as unknown[];
    const code = lines.filter((line) => typeof line === "string").join("");
    found.readCell(code.replace(/\r\n?/g, "\n"), language);
  }
  return true;
}

/** A piece of code. The text of a string is `computed` when it is not what stands in the source. */
type Token = (
  | { readonly kind: "name" | "mark"; readonly text: string }
  | { readonly kind: "string"; text: string; computed: boolean }
) & {
  /** Of the first token of a logical line of Python: the blanks before it. */
  indent?: number;
};

const DECLARING = ["text", "dropdown", "combobox", "multiselect"];

/** Cells that hold no code that can read a widget. */
const TEXT_MAGICS =
  /^(?:md|md-sandbox|markdown|sh|bash|script|fs|html|javascript|js|latex|svg|writefile|pip|conda|uv)$/;

/** Words of SQL that a value may follow, so that a `:name` behind them is a parameter. */
const SQL_KEYWORDS = new Set(
  (
    "select where and or not in on then else when case between like rlike ilike limit offset by having using values " +
    "set as is distinct all any some from join interval catalog schema database table view into default to of version " +
    "timestamp date top with percent exists union except intersect return returns call comment location identifier " +
    "variable var immediate rows range preceding following if elseif while until do div mod escape regexp over filter " +
    "order group partition sort cluster distribute tablesample repeatable columns functions volume function"
  ).split(" "),
);

/** Maximum tokens searched for the keyword argument `name`, so that nested calls stay fast. */
const MAX_ARGUMENT_TOKENS = 300;

class Widgets {
  readonly #reads = new Set<string>();
  readonly #declares = new Set<string>();
  /** Names for `dbutils`, and for `dbutils.widgets`. */
  readonly #utilities = new Set<string>(["dbutils"]);
  readonly #aliases = new Set<string>();
  #open = false;
  /** A name is computed, or somebody else may declare widgets, so that any may have a default. */
  #declaresOthers = false;

  readonly #included: (path: string) => NotebookWidgets | undefined;

  public constructor(included: (path: string) => NotebookWidgets | undefined) {
    this.#included = included;
  }

  public declare(name: string): void {
    this.#declares.add(name);
  }

  public result(): NotebookWidgets {
    const declares = this.#declaresOthers ? [...this.#declares, ...this.#reads] : this.#declares;
    return {
      reads: [...this.#reads].sort(),
      declares: [...new Set(declares)].sort(),
      open: this.#open,
    };
  }

  /** @param language of the notebook; a cell may begin with the name of its own, or of something other than code */
  public readCell(cell: string, language: Language): void {
    if (TEXT_MAGICS.test(/^\s*%{1,2}([\w-]+)/.exec(cell)?.[1] ?? "")) return;
    const code = cell.replace(/^[ \t]*%run\b[ \t]*(.*)$/gm, (_, path: string) => {
      this.#include(path);
      return "";
    });
    const [start = "", magic = ""] = /^\s*%{1,2}([\w-]+)/.exec(code) ?? [];
    const own = [...LANGUAGES.values()].find((known) => known === magic);
    // Behind other magics, such as %time, the language of the notebook goes on.
    this.#readCode(code.slice(start.length), own ?? language);
  }

  /** The notebook that is run here reads and declares widgets as if it stood here. */
  #include(argument: string): void {
    const [, double, single, bare] = /^(?:"([^"]*)"|'([^']*)'|(\S+))/.exec(argument.trim()) ?? [];
    const path = double ?? single ?? bare;
    const other = path === undefined ? undefined : this.#included(path);
    for (const name of other?.reads ?? []) this.#reads.add(name);
    for (const name of other?.declares ?? []) this.declare(name);
    if (other?.open !== false) this.#open = true;
    if (other === undefined) this.#declaresOthers = true;
  }

  /** Somebody else gets the widgets: what is done with them is not known. */
  #giveAway(): void {
    this.#open = true;
    this.#declaresOthers = true;
  }

  #readCode(code: string, language: Language): void {
    if (language === "sql") this.#readSql(code);
    else {
      const tokens = tokensOf(code, language);
      this.#readTokens(tokens, language === "python" ? pythonBranches(tokens) : branches(tokens));
    }
  }

  /** @param mayBeSkipped whether the token at a place is in code that may not run, or whose failure is caught */
  #readTokens(tokens: readonly Token[], mayBeSkipped: (at: number) => boolean): void {
    const is = (at: number, ...texts: string[]): boolean => {
      const token = tokens[at];
      return token !== undefined && token.kind !== "string" && texts.includes(token.text);
    };
    /** The name that gets the value at `at`, if that is assigned to one. */
    const assigned = (at: number): string | undefined => {
      const name = tokens[at - 2];
      if (!is(at - 1, "=") || is(at - 3, "(", ",", ".", ":", "=", "[", "*")) return undefined;
      return name?.kind === "name" ? name.text : undefined;
    };
    for (const [at, { kind, text }] of tokens.entries()) {
      if (kind !== "name") continue;
      let after: number;
      if (this.#utilities.has(text) && !is(at - 1, ".")) {
        if (!is(at + 1, ".")) {
          // Somebody else gets all of it, unless it is only made, imported or a parameter here.
          const made = is(at + 1, "=", ":") && !is(at - 1, "(", ",");
          if (made || is(at - 1, "import") || isParameter(tokens, at)) continue;
          const alias = is(at + 1, ",", ")", "(", "[") ? undefined : assigned(at);
          if (alias === undefined) this.#giveAway();
          else this.#utilities.add(alias);
          continue;
        }
        if (is(at + 2, "notebook") && is(at + 4, "entry_point")) this.#entryPoint(tokens, at + 5);
        if (!is(at + 2, "widgets")) continue;
        after = at + 3;
        const alias = assigned(at);
        if (!is(after, ".") && alias !== undefined) {
          this.#aliases.add(alias);
          continue;
        }
      } else if (is(at - 1, ".")) continue;
      else if (text === "DBUtils" && is(at + 1, "(")) {
        const alias = assigned(at);
        if (alias !== undefined) this.#utilities.add(alias);
        continue;
      } else if (text === "getArgument" && is(at + 1, "(")) {
        this.#call("getArgument", tokens, at + 2, mayBeSkipped(at));
        continue;
      } else if (this.#aliases.has(text)) {
        after = at + 1;
        if (is(after, "=")) continue;
      } else continue;
      const method = tokens[after + 1];
      if (is(after, ".") && method?.kind === "name" && is(after + 2, "("))
        this.#call(method.text, tokens, after + 3, mayBeSkipped(at));
      else this.#giveAway();
    }
  }

  /** Of `dbutils.notebook.entry_point`, only getCurrentBindings() reads parameters. @param at behind it */
  #entryPoint(tokens: readonly Token[], at: number): void {
    let place = at;
    let last = "entry_point";
    while (tokens[place]?.text === "." && tokens[place]?.kind === "mark") {
      last = tokens[place + 1]?.text ?? "";
      if (last === "getCurrentBindings") this.#open = true;
      place += 2;
      // All of these take no argument.
      if (tokens[place]?.text === "(" && tokens[place + 1]?.text === ")") place += 2;
      else break;
    }
    // Under another name, it may do anything.
    if (["entry_point", "getDbutils", "widgets"].includes(last)) this.#giveAway();
  }

  /** @param at the first token of the arguments */
  #call(method: string, tokens: readonly Token[], at: number, mayBeSkipped: boolean): void {
    const reads = method === "get" || method === "getArgument";
    // Code that reads all parameters can check for one before it reads it.
    if (method === "getAll") this.#giveAway();
    if (!reads && !DECLARING.includes(method)) return;
    const place = nameArgument(tokens, at);
    const name = tokens[place];
    const next = tokens[place + 1];
    // Behind anything else, such as a +, it is only a part of the name.
    const whole = next?.kind === "mark" && [",", ")"].includes(next.text);
    if (name?.kind !== "string" || name.computed || !whole) {
      this.#open = true;
      if (!reads) this.#declaresOthers = true;
      return;
    }
    if (!reads) {
      this.declare(name.text);
      return;
    }
    this.#reads.add(name.text);
    // What follows the name is its default.
    const hasDefault = next.text === "," && tokens[place + 2]?.text !== ")";
    const behind = tokens[place + 2];
    const isTernary = next.text === ")" && behind?.text === "if" && behind.indent === undefined;
    if (hasDefault || isTernary || mayBeSkipped) this.declare(name.text);
  }

  /** SQL reads widgets as `:name`, `${name}`, `$name` and `getArgument("name")`. */
  #readSql(code: string): void {
    const tokens: Token[] = [];
    const pieces = /--|\/\*|::|\\[^]|[\p{L}\p{N}_]+|\S/gu;
    for (let match = pieces.exec(code); match !== null; match = pieces.exec(code)) {
      const [piece] = match;
      const end = pieces.lastIndex;
      if (piece === "--") pieces.lastIndex = endOf(code, "\n", end);
      else if (piece === "/*") pieces.lastIndex = endOfComment(code, end);
      else if (piece === "'" || piece === '"' || piece === "`") {
        const raw =
          /r/i.test(code.charAt(match.index - 1)) && /^r$/i.test(tokens.at(-1)?.text ?? "");
        if (raw) tokens.pop();
        const stop = endOfQuoted(code, end, piece, !raw && piece !== "`");
        const text = code.slice(end, stop);
        tokens.push({ kind: "string", text, computed: false });
        this.#readSubstitutions(text, true);
        pieces.lastIndex = stop + 1;
      } else if (piece === "$" && code.charAt(end) === "$") {
        // The body of a function.
        pieces.lastIndex = endOf(code, "$$", end + 1);
      } else if (piece === "$") {
        const [rest = ""] = matchAt(/\{[^{}\n]*\}|[\p{L}_][\p{L}\p{N}_]*/uy, code, end) ?? [];
        this.#readSubstitutions(piece + rest, false);
        pieces.lastIndex = end + rest.length;
      } else if (piece === ":") {
        // Behind a value it is a path into JSON, also with a blank between them.
        if (/[\p{L}\p{N}_)\]}`'"]/u.test(code.charAt(match.index - 1))) continue;
        const before = tokens.at(-1);
        if (before?.kind === "name" && !SQL_KEYWORDS.has(before.text.toLowerCase())) continue;
        const [name] = matchAt(/[\p{L}_][\p{L}\p{N}_]*|`[^`\n]+`/uy, code, end) ?? [];
        if (name === undefined) continue;
        this.#reads.add(name.replaceAll("`", ""));
        pieces.lastIndex = end + name.length;
      } else tokens.push({ kind: /^[\p{L}\p{N}_]/u.test(piece) ? "name" : "mark", text: piece });
    }
    this.#readSqlTokens(tokens);
  }

  #readSqlTokens(tokens: readonly Token[]): void {
    const word = (at: number): string => tokens[at]?.text.toLowerCase() ?? "";
    for (let at = 0; at < tokens.length; at++) {
      if (tokens[at]?.kind !== "name") continue;
      if (word(at) === "getargument" && word(at + 1) === "(")
        this.#call("getArgument", tokens, at + 2, false);
      const creates = word(at) === "create" && word(at + 1) === "widget";
      const name = creates && DECLARING.includes(word(at + 2)) ? tokens[at + 3] : undefined;
      if (name !== undefined && name.kind !== "mark") this.declare(name.text);
    }
  }

  /** Reads `${name}` and `$name`, which the notebook replaces before it looks at the SQL, so that quotes do not matter. */
  #readSubstitutions(text: string, quoted: boolean): void {
    const pieces = /\\[^]|\$(?:\{([^{}\n]*)\}|([\p{L}_][\p{L}\p{N}_]*))/gu;
    for (const [, braced, bare] of text.matchAll(pieces)) {
      const name = braced?.trim() ?? bare;
      if (name === undefined || name === "") continue;
      // With a dot it may be a setting of Spark, and without braces in a string just text with a dollar.
      if (/[.:]/.test(name) || (quoted && bare !== undefined)) this.#open = true;
      else this.#reads.add(name);
    }
  }
}

/** Whether the token at `at` is a parameter of a function that is defined here, in Python. */
function isParameter(tokens: readonly Token[], at: number): boolean {
  for (let place = at - 1; place > at - MAX_ARGUMENT_TOKENS; place--) {
    const token = tokens[place];
    if (token === undefined || token.text === ")") return false;
    if (token.kind === "mark" && token.text === "(")
      return tokens[place - 1]?.kind === "name" && tokens[place - 2]?.text === "def";
  }
  return false;
}

/** Ranges of tokens, each from its first token up to, but without, the other. */
type Ranges = readonly (readonly [from: number, to: number])[];

/** Whether a place is in one of the ranges. */
function within(ranges: Ranges, length: number): (at: number) => boolean {
  const steps = new Int32Array(length + 1);
  for (const [from, to] of ranges) {
    steps[from] = (steps[from] ?? 0) + 1;
    steps[to] = (steps[to] ?? 0) - 1;
  }
  for (let at = 1; at <= length; at++) steps[at] = (steps[at] ?? 0) + (steps[at - 1] ?? 0);
  return (at) => (steps[at] ?? 0) > 0;
}

const CONDITIONAL = ["if", "elif", "else", "case", "except"];
const COMPOUND = [
  ...CONDITIONAL,
  "try",
  "finally",
  "for",
  "while",
  "with",
  "def",
  "class",
  "match",
];

/** A compound statement of Python. */
interface Block {
  readonly keyword: string;
  readonly indent: number;
  /** Where what it holds begins. */
  readonly start: number;
  /** The try block that it is the handler of. */
  readonly tried: { readonly from: number; readonly to: number } | undefined;
  /** The blanks before what it holds. */
  inner: number | undefined;
  /** A handler that always fails, too, catches nothing. */
  raises: boolean;
}

/** Code of Python that may not run, or whose failure is caught: branches, handlers, and try blocks with a handler. */
function pythonBranches(tokens: readonly Token[]): (at: number) => boolean {
  const ranges: [number, number][] = [];
  const open: Block[] = [];
  let tried: { readonly from: number; readonly to: number; readonly indent: number } | undefined;
  const close = (block: Block, to: number): void => {
    if (CONDITIONAL.includes(block.keyword)) ranges.push([block.start, to]);
    if (block.keyword === "try") tried = { from: block.start, to, indent: block.indent };
    if (block.tried !== undefined && !block.raises) ranges.push([block.tried.from, block.tried.to]);
  };
  for (const [at, { indent, text, kind }] of tokens.entries()) {
    if (indent === undefined) continue;
    for (let last = open.at(-1); last !== undefined && last.indent >= indent; last = open.at(-1)) {
      close(last, at);
      open.pop();
    }
    const around = open.at(-1);
    if (around !== undefined) {
      around.inner ??= indent;
      if (text === "raise" && around.inner === indent) around.raises = true;
    }
    if (tried?.indent !== indent || !["except", "else", "finally"].includes(text)) {
      if (tried !== undefined && tried.indent >= indent) tried = undefined;
    }
    if (kind !== "name") continue;
    const keyword = text === "async" ? (tokens[at + 1]?.text ?? "") : text;
    if (!COMPOUND.includes(keyword)) continue;
    const start = behindColon(tokens, at + 1);
    if (start === undefined) continue;
    const always = tokens.slice(at, start).some((token) => token.text === "__name__");
    open.push({
      keyword: always ? "with" : keyword,
      indent,
      start: keyword === "elif" ? at : start,
      tried: keyword === "except" ? tried : undefined,
      inner: undefined,
      raises: tokens[start]?.text === "raise" && tokens[start].indent === undefined,
    });
  }
  for (const block of open.reverse()) close(block, tokens.length);
  return within(ranges, tokens.length);
}

/** Where the code behind the colon of a compound statement begins. */
function behindColon(tokens: readonly Token[], from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || token.indent !== undefined) return undefined;
    if (token.kind !== "mark") continue;
    depth += nesting(token.text);
    if (token.text === ":" && depth <= 0) return at + 1;
  }
  return undefined;
}

/** The same of Scala and R, by brackets: if, else, try, Try(…), tryCatch(…). */
function branches(tokens: readonly Token[]): (at: number) => boolean {
  const ranges: [number, number][] = [];
  const open: { readonly at: number; readonly optional: boolean; readonly isTest: boolean }[] = [];
  let test: number | undefined;
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind !== "mark") continue;
    if (nesting(text) > 0) {
      const before = tokens[at - 1];
      const word = before?.kind === "name" ? before.text : "";
      const optional =
        ["try", "Try", "tryCatch", "else", "catch"].includes(word) ||
        (text === "{" && test === at - 1);
      open.push({ at, optional, isTest: text === "(" && word === "if" });
    } else if (nesting(text) < 0) {
      const begun = open.pop();
      if (begun?.optional === true) ranges.push([begun.at, at]);
      if (begun?.isTest === true) test = at;
    }
  }
  return within(ranges, tokens.length);
}

/** Where the first argument is, or the one called `name`. */
function nameArgument(tokens: readonly Token[], at: number): number {
  const keyword = (place: number): boolean =>
    tokens[place]?.kind === "name" && tokens[place + 1]?.text === "=";
  if (!keyword(at)) return at;
  let depth = 0;
  for (let place = at; place < at + MAX_ARGUMENT_TOKENS && depth >= 0; place++) {
    const token = tokens[place];
    if (token === undefined) break;
    if (depth === 0 && token.text === "name" && keyword(place)) return place + 2;
    if (token.kind === "mark") depth += nesting(token.text);
  }
  return at;
}

function nesting(character: string): number {
  return "([{".includes(character) ? 1 : ")]}".includes(character) ? -1 : 0;
}

/** Where the reader of code is, inside a string: in its text, in an expression in its braces, or in the format of that. */
interface Frame {
  kind: "text" | "expression" | "format";
  /** What ends the string. */
  readonly mark: string;
  /** Where its text begins. */
  readonly start: number;
  readonly token: Token & { readonly kind: "string" };
  readonly interpolated: boolean;
  readonly escapes: boolean;
  readonly multiline: boolean;
  /** Brackets open in the expression. */
  depth: number;
}

/** The code without comments and blanks. Expressions inside strings are code, too: they follow their string. */
function tokensOf(code: string, language: Exclude<Language, "sql">): Token[] {
  const tokens: Token[] = [];
  const frames: Frame[] = [];
  const comment = COMMENT_MARKS[language];
  let at = 0;
  // Where the line begins, while nothing but blanks has come; brackets that are open go on in the next line.
  let line: number | undefined = 0;
  let depth = 0;
  while (at < code.length) {
    const frame = frames.at(-1);
    if (frame !== undefined && frame.kind !== "expression") {
      at = readText(code, at, language, frame, frames);
      continue;
    }
    const character = code.charAt(at);
    const count = tokens.length;
    const indent = line === undefined || frame !== undefined ? undefined : at - line;
    if (character === "\n" && depth <= 0 && frame === undefined) line = at + 1;
    const [name] = matchAt(/[\p{L}\p{N}_]+/uy, code, at) ?? [];
    if (name !== undefined) {
      tokens.push({ kind: "name", text: name });
      at += name.length;
    } else if (/\s/.test(character)) at++;
    else if (code.startsWith(comment, at) && (language !== "python" || frame === undefined))
      at = lineEnd(code, at);
    else if (language === "scala" && code.startsWith("/*", at)) at = endOfComment(code, at + 2);
    else if (language === "scala" && character === "'")
      at += matchAt(/'(?:\\u+[\da-f]{4}|\\.|[^'\\\n])'/iuy, code, at)?.[0].length ?? 1;
    else if (language === "python" && character === "\\") {
      at++;
      // The line goes on in the next one.
      at += matchAt(/\r?\n/y, code, at)?.[0].length ?? 0;
    } else if (language !== "python" && character === "`") {
      const end = endOfQuoted(code, at + 1, "`", false);
      tokens.push({ kind: "name", text: code.slice(at + 1, end) });
      at = end + 1;
    } else if (character === '"' || character === "'") {
      at = beginString(code, at, language, tokens, frames);
    } else {
      if (frame !== undefined) {
        if (character === "}" && frame.depth <= 0) frames.pop();
        else if (character === ":" && frame.depth === 0 && language === "python")
          frame.kind = "format";
        else frame.depth += nesting(character);
      }
      tokens.push({ kind: "mark", text: character });
      if (frame === undefined) depth = Math.max(0, depth + nesting(character));
      at++;
    }
    const first = tokens[count];
    if (first === undefined) continue;
    if (indent !== undefined) first.indent = indent;
    line = undefined;
  }
  return tokens;
}

/** Begins the string at `at` and gives where its text begins. A prefix, such as `f` of Python, is the token before it. */
function beginString(
  code: string,
  at: number,
  language: Language,
  tokens: Token[],
  frames: Frame[],
): number {
  const quote = code.charAt(at);
  const triple = language !== "r" && code.startsWith(quote.repeat(3), at);
  const mark = triple ? quote.repeat(3) : quote;
  const before = tokens.at(-1);
  const close = before?.kind === "name" && /[\p{L}\p{N}_]/u.test(code.charAt(at - 1));
  const isPrefix = { python: /^(?:[rbuft]|[bft]r|r[bft])$/i, r: /^r$/i, scala: /^/, sql: /$^/ };
  const prefix = close && isPrefix[language].test(before.text) ? before.text.toLowerCase() : "";
  if (prefix !== "") tokens.pop();
  const start = at + mark.length;
  if (language === "r" && prefix !== "") {
    const [opening = "", dashes = ""] = matchAt(/(-*)[([{]/y, code, start) ?? [];
    const bracket = ")]}".charAt("([{".indexOf(opening.at(-1) ?? "("));
    const end = endOf(code, bracket + dashes + quote, start);
    const text = code.slice(start + opening.length, end - opening.length - 1);
    tokens.push({ kind: "string", text, computed: false });
    return end;
  }
  const interpolated = language === "scala" ? prefix !== "" : /[ft]/.test(prefix);
  const token = { kind: "string" as const, text: "", computed: interpolated };
  tokens.push(token);
  const escapes = language === "scala" ? !triple : !prefix.includes("r");
  const multiline = triple || language === "r";
  frames.push({ kind: "text", mark, start, token, interpolated, escapes, multiline, depth: 0 });
  return start;
}

/** Reads on in the text of a string, up to the next place that matters, and gives where that ends. `frame` is the last of `frames`. */
function readText(
  code: string,
  at: number,
  language: Language,
  frame: Frame,
  frames: Frame[],
): number {
  const special = /["'{}$\\\n]/g;
  special.lastIndex = at;
  const place = special.exec(code)?.index ?? code.length;
  const character = code.charAt(place);
  const next = code.charAt(place + 1);
  const end = (): void => {
    frame.token.text = code.slice(frame.start, place);
    // What an escape stands for nobody needs to know: no name of a widget has one.
    if (frame.escapes && frame.token.text.includes("\\")) frame.token.computed = true;
    while (frames.pop()?.kind !== "text");
  };
  const begin = (): void => {
    frames.push({ ...frame, kind: "expression", depth: 0 });
  };
  if (character === "\\") {
    if (language === "scala" && frame.mark.length === 3) return place + 1;
    // In Python a brace behind it still begins an expression.
    return place + (next === "{" ? 1 : 2);
  }
  if (character === "" || (character === "\n" && !frame.multiline)) {
    end();
    return place + 1;
  }
  if (code.startsWith(frame.mark, place)) {
    // Of more quotes than end a string of Scala, the last ones do.
    const more =
      language === "scala" && frame.mark.length === 3 ? matchAt(/"*/y, code, place + 3) : null;
    end();
    return place + frame.mark.length + (more?.[0].length ?? 0);
  }
  if (!frame.interpolated) return place + 1;
  if (language === "scala") {
    if (character !== "$") return place + 1;
    if (next === "{") begin();
    return place + (next === "{" || next === "$" ? 2 : 1);
  }
  if (character === "{") {
    if (frame.kind === "text" && next === "{") return place + 2;
    begin();
  } else if (character === "}" && frame.kind === "format") frames.pop();
  return place + 1;
}

/** What a sticky pattern matches at `at`. */
function matchAt(pattern: RegExp, code: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(code);
}

/** Where the line ends that `from` is in, before its line break. */
function lineEnd(code: string, from: number): number {
  const found = code.indexOf("\n", from);
  return found === -1 ? code.length : found;
}

/** Where `mark` ends, or the code. */
function endOf(code: string, mark: string, from: number): number {
  const found = code.indexOf(mark, from);
  return found === -1 ? code.length : found + mark.length;
}

/** Where a comment ends whose text begins at `from`; in Scala and SQL it may hold others. */
function endOfComment(code: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  for (let depth = 1; depth > 0;) {
    const match = marks.exec(code);
    if (match === null) return code.length;
    depth += match[0] === "/*" ? 1 : -1;
  }
  return marks.lastIndex;
}

/** Where the closing quote of a text is that begins at `from`, or the end of the code. */
function endOfQuoted(code: string, from: number, quote: string, escapes: boolean): number {
  const marks = /["'`\\]/g;
  marks.lastIndex = from;
  for (let match = marks.exec(code); match !== null; match = marks.exec(code)) {
    if (match[0] === quote) return match.index;
    if (match[0] === "\\" && escapes) marks.lastIndex++;
  }
  return code.length;
}
