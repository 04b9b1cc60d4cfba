import type { TaskRun } from "../../services/jobs/records";
import type { NestedTask, Task } from "../../services/jobs/schema/tasks";
import { resolve, resolveText } from "../references";
import type { Ending } from "../states";
import { performCondition } from "./condition";
import type { RunContext } from "./context";
import { performExecuted } from "./executed";
import { performForEach } from "./for-each";
import { performRunJob } from "./run-job";

/** Runs a task once, by its type. */
export async function performTask(
  run: RunContext,
  task: Task | NestedTask,
  attempt: TaskRun,
  signal: AbortSignal,
): Promise<Ending> {
  const references = run.references(task, attempt);
  if (task.condition_task !== undefined)
    return performCondition(resolve(task.condition_task, references), attempt);
  if (task.run_job_task !== undefined)
    return performRunJob(run, resolve(task.run_job_task, references), attempt, signal);
  if ("for_each_task" in task && task.for_each_task !== undefined) {
    const inputs = resolveText(task.for_each_task.inputs, references);
    return performForEach(run, { ...task.for_each_task, inputs }, attempt, signal);
  }
  return performExecuted(run, task, attempt, references, signal);
}
