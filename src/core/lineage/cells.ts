import { objectOf } from "../model/json";
import { withoutMarks } from "./unknown-text";
import { NOTEBOOK_HEADER } from "../model/notebook-format";

/** A language that is analysed, `run` for `%run`, or another one. */
export type CellLanguage = "python" | "sql" | "run" | "other";

/** A piece of a notebook. */
export interface Cell {
  readonly language: CellLanguage;
  /** The name of another language. */
  readonly magic?: string;
  readonly code: string;
  /** The line of the file that a line of the code is in; both from 0. */
  readonly lineOf: (line: number) => number;
}

const COMMENT_MARKS = { py: "#", sql: "--", scala: "//", r: "#" } as const;

/** The first lines of files that are notebooks. */
const HEADER = new RegExp(`^\\uFEFF?(?:#|--|//) ${NOTEBOOK_HEADER}`);

/** Whether a Python or SQL file is a notebook. */
export function isNotebookSource(source: string): boolean {
  return HEADER.test(source);
}

/** Cells that hold no code. Others, such as `%pip`, are one line of a cell. */
const TEXT_MAGICS =
  /^(?:md|md-sandbox|markdown|sh|bash|script|fs|html|javascript|js|latex|svg|writefile|skip)$/;
const LINE_MAGICS =
  /^(?:pip|conda|uv|reload_ext|load_ext|autoreload|config|restart_python|matplotlib|tensorboard)$/;

/**
 * The cells of a notebook.
 *
 * @param extension `py`, `sql`, `scala`, `r` or `ipynb`
 * @returns undefined for a broken `ipynb`
 */
export function notebookCells(source: string, extension: string): Cell[] | undefined {
  const text = withoutMarks(source).replace(/\r\n?/g, "\n");
  if (extension === "ipynb") return ipynbCells(text);
  const mark = COMMENT_MARKS[extension as keyof typeof COMMENT_MARKS];
  const own = languageOf(extension);
  return sourceCells(text, mark, own);
}

function sourceCells(text: string, mark: string, own: CellLanguage): Cell[] {
  const cells: Cell[] = [];
  let code: string[] = [];
  let magic: string[] = [];
  let start = 0;
  const end = (next: number): void => {
    const first = start;
    const lineOf = (line: number): number => first + line;
    if (magic.some((line) => line !== "")) cells.push(...withMagic(magic.join("\n"), own, lineOf));
    if (code.some((line) => line.trim() !== ""))
      cells.push(...withMagic(code.join("\n"), own, lineOf));
    code = [];
    magic = [];
    start = next;
  };
  const separator = `${mark} COMMAND ----------`;
  const magicMark = `${mark} MAGIC`;
  for (const [at, line] of text.split("\n").entries()) {
    if (line.startsWith(separator)) end(at + 1);
    else if (line.startsWith(magicMark)) {
      magic.push(line.slice(magicMark.length + 1));
      code.push("");
    } else {
      code.push(line);
      magic.push("");
    }
  }
  end(0);
  return cells;
}

function languageOf(name: string): CellLanguage {
  if (name === "py" || name === "python") return "python";
  return name === "sql" ? "sql" : "other";
}

/** A cell, whose first word may say that it is in another language, and whose lines may run notebooks. */
function withMagic(code: string, own: CellLanguage, lineOf: Cell["lineOf"]): Cell[] {
  const runs: Cell[] = [];
  let line = 0;
  let at = 0;
  const without = code.replace(/^[ \t]*%run\b[ \t]*(.*)$/gm, (_, path: string, offset: number) => {
    line += countLines(code, at, offset);
    at = offset;
    const own = lineOf(line);
    runs.push({ language: "run", code: path.trim(), lineOf: () => own });
    return "";
  });
  const [start = "", magic = ""] = /^\s*%{1,2}([\w-]+)/.exec(without) ?? [];
  if (TEXT_MAGICS.test(magic)) return runs;
  if (LINE_MAGICS.test(magic)) {
    const end = without.indexOf("\n", start.length);
    const code =
      end === -1 ? "" : without.slice(0, end).replace(/[^\n]/g, " ") + without.slice(end);
    return [...runs, ...withMagic(code, own, lineOf)];
  }
  // The magic's own line stays, so that lines keep their numbers.
  const rest = start.replace(/[^\n]/g, " ") + without.slice(start.length);
  if (rest.trim() === "") return runs;
  const isLanguage = /^(?:python|sql|scala|r)$/.test(magic);
  const language = isLanguage ? languageOf(magic) : own;
  if (language === "python") return [...runs, { language, code: withoutLineMagics(rest), lineOf }];
  return [
    ...runs,
    {
      language,
      code: rest,
      lineOf,
      ...(language === "other" && { magic: isLanguage ? magic : "code" }),
    },
  ];
}

/** IPython's commands of one line. */
function withoutLineMagics(code: string): string {
  return /^[ \t]*[%!]/m.test(code) ? code.replace(/^[ \t]*[%!].*$/gm, "") : code;
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1))
    lines++;
  return lines;
}

function ipynbCells(text: string): Cell[] | undefined {
  let notebook: unknown;
  try {
    notebook = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
  const { cells, metadata } = objectOf(notebook);
  if (!Array.isArray(cells)) return undefined;
  const about = objectOf(metadata);
  const named = [
    objectOf(about["application/vnd.databricks.v1+notebook"]).language,
    objectOf(about.kernelspec).language,
    objectOf(about.language_info).name,
  ].find((name) => typeof name === "string");
  const own = named === undefined ? "python" : languageOf(named.toLowerCase());
  const places = new LinePlaces(text);
  return (cells as unknown[]).flatMap((cell): Cell[] => {
    const { cell_type: type, source } = objectOf(cell);
    const parts = (Array.isArray(source) ? source : [source]).filter(
      (line): line is string => typeof line === "string",
    );
    const lines = parts.map((part) => places.next(part));
    if (type !== "code") return [];
    const known = lines.length > 1 || parts.join("").split("\n").length === 1;
    const lineOf = (line: number): number => (known ? lines[line] : undefined) ?? lines[0] ?? 0;
    return withMagic(withoutMarks(parts.join("")).replace(/\r\n?/g, "\n"), own, lineOf);
  });
}

/** Finds the lines of a JSON file that texts are in, one after the other. */
class LinePlaces {
  #at = 0;
  #line = 0;
  #missed = 0;

  readonly #text: string;

  public constructor(text: string) {
    this.#text = text;
  }

  public next(value: string): number {
    const written = JSON.stringify(value);
    const found = this.#missed > MAX_MISSED ? -1 : this.#text.indexOf(written, this.#at);
    if (found === -1) {
      // Written otherwise, such as with \u escapes: about where the one before was.
      this.#missed++;
      return this.#line;
    }
    this.#line += countLines(this.#text, this.#at, found);
    this.#at = found + written.length;
    return this.#line;
  }
}

/** After as many failed searches, the rest of the file is not searched any more. */
const MAX_MISSED = 100;
