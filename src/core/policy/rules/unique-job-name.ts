import { isExpression, type JobSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const uniqueJobName = defineRule({
  name: "unique-job-name",
  summary: "No two jobs of an environment have the same display name.",
  rationale: "The list of runs cannot tell them apart, and a lookup by name fails.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `alerting_seed_job:
  name: "[dev] Seeding"
alerting_reseed_job:
  name: "[dev] Seeding"`,
    right: `alerting_seed_job:
  name: "[dev] Seeding"
alerting_reseed_job:
  name: "[dev] Seeding again"`,
    fix: "Give each job a unique name.",
    source: "Terraform, databricks_job data source: job_name must be unique in the workspace",
  },
  *check(graph) {
    const byName = new Map<string, JobSpec[]>();
    for (const job of graph.jobs) {
      if (job.name === undefined || job.name === "" || isExpression(job.name)) continue;
      const same = byName.get(job.name);
      if (same === undefined) byName.set(job.name, [job]);
      else same.push(job);
    }
    for (const [name, jobs] of byName) {
      if (jobs.length < 2) continue;
      yield {
        message: `${jobs.length} jobs have the display name ${quote(name)}`,
        fix: "give each a unique name",
        sites: jobs.map((job) => ({ job })),
      };
    }
  },
});
