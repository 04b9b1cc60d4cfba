import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { JobstrataError } from "./errors";
import { quote, systemReason } from "./model/text";

/**
 * Creates a folder and its missing parents. Node's `recursive` option never returns below `/proc`.
 *
 * @param mode permissions of the created folders
 * @throws {JobstrataError} `config` if the folder cannot be created
 */
export function makeFolder(folder: string, mode?: number): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !isFolder(at, folder); at = dirname(at)) missing.push(at);
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each, { ...(mode !== undefined && { mode }) });
    } catch (error) {
      // Another process may have created it in the meantime.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unmade(folder, error);
    }
  }
}

function isFolder(path: string, wanted: string): boolean {
  try {
    if (statSync(path).isDirectory()) return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw unmade(wanted, error);
  }
  throw new JobstrataError("config", `${quote(path)} is a file, not a folder`);
}

const unmade = (folder: string, error: unknown): JobstrataError =>
  new JobstrataError(
    "config",
    `the folder ${quote(folder)} cannot be created: ${systemReason(error) ?? String(error)}`,
  );
