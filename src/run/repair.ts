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
  /** Task keys from the top run to this one. */
  readonly path: readonly string[];
  /** Tasks to rerun by repairing this run. */
  readonly rerun: readonly TaskRunNode[];
  /** Child runs to repair first, individually, because rerunning their Run Job task would rerun the whole child job. */
  readonly children: readonly RepairPlan[];
  /** Tasks to run afterwards in a new run of the job, because repairing a child run does not change the parent run. */
  readonly rest: readonly TaskRunNode[];
  /** Tasks that keep their result. */
  readonly kept: readonly TaskRunNode[];
}

/**
 * Plans the reruns: failed tasks and their dependents. Rerunning a Run Job task reruns the whole child job. If the
 * child run has successful tasks to keep, the plan repairs the child run instead and runs the dependents in a new run
 * of the parent job, because Databricks does not report the repaired child to its parent run.
 *
 * @param refersTo tasks whose values a task references, by job and task key: they must run together
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
  // The rest runs after the children, in a new run without the kept tasks.
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

/** True if a repair keeps results of some tasks, in this run or in child runs. */
function savesWork(run: JobRunNode): boolean {
  const bad = run.tasks.filter(failed);
  if (bad.length === 0) return false;
  const rerun = withDependents(run.tasks, bad);
  const untouched = run.tasks.some((task) => !rerun.has(task) && task.status.state === "SUCCESS");
  return untouched || bad.some(({ child }) => child !== undefined && savesWork(child));
}

/** Maximum requests for a repair whose outcome is unknown. */
const ATTEMPTS = 5;

/**
 * Starts the repair of one run. Without a response, checks the run's history for the repair, so that it never starts
 * twice.
 *
 * @throws {WorkspaceError} if the workspace rejects the repair
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
      // After a lost response, the workspace may reject the retry because the repair already started.
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
