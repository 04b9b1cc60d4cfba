import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { JobstrataError } from "./errors";
import { quote, systemReason } from "./model/text";

/**
 * Creates a folder and its missing parents. Node's `recursive` option never returns below `/proc`.
 *
 * @param mode permissions of the created folders
 * @returns the folders that it created, outer ones first
 * @throws {JobstrataError} `config` if the folder cannot be created
 */
export function makeFolder(folder: string, mode?: number): readonly string[] {
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
  return missing;
}

/**
 * Writes into a folder, which is created if it is missing. If `write` throws, the created folders are removed again, unless
 * something is in them.
 *
 * @throws {JobstrataError} like `makeFolder`, and what `write` throws
 */
export function inFolder<T>(folder: string, write: () => T): T {
  const made = makeFolder(folder);
  try {
    return write();
  } catch (error) {
    for (const each of [...made].reverse()) {
      try {
        rmdirSync(each);
      } catch {
        break;
      }
    }
    throw error;
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
