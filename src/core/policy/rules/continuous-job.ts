import { quote } from "../../model/text";
import { taskList } from "../levels";
import { defineRule } from "../rule";

export const continuousJob = defineRule({
  name: "continuous-job",
  summary: "A continuous job has neither a schedule nor task dependencies nor a retry policy.",
  rationale:
    "Databricks starts a continuous job again as soon as it ends, with a growing delay after failures, and rejects settings that contradict this.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `continuous: { pause_status: UNPAUSED }
tasks:
  - task_key: stream
    max_retries: 3`,
    right: `continuous: { pause_status: UNPAUSED, task_retry_mode: ON_FAILURE }
tasks:
  - task_key: stream`,
    fix: "Remove max_retries (continuous.task_retry_mode controls retries), depends_on or the schedule, or run the job with a trigger instead.",
    source: "Databricks, Run jobs continuously; Jobs API, continuous",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const kinds = (job.triggers ?? []).map(({ kind }) => kind);
      if (!kinds.includes("continuous")) continue;
      const name = `continuous job ${quote(job.key)}`;
      if (kinds.includes("schedule")) {
        yield {
          message: `${name} also has a schedule`,
          fix: "keep either schedule or continuous",
          sites: [{ job }],
        };
      }
      const retried = job.tasks.filter(({ maxRetries = 0 }) => maxRetries !== 0);
      if (retried.length > 0) {
        yield {
          message: `${name} has a retry policy: max_retries of ${taskList(retried)}`,
          fix: "remove max_retries; continuous.task_retry_mode: ON_FAILURE retries tasks",
          sites: retried.map(({ taskKey }) => ({ job, taskKey })),
        };
      }
      const waiting = job.tasks.filter(({ dependsOn }) => dependsOn.length > 0);
      if (waiting.length > 0) {
        yield {
          message: `${name} has task dependencies: depends_on of ${taskList(waiting)}`,
          fix: "keep one task in the continuous job, or use a schedule or trigger",
          sites: waiting.map(({ taskKey }) => ({ job, taskKey })),
        };
      }
    }
  },
});
