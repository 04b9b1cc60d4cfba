import { isComposite, ORCHESTRATION_TYPES } from "../../model/job-spec";
import { leafTasks } from "../../model/job-graph";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const compositeRunsJobs = defineRule({
  name: "composite-runs-jobs",
  summary: "Composite jobs use run_job_task only; they hold no notebook and no other code.",
  rationale:
    "Code in an orchestrator can be neither run nor tested nor monitored without the whole pipeline.",
  severity: "error",
  preset: "spec",
  // Whoever mends a notebook in two jobs has mended this.
  coveredBy: "notebook-in-one-job",
  docs: {
    wrong: `tags: { job_level: composite }
tasks:
  - task_key: seed_all_alerts
    notebook_task:
      notebook_path: ../src/seed_all_alerts.py`,
    right: `tags: { job_level: composite }
tasks:
  - task_key: seed_all_alerts
    run_job_task:
      job_id: \${resources.jobs.alerting_seed_job.id}`,
    mend: "Move the code to an atomic job and run that.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (!isComposite(job)) continue;
      const tasks = leafTasks(job);
      // Whoever moves its code to an atomic job and runs that has given it a job to run.
      if (tasks.every(({ types }) => types.every((type) => IDLE_TYPES.has(type)))) {
        const known = job.unknown?.has("tasks") !== true;
        yield {
          message: known
            ? `composite job ${quote(job.key)} runs no job`
            : `nothing is known of the tasks of composite job ${quote(job.key)} before it is deployed`,
          fix: known
            ? "add a task with run_job_task for each job that it orchestrates, or remove it"
            : "write its tasks down",
          sites: [{ job }],
        };
      }
      for (const task of tasks) {
        const code = task.types.filter((type) => !ORCHESTRATION_TYPES.has(type));
        if (code.length === 0) continue;
        const what =
          task.notebook === undefined ? "" : ` of notebook ${quote(task.notebook.label)}`;
        yield {
          message: `composite job ${quote(job.key)} holds a ${code.join(" and a ")}${what}`,
          fix: "move it to an atomic job and run that job with run_job_task",
          sites: [{ job, taskKey: task.taskKey }],
        };
      }
    }
  },
});

/** What neither runs a job nor holds code. */
const IDLE_TYPES = new Set([...ORCHESTRATION_TYPES].filter((type) => type !== "run_job_task"));
