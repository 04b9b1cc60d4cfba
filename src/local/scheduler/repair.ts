import { invalidParameter, invalidState } from "../api-error";
import type { RepairRun } from "../services/jobs/schema/settings";
import type { Task } from "../services/jobs/schema/tasks";
import type { JobRun, Repair, TaskRun } from "../services/jobs/records";
import { isOver, verdict } from "./states";

/** The `latest_repair_id` that the next repair must send; undefined before the first repair. */
export const latestRepair = ({ repairs }: JobRun): number | undefined =>
  repairs.length > 1 ? repairs.at(-1)?.id : undefined;

/** @throws {ApiError} if the run is still active, or `latest_repair_id` is out of date */
export function checkRepair(run: JobRun, { latest_repair_id: named }: RepairRun): void {
  const { run_id } = run;
  if (!isOver(run))
    throw invalidState(`Run ${run_id} is still active; only a finished run can be repaired.`);
  const latest = latestRepair(run);
  if (latest !== undefined && named === undefined) {
    throw invalidParameter(
      `latest_repair_id is required, since run ${run_id} was repaired before; it is ${latest}.`,
    );
  }
  if (named !== undefined && named !== latest) {
    const is = latest === undefined ? "the run has no repair" : `the latest repair is ${latest}`;
    throw invalidParameter(`latest_repair_id ${named} is not right: ${is}.`);
  }
}

/**
 * The tasks that a repair reruns. Reruns a successful task only if the request names it, or through
 * `rerun_dependent_tasks`.
 * @throws {ApiError} if the request is not a valid repair
 */
export function tasksToRepair(
  tasks: readonly Task[],
  earlier: ReadonlyMap<string, TaskRun>,
  request: RepairRun,
): Set<string> {
  const { rerun_tasks, rerun_all_failed_tasks = false, rerun_dependent_tasks = false } = request;
  if ((rerun_tasks !== undefined) === rerun_all_failed_tasks) {
    throw invalidParameter("A repair needs exactly one of rerun_tasks and rerun_all_failed_tasks.");
  }
  if (new Set(rerun_tasks).size < (rerun_tasks?.length ?? 0))
    throw invalidParameter("rerun_tasks cannot contain duplicate task keys.");
  const keys = new Set(tasks.map(({ task_key }) => task_key));
  for (const key of rerun_tasks ?? []) {
    if (!keys.has(key))
      throw invalidParameter(
        `"rerun_tasks" names task "${key}", which run ${request.run_id} does not have.`,
      );
  }
  const unsuccessful = [...earlier.values()].filter((attempt) =>
    ["failed", "canceled"].includes(verdict(attempt)),
  );
  const rerun = new Set(rerun_tasks ?? unsuccessful.map(({ task_key }) => task_key));
  if (rerun_dependent_tasks) addDependents(tasks, rerun);
  if (rerun.size === 0) throw invalidParameter(`Run ${request.run_id} has no task to repair.`);
  return rerun;
}

function addDependents(tasks: readonly Task[], rerun: Set<string>): void {
  const dependents = new Map<string, string[]>();
  for (const { task_key, depends_on = [] } of tasks) {
    for (const dependency of depends_on) {
      const list = dependents.get(dependency.task_key);
      if (list === undefined) dependents.set(dependency.task_key, [task_key]);
      else list.push(task_key);
    }
  }
  // Iterating over a set includes entries that are added meanwhile.
  for (const key of rerun) {
    for (const dependent of dependents.get(key) ?? []) rerun.add(dependent);
  }
}

/** The first entry of a run's repair history: the original run. */
export const originalRun = (run: JobRun, attempts: readonly TaskRun[]): Repair => ({
  id: 0,
  life: run.life,
  message: run.message,
  ...(run.result === undefined ? {} : { result: run.result }),
  ...(run.code === undefined ? {} : { code: run.code }),
  start_time: run.start_time,
  ...(run.end_time === undefined ? {} : { end_time: run.end_time }),
  task_run_ids: attempts.map(({ run_id }) => run_id),
});
