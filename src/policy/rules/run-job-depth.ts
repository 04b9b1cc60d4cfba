import { longestPaths } from "../../model/graph-algorithms";
import { MAX_RUN_JOB_DEPTH } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const runJobDepth = defineRule({
  name: "run-job-depth",
  summary: "Run Job tasks nest at most three deep.",
  rationale: "Databricks fails a run whose Run Job tasks nest deeper.",
  severity: "error",
  *check(graph) {
    const depths = longestPaths(graph.jobs, (job) => graph.runs(job));
    for (const job of graph.jobs) {
      const depth = depths.get(job) ?? 0;
      // Only where it first grows too deep: what runs this job is too deep because of it.
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
      yield {
        message: `run_job_task nests ${depth} deep: ${chain.map(({ key }) => quote(key)).join(" -> ")}`,
        fix: `keep it at ${MAX_RUN_JOB_DEPTH}: let ${quote(job.key)} run the lower jobs itself`,
        sites: [{ job }],
      };
    }
  },
});
