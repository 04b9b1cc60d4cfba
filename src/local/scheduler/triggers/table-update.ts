import { readdirSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../clock";
import { warehouseOf } from "../../execute/query";
import type { TableUpdate } from "./definitions";
import { isQuiet, type Waiting } from "./waits";

/** What a table update trigger remembers. */
export interface TableUpdateState extends Waiting {
  /** The last commit of each table that was looked at; -1 of a table that there was not. */
  versions: Record<string, number>;
  /** The tables whose data has changed since the last run. */
  updated: string[];
}

/** The tables as they are when the trigger is set. */
export function tablesBefore({ table_names }: TableUpdate, dataDir: string): TableUpdateState {
  const versions = table_names.map((table) => {
    let names: string[] = [];
    try {
      names = readdirSync(logOf(table, dataDir));
    } catch {
      // There is no such table yet.
    }
    return [table, commitsIn(names, -1).at(-1) ?? -1] as const;
  });
  return { versions: Object.fromEntries(versions), updated: [] };
}

/** Looks for commits that change the data of tables. */
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

/** The folder of the log of a table; one that does not exist where `table` does not have three parts. */
function logOf(table: string, dataDir: string): string {
  const parts = table.split(".");
  const isName = parts.length === 3 && parts.every((part) => /^[^/\\\0]+$/.test(part));
  return isName ? join(warehouseOf(dataDir), ...parts, "_delta_log") : join(dataDir, "\0");
}

/** The numbers of the commits after a version, in order. */
const commitsIn = (names: readonly string[], version: number): number[] =>
  names
    .flatMap((name) => (/^\d{20}\.json$/.test(name) ? [parseInt(name, 10)] : []))
    .filter((each) => each > version)
    .sort((a, b) => a - b);

/** Whether any of the commits adds or removes rows; others change properties, or only how the data is stored. */
async function changesData(log: string, commits: readonly number[]): Promise<boolean> {
  for (const commit of commits) {
    const file = join(log, `${String(commit).padStart(20, "0")}.json`);
    const text = await readFile(file, "utf8").catch(() => "");
    if (/"dataChange"\s*:\s*true/.test(text)) return true;
  }
  return false;
}
