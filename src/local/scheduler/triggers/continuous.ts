import type { Clock, Timer } from "../../clock";
import type { Phase } from "../states";
import { verdict } from "../states";

/** Delay between two runs; milliseconds. Databricks guarantees less than 60 000. */
const RESTART = 10_000;
/** Consecutive failures without backoff. */
const ALLOWED_FAILURES = 3;
/** The first backoff delay, which doubles with each failure; milliseconds. */
const BACKOFF = 60_000;
const MAX_BACKOFF = 3_600_000;
/** A run of at least this duration resets the backoff, even if it fails; milliseconds. */
const HEALTHY = 600_000;

interface Job {
  failures: number;
  timer: Timer | undefined;
  /** Time of the next start; undefined while a run is active. */
  next: number | undefined;
}

/** The state of a continuous job in `jobs/get`. */
export interface ContinuousState {
  readonly consecutive_failures: number;
  readonly is_backing_off: boolean;
  readonly next_attempt_ms?: number;
}

/** Keeps one run of each continuous job active, with exponential backoff while runs fail. */
export class ContinuousJobs {
  readonly #jobs = new Map<number, Job>();
  readonly #clock: Clock;
  readonly #start: (jobId: number) => void;

  public constructor(clock: Clock, start: (jobId: number) => void) {
    this.#clock = clock;
    this.#start = start;
  }

  /** @param isActive whether a run of the job is active or queued */
  public add(jobId: number, isActive: boolean): void {
    if (this.#jobs.has(jobId)) return;
    const job: Job = { failures: 0, timer: undefined, next: undefined };
    this.#jobs.set(jobId, job);
    if (!isActive) this.#arm(jobId, job, 0);
  }

  public remove(jobId: number): void {
    this.#jobs.get(jobId)?.timer?.cancel();
    this.#jobs.delete(jobId);
  }

  public stop(): void {
    for (const jobId of [...this.#jobs.keys()]) this.remove(jobId);
  }

  /** Call when a run of any job starts, by this trigger or by request. */
  public runStarted(jobId: number): void {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    job.timer?.cancel();
    job.next = undefined;
  }

  /** Call when a run of any job ends. @param isAnotherActive whether another run of the job is active or queued */
  public runEnded(
    jobId: number,
    run: Phase & { start_time: number; end_time?: number },
    isAnotherActive: boolean,
  ): void {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return;
    const result = verdict(run);
    const wasHealthy = (run.end_time ?? 0) - run.start_time >= HEALTHY;
    // A canceled run restarts with the current settings and does not count as a failure.
    if (result === "failed") job.failures = wasHealthy ? 1 : job.failures + 1;
    else if (result === "succeeded") job.failures = 0;
    if (!isAnotherActive) this.#arm(jobId, job, pauseAfter(job.failures));
  }

  public state(jobId: number): ContinuousState | undefined {
    const job = this.#jobs.get(jobId);
    if (job === undefined) return undefined;
    return {
      consecutive_failures: job.failures,
      is_backing_off: job.next !== undefined && job.failures >= ALLOWED_FAILURES,
      ...(job.next === undefined ? {} : { next_attempt_ms: job.next }),
    };
  }

  #arm(jobId: number, job: Job, pause: number): void {
    job.timer?.cancel();
    job.next = this.#clock.now() + pause;
    job.timer = this.#clock.after(pause, () => {
      job.next = undefined;
      this.#start(jobId);
    });
  }
}

/** Delay before the next run; milliseconds. */
const pauseAfter = (failures: number): number =>
  failures < ALLOWED_FAILURES
    ? RESTART
    : Math.min(MAX_BACKOFF, BACKOFF * 2 ** (failures - ALLOWED_FAILURES));
