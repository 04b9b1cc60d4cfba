import {
  type IterationCounts,
  type TaskOutput,
  type TaskRunNode,
  byDependencies,
} from "@jobstrata/core/model";
import { type ApiRun, type ApiRunOutput, type ApiTaskRun } from "./jobs-client";

export function times({ start_time = 0, end_time = 0 }: Pick<ApiRun, "start_time" | "end_time">): {
  startTime?: number;
  endTime?: number;
} {
  return {
    ...(start_time > 0 && { startTime: start_time }),
    ...(end_time > 0 && { endTime: end_time }),
  };
}

export function taskOutput(output: ApiRunOutput): TaskOutput {
  const { error, error_trace, logs, notebook_output } = output;
  const result = notebook_output?.result;
  return {
    ...(error !== undefined && { error }),
    ...(error_trace !== undefined && { errorTrace: error_trace }),
    ...(logs !== undefined && { logs }),
    ...(result !== undefined && { result }),
  };
}

export function iterationCounts(task: ApiTaskRun): IterationCounts | undefined {
  const stats = task.for_each_task?.stats?.task_run_stats;
  if (stats === undefined) return undefined;
  return {
    total: stats.total_iterations ?? 0,
    active: stats.active_iterations ?? 0,
    succeeded: stats.succeeded_iterations ?? 0,
    failed: stats.failed_iterations ?? 0,
  };
}

/** Sorts tasks by dependencies, then by key. The order is stable while they run. */
export function inOrder(tasks: readonly TaskRunNode[]): TaskRunNode[] {
  const byKey = [...tasks].sort((a, b) => (a.taskKey < b.taskKey ? -1 : 1));
  return byDependencies(byKey, (task) => task);
}

/** The name of a run, or of its job, or the job id. */
export function nameOf({ run_name: own = "", job_id: jobId = 0 }: ApiRun, job = ""): string {
  if (own !== "") return own;
  return job === "" ? `job ${jobId}` : job;
}
