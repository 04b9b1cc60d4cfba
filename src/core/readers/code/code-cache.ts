import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { hashOf, SOURCE_FILES, type SourceFiles } from "./source-files";

/** Results of other versions are ignored. Increase it whenever an analysis finds anything different. */
const VERSION = 3;
/** Maximum size of a cache that is read; bytes. */
const MAX_SIZE = 200 * 2 ** 20;
const MAX_ENTRIES = 100_000;
/** A result unused by this many processes in a row is dropped. */
const MAX_UNUSED = 5;

/** A file or folder that a result depends on: `file PATH` or `folder PATH`, the hash of its content, and its state. */
type UsedFile = readonly [id: string, hash: string, state: string];

interface Entry {
  readonly value?: unknown;
  /** Indexes of the files that the value depends on. */
  readonly used: readonly number[];
  /** Number of processes since the last one that used the entry. */
  readonly unused?: number;
}

interface Stored {
  readonly version: number;
  readonly files: readonly UsedFile[];
  readonly entries: Readonly<Record<string, Entry>>;
}

/**
 * Caches results of analysing code until a file they depend on changes. Values are JSON or undefined.
 *
 * Kept in memory; {@link open} makes the cache persistent.
 */
export class CodeCache {
  readonly #sources: SourceFiles;
  #file: string | undefined;
  #known = new Map<string, Entry>();
  readonly #next = new Map<string, Entry>();
  #files: UsedFile[] = [];
  /** Made for the first result that is added; a process that finds all results known needs none. */
  #indexes: Map<string, number> | undefined;
  #isRead = false;
  #isChanged = false;

  public constructor(sources: SourceFiles) {
    this.#sources = sources;
  }

  /**
   * Makes the cache persistent: results are written when the process ends, to one file for each working folder. The
   * file is in JOBSTRATA_CACHE (`off` disables it), by default in the user's cache folder.
   */
  public open(env: NodeJS.ProcessEnv, folder: string): void {
    const base = cacheFolder(env);
    if (base === undefined || this.#file !== undefined) return;
    this.#file = join(base, `code-${hashOf(folder)}.json`);
  }

  /** Returns the value of a key; undefined for an unknown key, or if a file has changed. */
  public get(key: string): { readonly value?: unknown } | undefined {
    this.#read();
    const entry = this.#next.get(key) ?? this.#known.get(key);
    if (entry === undefined) return undefined;
    for (const index of entry.used) {
      const [id, hash] = this.#files[index] ?? ["", ""];
      if (this.#sources.hashOf(id) !== hash) return undefined;
    }
    this.#next.set(key, entry);
    return entry;
  }

  /** @param used the files and folders that the value depends on: `file PATH` and `folder PATH`, each with its hash */
  public set(key: string, value: unknown, used: ReadonlyMap<string, string>): void {
    this.#read();
    if (!this.#isChanged && this.#file !== undefined)
      process.once("exit", () => {
        this.close();
      });
    this.#isChanged = true;
    // Limits the memory of a long-running process.
    if (this.#next.size > MAX_ENTRIES) this.#next.clear();
    this.#next.set(key, {
      value,
      used: Array.from(used, ([id, hash]) => this.#index([id, hash, ""])),
    });
  }

  /** Writes the results if a file is open. Errors are ignored. */
  public close(): void {
    if (this.#file === undefined || !this.#isChanged) return;
    this.#isChanged = false;
    const entries: Record<string, Entry> = Object.fromEntries(this.#next);
    for (const [key, { unused = 0, ...entry }] of this.#known)
      if (!this.#next.has(key) && unused < MAX_UNUSED && this.#next.size < MAX_ENTRIES)
        entries[key] = { ...entry, unused: unused + 1 };
    const files = this.#files.map(([id, hash, state]): UsedFile => [
      id,
      hash,
      this.#sources.stateOf(id, hash) ?? state,
    ]);
    const stored: Stored = { version: VERSION, files, entries };
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      const temporary = `${this.#file}.${process.pid}.tmp`;
      writeFileSync(temporary, JSON.stringify(stored), { mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch {
      // Such as a read-only home folder.
    }
  }

  #index(file: UsedFile): number {
    const keyOf = ([id, hash]: UsedFile): string => `${hash} ${id}`;
    this.#indexes ??= new Map(this.#files.map((each, at) => [keyOf(each), at]));
    const key = keyOf(file);
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.#files.push(file) - 1;
      this.#indexes.set(key, index);
    }
    return index;
  }

  #read(): void {
    if (this.#isRead || this.#file === undefined) return;
    this.#isRead = true;
    try {
      if (statSync(this.#file).size > MAX_SIZE) return;
      const stored = JSON.parse(readFileSync(this.#file, "utf8")) as Stored;
      if (stored.version !== VERSION) return;
      this.#known = new Map(Object.entries(stored.entries));
      this.#files = [...stored.files];
      for (const [id, hash, state] of stored.files)
        if (state !== "") this.#sources.remember(id, hash, state);
    } catch {
      // The cache does not exist yet, or is broken.
    }
  }
}

/**
 * The folder for files that can be deleted at any time: JOBSTRATA_CACHE, by default in the user's cache folder;
 * undefined for `off`.
 */
export function cacheFolder(env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const { JOBSTRATA_CACHE: given } = env;
  if (given === "off") return undefined;
  const home =
    process.platform === "win32" ? (env.LOCALAPPDATA ?? homedir()) : join(homedir(), ".cache");
  return given ?? join(env.XDG_CACHE_HOME ?? home, "jobstrata");
}

/** Shared by the whole process. */
export const CODE_CACHE = new CodeCache(SOURCE_FILES);
