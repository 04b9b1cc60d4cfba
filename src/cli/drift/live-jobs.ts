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

/** What an interrupted audit has read is used again for this long; milliseconds. */
export const FRESH_MS = 3_600_000;
const CHUNK = 1 << 20;

/** A line of the file. */
type Entry =
  /** The first line. Milliseconds since 1970. */
  | { readonly began: number }
  | { readonly job: LiveJob }
  /** All jobs so far came from the pages before this one; empty after the last. */
  | { readonly next: string }
  /** `null` if they may not be read. */
  | { readonly id: string; readonly permissions: ApiPermissions | null };

interface Place {
  readonly from: number;
  readonly length: number;
}

/**
 * The live jobs of a workspace. Their settings are in a file that only this user can read, so that ten thousand of them need
 * little memory, and that an interrupted audit can go on; it is removed once the audit is done.
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
   * @param name what is audited: one file for each
   * @param resume takes over what an interrupted audit of the last hour has left, if there is any
   */
  public static open(
    name: string,
    resume: boolean,
    env: Readonly<NodeJS.ProcessEnv> = process.env,
    now = Date.now(),
  ): LiveJobs {
    const cache = cacheFolder(env);
    const start = `drift-${hashOf(name)}-`;
    const folder = cache === undefined ? undefined : madeFolder(cache);
    if (folder === undefined) {
      const temporary = mkdtempSync(join(tmpdir(), "jobstrata-drift-"));
      return new LiveJobs(join(temporary, "live.jsonl"), temporary);
    }
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

  /** The token of the page to read next; undefined if none was read, empty if all were. */
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

  /** Says that all jobs before a page have been added. */
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

  /** The permissions of a job; null if they may not be read, undefined if nobody has asked. */
  public permissions(id: string): ApiPermissions | null | undefined {
    const place = this.#permissions.get(id);
    return place === undefined
      ? undefined
      : (this.#read(place) as { permissions: ApiPermissions | null }).permissions;
  }

  /** Closes the file. @param keep for an audit that goes on */
  public close(keep: boolean): void {
    closeSync(this.#handle);
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    else if (!keep) rmSync(this.#file, { force: true });
  }

  /** Whether an interrupted audit can go on from here. */
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

  /** Finds everything in the file of an audit that was interrupted, maybe within a line. */
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
        // What follows a line that a full disk or a power failure has damaged is read again.
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
    // A line that was cut off when the audit ended.
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

/** Whether the first line is of an audit that goes on: one that is resumed again and again would keep old jobs. */
const isFresh = (entry: Entry, now: number): boolean =>
  "began" in entry && now - entry.began < FRESH_MS;

function madeFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    // Such as a home folder that is read-only.
    return undefined;
  }
}

/** Files that other audits have left, newest first. */
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
