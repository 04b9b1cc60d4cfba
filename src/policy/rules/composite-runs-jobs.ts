import { JOB_LEVEL_TAG, ORCHESTRATION_TYPES } from "../../model/job-spec";
import { leafTasks } from "../../model/job-graph";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const compositeRunsJobs = defineRule({
  name: "composite-runs-jobs",
  summary: "Composite jobs use run_job_task only; they hold no notebook and no other code.",
  rationale:
    "Code in an orchestrator can be neither run nor tested nor monitored without the whole pipeline.",
  severity: "error",
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.tags[JOB_LEVEL_TAG] !== "composite") continue;
      const tasks = leafTasks(job);
      if (!tasks.some((task) => task.types.includes("run_job_task"))) {
        yield {
          message: `composite job ${quote(job.key)} runs no job`,
          fix: "add a task with run_job_task for each job that it orchestrates, or remove it",
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
