import { isExpression } from "../../model/job-spec";
import { othersOf } from "../../nearest";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { suggest } from "../suggest";

export const dependsOn = defineRule({
  name: "depends-on",
  summary: "Dependencies use depends_on with the task_key of another task of the same job.",
  rationale: "The Jobs API rejects a dependency on a missing task only when the job is deployed.",
  severity: "error",
  preset: ["correctness", "spec"],
  docs: {
    wrong: `- task_key: seed_all_alerts
  depends_on:
    - task_key: setup_tables # the task is called setup_alerting_tables`,
    right: `- task_key: seed_all_alerts
  depends_on:
    - task_key: setup_alerting_tables`,
    fix: "Name a task of the same job.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.tasks.every((task) => task.dependsOn.length === 0 && task.forEach === undefined))
        continue;
      const keys = new Set(job.tasks.map((task) => task.taskKey));
      // A task key known only at plan time could match any name.
      const open = [...keys].some(isExpression);
      for (const task of job.tasks) {
        for (const key of task.dependsOn) {
          if (keys.has(key) || open || isExpression(key)) continue;
          const others = othersOf(keys, task.taskKey);
          const { fix, nearest } = suggest(
            key,
            others,
            keys.size > 1 ? "name a task of the job" : "remove it: the job has no other task",
          );
          yield {
            message:
              key === ""
                ? `task ${quote(task.taskKey)} has a depends_on without task_key`
                : `task ${quote(task.taskKey)} depends on ${quote(key)}, but job ${quote(job.key)} has no such task`,
            fix,
            ...(nearest !== undefined && {
              edit: {
                path: ["depends_on", { key: "task_key", value: key }, "task_key"],
                value: nearest,
              },
            }),
            sites: [{ job, taskKey: task.taskKey }],
          };
        }
        // Tasks inside a for-each task cannot depend on anything.
        if ((task.forEach?.dependsOn.length ?? 0) > 0) {
          yield {
            message: `the task inside for-each task ${quote(task.taskKey)} has a depends_on`,
            fix: "put the depends_on on the for-each task itself",
            sites: [{ job, taskKey: task.taskKey }],
          };
        }
      }
    }
  },
});
