import { MAX_TASKS } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const jobTasks = defineRule({
  name: "job-tasks",
  summary: "A job has at most 1000 tasks.",
  rationale: "The Jobs API rejects more when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `tasks: # 1001 of them`,
    right: `tasks: # at most 1000, or several jobs that a composite runs`,
    fix: "Split the job and run its parts from a composite job.",
    source: "Databricks, Jobs API and resource limits: 1000 tasks",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.tasks.length <= MAX_TASKS) continue;
      yield {
        message: `job ${quote(job.key)} has ${job.tasks.length} tasks`,
        fix: `keep it at ${MAX_TASKS}: split it and run its parts from a composite job`,
        sites: [{ job }],
      };
    }
  },
});
