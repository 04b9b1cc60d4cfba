import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { CodeLineage } from "../../model/lineage";

/** Results of other versions of the analysis are not used. Raised with every change of what it finds. */
const VERSION = 3;
/** A bigger cache is not read. Bytes. */
const MAX_SIZE = 200 * 2 ** 20;
const MAX_ENTRIES = 100_000;

interface Entry {
  readonly lineage: CodeLineage;
  /** What it was found in, as indexes of a path and a hash. */
  readonly used: readonly (readonly [path: number, hash: number])[];
}

interface Stored {
  readonly version: number;
  readonly texts: readonly string[];
  readonly entries: Readonly<Record<string, Entry>>;
}

/** Knows the hashes of files and folders as they are now. */
interface Hashes {
  hash(path: string, kind: "file" | "folder"): string;
}

/** What analyses of code have found, by the content of all files that they looked at; kept in a file, if one is opened. */
export class CodeCache {
  #file: string | undefined;
  #known = new Map<string, Entry>();
  readonly #next = new Map<string, Entry>();
  #texts: string[] = [];
  readonly #indexes = new Map<string, number>();
  #isRead = false;
  #isChanged = false;

  /**
   * Keeps results from now on, and writes them when the process ends: in JOBSTRATA_CACHE, `off` for nowhere, else in the
   * user's cache folder; one file for each working folder.
   */
  public open(env: NodeJS.ProcessEnv, folder: string): void {
    const base = cacheFolder(env);
    if (base === undefined || this.#file !== undefined) return;
    this.#file = join(base, `lineage-${hashOf(folder)}.json`);
  }

  public get(file: string, parameters: string, hashes: Hashes): CodeLineage | undefined {
    this.#read();
    const key = `${file} ${parameters}`;
    const entry = this.#next.get(key) ?? this.#known.get(key);
    if (entry === undefined) return undefined;
    const isSame = entry.used.every(([path, hash]) => {
      const [kind = "", ...rest] = (this.#texts[path] ?? "").split(" ");
      return hashes.hash(rest.join(" "), kind === "file" ? "file" : "folder") === this.#texts[hash];
    });
    if (!isSame) return undefined;
    this.#next.set(key, entry);
    return entry.lineage;
  }

  public set(
    file: string,
    parameters: string,
    lineage: CodeLineage,
    used: ReadonlyMap<string, string>,
  ): void {
    if (!this.#isChanged && this.#file !== undefined)
      process.once("exit", () => {
        this.close();
      });
    this.#isChanged = true;
    // A process that runs for long.
    if (this.#next.size > MAX_ENTRIES) this.#next.clear();
    const indexed = Array.from(
      used,
      ([path, hash]) => [this.#index(path), this.#index(hash)] as const,
    );
    this.#next.set(`${file} ${parameters}`, { lineage, used: indexed });
  }

  /** Writes what has been found, if a file is open. A cache that cannot be written is none. */
  public close(): void {
    if (this.#file === undefined || !this.#isChanged) return;
    this.#isChanged = false;
    const entries = Object.fromEntries(this.#next);
    const stored: Stored = { version: VERSION, texts: this.#texts, entries };
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      const temporary = `${this.#file}.${process.pid}.tmp`;
      writeFileSync(temporary, JSON.stringify(stored), { mode: 0o600 });
      renameSync(temporary, this.#file);
    } catch {
      // Such as a home folder that is read-only.
    }
  }

  #index(text: string): number {
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = this.#texts.push(text) - 1;
      this.#indexes.set(text, index);
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
      this.#texts = [...stored.texts];
      for (const [at, text] of this.#texts.entries()) this.#indexes.set(text, at);
    } catch {
      // There is none yet, or it is broken.
    }
  }
}

/** The folder of files that may be lost: JOBSTRATA_CACHE, else in the user's cache folder; undefined if that is `off`. */
export function cacheFolder(env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const { JOBSTRATA_CACHE: given } = env;
  if (given === "off") return undefined;
  const home =
    process.platform === "win32" ? (env.LOCALAPPDATA ?? homedir()) : join(homedir(), ".cache");
  return given ?? join(env.XDG_CACHE_HOME ?? home, "jobstrata");
}

/** Identifies a text. */
export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

/** What everything in this process uses. */
export const CODE_CACHE = new CodeCache();
