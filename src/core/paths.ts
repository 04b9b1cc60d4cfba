import { mkdirSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { JobstrataError } from "./errors";
import { quote } from "./model/text";

/** A path with `/` between its parts, on every platform. */
export function posixPath(path: string): string {
  return path.split(sep).join("/");
}

/** The way from a folder to a path, with `/`; empty if they are the same. */
export function posixRelative(folder: string, path: string): string {
  return posixPath(relative(folder, path));
}

/** A path as people write it: from the working folder, with `/`; `.` for that folder itself. */
export function relativePath(path: string): string {
  return posixRelative(process.cwd(), path) || ".";
}

/**
 * Makes a folder with those that it is in, as far as they are not there. Node's own `recursive` never returns below `/proc`.
 *
 * @param mode permissions of the folders that are made
 * @throws {JobstrataError} `config` if it cannot be made
 */
export function makeFolder(folder: string, mode?: number): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !isFolder(at, folder); at = dirname(at)) missing.push(at);
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each, { ...(mode !== undefined && { mode }) });
    } catch (error) {
      // Another process may have made it meanwhile.
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
    `the folder ${quote(folder)} cannot be created: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
  );
