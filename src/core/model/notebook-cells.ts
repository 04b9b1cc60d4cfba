import { objectOf } from "./json";
import { NOTEBOOK_HEADER, NOTEBOOK_LANGUAGES } from "./notebook-format";

/** A notebook language, `run` for `%run`, or `other`. */
export type CellLanguage = "python" | "sql" | "scala" | "r" | "run" | "other";

/** A cell, or a part of one. */
export interface NotebookCell {
  readonly language: CellLanguage;
  /** For `%run`, the text after it. */
  readonly code: string;
  /** Maps a line of the code to a line of the file; both from 0. */
  readonly lineOf: (line: number) => number;
}

/** A parsed notebook. */
export interface NotebookSource {
  readonly cells: readonly NotebookCell[];
  /** Names of widgets in the metadata of an .ipynb. */
  readonly widgets: readonly string[];
}

/** First line of a notebook in the source format. */
const FIRST_LINE = new RegExp(
  `^\\uFEFF?(?:${[...new Set(Object.values(NOTEBOOK_LANGUAGES).map(({ comment }) => comment))].join("|")}) ${NOTEBOOK_HEADER}`,
);

/** Whether a source file is a notebook, by its first line. */
export function isNotebookSource(source: string): boolean {
  return FIRST_LINE.test(source);
}

/** Magics of cells without code. Line magics such as `%pip` apply to one line of a cell. */
const TEXT_MAGICS =
  /^(?:md|md-sandbox|markdown|sh|bash|script|fs|html|javascript|js|latex|svg|writefile|skip)$/;
const LINE_MAGICS =
  /^(?:pip|conda|uv|reload_ext|load_ext|autoreload|config|restart_python|matplotlib|tensorboard)$/;

/**
 * Parses a notebook in the source format or as .ipynb. Never throws. Linear in the size of the source.
 *
 * @param extension with or without a dot, in any case: `py`, `sql`, `scala`, `r` or `ipynb`
 * @returns undefined for another extension or an invalid `ipynb`
 */
export function notebookSource(source: string, extension: string): NotebookSource | undefined {
  const key = `.${extension.replace(/^\./, "").toLowerCase()}`;
  if (key === ".ipynb") return jupyterSource(withPlainBreaks(source));
  if (!Object.hasOwn(NOTEBOOK_LANGUAGES, key)) return undefined;
  const { language, comment } = NOTEBOOK_LANGUAGES[key as keyof typeof NOTEBOOK_LANGUAGES];
  return {
    cells: sourceCells(withPlainBreaks(source), comment, languageOf(language)),
    widgets: [],
  };
}

const withPlainBreaks = (text: string): string => text.replace(/\r\n?/g, "\n");

function sourceCells(text: string, mark: string, own: CellLanguage): NotebookCell[] {
  const cells: NotebookCell[] = [];
  let code: string[] = [];
  let magic: string[] = [];
  let start = 0;
  const end = (next: number): void => {
    const first = start;
    const lineOf = (line: number): number => first + line;
    // Without a %, these lines are ordinary comments.
    if (magic.find((line) => line.trim() !== "")?.trimStart()[0] === "%")
      cells.push(...withMagic(magic.join("\n"), own, lineOf));
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
  const known = name.toLowerCase();
  return known === "python" || known === "sql" || known === "scala" || known === "r"
    ? known
    : "other";
}

/** Parses a cell, whose first word may switch its language and whose lines may run notebooks. */
function withMagic(
  code: string,
  own: CellLanguage,
  lineOf: NotebookCell["lineOf"],
): NotebookCell[] {
  const runs: NotebookCell[] = [];
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
  // Keep the magic's line, so that line numbers do not change.
  const rest = start.replace(/[^\n]/g, " ") + without.slice(start.length);
  if (rest.trim() === "") return runs;
  const named = languageOf(magic);
  const language = named === "other" ? own : named;
  return [
    ...runs,
    { language, code: language === "python" ? withoutLineMagics(rest) : rest, lineOf },
  ];
}

/** Blanks out line magics and shell commands of IPython. */
function withoutLineMagics(code: string): string {
  return /^[ \t]*[%!]/m.test(code) ? code.replace(/^[ \t]*[%!].*$/gm, "") : code;
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1))
    lines++;
  return lines;
}

function jupyterSource(text: string): NotebookSource | undefined {
  let notebook: unknown;
  try {
    notebook = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
  const { cells, metadata } = objectOf(notebook);
  if (!Array.isArray(cells)) return undefined;
  const about = objectOf(metadata);
  const databricks = objectOf(about["application/vnd.databricks.v1+notebook"]);
  const named = [
    databricks.language,
    objectOf(about.kernelspec).language,
    objectOf(about.language_info).name,
  ].find((name) => typeof name === "string");
  const own = named === undefined ? "python" : languageOf(named);
  const places = new LinePlaces(text);
  const all = (cells as unknown[]).flatMap((cell): NotebookCell[] => {
    const { cell_type: type, source } = objectOf(cell);
    const parts = (Array.isArray(source) ? source : [source]).filter(
      (line): line is string => typeof line === "string",
    );
    const lines = parts.map((part) => places.next(part));
    if (type !== "code") return [];
    const known = lines.length > 1 || parts.join("").split("\n").length === 1;
    const lineOf = (line: number): number => (known ? lines[line] : undefined) ?? lines[0] ?? 0;
    return withMagic(withPlainBreaks(parts.join("")), own, lineOf);
  });
  return { cells: all, widgets: Object.keys(objectOf(databricks.widgets)) };
}

/** The code cells of a Jupyter notebook as one text; all of the text if it is broken. */
export function jupyterCode(text: string): string {
  try {
    const { cells = [] } = JSON.parse(text.replace(/^\uFEFF/, "")) as {
      cells?: { cell_type?: string; source?: string | string[] }[];
    };
    return cells
      .filter(({ cell_type: type }) => type === "code")
      .map(({ source = "" }) => (Array.isArray(source) ? source.join("") : source))
      .join("\n");
  } catch {
    return text;
  }
}

/** Finds the lines of consecutive strings in a JSON file. */
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
      // The file spells it differently, for example with \u escapes: use the previous line.
      this.#missed++;
      return this.#line;
    }
    this.#line += countLines(this.#text, this.#at, found);
    this.#at = found + written.length;
    return this.#line;
  }
}

/** Maximum failed searches before giving up. */
const MAX_MISSED = 100;
