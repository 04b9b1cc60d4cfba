import { NOTEBOOK_HEADER, NOTEBOOK_LANGUAGES, type NotebookLanguage } from "@jobstrata/core/model";

/** Converts notebooks between the source format (text with markers in comments) and Jupyter's JSON. */

export const LANGUAGES = ["PYTHON", "SCALA", "SQL", "R"] as const satisfies NotebookLanguage[];
export type Language = NotebookLanguage;

const COMMENTS = Object.fromEntries(
  Object.values(NOTEBOOK_LANGUAGES).map(({ language, comment }) => [language, comment]),
) as Record<Language, string>;
/** Magic commands of cells whose language differs from the notebook's. */
const MAGICS: Record<Language, string> = {
  PYTHON: "%python",
  SCALA: "%scala",
  SQL: "%sql",
  R: "%r",
};

/** First line of a notebook in the source format. */
const MARKER = new RegExp(`^(?:#|--|//) ${NOTEBOOK_HEADER}\\r?(?:\\n|$)`);

/** Whether text is a notebook in the source format. */
export const isSourceNotebook = (text: string): boolean => MARKER.test(text);

interface JupyterCell {
  readonly cell_type?: unknown;
  readonly source?: unknown;
}

interface JupyterNotebook {
  readonly cells: readonly JupyterCell[];
  readonly metadata?: { readonly language_info?: { readonly name?: unknown } } | null;
}

/** Parses a Jupyter notebook; undefined if `text` is not one. */
function parseJupyter(text: string): JupyterNotebook | undefined {
  if (!/^\s*\{/.test(text.slice(0, 100))) return undefined;
  try {
    const notebook = JSON.parse(text) as { cells?: unknown };
    return Array.isArray(notebook.cells) ? (notebook as JupyterNotebook) : undefined;
  } catch {
    return undefined;
  }
}

/** The language of a Jupyter notebook; undefined if `text` is not one. */
export function jupyterLanguage(text: string): Language | undefined {
  const notebook = parseJupyter(text);
  if (notebook === undefined) return undefined;
  const name = notebook.metadata?.language_info?.name;
  return (
    LANGUAGES.find((each) => typeof name === "string" && each === name.toUpperCase()) ?? "PYTHON"
  );
}

/** Converts a notebook from the source format to Jupyter, with a cell for each command and no outputs. */
export function sourceToJupyter(source: string, language: Language): string {
  const cells = cellsOf(source, language).map((text) => {
    const markdown = /^%md(?:-sandbox)?(?:[ \t]|\r?\n|$)/.exec(text);
    const lines = (markdown === null ? text : text.slice(markdown[0].length)).split(/(?<=\n)/);
    return markdown === null
      ? { cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: lines }
      : { cell_type: "markdown", metadata: {}, source: lines };
  });
  const notebook = {
    cells,
    metadata: { language_info: { name: language.toLowerCase() } },
    nbformat: 4,
    nbformat_minor: 0,
  };
  return `${JSON.stringify(notebook, undefined, 1)}\n`;
}

/** The commands of a notebook in the source format, without `# MAGIC ` prefixes. */
function cellsOf(source: string, language: Language): string[] {
  const comment = COMMENTS[language];
  const body = source.replace(MARKER, "");
  const separator = new RegExp(`^${comment} COMMAND ----------[ \\t]*\\r?$`, "m");
  const cells = body.split(separator).map((cell) => cell.replace(/^\s*\n|\s+$/g, ""));
  return cells.map((cell) => {
    const lines = cell.split("\n");
    const magic = `${comment} MAGIC`;
    if (!lines.some((line) => line.startsWith(magic))) return cell;
    return lines
      .map((line) => (line.startsWith(magic) ? line.slice(magic.length).replace(/^ /, "") : line))
      .join("\n");
  });
}

/**
 * Converts a Jupyter notebook to the source format, without its outputs.
 * @returns undefined if `text` is not a Jupyter notebook
 */
export function jupyterToSource(text: string, language: Language): string | undefined {
  const notebook = parseJupyter(text);
  if (notebook === undefined) return undefined;
  const comment = COMMENTS[language];
  const cells = notebook.cells.map(({ cell_type, source }) => {
    const lines = Array.isArray(source)
      ? source.map(String).join("")
      : typeof source === "string"
        ? source
        : "";
    const cell = cell_type === "markdown" ? `%md\n${lines}` : lines;
    // Write a cell that begins with a magic as comments, so that the file remains valid code.
    if (!cell.startsWith("%") || cell.startsWith(`${MAGICS[language]}\n`)) return cell;
    return cell
      .split("\n")
      .map((line) => (line === "" ? `${comment} MAGIC` : `${comment} MAGIC ${line}`))
      .join("\n");
  });
  const separator = `\n\n${comment} COMMAND ----------\n\n`;
  return `${comment} ${NOTEBOOK_HEADER}\n${cells.join(separator)}\n`;
}
