import { longestPaths } from "../../model/graph-algorithms";
import { leafTasks } from "../../model/job-graph";
import type { JobSpec } from "../../model/job-spec";
import { MAX_RUN_JOB_DEPTH } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const runJobDepth = defineRule({
  name: "run-job-depth",
  summary: "Run Job tasks nest at most three deep.",
  rationale: "Databricks fails a run whose Run Job tasks nest deeper.",
  severity: "error",
  preset: ["correctness", "spec"],
  docs: {
    wrong: `# platform_job runs domain_job runs layer_job runs alerting_setup_job runs alerting_seed_job`,
    right: `# platform_job runs layer_job runs alerting_setup_job runs alerting_seed_job`,
    fix: "Let a job higher up run the lower jobs itself.",
    source: "Databricks, Run Job task: no more than three levels of nesting",
  },
  *check(graph) {
    // An external job adds at least one level.
    const depths = longestPaths<JobSpec | typeof OUTSIDE>(graph.jobs, (job) =>
      job === OUTSIDE ? [] : runsOutside(job) ? [OUTSIDE, ...graph.runs(job)] : graph.runs(job),
    );
    for (const job of graph.jobs) {
      const depth = depths.get(job) ?? 0;
      // Reports only the first job that is too deep; its parents are too deep because of it.
      if (depth !== MAX_RUN_JOB_DEPTH + 1) continue;
      const chain = [job];
      for (let at = job; ;) {
        const next = graph
          .runs(at)
          .find((target) => depths.get(target) === (depths.get(at) ?? 0) - 1);
        if (next === undefined) break;
        chain.push(next);
        at = next;
      }
      const names = chain.map(({ key }) => quote(key));
      if (chain.length === depth) names.push("an external job");
      yield {
        message: `run_job_task nests ${depth} deep: ${names.join(" -> ")}`,
        fix: `keep it at ${MAX_RUN_JOB_DEPTH}: let ${quote(job.key)} run the lower jobs itself`,
        sites: [{ job }],
      };
    }
  },
});

const OUTSIDE = Symbol("a job that is not in the graph");

function runsOutside(job: JobSpec): boolean {
  return leafTasks(job).some(({ runJob }) => runJob?.kind === "external");
}
