import type { Clock, Timer } from "../../clock";
import type { NextStart } from "./cron";

/** The clock is looked at no later than this, since it may be set while a timer runs; milliseconds. */
const LOOK = 60_000;
/** A timer may come a moment early; milliseconds. */
const EARLY = 10;
/** A clock that is set back by more than this is not waited for; milliseconds. */
const SET_BACK = 3_600_000;

interface Entry<Id> {
  readonly id: Id;
  /** Which of several start times of one id it is. */
  readonly key: string;
  readonly next: NextStart;
  due: number;
}

/**
 * What starts by itself at certain times: jobs and alerts. No time starts anything twice, even if the clock is set back by
 * up to an hour; what falls due while the process is not running is not made up for.
 */
export class Timetable<Id> {
  readonly #entries = new Map<Id, Entry<Id>[]>();
  readonly #clock: Clock;
  readonly #start: (id: Id, key: string, due: number) => void;
  #timer: Timer | undefined;
  #armed = Infinity;
  #looked: number;

  /** @param start called with the time that it is for */
  public constructor(clock: Clock, start: (id: Id, key: string, due: number) => void) {
    this.#clock = clock;
    this.#start = start;
    this.#looked = clock.now();
  }

  /**
   * Replaces the start times of `id`; none means never.
   * @param times by key, with the last time that has started it, if there was one
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
    // What was armed for start times that are gone finds nothing due.
    for (const { due } of entries) this.#arm(due);
  }

  public stop(): void {
    this.#entries.clear();
    this.#timer?.cancel();
    this.#armed = Infinity;
  }

  /** Looks at what is due at a time, or earlier. */
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
