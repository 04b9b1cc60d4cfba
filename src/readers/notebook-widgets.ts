import { readFileSync, statSync } from "node:fs";
import type { NotebookFile, NotebookWidgets } from "../model/job-spec";

/** Databricks exports no notebook that is bigger. Bytes. */
const MAX_SIZE = 10 * 2 ** 20;

const LANGUAGES: Readonly<Record<string, Language>> = {
  py: "python",
  sql: "sql",
  scala: "scala",
  r: "r",
};
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

function readWidgets(file: string): NotebookWidgets | undefined {
  const [, extension = ""] = /\.([a-z]+)$/i.exec(file) ?? [];
  const size = sizeOf(file);
  if (size === undefined || size > MAX_SIZE) return undefined;
  try {
    const source = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
    return notebookWidgets(source, extension);
  } catch {
    return undefined;
  }
}

/**
 * What a notebook does with widgets, as far as its source tells.
 *
 * @param extension `py`, `ipynb`, `sql`, `scala` or `r`
 * @returns undefined for anything else, and for a broken `ipynb`
 */
export function notebookWidgets(source: string, extension: string): NotebookWidgets | undefined {
  const kind = extension.toLowerCase();
  const found = new Widgets();
  if (kind === "ipynb") {
    if (!readIpynb(source, found)) return undefined;
  } else {
    const language = LANGUAGES[kind];
    if (language === undefined) return undefined;
    for (const cell of cellsOf(source, language)) found.readCell(cell.code, cell.language);
  }
  return found.result();
}

interface Cell {
  readonly code: string;
  readonly language: Language;
}

const COMMENT_MARKS: Readonly<Record<Language, string>> = {
  python: "#",
  r: "#",
  scala: "//",
  sql: "--",
};

/** The cells of a notebook in source form. Cells in another language are comments that begin with MAGIC. */
function cellsOf(source: string, language: Language): Cell[] {
  const mark = COMMENT_MARKS[language];
  const cells: Cell[] = [];
  let lines: string[] = [];
  let magic: string[] = [];
  const end = (): void => {
    if (lines.length > 0) cells.push({ code: lines.join("\n"), language });
    if (magic.length > 0) cells.push({ code: magic.join("\n"), language });
    lines = [];
    magic = [];
  };
  for (const line of source.split(/\r\n|\n|\r/)) {
    if (line.startsWith(`${mark} COMMAND ----------`)) end();
    else if (line.startsWith(`${mark} MAGIC`)) magic.push(line.slice(mark.length + 7));
    else lines.push(line);
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
  const { cells, metadata } = (notebook ?? {}) as { cells?: unknown; metadata?: unknown };
  if (!Array.isArray(cells)) return false;
  const about = (metadata ?? {}) as {
    readonly language_info?: { readonly name?: unknown };
    readonly "application/vnd.databricks.v1+notebook"?: {
      readonly language?: unknown;
      readonly widgets?: unknown;
    };
  };
  const databricks = about["application/vnd.databricks.v1+notebook"];
  const name = databricks?.language ?? about.language_info?.name;
  const language = Object.values(LANGUAGES).find((known) => known === name) ?? "python";
  for (const widget of Object.keys(databricks?.widgets ?? {})) found.declare(widget);
  for (const cell of cells as unknown[]) {
    const { cell_type: type, source: text } = (cell ?? {}) as {
      cell_type?: unknown;
      source?: unknown;
    };
    if (type !== "code") continue;
    const code = Array.isArray(text) ? text.join("") : typeof text === "string" ? text : "";
    found.readCell(code, language);
  }
  return true;
}

/** A piece of code: a name, a string, or any other character. */
type Token =
  | { readonly kind: "name" | "other"; readonly text: string }
  | { readonly kind: "string"; readonly text: string; readonly computed: boolean };

const DECLARING = ["text", "dropdown", "combobox", "multiselect"];

class Widgets {
  readonly #reads = new Set<string>();
  readonly #declares = new Set<string>();
  readonly #aliases = new Set<string>();
  #open = false;

  public declare(name: string): void {
    this.#declares.add(name);
  }

  public result(): NotebookWidgets {
    return {
      reads: [...this.#reads].sort(),
      declares: [...this.#declares].sort(),
      open: this.#open,
    };
  }

  /** A cell may begin with the name of its language, or of something that is no code. */
  public readCell(code: string, language: Language): void {
    const [, magic, rest = ""] = /^\s*%(\w+)([^]*)$/.exec(code) ?? [];
    if (magic === undefined) this.#readCode(code, language);
    else if (magic === "run") this.#open = true;
    else if (["python", "scala", "r", "sql"].includes(magic))
      this.#readCode(rest, magic as Language);
  }

  #readCode(code: string, language: Language): void {
    if (language === "sql") this.#readSql(code);
    else this.#readTokens(tokensOf(code, language));
  }

  #readTokens(tokens: readonly Token[]): void {
    const is = (at: number, text: string): boolean => {
      const token = tokens[at];
      return token !== undefined && token.kind !== "string" && token.text === text;
    };
    for (const [at, { kind, text }] of tokens.entries()) {
      if (kind !== "name" || (is(at - 1, ".") && text !== "dbutils")) continue;
      if (text === "getArgument" && is(at + 1, "(")) {
        this.#call("getArgument", tokens, at + 2);
        continue;
      }
      let after: number;
      if (text === "dbutils") {
        if (!is(at + 1, ".")) {
          // Somebody else gets all of it, unless it is only made or imported here.
          if (!is(at - 1, "import") && !is(at + 1, "=") && !is(at + 1, ":")) this.#open = true;
          continue;
        }
        if (is(at + 2, "notebook") && is(at + 4, "entry_point")) this.#open = true;
        if (!is(at + 2, "widgets")) continue;
        after = at + 3;
        const name = tokens[at - 2];
        if (!is(after, ".") && is(at - 1, "=") && name?.kind === "name") {
          this.#aliases.add(name.text);
          continue;
        }
      } else if (this.#aliases.has(text)) {
        after = at + 1;
        if (is(after, "=")) continue;
      } else continue;
      const method = tokens[after + 1];
      if (is(after, ".") && method?.kind === "name" && is(after + 2, "("))
        this.#call(method.text, tokens, after + 3);
      else this.#open = true;
    }
  }

  /** @param at the first token of the arguments */
  #call(method: string, tokens: readonly Token[], at: number): void {
    const reads = method === "get" || method === "getArgument";
    const declares = method === "getArgument" || DECLARING.includes(method);
    if (method === "getAll") this.#open = true;
    if (!reads && !declares) return;
    let argument = tokens[at];
    if (argument?.text === "name" && tokens[at + 1]?.text === "=") argument = tokens[at + 2];
    if (argument?.kind !== "string" || argument.computed) {
      this.#open = true;
      return;
    }
    if (reads) this.#reads.add(argument.text);
    if (declares) this.#declares.add(argument.text);
  }

  /** SQL reads widgets as `:name`, `${name}` and `getArgument("name")`, the old forms in strings, too. */
  #readSql(code: string): void {
    const pieces =
      /--[^\n]*|\/\*[^]*?(?:\*\/|$)|'(?:[^'\\]|\\[^]|'')*(?:'|$)|"(?:[^"\\]|\\[^])*(?:"|$)|`[^`]*(?:`|$)|\$\{[^}\n]*\}|::|[\w)\]]:[A-Za-z_]|:[A-Za-z_]\w*|\bgetArgument\s*\(\s*["'][^"'\n]*["']|\bCREATE\s+WIDGET\s+(?:TEXT|DROPDOWN|COMBOBOX|MULTISELECT)\s+`?\w+/gi;
    for (const [piece] of code.matchAll(pieces)) {
      if (piece.startsWith("--") || piece.startsWith("/*")) continue;
      for (const [, name = ""] of piece.matchAll(/\$\{([^}\n]*)\}/g)) this.#reads.add(name.trim());
      if (/^:\w/.test(piece)) this.#reads.add(piece.slice(1));
      const [, argument] = /^getArgument\s*\(\s*["'](.*)["']$/i.exec(piece) ?? [];
      if (argument !== undefined) this.#reads.add(argument);
      const [, declared] = /^CREATE\s.*?(\w+)$/is.exec(piece) ?? [];
      if (declared !== undefined) this.declare(declared);
    }
  }
}

/** The code without comments and blanks. Looks at each character once or twice. */
function tokensOf(code: string, language: Language): Token[] {
  const tokens: Token[] = [];
  const comment = COMMENT_MARKS[language];
  let at = 0;
  while (at < code.length) {
    const character = code.charAt(at);
    if (code.startsWith(comment, at)) {
      at = endOf(code, "\n", at);
    } else if (language === "scala" && code.startsWith("/*", at)) {
      at = endOf(code, "*/", at + 2);
    } else if (character === '"' || (character === "'" && language !== "scala")) {
      at = readString(code, at, language, tokens);
    } else if (/[A-Za-z_]/.test(character)) {
      const start = at;
      while (/\w/.test(code.charAt(at))) at++;
      tokens.push({ kind: "name", text: code.slice(start, at) });
    } else {
      if (!/\s/.test(character)) tokens.push({ kind: "other", text: character });
      at++;
    }
  }
  return tokens;
}

/** Where `mark` ends, or the code. */
function endOf(code: string, mark: string, from: number): number {
  const found = code.indexOf(mark, from);
  return found === -1 ? code.length : found + mark.length;
}

/** Reads the string at `at` and gives where it ends; a prefix, such as `f` in Python, is the token before it. */
function readString(code: string, at: number, language: Language, tokens: Token[]): number {
  const quote = code.charAt(at);
  const triple = language !== "r" && code.startsWith(quote.repeat(3), at);
  const mark = triple ? quote.repeat(3) : quote;
  const before = tokens.at(-1);
  const prefix =
    before?.kind === "name" && /\w/.test(code.charAt(at - 1)) ? before.text.toLowerCase() : "";
  if (prefix !== "") tokens.pop();
  const start = at + mark.length;
  let end = start;
  while (end < code.length && !code.startsWith(mark, end)) {
    if (!triple && code.charAt(end) === "\n" && language !== "r") break;
    end += code.charAt(end) === "\\" ? 2 : 1;
  }
  const computed = language === "scala" ? prefix !== "" : prefix.includes("f");
  tokens.push({ kind: "string", text: code.slice(start, end), computed });
  return end + mark.length;
}
