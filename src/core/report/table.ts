import { printable } from "../model/text";

/** How wide a cell may be; characters. What is longer ends with "…". */
const MAX_CELL = 80;

/**
 * Rows as a table for a terminal: a line of names, a rule, a line for each row. Numbers are aligned to the right. Text is
 * made safe to show.
 *
 * @param columns names, from left to right
 * @param rows values, as many in each as there are columns; objects are shown as JSON
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

/** As people count them. */
const characters = (text: string): string[] =>
  Array.from(SEGMENTER.segment(text), ({ segment }) => segment);

const length = (text: string): number => characters(text).length;
