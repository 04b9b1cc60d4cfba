import { isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const dependsOnOutcome = defineRule({
  name: "depends-on-outcome",
  summary: 'A depends_on names an outcome, "true" or "false", of condition tasks only.',
  rationale: "No other task has an outcome; the Jobs API rejects it when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `- task_key: load # runs a notebook
- task_key: report
  depends_on: [{ task_key: load, outcome: "true" }]`,
    right: `- task_key: has_rows
  condition_task: { op: GREATER_THAN, left: "{{tasks.load.values.rows}}", right: "0" }
- task_key: report
  depends_on: [{ task_key: has_rows, outcome: "true" }]`,
    fix: "Remove the outcome, or depend on a condition task. Use run_if to depend on how earlier tasks ended.",
    source:
      "Jobs API, tasks.depends_on.outcome: can only be specified on condition task dependencies",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const tasks = new Map(job.tasks.map((task) => [task.taskKey, task]));
      for (const task of job.tasks) {
        for (const [key, outcome] of task.outcomes ?? []) {
          const before = tasks.get(key);
          // depends-on reports tasks that do not exist.
          if (before === undefined) continue;
          const sites = [{ job, taskKey: task.taskKey }];
          if (before.types.length > 0 && !before.types.includes("condition_task")) {
            yield {
              message: `task ${quote(task.taskKey)} depends on the outcome ${quote(outcome)} of task ${quote(key)}, which is a ${before.types.join(" and a ")}: only a condition_task has an outcome`,
              fix: "remove the outcome; use run_if to depend on how the task ended",
              sites,
            };
          } else if (!["true", "false"].includes(outcome) && !isExpression(outcome)) {
            yield {
              message: `task ${quote(task.taskKey)} depends on the outcome ${quote(outcome)} of condition task ${quote(key)}`,
              fix: outcome.includes(",")
                ? "name the task once: without an outcome it waits for either"
                : 'write "true" or "false"',
              sites,
            };
          }
        }
      }
    }
  },
});
