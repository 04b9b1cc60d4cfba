import { createHash } from "node:crypto";
import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import type { LineageFiles } from "../../lineage";
import { posixRelative } from "../../paths";

/** Databricks exports no notebook that is bigger. Bytes. */
const MAX_SIZE = 10 * 2 ** 20;
const MAX_KEPT = 30_000_000;
/** Files and folders of which the hash is kept. */
const MAX_KNOWN = 200_000;
/** How much time a file system may take for one. Milliseconds. */
const SETTLED_MS = 2000;

const FILE = "file ";
const FOLDER = "folder ";

interface Known<Content> {
  /** What tells that a file or folder has changed. */
  readonly state: string;
  /** Made when it is first asked for. */
  hash: string | undefined;
  /** Undefined once it takes too much memory. */
  content: Content | undefined;
}

/**
 * Source files of this machine, read when they are first asked for and again when they have changed. Texts beyond a limit
 * are forgotten, the oldest first.
 */
export class SourceFiles implements LineageFiles {
  readonly #files = new Map<string, Known<string>>();
  readonly #folders = new Map<string, Known<ReadonlySet<string>>>();
  readonly #maxKept: number;
  #kept = 0;

  /** @param maxKept texts that are kept at once; characters */
  public constructor(maxKept = MAX_KEPT) {
    this.#maxKept = maxKept;
  }

  /** The text of a file; undefined if it does not exist, is too big or is not UTF-8. */
  public read(file: string): string | undefined {
    return this.#file(file, true)?.content;
  }

  /** The names of the folders and Python files in a folder; undefined if there is none. */
  public names(folder: string): ReadonlySet<string> | undefined {
    return this.#folder(folder, true)?.content;
  }

  public label(file: string): string {
    return posixRelative(process.cwd(), file);
  }

  /** What identifies the content of `file PATH` or `folder PATH`; empty if it is not there. */
  public hashOf(id: string): string {
    if (id.startsWith(FOLDER)) return this.#folder(id.slice(FOLDER.length), false)?.hash ?? "";
    const known = this.#file(id.slice(FILE.length), false);
    if (known === undefined) return "";
    return (known.hash ??= hashOf(known.content ?? ""));
  }

  /** Says that a file or folder had that hash when it was in that state, so that it need not be read to know it. */
  public remember(id: string, hash: string, state: string): void {
    const [known, path] = id.startsWith(FOLDER)
      ? [this.#folders, id.slice(FOLDER.length)]
      : [this.#files, id.slice(FILE.length)];
    if (!known.has(path)) known.set(path, { state, hash, content: undefined });
  }

  /**
   * What tells another process that a file or folder still has that hash; undefined if that is not known. One that has just
   * been written may be written again without another sign of it.
   */
  public stateOf(id: string, hash: string): string | undefined {
    const known = id.startsWith(FOLDER)
      ? this.#folders.get(id.slice(FOLDER.length))
      : this.#files.get(id.slice(FILE.length));
    if (known?.hash !== hash) return undefined;
    const [modified, changed] = known.state.split(" ").map(Number);
    const isSettled = Math.max(modified ?? Infinity, changed ?? Infinity) < Date.now() - SETTLED_MS;
    return isSettled ? known.state : undefined;
  }

  #file(file: string, needsText: boolean): Known<string> | undefined {
    const stats = statsOf(file);
    if (stats?.isFile() !== true || stats.size > MAX_SIZE) return undefined;
    const state = stateOf(stats);
    const known = this.#files.get(file);
    if (known?.state === state && (known.content !== undefined || !needsText)) return known;
    const content = readText(file);
    if (content === undefined) return undefined;
    this.#kept += content.length - (known?.content?.length ?? 0);
    const read = { state, hash: undefined, content };
    // Behind all others.
    this.#files.delete(file);
    this.#files.set(file, read);
    this.#forget();
    return read;
  }

  #forget(): void {
    if (this.#kept > this.#maxKept)
      for (const known of this.#files.values()) {
        if (this.#kept <= this.#maxKept / 2) break;
        if (known.content === undefined) continue;
        this.#kept -= known.content.length;
        known.hash ??= hashOf(known.content);
        known.content = undefined;
      }
    if (this.#files.size > MAX_KNOWN) this.#files.clear();
    if (this.#folders.size > MAX_KNOWN) this.#folders.clear();
  }

  #folder(folder: string, needsNames: boolean): Known<ReadonlySet<string>> | undefined {
    const stats = statsOf(folder);
    if (stats?.isDirectory() !== true) return undefined;
    const state = stateOf(stats);
    const known = this.#folders.get(folder);
    if (known?.state === state && (known.content !== undefined || !needsNames)) return known;
    const names = readNames(folder);
    if (names === undefined) return undefined;
    const read = { state, hash: hashOf(names.join("\n")), content: new Set(names) };
    this.#folders.set(folder, read);
    return read;
  }
}

/** @returns undefined if there is nothing, or nothing that may be looked at */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

export const isFile = (path: string): boolean => statsOf(path)?.isFile() === true;

const stateOf = ({ mtimeMs, ctimeMs, size, ino }: Stats): string =>
  `${mtimeMs} ${ctimeMs} ${size} ${ino}`;

/** Identifies a text. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** What everything in this process reads through. */
export const SOURCE_FILES = new SourceFiles();

function readText(file: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch {
    return undefined;
  }
}

/** Of everything else in a folder nothing depends, so that files come and go without another analysis. */
function readNames(folder: string): string[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(
        (entry) =>
          entry.name.endsWith(".py") || entry.isDirectory() || entry.name === "databricks.yml",
      )
      .map(({ name }) => name)
      .filter((name) => name === ".git" || !/^(?:\.|__pycache__|node_modules)/.test(name))
      .sort();
  } catch {
    return undefined;
  }
}
