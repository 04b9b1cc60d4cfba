import { JobstrataError } from "@jobstrata/core/errors";
import {
  type JobId,
  type JobRunNode,
  type RunId,
  type TaskRunNode,
  failed,
  quote,
  withDependents,
} from "@jobstrata/core/model";
import type { ApiRun, JobsClient, RepairRequest } from "./jobs-client";
import { WorkspaceError } from "./workspace-error";
import { setTimeout as sleep } from "node:timers/promises";

/** The plan to finish a failed run. */
export interface RepairPlan {
  readonly run: JobRunNode;
  /** The path from the repaired run to this one: task keys. */
  readonly path: readonly string[];
  /** Tasks that run again by a repair of the run itself. */
  readonly rerun: readonly TaskRunNode[];
  /** Runs below that are repaired first, each by itself, since a task that runs again would run all of its job again. */
  readonly children: readonly RepairPlan[];
  /** Tasks that then run in a new run of the job, as the task above the repaired child stays as it is. */
  readonly rest: readonly TaskRunNode[];
  /** Tasks that keep their result. */
  readonly kept: readonly TaskRunNode[];
}

/**
 * What runs again: the tasks that failed, and those that depend on them. A task that runs a job would run all of it again.
 * Where some of that job has succeeded and need not be done again, the run of the job is repaired instead, and what
 * depends on it runs in a new run of the job above: the service says of a repaired child nothing to the run above it.
 *
 * @param references tasks of a job that refer to values of other tasks, by job and task key: they must run together
 * @throws {JobstrataError} `run` if there is nothing to repair
 */
export function planRepair(
  run: JobRunNode,
  refersTo: (jobId: JobId, taskKey: string) => readonly string[] = () => [],
  path: readonly string[] = [],
): RepairPlan {
  if (run.status.phase !== "ended") {
    throw new JobstrataError(
      "run",
      `run ${run.runId} of ${quote(run.key ?? run.name)} is still active; wait for it with --watch ${run.runId}, or cancel it`,
    );
  }
  const rerun = withDependents(run.tasks, run.tasks.filter(failed));
  if (rerun.size === 0) {
    const instead = failed(run) ? "; start the job again instead" : "";
    throw new JobstrataError(
      "run",
      `run ${run.runId} of ${quote(run.key ?? run.name)} has no failed task to repair; it ended with ${run.status.state}${instead}`,
    );
  }
  const kept = run.tasks.filter((task) => !rerun.has(task));
  const children = new Map<TaskRunNode, RepairPlan>();
  for (const task of rerun) {
    const { child, taskKey } = task;
    if (child?.status.phase === "ended" && savesWork(child))
      children.set(task, planRepair(child, refersTo, [...path, taskKey]));
  }
  const rest = [...rerun].filter((task) => !children.has(task));
  // The rest runs after the children, in a run that knows nothing of what is kept.
  const afterRest = withDependents(run.tasks, rest);
  const restFirst = [...children.keys()].some((task) => afterRest.has(task));
  const restKeys = new Set(rest.map(({ taskKey }) => taskKey));
  const needsKept = rest.some(({ taskKey }) =>
    refersTo(run.jobId, taskKey).some((key) => !restKeys.has(key)),
  );
  if (children.size === 0 || restFirst || needsKept || run.jobId === 0) {
    return { run, path, rerun: [...rerun], children: [], rest: [], kept };
  }
  return { run, path, rerun: [], children: [...children.values()], rest, kept };
}

/** True if a repair of the run keeps results of some tasks, in this run or nested ones. */
function savesWork(run: JobRunNode): boolean {
  const bad = run.tasks.filter(failed);
  if (bad.length === 0) return false;
  const rerun = withDependents(run.tasks, bad);
  const untouched = run.tasks.some((task) => !rerun.has(task) && task.status.state === "SUCCESS");
  return untouched || bad.some(({ child }) => child !== undefined && savesWork(child));
}

/** How often a repair is sent, when it is not known whether it has been taken. */
const ATTEMPTS = 5;

/**
 * Starts the repair of one run. When no answer comes, the history of the run says whether the repair was taken, so that
 * it is never started twice.
 *
 * @throws {WorkspaceError} if the workspace refuses
 */
export async function startRepair(
  client: JobsClient,
  runId: RunId,
  rerunTasks: readonly string[],
): Promise<void> {
  const before = await client.getRun(runId, { history: true });
  const latestRepairId = latestRepair(before);
  const request: RepairRequest = {
    runId,
    rerunTasks,
    ...(latestRepairId !== undefined && { latestRepairId }),
  };
  for (let attempt = 1; ; attempt++) {
    try {
      await client.repairRun(request);
      return;
    } catch (error) {
      if (!(error instanceof WorkspaceError)) throw error;
      // After an answer that was lost, the request may be refused because it was carried out.
      const unclear = error.transient || attempt > 1;
      if (!unclear) throw error;
      if (latestRepair(await client.getRun(runId, { history: true })) !== latestRepairId) return;
      if (attempt === ATTEMPTS || !error.transient) throw error;
      await sleep(Math.max(error.retryAfterMs ?? 0, 300 * 2 ** attempt));
    }
  }
}

function latestRepair({ repair_history = [] }: ApiRun): RunId | undefined {
  const repairs = repair_history.filter(({ type }) => type === "REPAIR");
  return repairs.sort((a, b) => (a.start_time ?? 0) - (b.start_time ?? 0)).at(-1)?.id;
}
