import type { ObservedAccess } from "../../model/job-graph";
import type { DataAccess, Observation } from "../../model/lineage";
import { isObject } from "../../model/json";

/** Maximum rows of an export. */
const MAX_ROWS = 1_000_000;

/** Accesses from an export of `system.access.table_lineage` or `jobstrata local lineage`. */
export interface ObservedLineage {
  readonly observed: readonly ObservedAccess[];
  /** Number of rows without a job, which cannot be assigned. */
  readonly withoutJob: number;
}

/** Columns with the job. The last two are not in the system table itself. */
const JOB_COLUMNS = ["job_name", "entity_name", "name"];

/**
 * Reads CSV with a header, a JSON array of objects, or JSON objects line by line.
 *
 * @returns undefined for anything else
 */
export function readObservedLineage(text: string): ObservedLineage | undefined {
  const rows = rowsOf(text.replace(/^\uFEFF/, ""));
  if (rows === undefined) return undefined;
  const known = new Map<string, ObservedAccess>();
  let withoutJob = 0;
  for (const row of rows.slice(0, MAX_ROWS)) {
    const job = JOB_COLUMNS.map((name) => textOf(row[name])).find((name) => name !== undefined);
    const accesses = accessesOf(row);
    if (accesses.length === 0) continue;
    if (job === undefined) {
      withoutJob++;
      continue;
    }
    const taskKey = textOf(row.task_key);
    for (const access of accesses)
      known.set(JSON.stringify([job, taskKey, access.name, access.write]), {
        job,
        ...(taskKey !== undefined && { taskKey }),
        access,
      });
  }
  return { observed: [...known.values()], withoutJob };
}

type Row = Readonly<Record<string, unknown>>;

function accessesOf(row: Row): DataAccess[] {
  const run = textOf(row.entity_run_id) ?? textOf(row.run_id);
  const source: Observation["source"] = row.observed_by === "local" ? "local" : "system";
  const file = textOf(row.notebook_path) ?? textOf(row.job_name) ?? "";
  const common = { at: { file }, observed: { source, ...(run !== undefined && { run }) } };
  const read = place(row, "source");
  const written = place(row, "target");
  return [
    ...(read === undefined ? [] : [{ ...read, ...common }]),
    ...(written === undefined ? [] : [{ ...written, write: "overwrite" as const, ...common }]),
  ];
}

function place(row: Row, side: "source" | "target"): Pick<DataAccess, "name" | "kind"> | undefined {
  const table = textOf(row[`${side}_table_full_name`]);
  if (table !== undefined) return { name: table.replaceAll("`", "").toLowerCase(), kind: "table" };
  const path = textOf(row[`${side}_path`]);
  return path === undefined
    ? undefined
    : { name: path.replace(/(?<=[^/:])\/+$/, ""), kind: "path" };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" && value !== "null"
    ? value
    : typeof value === "number"
      ? String(value)
      : undefined;

function rowsOf(text: string): Row[] | undefined {
  const start = text.trimStart().charAt(0);
  if (start === "[" || start === "{") return jsonRows(text);
  const [head, ...rows] = csvRows(text);
  if (head?.some((name) => /^(?:source|target)_(?:table_full_name|path)$/.test(name)) !== true)
    return undefined;
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? ""])));
}

function jsonRows(text: string): Row[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value)
      ? [value]
      : Array.isArray(value)
        ? (value as unknown[]).filter(isObject)
        : undefined;
  } catch {
    // Not one JSON document: try JSON lines.
  }
  try {
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line): unknown => JSON.parse(line))
      .filter(isObject);
  } catch {
    return undefined;
  }
}

/** Parses CSV as in RFC 4180: quoted fields may contain line breaks. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /"((?:[^"]|"")*)"|[^",\r\n]*/y;
  let at = 0;
  while (at < text.length && rows.length <= MAX_ROWS) {
    field.lastIndex = at;
    const [all = "", quoted] = field.exec(text) ?? [];
    row.push(quoted === undefined ? all : quoted.replaceAll('""', '"'));
    at += all.length;
    if (text[at] === ",") {
      at++;
      if (at === text.length) row.push("");
      continue;
    }
    const end = text.indexOf("\n", at);
    at = end === -1 ? text.length : end + 1;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}
