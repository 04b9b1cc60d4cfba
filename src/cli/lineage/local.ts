import { existsSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import { DEFAULT_DATA_DIR, printable, quote } from "@jobstrata/core/model";
import { formatTable } from "@jobstrata/core/report";
import { type LineageRow, readLineage } from "@jobstrata/local/lineage";
import type { Io } from "../io";

/**
 * The lineage that the local workspace has observed.
 *
 * @throws {JobstrataError} `source` if there is no local workspace
 */
export function readLocalLineage({
  data = DEFAULT_DATA_DIR,
}: {
  readonly data?: string;
}): LineageRow[] {
  if (existsSync(data)) return readLineage(data);
  throw new JobstrataError(
    "source",
    `there is no local workspace in ${quote(data)}; npx jobstrata local try makes one, --data names another`,
  );
}

/** Shows how runs in the local workspace used tables. @param of run id, or job key or name. @default - all */
export function showLocalLineage(
  of: string | undefined,
  { format, ...options }: { readonly data?: string; readonly format: "text" | "json" },
  io: Io,
): void {
  const rows = readLocalLineage(options).filter(
    ({ job_name: name, job_id: id, entity_run_id: run }) =>
      of === undefined || [name, id, run].includes(of) || withoutPrefix(name) === of,
  );
  if (format === "json") {
    io.out(JSON.stringify(rows, undefined, 2));
    return;
  }
  if (rows.length === 0) {
    io.out(
      of === undefined
        ? "No notebook has read or written a table yet."
        : `No run of ${quote(of)} has read or written a table.`,
    );
    return;
  }
  const seen = new Set<string>();
  const lines = rows.flatMap((row) => {
    const read = row.source_table_full_name ?? row.source_path;
    const table = read ?? row.target_table_full_name ?? row.target_path ?? "";
    const line = [row.job_name, row.task_key, read === undefined ? "writes" : "reads", table];
    const key = JSON.stringify([line, row.entity_run_id]);
    if (seen.has(key)) return [];
    seen.add(key);
    return [[row.entity_run_id, ...line].map((cell) => printable(cell))];
  });
  for (const line of formatTable(["run", "job", "task", "", "table"], lines)) io.out(line);
}

/** The name without the prefix of a target or of development mode. */
const withoutPrefix = (name: string): string => name.replace(/^(?:\[[^\]]*\]\s*)+/, "");
