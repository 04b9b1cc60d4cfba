import { isExpression } from "../../model/job-spec";
import { TASK_KEY_PATTERN } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const taskKey = defineRule({
  name: "task-key",
  summary: "Task keys are 1-100 letters, digits, _ and -, and unique in their job.",
  rationale: "The Jobs API rejects anything else, but only after other jobs have been deployed.",
  severity: "error",
  preset: ["correctness", "spec"],
  docs: {
    wrong: `- task_key: "seed alerts"`,
    right: `- task_key: seed_alerts`,
    fix: "Use letters, digits, _ and -, at most 100 of them, each key once.",
    source: "Jobs API, tasks.task_key",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const counts = new Map<string, number>();
      for (const { taskKey: key, single } of job.tasks) {
        if (single === true) continue;
        counts.set(key, (counts.get(key) ?? 0) + 1);
        if (TASK_KEY_PATTERN.test(key) || isExpression(key)) continue;
        yield {
          message: `job ${quote(job.key)} has a task with the key ${quote(key)}`,
          fix: "use 1-100 letters, digits, _ and -",
          sites: [{ job, taskKey: key }],
        };
      }
      for (const [key, count] of counts) {
        if (count === 1) continue;
        yield {
          message: `job ${quote(job.key)} has ${count} tasks with the key ${quote(key)}`,
          fix: "give each task a unique key",
          sites: [{ job, taskKey: key }],
        };
      }
    }
  },
});
