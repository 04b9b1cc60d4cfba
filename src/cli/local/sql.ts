import { readFileSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import { dataFolder } from "@jobstrata/local/commands";
import { query, type QueryAnswer } from "@jobstrata/local/query";
import { errorText, printable, quote, systemReason } from "@jobstrata/core/model";
import { formatTable } from "@jobstrata/core/report";
import type { Io } from "../io";
import { enginePython } from "./executor";

/** How rows are printed. */
type RowFormat = "table" | "json" | "csv";

/** Options of {@link runSql}. */
export interface SqlOptions {
  readonly data?: string;
  /** The data folder, if it is not the engine's. */
  readonly dataDir?: string;
  readonly file?: string;
  readonly format: RowFormat;
  readonly limit: number;
}

/**
 * Queries the tables of the local workspace, whether or not it is running.
 *
 * @returns 0; 1 if a statement failed
 * @throws {JobstrataError} `local-workspace` if no query could be made
 */
export async function runSql(
  text: string | undefined,
  { data, dataDir = dataFolder(data), file, format, limit }: SqlOptions,
  io: Io,
): Promise<number> {
  const sql = text ?? (file === undefined ? undefined : readSql(file));
  if (sql === undefined || sql.trim() === "") {
    throw new JobstrataError(
      "local-workspace",
      'there is no SQL to run; give it as an argument, such as "SHOW TABLES IN main.gold", or in a file with --file',
    );
  }
  const python = await enginePython(data, io);
  const errors: string[] = [];
  await query(python, { dataDir, sql, limit }, (answer) => {
    if ("error" in answer) errors.push(answer.error);
    print(answer, format, limit, io);
  });
  return errors.length > 0 ? 1 : 0;
}

/** @throws {JobstrataError} `local-workspace` if the file cannot be read */
export function readSql(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new JobstrataError(
      "local-workspace",
      `the SQL in ${quote(file)} cannot be read: ${systemReason(error) ?? errorText(error)}`,
    );
  }
}

/** Rows go to stdout, everything else to stderr. */
function print(answer: QueryAnswer, format: RowFormat, limit: number, io: Io): void {
  if ("note" in answer) {
    io.err(printable(answer.note));
    return;
  }
  if ("error" in answer) {
    for (const line of answer.error.split("\n")) io.err(printable(line));
    return;
  }
  const { columns, rows, truncated } = answer;
  const names = columns.map(({ name }) => name);
  if (columns.length > 0) {
    for (const line of formatted(format, names, rows)) io.out(line);
  }
  if (truncated) io.err(`… more than ${limit} rows; --limit shows more`);
}

function formatted(
  format: RowFormat,
  names: readonly string[],
  rows: readonly (readonly unknown[])[],
): string[] {
  switch (format) {
    case "table":
      return formatTable(names, rows);
    case "json":
      return [
        JSON.stringify(
          rows.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]]))),
        ),
      ];
    case "csv":
      return [names, ...rows].map((row) => row.map(csvCell).join(","));
  }
}

/** CSV by RFC 4180. */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
