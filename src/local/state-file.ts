import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const state = z.object({ host: z.string(), port: z.int(), pid: z.int(), token: z.string() });

/** Connection data of a running workspace. Contains the token, so only the owner can read the file. */
export type WorkspaceState = z.infer<typeof state>;

const fileOf = (dataDir: string): string => join(dataDir, "server.json");

export function writeState(dataDir: string, value: WorkspaceState): void {
  const file = fileOf(dataDir);
  const draft = `${file}.${process.pid}`;
  // Write and rename, so that readers never see a partial file.
  writeFileSync(draft, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The state of the last server of a folder, which may no longer run. */
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
