import type { JobId, RunId } from "./int64";

/**
 * Runs as a tree: a run has tasks, and a task may have a child run. Plain data, read from a workspace and shown by
 * reports. Times are milliseconds since 1970 by the workspace's clock.
 */
export interface JobRunNode {
  readonly runId: RunId;
  readonly jobId: JobId;
  /** Display name of the job, or of a submitted run. */
  readonly name: string;
  /** Key of the job in its Terraform stack, if known. */
  readonly key?: string;
  readonly status: RunStatus;
  readonly startTime?: number;
  readonly endTime?: number;
  /** URL of the run in the workspace. */
  readonly url?: string;
  /** Tasks sorted by dependencies, then by key. */
  readonly tasks: readonly TaskRunNode[];
}

/** The latest attempt at a task. */
export interface TaskRunNode {
  readonly taskKey: string;
  readonly runId: RunId;
  /** Type of the task, such as `notebook_task`. */
  readonly type?: string;
  readonly notebookPath?: string;
  readonly dependsOn: readonly string[];
  readonly status: RunStatus;
  readonly startTime?: number;
  readonly endTime?: number;
  /** Number of previous attempts. */
  readonly retries: number;
  readonly url?: string;
  /** The child run of a Run Job task. */
  readonly child?: JobRunNode;
  /** The job of a Run Job task. */
  readonly runJobId?: JobId;
  /** Counts of a for-each task's iterations. */
  readonly iterations?: IterationCounts;
  /** Iterations of a for-each task that failed or ran a job; absent until requested. */
  readonly iterationRuns?: readonly TaskRunNode[];
  /** Output of the task; absent until fetched. */
  readonly output?: TaskOutput;
}

/** Counts of iterations. */
export interface IterationCounts {
  readonly total: number;
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** Output of a task. */
export interface TaskOutput {
  readonly error?: string;
  readonly errorTrace?: string;
  readonly logs?: string;
  /** The argument of `dbutils.notebook.exit`. */
  readonly result?: string;
}

/** State of a run or a task run. */
export interface RunStatus {
  /**
   * `waiting`: not started. `active`: running. `ended`: finished. An unknown state counts as `active`, so that a run is
   * not mistaken for finished.
   */
  readonly phase: "waiting" | "active" | "ended";
  /** Jobs API state: the result of an ended run, otherwise the life cycle state. */
  readonly state: string;
  /** The workspace's message; may be empty. */
  readonly message: string;
  /** True if it ended without starting, whatever the result. */
  readonly skipped?: true;
}

/** True for a run or task that ended with SUCCESS. */
export function succeeded({ status }: { readonly status: RunStatus }): boolean {
  return status.phase === "ended" && status.state === "SUCCESS";
}

/** States of tasks that ended without running. */
const NOT_RUN: ReadonlySet<string> = new Set([
  "UPSTREAM_FAILED",
  "UPSTREAM_CANCELED",
  "EXCLUDED",
  "DISABLED",
  "SKIPPED",
]);

/** True for a task that ended without running. */
export function didNotRun({ status }: { readonly status: RunStatus }): boolean {
  return status.phase === "ended" && (NOT_RUN.has(status.state) || status.skipped === true);
}

/** True for a task whose result makes its run unsuccessful. */
export function failed({ status }: { readonly status: RunStatus }): boolean {
  return (
    status.phase === "ended" &&
    !["SUCCESS", "SUCCESS_WITH_FAILURES", "EXCLUDED", "DISABLED"].includes(status.state)
  );
}

/** True for a task that failed itself, not because of another task. */
export function failedByItself(task: { readonly status: RunStatus }): boolean {
  return failed(task) && !didNotRun(task);
}

/** Duration so far or in total; milliseconds, never negative. */
export function durationOf(
  { startTime, endTime }: { readonly startTime?: number; readonly endTime?: number },
  now: number,
): number {
  if (startTime === undefined) return 0;
  return Math.max(0, (endTime ?? now) - startTime);
}

/** All tasks of a run and its child runs, each with its path of task keys. */
export function* tasksBelow(
  run: JobRunNode,
  path: readonly string[] = [],
): Generator<{
  readonly task: TaskRunNode;
  readonly path: readonly string[];
  readonly run: JobRunNode;
}> {
  for (const task of run.tasks) {
    const own = [...path, task.taskKey];
    yield { task, path: own, run };
    if (task.child !== undefined) yield* tasksBelow(task.child, own);
  }
}

/** The given tasks and all of their direct and indirect dependents. */
export function withDependents(
  tasks: readonly TaskRunNode[],
  start: Iterable<TaskRunNode>,
): Set<TaskRunNode> {
  const all = new Set(start);
  // Iterating over a set includes entries that are added meanwhile.
  for (const { taskKey } of all) {
    for (const task of tasks) if (task.dependsOn.includes(taskKey)) all.add(task);
  }
  return all;
}
