import { leafTasks } from "../../model/job-graph";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const retries = defineRule({
  name: "retries",
  summary: "Notebook tasks are tried again.",
  rationale: "A lost connection or a busy warehouse should not need a person.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `- task_key: seed
  notebook_task: { notebook_path: ../src/seed_all_alerts.py }`,
    right: `- task_key: seed
  max_retries: 2
  notebook_task: { notebook_path: ../src/seed_all_alerts.py }`,
    mend: "Set max_retries; excuse notebooks that may not run twice.",
    source: "golden rules of the hierarchical job architecture, retries",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      for (const { taskKey, notebook, maxRetries = 0, unknown } of leafTasks(job)) {
        if (notebook === undefined || maxRetries !== 0) continue;
        if (unknown?.has("max_retries") === true) continue;
        yield {
          message: `task ${quote(taskKey)} of job ${quote(job.key)} is not tried again when it fails`,
          fix: "set max_retries",
          sites: [{ job, taskKey }],
        };
      }
    }
  },
});
