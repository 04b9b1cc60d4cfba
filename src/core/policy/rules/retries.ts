import { leafTasks } from "../../model/job-graph";
import { textAt } from "../../model/settings";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const retries = defineRule({
  name: "retries",
  summary: "Notebook tasks on clusters are retried when they fail.",
  rationale:
    "A lost connection or node should not require a person. Databricks retries serverless tasks and restarts continuous jobs itself; neither needs max_retries.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `- task_key: seed
  notebook_task: { notebook_path: ../src/seed_all_alerts.py }`,
    right: `- task_key: seed
  max_retries: 2
  notebook_task: { notebook_path: ../src/seed_all_alerts.py }`,
    fix: "Set max_retries; suppress the finding for notebooks that must not run twice.",
    source: "golden rules of the hierarchical job architecture, retries",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      // Continuous jobs restart by themselves and cannot have a retry policy.
      if (job.triggers?.some(({ kind }) => kind === "continuous") === true) continue;
      for (const task of leafTasks(job)) {
        const { taskKey, notebook, maxRetries = 0, unknown, onCluster } = task;
        if (notebook === undefined || maxRetries !== 0) continue;
        // Serverless compute retries by itself unless auto-optimization is disabled.
        if (!onCluster && textAt(task.settings, "disable_auto_optimization") !== "true") continue;
        if (unknown?.has("max_retries") === true) continue;
        yield {
          message: `task ${quote(taskKey)} of job ${quote(job.key)} is not retried when it fails`,
          fix: "set max_retries",
          sites: [{ job, taskKey }],
        };
      }
    }
  },
});
