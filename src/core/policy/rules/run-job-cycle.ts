import { findCycles } from "../../model/graph-algorithms";
import type { JobSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { WORDS } from "../words";

export const runJobCycle = defineRule({
  name: "run-job-cycle",
  summary: "Jobs, and the stacks that contain them, do not run each other in a cycle.",
  rationale:
    "Databricks does not support circular Run Job references, and stacks that need each other's ids cannot be deployed.",
  severity: "error",
  preset: ["correctness", "spec"],
  docs: {
    wrong: `# alerting_setup_job runs alerting_seed_job, which has
run_job_task:
  job_id: \${resources.jobs.alerting_setup_job.id}`,
    right: `# alerting_seed_job runs its notebook only
notebook_task:
  notebook_path: ../src/seed_all_alerts.py`,
    fix: "Remove one of the Run Job tasks of the cycle.",
    source: "Databricks, Run Job task: circular references are not supported",
  },
  *check(graph) {
    const cycles = findCycles(graph.jobs, (job) => graph.runs(job));
    for (const cycle of cycles) {
      yield {
        message: `jobs run each other: ${cycle.map((job) => quote(job.key)).join(" -> ")}`,
        fix: "remove one of these run_job_task",
        sites: cycle.slice(0, -1).map((job) => ({ job })),
      };
    }
    if (cycles.length > 0) return;

    const stacks = new Map<string, Map<string, JobSpec>>();
    for (const job of graph.jobs) {
      const needs = stacks.get(job.stack) ?? new Map<string, JobSpec>();
      stacks.set(job.stack, needs);
      for (const { stack } of graph.runs(job)) if (stack !== job.stack) needs.set(stack, job);
    }
    for (const cycle of findCycles(stacks.keys(), (stack) => stacks.get(stack)?.keys() ?? [])) {
      const jobs = cycle.slice(0, -1).map((stack, i) => stacks.get(stack)?.get(cycle[i + 1] ?? ""));
      const units = `${WORDS[graph.kind].unit}s`;
      yield {
        message: `${units} run each other's jobs: ${cycle.map(quote).join(" -> ")}`,
        fix: `move one of these jobs, so that ${units} depend on each other in only one direction`,
        sites: jobs.filter((job) => job !== undefined).map((job) => ({ job })),
      };
    }
  },
});
