import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { inFolder } from "@jobstrata/core/folders";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote, systemReason } from "@jobstrata/core/model";

/** The outcome of writing a folder of pages. */
interface WrittenPages {
  readonly written: number;
  readonly unchanged: number;
  readonly removed: number;
}

/**
 * Makes a folder contain exactly `pages`: writes changed pages and removes stale ones. Files are written atomically.
 *
 * @param mark the first line of every page; files without it are not touched
 * @param only names of the pages to write, without removing any. @default - all
 * @throws {JobstrataError} `config` before anything is written, if a page would replace another file
 */
export function writePages(
  folder: string,
  pages: ReadonlyMap<string, string>,
  mark: string,
  only?: ReadonlySet<string>,
): WrittenPages {
  try {
    return inFolder(folder, () => replacePages(folder, pages, mark, only));
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new JobstrataError("config", `pages cannot be written to ${quote(folder)}: ${reason}`);
  }
}

function replacePages(
  folder: string,
  pages: ReadonlyMap<string, string>,
  mark: string,
  only: ReadonlySet<string> | undefined,
): WrittenPages {
  const wanted = [...pages].filter(([name]) => only?.has(name) ?? true);
  const present = readdirSync(folder);
  const foreign = wanted
    .map(([name]) => name)
    .filter((name) => stateOf(join(folder, name), mark) === "foreign");
  if (foreign.length > 0) {
    const names = foreign.slice(0, 3).map(quote).join(", ");
    throw new JobstrataError(
      "config",
      `${quote(folder)} has ${names}${foreign.length > 3 ? ", …" : ""}, not written by jobstrata docs; nothing is changed. Choose another folder`,
    );
  }
  const changed = wanted.filter(([name, text]) => textOf(join(folder, name)) !== text);
  replaceFiles(folder, changed);
  const gone = present.filter(
    (name) =>
      only === undefined &&
      name.endsWith(".md") &&
      !pages.has(name) &&
      stateOf(join(folder, name), mark) === "own",
  );
  for (const name of gone) rmSync(join(folder, name));
  return {
    written: changed.length,
    unchanged: wanted.length - changed.length,
    removed: gone.length,
  };
}

/** Writes all temporary files before it renames the first. */
function replaceFiles(folder: string, files: readonly (readonly [string, string])[]): void {
  if (files.length === 0) return;
  const scratch = mkdtempSync(join(folder, ".jobstrata-"));
  try {
    for (const [name, text] of files) writeFileSync(join(scratch, name), text);
    for (const [name] of files) renameSync(join(scratch, name), join(folder, name));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function stateOf(file: string, mark: string): "none" | "own" | "foreign" {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return "none";
  return stats.isFile() && firstLine(file, mark.length + 1) === `${mark}\n` ? "own" : "foreign";
}

function firstLine(file: string, length: number): string {
  const buffer = Buffer.alloc(length);
  const descriptor = openSync(file, "r");
  try {
    return buffer.toString("utf8", 0, readSync(descriptor, buffer));
  } finally {
    closeSync(descriptor);
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
