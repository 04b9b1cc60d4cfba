import { quote } from "../../model/text";
import { JOB_LEVEL_TAG } from "../../model/job-spec";
import { defineRule } from "../rule";

export const notebookInOneJob = defineRule({
  name: "notebook-in-one-job",
  summary: "Each notebook appears in exactly one atomic job.",
  rationale:
    "A notebook in two jobs has two places to change, two sets of parameters and no single run history.",
  severity: "error",
  preset: "spec",
  docs: {
    wrong: `tasks: # of alerting_setup_orchestrator_job, a copy of what alerting_tables_job has
  - task_key: setup_alerting_tables
    notebook_task:
      notebook_path: ../../src/alerting/setup_alerting_tables.py`,
    right: `tasks:
  - task_key: setup_alerting_tables
    run_job_task:
      job_id: \${resources.jobs.alerting_tables_job.id}`,
    mend: "Keep the notebook in one atomic job and run that job from the others.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph) {
    for (const { notebook, uses } of graph.notebooks().values()) {
      const owner = uses.find(({ job }) => job.tags[JOB_LEVEL_TAG] === "atomic") ?? uses[0];
      if (owner === undefined) continue;
      const ownerKey = quote(owner.job.key);
      if (uses.length > 1) {
        const jobs = new Set(uses.map(({ job }) => job)).size;
        yield {
          message:
            jobs > 1
              ? `notebook ${quote(notebook.label)} is used by ${jobs} jobs`
              : `notebook ${quote(notebook.label)} is used by ${uses.length} tasks of job ${ownerKey}`,
          fix: `keep it in one atomic job, such as ${ownerKey}, and run that job from the others with run_job_task`,
          sites: uses.map(({ job, task }) => ({ job, taskKey: task.taskKey })),
        };
      } else if (owner.job.repeated && !/\$\{.*\b(each|count)\./.test(notebook.label)) {
        yield {
          message: `notebook ${quote(notebook.label)} is used by every job that count or for_each makes of ${ownerKey}`,
          fix: "make one job with parameters of it, or give each job a notebook of its own",
          sites: [{ job: owner.job, taskKey: owner.task.taskKey }],
        };
      }
    }
  },
});
