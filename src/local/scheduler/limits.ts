import { ApiError, invalidState } from "../api-error";
import type { Clock } from "../clock";

/** Limits of a workspace, as the service documents them. */
export interface LimitOptions {
  /** Task runs that are active at once. @default 2000 */
  readonly taskRuns?: number;
  /** Jobs that are created within an hour, submitted runs included. @default 10000 */
  readonly jobsPerHour?: number;
}

export const NO_LIMITS: LimitOptions = { taskRuns: Infinity, jobsPerHour: Infinity };

const HOUR = 3_600_000;

/** Counts what the service limits, and refuses what is too much. */
export class Limits {
  readonly #clock: Clock;
  readonly #maxTaskRuns: number;
  readonly #jobsPerHour: number;
  #taskRuns = 0;
  #wasReached = false;
  /** When each job of the last hour was created, oldest first from `#first` on. */
  #created: number[] = [];
  #first = 0;

  public constructor(clock: Clock, { taskRuns = 2000, jobsPerHour = 10_000 }: LimitOptions = {}) {
    this.#clock = clock;
    this.#maxTaskRuns = taskRuns;
    this.#jobsPerHour = jobsPerHour;
  }

  /** To be called before a job is created or a run without one is submitted. @throws {ApiError} */
  public jobCreated(): void {
    if (this.#jobsPerHour === Infinity) return;
    const now = this.#clock.now();
    // A clock that was set back must not keep what it created since.
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

  /** Whether no run may start for the time being. */
  public isReached(): boolean {
    const isReached = this.#taskRuns >= this.#maxTaskRuns;
    this.#wasReached ||= isReached;
    return isReached;
  }

  /** Whether the limit has been reached since the last call, so that runs of any job may wait. */
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
