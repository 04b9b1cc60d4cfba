import { ApiError, invalidState } from "../api-error";
import type { Clock } from "../clock";

/** Limits of a workspace, as documented by Databricks. */
export interface LimitOptions {
  /** Maximum concurrent task runs. @default 2000 */
  readonly taskRuns?: number;
  /** Maximum jobs created per hour, including submitted runs. @default 10000 */
  readonly jobsPerHour?: number;
}

export const NO_LIMITS: LimitOptions = { taskRuns: Infinity, jobsPerHour: Infinity };

const HOUR = 3_600_000;

/** Enforces Databricks' limits. */
export class Limits {
  readonly #clock: Clock;
  readonly #maxTaskRuns: number;
  readonly #jobsPerHour: number;
  #taskRuns = 0;
  #wasReached = false;
  /** Creation times of the jobs of the last hour, oldest first, from index `#first` on. */
  #created: number[] = [];
  #first = 0;

  public constructor(clock: Clock, { taskRuns = 2000, jobsPerHour = 10_000 }: LimitOptions = {}) {
    this.#clock = clock;
    this.#maxTaskRuns = taskRuns;
    this.#jobsPerHour = jobsPerHour;
  }

  /** Call before creating a job or submitting a run. @throws {ApiError} if the limit is reached */
  public jobCreated(): void {
    if (this.#jobsPerHour === Infinity) return;
    const now = this.#clock.now();
    // If the clock was set back, entries with later times must still expire.
    while ((this.#created[this.#first] ?? Infinity) <= now - HOUR) this.#first++;
    if (this.#first > this.#jobsPerHour) {
      this.#created = this.#created.slice(this.#first);
      this.#first = 0;
    }
    const limit = this.#jobsPerHour;
    if (this.#created.length - this.#first >= limit) {
      throw invalidState(
        `There were already ${limit} jobs created in past 3600 seconds, exceeding rate limit: ${limit} job creations per 3600 seconds.`,
      );
    }
    this.#created.push(now);
  }

  public taskStarted(): void {
    this.#taskRuns++;
  }

  public taskEnded(): void {
    this.#taskRuns--;
  }

  /** Whether the limit of task runs is reached, so that no run may start. */
  public isReached(): boolean {
    const isReached = this.#taskRuns >= this.#maxTaskRuns;
    this.#wasReached ||= isReached;
    return isReached;
  }

  /** Whether the limit was reached since the last call, so that runs of any job may be waiting. */
  public wasReached(): boolean {
    const was = this.#wasReached;
    this.#wasReached = false;
    return was;
  }

  /** @throws {ApiError} 429 while the limit of task runs is reached */
  public checkTaskRuns(): void {
    if (!this.isReached()) return;
    throw new ApiError(
      429,
      "REQUEST_LIMIT_EXCEEDED",
      `The workspace has ${this.#taskRuns} active task runs, and may have ${this.#maxTaskRuns}; try again when some have ended, or enable the queue of the job.`,
    );
  }
}
