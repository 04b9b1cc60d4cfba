import type { JobRunNode, TaskRunNode } from "../../model/run-tree";

/** Every task of a run, its iterations, and all that they have run. */
export function* tasksIn(run: JobRunNode): Generator<TaskRunNode> {
  for (const task of run.tasks) {
    for (const each of [task, ...(task.iterationRuns ?? [])]) {
      yield each;
      if (each.child !== undefined) yield* tasksIn(each.child);
    }
  }
}
