import { errorText } from "@jobstrata/core/model";
import type { Timer } from "../clock";
import type { TaskRun } from "../services/jobs/records";
import type { NestedTask, Task } from "../services/jobs/schema/tasks";
import type { RunHost } from "./host";
import { type Ending, ended, isOver, TASK_TIMED_OUT } from "./states";
import type { StopScope } from "./stop-scope";

/** Executes a task once. */
type Perform = (task: Task | NestedTask, attempt: TaskRun, signal: AbortSignal) => Promise<Ending>;

/** Timeout for a canceled task to stop, as in Databricks; milliseconds. */
const STOP_GRACE = 30_000;

/** Runs tasks with their retries and timeouts. */
export class Attempts {
  readonly #host: RunHost;
  readonly #perform: Perform;

  public constructor(host: RunHost, perform: Perform) {
    this.#host = host;
    this.#perform = perform;
  }

  /** Retries a task until it succeeds or has no retries left. Calls `replace` with every attempt after `first`. */
  public async untilOneCounts(
    task: Task | NestedTask,
    first: TaskRun,
    scope: StopScope,
    replace: (attempt: TaskRun) => void,
  ): Promise<Ending> {
    const host = this.#host;
    let attempt = first;
    for (;;) {
      attempt.start_time = host.clock.now();
      const ending = await this.#once(task, attempt, scope);
      const { max_retries = 0, min_retry_interval_millis = 0 } = task;
      const retriable =
        // A task that could not be started would fail again.
        (ending.result === "FAILED" && ending.life !== "INTERNAL_ERROR") ||
        (ending.result === "TIMEDOUT" && task.retry_on_timeout === true);
      const left = max_retries === -1 || attempt.attempt < max_retries;
      if (!retriable || !left || scope.stopped !== undefined) return ending;
      this.end(attempt, ending);
      attempt = retryOf(attempt, host.newRunId(), host.clock.now());
      replace(attempt);
      host.saveTaskRun(attempt);
      const stopped = await this.#wait(min_retry_interval_millis, scope);
      if (stopped !== undefined) return stopped;
    }
  }

  /** Records the result of an attempt, unless it has already ended. */
  public end(attempt: TaskRun, ending: Ending): void {
    if (isOver(attempt)) return;
    const now = this.#host.clock.now();
    // A task that never ran has a duration of 0.
    if (attempt.life === "BLOCKED") attempt.start_time = now;
    Object.assign(attempt, ending);
    attempt.end_time = now;
    this.#host.saveTaskRun(attempt);
  }

  /** Resolves after `duration` milliseconds, or with the run's ending when the run is stopped. */
  #wait(duration: number, scope: StopScope): Promise<Ending | undefined> {
    return new Promise((resolve) => {
      const finish = (ending?: Ending): void => {
        scope.delete(finish);
        timer.cancel();
        resolve(ending);
      };
      const timer = this.#host.clock.after(duration, finish);
      scope.add(finish);
    });
  }

  /** Runs one attempt with the task's timeout. Ends soon after the run is stopped. */
  #once(task: Task | NestedTask, attempt: TaskRun, scope: StopScope): Promise<Ending> {
    const { clock } = this.#host;
    if (scope.stopped !== undefined) return Promise.resolve(scope.stopped);
    attempt.life = "RUNNING";
    this.#host.saveTaskRun(attempt);
    return new Promise((resolve) => {
      const controller = new AbortController();
      let reason: Ending | undefined;
      let timer: Timer | undefined;
      let isCounted = true;
      this.#host.limits.taskStarted();
      const finish = (ending: Ending): void => {
        if (isCounted) this.#host.limits.taskEnded();
        isCounted = false;
        timer?.cancel();
        scope.delete(stop);
        resolve(reason ?? ending);
      };
      const stop = (ending: Ending): void => {
        if (reason !== undefined) return;
        reason = ending;
        timer?.cancel();
        timer = clock.after(STOP_GRACE, () => {
          finish(ending);
        });
        attempt.life = "TERMINATING";
        this.#host.saveTaskRun(attempt);
        controller.abort();
      };
      scope.add(stop);
      if (task.timeout_seconds !== undefined && task.timeout_seconds > 0) {
        timer = clock.after(task.timeout_seconds * 1000, () => {
          stop(TASK_TIMED_OUT);
        });
      }
      this.#perform(task, attempt, controller.signal).then(finish, (error: unknown) => {
        finish(ended("FAILED", "INVALID_RUN_CONFIGURATION", messageOf(error), "INTERNAL_ERROR"));
      });
    });
  }
}

/** The attempt after `before`. */
function retryOf(before: TaskRun, runId: number, now: number): TaskRun {
  return {
    kind: before.kind,
    run_id: runId,
    job_run_id: before.job_run_id,
    job_id: before.job_id,
    parent_id: before.parent_id,
    task_key: before.task_key,
    attempt: before.attempt + 1,
    original_attempt_run_id: before.original_attempt_run_id,
    start_time: now,
    life: "WAITING_FOR_RETRY",
    message: "",
    ...(before.index === undefined ? {} : { index: before.index, input: before.input }),
    ...(before.iterations === undefined ? {} : { iterations: before.iterations }),
  };
}

const messageOf = (error: unknown): string => errorText(error);
