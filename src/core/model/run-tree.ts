import type { JobId, RunId } from "./int64";

/**
 * Runs of jobs as a tree: a run has tasks, a task may have run another job. Pure data, read from a workspace and shown
 * by reports. Times are milliseconds since 1970 by the clock of the workspace.
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
  /** Page of the run in the workspace. */
  readonly url?: string;
  /** In the order of their dependencies, then by key. */
  readonly tasks: readonly TaskRunNode[];
}

/** The attempt at a task that counts: the latest one. */
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
  /** How many attempts there were before this one. */
  readonly retries: number;
  readonly url?: string;
  /** The run of the job that the task runs. */
  readonly child?: JobRunNode;
  /** The job that the task runs. */
  readonly runJobId?: JobId;
  /** How the iterations of a for-each task stand. */
  readonly iterations?: IterationCounts;
  /** The iterations of a for-each task that did not succeed, or ran a job; only once somebody has asked for them. */
  readonly iterationRuns?: readonly TaskRunNode[];
  /** Output of the task, once it was fetched. */
  readonly output?: TaskOutput;
}

/** Counts of iterations. */
export interface IterationCounts {
  readonly total: number;
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** What a task left behind. */
export interface TaskOutput {
  readonly error?: string;
  readonly errorTrace?: string;
  readonly logs?: string;
  /** What a notebook gave to `dbutils.notebook.exit`. */
  readonly result?: string;
}

/** Where a run, or the run of a task, stands. */
export interface RunStatus {
  /**
   * `waiting` has not begun, `active` is under way, `ended` is over. A state that this version does not know counts as
   * `active`, so that nothing is taken for over that is not.
   */
  readonly phase: "waiting" | "active" | "ended";
  /** The state in terms of the Jobs API: the result of an ended run, else the life cycle state. */
  readonly state: string;
  /** The message of the workspace; may be empty. */
  readonly message: string;
  /** It is over without having begun, whatever its result. */
  readonly skipped?: true;
}

/** True for a run or a task that is over and did not fail, skip or end early. */
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

/** True for what ended before it began. */
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

/** True for a task that failed by itself, and did not only stay out because another one failed. */
export function failedByItself(task: { readonly status: RunStatus }): boolean {
  return failed(task) && !didNotRun(task);
}

/** How long it took, or has taken until `now`; milliseconds, never negative. */
export function durationOf(
  { startTime, endTime }: { readonly startTime?: number; readonly endTime?: number },
  now: number,
): number {
  if (startTime === undefined) return 0;
  return Math.max(0, (endTime ?? now) - startTime);
}

/** Every task of a run and of the runs below it, each with the way to it: task keys from the top. */
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

/** The given tasks of a run and all that depend on them, directly or through others. */
export function withDependents(
  tasks: readonly TaskRunNode[],
  start: Iterable<TaskRunNode>,
): Set<TaskRunNode> {
  const all = new Set(start);
  // A set is iterated over what is added on the way too.
  for (const { taskKey } of all) {
    for (const task of tasks) if (task.dependsOn.includes(taskKey)) all.add(task);
  }
  return all;
}
