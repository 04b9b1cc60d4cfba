import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskOutcome, TaskRequest } from "./executor";

/** One table or path that a task read or wrote. Columns as in `system.access.table_lineage`, where it has them. */
export interface LineageRow {
  readonly observed_by: "local";
  /** ISO 8601. */
  readonly event_time: string;
  /** The job's name. */
  readonly job_name: string;
  readonly task_key: string;
  /** Id of the job run. */
  readonly entity_run_id: string;
  readonly job_id: string;
  /** Path of the notebook or Python file; absent for a wheel. */
  readonly notebook_path?: string;
  readonly source_table_full_name?: string;
  readonly source_path?: string;
  readonly target_table_full_name?: string;
  readonly target_path?: string;
}

/** Size at which the older half of the file is dropped; bytes. */
const MAX_SIZE = 20 * 2 ** 20;

const fileIn = (dataDir: string): string => join(dataDir, "lineage.jsonl");

/** Appends a task's reads and writes to the workspace's lineage. */
export function recordLineage(
  dataDir: string,
  { jobName, jobId, jobRunId, taskKey }: TaskRequest,
  path: string,
  accesses: NonNullable<TaskOutcome["lineage"]>,
): void {
  if (accesses.length === 0) return;
  const common = {
    observed_by: "local",
    event_time: new Date().toISOString(),
    job_name: jobName,
    job_id: String(jobId),
    task_key: taskKey,
    entity_run_id: String(jobRunId),
    ...(path === "" ? {} : { notebook_path: path }),
  } as const;
  const rows = accesses.map(({ mode, name }): LineageRow => {
    const isPath = name.startsWith("/") || name.includes("://");
    if (mode === "read")
      return { ...common, ...(isPath ? { source_path: name } : { source_table_full_name: name }) };
    return { ...common, ...(isPath ? { target_path: name } : { target_table_full_name: name }) };
  });
  const file = fileIn(dataDir);
  appendFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""), { mode: 0o600 });
  if (statSync(file).size > MAX_SIZE) shorten(file);
}

function shorten(file: string): void {
  const text = readFileSync(file, "utf8");
  const start = text.indexOf("\n", text.length >> 1) + 1;
  writeFileSync(`${file}.tmp`, text.slice(start), { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** The recorded lineage of a data folder, oldest first. */
export function readLineage(dataDir: string): LineageRow[] {
  let text: string;
  try {
    text = readFileSync(fileIn(dataDir), "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line): LineageRow[] => {
    try {
      return line === "" ? [] : [JSON.parse(line) as LineageRow];
    } catch {
      // A killed process may leave an incomplete last line.
      return [];
    }
  });
}
