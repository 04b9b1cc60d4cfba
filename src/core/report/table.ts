import { printable } from "../model/text";

/** Maximum characters of a cell; longer text ends with "…". */
const MAX_CELL = 80;

/**
 * Formats rows as a table for a terminal, with a header and a rule. Aligns numbers to the right and escapes control
 * characters.
 *
 * @param columns names, from left to right
 * @param rows values, one for each column; objects are shown as JSON
 */
export function formatTable(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): string[] {
  const header = columns.map((name) => cell(name));
  const body = rows.map((row) => columns.map((_, at) => cell(row[at])));
  const widths = columns.map((_, at) =>
    Math.max(...[header, ...body].map((row) => length(row[at] ?? ""))),
  );
  const numeric = columns.map((_, at) =>
    rows.every((row) => typeof row[at] === "number" || row[at] === null),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, at) => {
        const space = " ".repeat((widths[at] ?? 0) - length(text));
        return numeric[at] === true ? space + text : text + space;
      })
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((width) => "-".repeat(width)).join("  "), ...body.map(line)];
}

function cell(value: unknown): string {
  const text =
    value === null || value === undefined
      ? "NULL"
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  const safe = printable(text);
  const all = characters(safe);
  return all.length <= MAX_CELL ? safe : `${all.slice(0, MAX_CELL - 1).join("")}…`;
}

const SEGMENTER = new Intl.Segmenter();

/** User-perceived characters. */
const characters = (text: string): string[] =>
  Array.from(SEGMENTER.segment(text), ({ segment }) => segment);

const length = (text: string): number => characters(text).length;
