import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type JobRunNode, type RunId, succeeded } from "@jobstrata/core/model";
import type { JobsClient } from "./jobs-client";
import type { RunStep } from "./run-plan";
import { type FollowOptions, RunSession } from "./run-session";
import { WorkspaceError } from "./workspace-error";

/** The result of a step. */
export interface StepResult<S extends RunStep = RunStep> {
  readonly step: S;
  readonly runId?: RunId;
  /** The run as of the last poll. */
  readonly run?: JobRunNode;
  readonly outcome: StepOutcome;
  /** Why the run could not be started or followed to its end. */
  readonly error?: WorkspaceError;
}

/**
 * `failed`: the run did not succeed. `not-run`: not started, because a dependency failed or the runner was stopped.
 * `lost`: could not be started or followed. `left`: still running.
 */
export type StepOutcome = "succeeded" | "failed" | "not-run" | "lost" | "left";

/** Options of a {@link Runner}. */
export interface RunnerOptions<S extends RunStep> extends Omit<
  FollowOptions,
  "onLook" | "onOutage"
> {
  /** Maximum concurrent runs. @default 8 */
  readonly parallel?: number;
  /** Whether to start independent steps after a failure. @default false */
  readonly keepGoing?: boolean;
  /** Treats SUCCESS_WITH_FAILURES as success. @default false */
  readonly allowPartial?: boolean;
  /** Whether to wait for the runs. @default true */
  readonly wait?: boolean;
  /** Delays the first poll of a run briefly, until its job keys are known. */
  readonly ready?: Promise<unknown>;
  readonly onStart?: (step: S, runId: RunId) => void;
  readonly onLook?: (step: S, run: JobRunNode) => void;
  readonly onOutage?: (step: S, error: WorkspaceError | undefined, sinceMs: number) => void;
  readonly onEnd?: (result: StepResult<S>) => void;
}

/** Maximum wait for `ready`; milliseconds. */
const READY_MS = 3000;

/** Runs steps, each as soon as its dependencies have succeeded. */
export class Runner<S extends RunStep = RunStep> {
  readonly #sessions = new Set<RunSession>();
  #starting = 0;
  #canceled = false;
  #left = false;

  readonly #client: JobsClient;
  readonly #options: RunnerOptions<S>;

  public constructor(client: JobsClient, options: RunnerOptions<S> = {}) {
    this.#client = client;
    this.#options = options;
  }

  /** Starts steps and follows them to their end. Workspace errors become results, not rejections. */
  public async run(steps: readonly S[]): Promise<StepResult<S>[]> {
    const { parallel = 8, keepGoing = false, onEnd } = this.#options;
    const results = new Map<RunStep, StepResult<S>>();
    const running = new Map<RunStep, Promise<void>>();
    const finish = (result: StepResult<S>): void => {
      results.set(result.step, result);
      running.delete(result.step);
      onEnd?.(result);
    };
    const stop = (): boolean =>
      this.#canceled ||
      this.#left ||
      (!keepGoing && [...results.values()].some(({ outcome }) => outcome !== "succeeded"));
    for (;;) {
      for (const step of steps) {
        if (results.has(step) || running.has(step)) continue;
        const before = step.after.map((each) => results.get(each)?.outcome);
        if (stop() || before.some((outcome) => outcome !== undefined && outcome !== "succeeded")) {
          finish({ step, outcome: "not-run" });
        } else if (running.size < parallel && before.every((outcome) => outcome === "succeeded")) {
          running.set(step, this.#runStep(step).then(finish));
        }
      }
      if (running.size === 0) break;
      await Promise.race(running.values());
    }
    return steps.flatMap((step) => results.get(step) ?? []);
  }

  /** Follows an active run. */
  public async watch(step: S, runId: RunId, staleEndTime?: number): Promise<StepResult<S>> {
    const result = await this.#follow(step, runId, staleEndTime);
    this.#options.onEnd?.(result);
    return result;
  }

  /** Stops starting runs and cancels active ones. @throws {WorkspaceError} if the workspace rejects a request */
  public async cancel(): Promise<void> {
    this.#canceled = true;
    await Promise.all([...this.#sessions].map((session) => session.cancel()));
  }

  /** Stops starting runs and leaves the active ones. */
  public leave(): void {
    this.#left = true;
    for (const session of this.#sessions) session.leave();
  }

  /** Ids of the runs that are being followed. */
  public get runIds(): RunId[] {
    return [...this.#sessions].map(({ runId }) => runId);
  }

  /** Whether a request to start a run is pending. */
  public get isStarting(): boolean {
    return this.#starting > 0;
  }

  async #runStep(step: S): Promise<StepResult<S>> {
    const { only, jobParameters, notebookParams } = step;
    let runId: RunId;
    this.#starting++;
    try {
      runId = await this.#client.runNow({
        jobId: step.job.jobId,
        idempotencyToken: randomUUID(),
        ...(only && { only }),
        ...(jobParameters && { jobParameters }),
        ...(notebookParams && { notebookParams }),
      });
    } catch (error) {
      if (!(error instanceof WorkspaceError)) throw error;
      return { step, outcome: "lost", error };
    } finally {
      this.#starting--;
    }
    this.#options.onStart?.(step, runId);
    if (this.#options.wait === false) return { step, runId, outcome: "left" };
    return this.#follow(step, runId);
  }

  async #follow(step: S, runId: RunId, staleEndTime?: number): Promise<StepResult<S>> {
    const { onLook, onOutage, allowPartial = false } = this.#options;
    let run: JobRunNode | undefined;
    const session = new RunSession(this.#client, runId, {
      ...this.#options,
      ...(staleEndTime !== undefined && { staleEndTime }),
      onLook: (tree) => {
        run = tree;
        onLook?.(step, tree);
      },
      onOutage: (error, sinceMs) => onOutage?.(step, error, sinceMs),
    });
    this.#sessions.add(session);
    try {
      // `cancel` or `leave` may have been called while the run was starting.
      if (this.#canceled) await session.cancel();
      if (this.#left) session.leave();
      await Promise.race([this.#options.ready, sleep(READY_MS, undefined, { ref: false })]);
      const ended = await session.follow();
      if (ended === undefined) return { step, runId, ...(run && { run }), outcome: "left" };
      const partial = allowPartial && ended.status.state === "SUCCESS_WITH_FAILURES";
      const outcome = succeeded(ended) || partial ? "succeeded" : "failed";
      return { step, runId, run: ended, outcome };
    } catch (error) {
      if (!(error instanceof WorkspaceError)) throw error;
      return { step, runId, ...(run && { run }), outcome: "lost", error };
    } finally {
      this.#sessions.delete(session);
    }
  }
}
