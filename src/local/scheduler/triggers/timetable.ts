import type { Clock, Timer } from "../../clock";
import type { NextStart } from "./cron";

/** Maximum interval between looks at the clock, which may be set while a timer runs; milliseconds. */
const LOOK = 60_000;
/** Tolerance for timers that fire early; milliseconds. */
const EARLY = 10;
/** If the clock was set back by more than this, do not wait until it catches up; milliseconds. */
const SET_BACK = 3_600_000;

interface Entry<Id> {
  readonly id: Id;
  /** Distinguishes several schedules of one id. */
  readonly key: string;
  readonly next: NextStart;
  due: number;
}

/**
 * Starts jobs and alerts on schedule. Starts each time at most once, even if the clock is set back by up to an hour.
 * Skips times that fall due while the process is not running.
 */
export class Timetable<Id> {
  readonly #entries = new Map<Id, Entry<Id>[]>();
  readonly #clock: Clock;
  readonly #start: (id: Id, key: string, due: number) => void;
  #timer: Timer | undefined;
  #armed = Infinity;
  #looked: number;

  /** @param start called with the scheduled time */
  public constructor(clock: Clock, start: (id: Id, key: string, due: number) => void) {
    this.#clock = clock;
    this.#start = start;
    this.#looked = clock.now();
  }

  /**
   * Replaces the schedules of `id`; an empty list removes them.
   * @param times by key, with the last start time if there was one
   */
  public set(id: Id, times: Iterable<readonly [string, NextStart, (number | undefined)?]>): void {
    const now = this.#clock.now();
    const entries: Entry<Id>[] = [];
    for (const [key, next, last = now] of times) {
      const due = next(last > now + SET_BACK ? now : Math.max(now, last));
      if (due !== undefined) entries.push({ id, key, next, due });
    }
    if (entries.length === 0) this.#entries.delete(id);
    else this.#entries.set(id, entries);
    // Timers of removed schedules find nothing due.
    for (const { due } of entries) this.#arm(due);
  }

  /** When `id` is due next. */
  public next(id: Id): number | undefined {
    const entries = this.#entries.get(id);
    if (entries === undefined) return undefined;
    const due = Math.min(...entries.map((entry) => entry.due));
    return due === Infinity ? undefined : due;
  }

  public stop(): void {
    this.#entries.clear();
    this.#timer?.cancel();
    this.#armed = Infinity;
  }

  /** Arms the timer to fire at `due` or earlier. */
  #arm(due: number): void {
    const now = this.#clock.now();
    const first = Math.min(due, now + LOOK);
    if (this.#armed <= first) return;
    this.#timer?.cancel();
    this.#armed = first;
    this.#timer = this.#clock.after(first - now, () => {
      this.#armed = Infinity;
      this.#look();
    });
  }

  #look(): void {
    const now = this.#clock.now();
    const isSetBack = now < this.#looked - SET_BACK;
    this.#looked = now;
    const due: Entry<Id>[] = [];
    for (const entries of this.#entries.values()) {
      for (const entry of entries) {
        if (isSetBack) entry.due = entry.next(now) ?? Infinity;
        if (entry.due <= now + EARLY) due.push(entry);
      }
    }
    for (const entry of due) {
      const time = entry.due;
      entry.due = entry.next(Math.max(time, now)) ?? Infinity;
      this.#start(entry.id, entry.key, time);
    }
    let first = Infinity;
    for (const entries of this.#entries.values())
      for (const { due: next } of entries) first = Math.min(first, next);
    if (this.#entries.size > 0) this.#arm(first);
  }
}
