import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const state = z.object({ host: z.string(), port: z.int(), pid: z.int(), token: z.string() });

/** How a workspace that runs for a data folder is reached. It holds the token, so only its owner can read it. */
export type WorkspaceState = z.infer<typeof state>;

const fileOf = (dataDir: string): string => join(dataDir, "server.json");

export function writeState(dataDir: string, value: WorkspaceState): void {
  const file = fileOf(dataDir);
  const draft = `${file}.${process.pid}`;
  // A reader finds all of it or nothing.
  writeFileSync(draft, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** What the last server of the folder left; it may be gone by now. */
export function readState(dataDir: string): WorkspaceState | undefined {
  try {
    return state.parse(JSON.parse(readFileSync(fileOf(dataDir), "utf8")));
  } catch {
    return undefined;
  }
}

export function removeState(dataDir: string): void {
  rmSync(fileOf(dataDir), { force: true });
}
