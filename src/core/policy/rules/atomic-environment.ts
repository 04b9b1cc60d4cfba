import { leafTasks } from "../../model/job-graph";
import { isExpression, JOB_LEVEL_TAG } from "../../model/job-spec";
import { textAt } from "../../model/settings";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { nameOne } from "../suggest";

export const atomicEnvironment = defineRule({
  name: "atomic-environment",
  summary:
    "The notebook of an atomic job has an environment_key that the job's environments define, or runs on a cluster.",
  rationale:
    "The serverless version and the dependencies of a notebook belong to its job; they must not depend on the default of the workspace.",
  severity: "error",
  preset: "spec",
  docs: {
    wrong: `tags: { job_level: atomic }
tasks:
  - task_key: setup_tables
    notebook_task:
      notebook_path: ../src/setup_alerting_tables.py`,
    right: `tags: { job_level: atomic }
environments:
  - environment_key: default
    spec:
      environment_version: "4"
tasks:
  - task_key: setup_tables
    environment_key: default
    notebook_task:
      notebook_path: ../src/setup_alerting_tables.py`,
    fix: "Define the environment in the job and name it in the task.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.tags[JOB_LEVEL_TAG] !== "atomic") continue;
      const open = job.unknown?.has("environments") === true;
      for (const task of leafTasks(job)) {
        if (task.notebook === undefined || task.onCluster) continue;
        const key = task.environmentKey;
        const known = job.environments.map((environment) => environment.key);
        if (key !== undefined && (open || known.includes(key) || isExpression(key))) continue;
        // SQL warehouses have no environment.
        if (textAt(task.settings, "notebook_task", "warehouse_id") !== undefined) continue;
        yield {
          message:
            key === undefined
              ? `the notebook of atomic job ${quote(job.key)} has no environment_key`
              : `the notebook of atomic job ${quote(job.key)} has environment_key ${quote(key)}, which no environment of the job defines`,
          fix:
            known.length === 0
              ? `give the job an environment ${quote(key ?? "default")} with environment_version "4"${key === undefined ? " and the task its environment_key" : ""}`
              : nameOne(key ?? "", known, "").replace(/^name/, "set environment_key to"),
          sites: [{ job, taskKey: task.taskKey }],
        };
      }
    }
  },
});
