import { nearest, othersOf } from "../../nearest";
import { quote } from "../../model/text";
import { leafTasks } from "../../model/job-graph";
import { defineRule } from "../rule";

export const taskType = defineRule({
  name: "task-type",
  summary: "A task has exactly one type.",
  rationale: "The Jobs API rejects a task without a type or with several.",
  severity: "error",
  preset: "correctness",
  // In a composite job, the fix names the type to remove.
  coveredBy: "composite-runs-jobs",
  docs: {
    wrong: `targets:
  prod:
    resources:
      jobs:
        alerting_seed_job:
          tasks:
            - task_key: seed_all_alert # the task is called seed_all_alerts
              max_retries: 2`,
    right: `targets:
  prod:
    resources:
      jobs:
        alerting_seed_job:
          tasks:
            - task_key: seed_all_alerts
              max_retries: 2`,
    fix: "Give the task one type, such as notebook_task. To change a task in a target, use its exact task_key.",
    source: "Databricks, Jobs API: tasks",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const keys = new Set(job.tasks.map(({ taskKey }) => taskKey));
      for (const task of leafTasks(job)) {
        if (task.types.length === 1 || task.single === true) continue;
        const sites = [{ job, taskKey: task.taskKey, ...(task.source && { source: task.source }) }];
        if (task.types.length > 1) {
          yield {
            message: `${nameOf(task.taskKey)} has ${task.types.length} types: ${task.types.join(", ")}`,
            fix: "keep one, and move each of the others to its own task",
            sites,
          };
          continue;
        }
        const others = othersOf(keys, task.taskKey);
        const meant = nearest(task.taskKey, others);
        yield {
          message: `${nameOf(task.taskKey)} has no type, such as notebook_task`,
          fix:
            meant === undefined
              ? graph.kind === "bundle"
                ? `give it one; to change another task in a target, write its task_key${others.length === 0 ? "" : `, such as ${others.slice(0, 5).map(quote).join(", ")}`}`
                : "give it one"
              : `give it one, or write task_key: ${meant} to change that task`,
          sites,
        };
      }
    }
  },
});

const nameOf = (key: string): string =>
  key === "" ? "a task without task_key" : `task ${quote(key)}`;
