import { createHash } from "node:crypto";
import { readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import type { LineageFiles } from "../../lineage";
import { posixRelative } from "../../paths";

/** Maximum size of a notebook that Databricks exports; bytes. */
const MAX_SIZE = 10 * 2 ** 20;
const MAX_KEPT = 30_000_000;
/** Maximum number of files, and of folders, whose hash is kept. */
const MAX_KNOWN = 200_000;
/** Maximum resolution of a file system's timestamps; milliseconds. */
const SETTLED_MS = 2000;

const FILE = "file ";
const FOLDER = "folder ";

interface Known<Content> {
  /** Times, size and inode; changes whenever the file or folder does. */
  readonly state: string;
  /** Computed on first use. */
  hash: string | undefined;
  /** Undefined after it was dropped to save memory. */
  content: Content | undefined;
}

/** Reads local source files on first use, and again after a change. Above a limit, the oldest texts are dropped. */
export class SourceFiles implements LineageFiles {
  readonly #files = new Map<string, Known<string>>();
  readonly #folders = new Map<string, Known<ReadonlySet<string>>>();
  readonly #maxKept: number;
  #kept = 0;

  /** @param maxKept maximum characters kept in memory */
  public constructor(maxKept = MAX_KEPT) {
    this.#maxKept = maxKept;
  }

  /** Returns the text of a file; undefined if the file does not exist, is too big or is not UTF-8. */
  public read(file: string): string | undefined {
    return this.#file(file, true)?.content;
  }

  /** Returns the names of subfolders and Python files; undefined if the folder does not exist. */
  public names(folder: string): ReadonlySet<string> | undefined {
    return this.#folder(folder, true)?.content;
  }

  public label(file: string): string {
    return posixRelative(process.cwd(), file);
  }

  /** Returns the hash of `file PATH` or `folder PATH`; empty if it does not exist. */
  public hashOf(id: string): string {
    if (id.startsWith(FOLDER)) return this.#folder(id.slice(FOLDER.length), false)?.hash ?? "";
    const known = this.#file(id.slice(FILE.length), false);
    if (known === undefined) return "";
    return (known.hash ??= hashOf(known.content ?? ""));
  }

  /** Sets the hash of a file or folder in a given state, so that an unchanged one is not read again. */
  public remember(id: string, hash: string, state: string): void {
    const [known, path] = id.startsWith(FOLDER)
      ? [this.#folders, id.slice(FOLDER.length)]
      : [this.#files, id.slice(FILE.length)];
    if (!known.has(path)) known.set(path, { state, hash, content: undefined });
  }

  /**
   * Returns the state in which a file or folder has the hash, for {@link remember} in another process; undefined if
   * unknown, or just after a write, because another write might not change the timestamps.
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
    // Moves the file to the end of the map: the oldest texts are dropped first.
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

/** @returns undefined if the path does not exist or access is denied */
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

/** Returns a short SHA-256 hash of a text. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** Shared by the whole process. */
export const SOURCE_FILES = new SourceFiles();

function readText(file: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch {
    return undefined;
  }
}

/** Returns only the names that lineage depends on, so that other files do not cause another analysis. */
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
