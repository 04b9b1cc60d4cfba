import type { JobRunNode, TaskRunNode } from "../../model/run-tree";

/** All tasks, iterations and child runs' tasks of a run. */
export function* tasksIn(run: JobRunNode): Generator<TaskRunNode> {
  for (const task of run.tasks) {
    for (const each of [task, ...(task.iterationRuns ?? [])]) {
      yield each;
      if (each.child !== undefined) yield* tasksIn(each.child);
    }
  }
}
