import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { isObject, parseJson, stringifyJson } from "@jobstrata/core/model";
import { cacheFolder, hashOf } from "@jobstrata/core/readers";
import type { ApiPermissions } from "../workspace/permissions";
import { type LiveJob, type LiveSummary, summaryOf } from "./live-job";

/** How long the data of an interrupted audit can be resumed. Milliseconds. */
export const FRESH_MS = 3_600_000;
const CHUNK = 1 << 20;

/** One line of the file. */
type Entry =
  /** The first line. Milliseconds since 1970. */
  | { readonly began: number }
  | { readonly job: LiveJob }
  /** The token of the next page, once all jobs of the previous pages are written; empty after the last. */
  | { readonly next: string }
  /** `null` if access is denied. */
  | { readonly id: string; readonly permissions: ApiPermissions | null };

interface Place {
  readonly from: number;
  readonly length: number;
}

/**
 * The live jobs of a workspace. Settings are kept in a file that only this user can read: ten thousand jobs need little memory,
 * and an interrupted audit can be resumed. A completed audit removes the file.
 */
export class LiveJobs {
  readonly #file: string;
  readonly #handle: number;
  #size = 0;
  readonly #jobs = new Map<string, LiveSummary>();
  readonly #places = new Map<string, Place>();
  readonly #permissions = new Map<string, Place>();
  #next: string | undefined;
  readonly #folder: string | undefined;

  private constructor(file: string, folder?: string) {
    this.#file = file;
    this.#folder = folder;
    this.#handle = openSync(file, "a+", 0o600);
  }

  /**
   * Opens the file.
   *
   * @param name identifies the audited code, the workspace and the user, which have their own file; undefined to keep nothing
   * @param resume whether to continue an audit that was interrupted in the last hour
   */
  public static open(
    name: string | undefined,
    resume: boolean,
    env: Readonly<NodeJS.ProcessEnv> = process.env,
    now = Date.now(),
  ): LiveJobs {
    const cache = cacheFolder(env);
    const folder = cache === undefined ? undefined : madeFolder(cache);
    if (name === undefined || folder === undefined) {
      const temporary = mkdtempSync(join(tmpdir(), "jobstrata-drift-"));
      return new LiveJobs(join(temporary, "live.jsonl"), temporary);
    }
    const start = `drift-${hashOf(name)}-`;
    const file = join(folder, `${start}${process.pid}.jsonl`);
    const left = leftovers(folder, now);
    for (const old of left) if (!old.isFresh) rmSync(old.file, { force: true });
    const found = resume
      ? left.find((old) => old.isFresh && basename(old.file).startsWith(start) && old.isFree)
      : undefined;
    if (found === undefined) rmSync(file, { force: true });
    else if (found.file !== file) renameSync(found.file, file);
    const jobs = new LiveJobs(file);
    if (found !== undefined) jobs.#load(now);
    if (jobs.#size === 0) jobs.#write({ began: now });
    return jobs;
  }

  /** The token of the next page; undefined before the first, empty after the last. */
  public get next(): string | undefined {
    return this.#next;
  }

  public get size(): number {
    return this.#jobs.size;
  }

  public summaries(): Iterable<LiveSummary> {
    return this.#jobs.values();
  }

  public summary(id: string): LiveSummary | undefined {
    return this.#jobs.get(id);
  }

  public add(job: LiveJob): void {
    const summary = summaryOf(job);
    this.#jobs.set(summary.id, summary);
    this.#places.set(summary.id, this.#write({ job }));
  }

  /** Records that all jobs before a page have been added. */
  public endPage(next: string): void {
    this.#next = next;
    this.#write({ next });
  }

  public job(id: string): LiveJob | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : (this.#read(place) as { job: LiveJob }).job;
  }

  public setPermissions(id: string, permissions: ApiPermissions | null): void {
    this.#permissions.set(id, this.#write({ id, permissions }));
  }

  /** A job's permissions; null if access is denied, undefined if not yet read. */
  public permissions(id: string): ApiPermissions | null | undefined {
    const place = this.#permissions.get(id);
    return place === undefined
      ? undefined
      : (this.#read(place) as { permissions: ApiPermissions | null }).permissions;
  }

  /** Closes the file. @param keep whether to keep it for `--resume` */
  public close(keep: boolean): void {
    closeSync(this.#handle);
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    else if (!keep) rmSync(this.#file, { force: true });
  }

  /** Whether the audit can be resumed. */
  public get isKept(): boolean {
    return this.#folder === undefined;
  }

  #write(entry: Entry): Place {
    const line = Buffer.from(`${stringifyJson(entry)}\n`);
    writeSync(this.#handle, line);
    const place = { from: this.#size, length: line.length };
    this.#size += line.length;
    return place;
  }

  #read({ from, length }: Place): unknown {
    const buffer = Buffer.allocUnsafe(length);
    readSync(this.#handle, buffer, 0, length, from);
    return parseJson(buffer.toString("utf8"));
  }

  /** Indexes the file of an interrupted audit. Its last line may be incomplete. */
  #load(now: number): void {
    const end = fstatSync(this.#handle).size;
    let rest = Buffer.alloc(0);
    let at = 0;
    while (at + rest.length < end) {
      const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - at - rest.length));
      readSync(this.#handle, buffer, 0, buffer.length, at + rest.length);
      rest = Buffer.concat([rest, buffer]);
      let start = 0;
      for (let stop = rest.indexOf(10); stop >= 0; stop = rest.indexOf(10, start)) {
        const place = { from: at + start, length: stop + 1 - start };
        const entry = entryOf(rest.toString("utf8", start, stop));
        // Drop everything after a damaged line; it is read again from the workspace.
        if (entry === undefined || (place.from === 0 && !isFresh(entry, now))) {
          this.#cutAt(place.from);
          return;
        }
        this.#note(entry, place);
        start = stop + 1;
      }
      at += start;
      rest = rest.subarray(start);
    }
    // Drop an incomplete last line.
    this.#cutAt(at);
  }

  #cutAt(size: number): void {
    ftruncateSync(this.#handle, size);
    this.#size = size;
  }

  #note(entry: Entry, place: Place): void {
    if ("job" in entry) {
      const summary = summaryOf(entry.job);
      this.#jobs.set(summary.id, summary);
      this.#places.set(summary.id, place);
    } else if ("next" in entry) this.#next = entry.next;
    else if ("id" in entry) this.#permissions.set(entry.id, place);
  }
}

function entryOf(line: string): Entry | undefined {
  try {
    const entry = parseJson(line);
    return isObject(entry) ? (entry as unknown as Entry) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the audit began recently. An audit that is resumed repeatedly must not keep old jobs. */
const isFresh = (entry: Entry, now: number): boolean =>
  "began" in entry && now - entry.began < FRESH_MS;

function madeFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    // For example, a read-only home folder.
    return undefined;
  }
}

/** Files of other audits, newest first. */
function leftovers(folder: string, now: number) {
  return readdirSync(folder)
    .filter((name) => /^drift-[\w-]+-\d+\.jsonl$/.test(name))
    .map((name) => {
      const file = join(folder, name);
      const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
      const pid = Number(/-(\d+)\.jsonl$/.exec(name)?.[1]);
      return { file, mtimeMs, isFresh: now - mtimeMs < FRESH_MS, isFree: !isAlive(pid) };
    })
    .sort((a, b) => b.mtimeMs - a.mtimeMs);
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
