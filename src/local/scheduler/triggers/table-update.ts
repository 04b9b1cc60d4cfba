import { readdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../clock";
import { warehouseOf } from "../../execute/query";
import type { TableUpdate } from "./definitions";
import { isQuiet, type Waiting } from "./waits";

/** State of a table update trigger. */
export interface TableUpdateState extends Waiting {
  /** Last seen commit of each table; -1 if the table did not exist. */
  versions: Record<string, number>;
  /** Tables whose data has changed since the last run. */
  updated: string[];
}

/** The initial state: existing commits do not count as updates. */
export function tablesBefore({ table_names }: TableUpdate, dataDir: string): TableUpdateState {
  const versions = table_names.map((table) => {
    let names: string[] = [];
    try {
      names = readdirSync(logOf(table, dataDir));
    } catch {
      // The table does not exist yet.
    }
    return [table, commitsIn(names, -1).at(-1) ?? -1] as const;
  });
  return { versions: Object.fromEntries(versions), updated: [] };
}

/** Checks for commits that change data. */
export async function lookForUpdates(
  { table_names, condition = "ANY_UPDATED", ...waits }: TableUpdate,
  state: TableUpdateState,
  dataDir: string,
  clock: Clock,
): Promise<{ state: TableUpdateState; changed: boolean; fires: boolean }> {
  const next: TableUpdateState = { ...state, versions: { ...state.versions } };
  const updated = new Set(state.updated);
  let changed = false;
  for (const table of table_names) {
    const log = logOf(table, dataDir);
    const commits = commitsIn(await readdir(log).catch(() => []), state.versions[table] ?? -1);
    const last = commits.at(-1);
    if (last === undefined) continue;
    next.versions[table] = last;
    changed = true;
    if (!(await changesData(log, commits))) continue;
    updated.add(table);
    next.changedAt = clock.now();
  }
  const now = clock.now();
  const isMet =
    condition === "ALL_UPDATED" ? updated.size === table_names.length : updated.size > 0;
  const fires = isMet && isQuiet(next, waits, now);
  if (fires) {
    updated.clear();
    next.firedAt = now;
  }
  return { state: { ...next, updated: [...updated] }, changed: changed || fires, fires };
}

/** The log folder of a table. For a name without three parts, a path that cannot exist. */
function logOf(table: string, dataDir: string): string {
  const parts = table.split(".");
  const isName = parts.length === 3 && parts.every((part) => /^[^/\\\0]+$/.test(part));
  return isName ? join(warehouseOf(dataDir), ...parts, "_delta_log") : join(dataDir, "\0");
}

/** The commit numbers after a version, sorted. */
const commitsIn = (names: readonly string[], version: number): number[] =>
  names
    .flatMap((name) => (/^\d{20}\.json$/.test(name) ? [parseInt(name, 10)] : []))
    .filter((each) => each > version)
    .sort((a, b) => a - b);

/** Whether any of the commits adds or removes rows. Other commits change properties or only the storage layout. */
async function changesData(log: string, commits: readonly number[]): Promise<boolean> {
  for (const commit of commits) {
    const file = join(log, `${String(commit).padStart(20, "0")}.json`);
    const text = await readFile(file, "utf8").catch(() => "");
    if (/"dataChange"\s*:\s*true/.test(text)) return true;
  }
  return false;
}
