import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { ExecutorKind } from "./execute/choose";

const state = z.object({ host: z.string(), port: z.int(), pid: z.int(), token: z.string() });

const executorKind = z.enum(["local", "simulated"]);

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

const executorFile = (dataDir: string): string => join(dataDir, "executor");

/** Remembers the executor that was chosen for a data folder; undefined is the default. */
export function writeExecutor(dataDir: string, executor: ExecutorKind | undefined): void {
  if (executor === undefined) rmSync(executorFile(dataDir), { force: true });
  else writeFileSync(executorFile(dataDir), executor, { mode: 0o600 });
}

/** The executor that was last chosen for a data folder. */
export function readExecutor(dataDir: string): ExecutorKind | undefined {
  try {
    return executorKind.parse(readFileSync(executorFile(dataDir), "utf8"));
  } catch {
    return undefined;
  }
}
