import { findCycles } from "../../model/graph-algorithms";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const taskCycle = defineRule({
  name: "task-cycle",
  summary: "The dependencies between the tasks of a job form no cycle.",
  rationale:
    "Tasks in a cycle would wait for each other forever; the Jobs API rejects them when the job is deployed.",
  severity: "error",
  preset: ["correctness", "spec"],
  docs: {
    wrong: `- task_key: seed
  depends_on: [{ task_key: validate }]
- task_key: validate
  depends_on: [{ task_key: seed }]`,
    right: `- task_key: seed
- task_key: validate
  depends_on: [{ task_key: seed }]`,
    fix: "Remove one of the dependencies.",
    source: "Jobs API: tasks form a directed acyclic graph",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.tasks.every(({ dependsOn }) => dependsOn.length === 0)) continue;
      const tasks = new Map(job.tasks.map((task) => [task.taskKey, task.dependsOn]));
      const cycles = findCycles(tasks.keys(), (key) =>
        (tasks.get(key) ?? []).filter((target) => tasks.has(target)),
      );
      for (const cycle of cycles) {
        yield {
          message: `tasks of job ${quote(job.key)} depend on each other: ${cycle.map(quote).join(" -> ")}`,
          fix: "remove one of these depends_on",
          sites: [{ job, taskKey: cycle[0] ?? "" }],
        };
      }
    }
  },
});
