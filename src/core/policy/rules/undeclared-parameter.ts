import { leafTasks } from "../../model/job-graph";
import { isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { nameOne } from "../suggest";

export const undeclaredParameter = defineRule({
  name: "undeclared-parameter",
  summary: "A Run Job task passes only parameters that the job declares.",
  rationale:
    "Databricks refuses to start a job with an undeclared parameter, possibly hours into the run of the composite.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `run_job_task:
  job_id: \${resources.jobs.alerting_seed_job.id} # which declares catalog
  job_parameters:
    catlog: main`,
    right: `run_job_task:
  job_id: \${resources.jobs.alerting_seed_job.id}
  job_parameters:
    catalog: main`,
    fix: "Declare the parameter in that job, or fix its name.",
    source: "Databricks, Run Job task: job parameters",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      for (const { taskKey, runJob, parameters = {} } of leafTasks(job)) {
        const target = runJob?.kind === "job" ? graph.job(runJob.id) : undefined;
        if (target === undefined || target.unknown?.has("parameters") === true) continue;
        const declared = (target.parameters ?? []).map(({ name }) => name);
        if (declared.some(isExpression)) continue;
        for (const name of Object.keys(parameters)) {
          if (declared.includes(name) || isExpression(name)) continue;
          yield {
            message: `task ${quote(taskKey)} passes parameter ${quote(name)} to job ${quote(target.key)}, which does not declare it`,
            fix: nameOne(
              name,
              declared,
              `declare it in the parameters of ${quote(target.key)}, or do not pass it`,
            ),
            sites: [{ job, taskKey }, { job: target }],
          };
        }
      }
    }
  },
});
