import { readdirSync, type Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Clock } from "../../clock";
import { storagePath } from "../../execute/program";
import type { FileArrival } from "./definitions";
import { isQuiet, type Waiting } from "./waits";

/** Maximum files in a watched folder, as in Databricks for a location without file events. */
const MAX_FILES = 10_000;
const EVERYTHING = { recursive: true, withFileTypes: true } as const;

/** State of a file arrival trigger. */
export interface FileArrivalState extends Waiting {
  /** Paths, relative to the folder, of files that have started a run or existed before the trigger. */
  known: string[];
  /** Paths of files that have arrived since. */
  pending: string[];
}

/** The initial state: existing files do not count as arrived. Synchronous, because a new file may arrive at any moment. */
export function filesBefore({ url }: FileArrival, dataDir: string): FileArrivalState {
  const folder = storagePath(dataDir, url);
  let entries: Dirent[] = [];
  try {
    if (folder !== undefined) entries = readdirSync(folder, EVERYTHING);
  } catch {
    // The folder does not exist yet.
  }
  return { known: namesOf(folder ?? "", entries), pending: [] };
}

/** Checks for new files. An overwritten file does not count. */
export async function lookForFiles(
  { url, ...waits }: FileArrival,
  state: FileArrivalState,
  dataDir: string,
  clock: Clock,
): Promise<{ state: FileArrivalState; changed: boolean; fires: boolean }> {
  const folder = storagePath(dataDir, url) ?? "";
  const entries = folder === "" ? [] : await readdir(folder, EVERYTHING).catch(() => []);
  const there = new Set(namesOf(folder, entries));
  const now = clock.now();
  const known = new Set(state.known.filter((name) => there.has(name)));
  const pending = new Set(state.pending.filter((name) => there.has(name)));
  let changed = known.size < state.known.length || pending.size < state.pending.length;
  const next: FileArrivalState = { ...state };
  for (const name of there) {
    if (known.has(name) || pending.has(name)) continue;
    pending.add(name);
    next.changedAt = now;
    changed = true;
  }
  const fires = pending.size > 0 && isQuiet(next, waits, now);
  if (fires) {
    for (const name of pending) known.add(name);
    pending.clear();
    next.firedAt = now;
  }
  return {
    state: { ...next, known: [...known], pending: [...pending] },
    changed: changed || fires,
    fires,
  };
}

const namesOf = (folder: string, entries: readonly Dirent[]): string[] =>
  entries
    .filter((entry) => entry.isFile())
    .slice(0, MAX_FILES)
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
