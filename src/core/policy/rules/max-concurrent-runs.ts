import { MAX_CONCURRENT_RUNS } from "../../model/limits";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const maxConcurrentRuns = defineRule({
  name: "max-concurrent-runs",
  summary: "max_concurrent_runs is a whole number from 0 to 1000.",
  rationale: "The Jobs API rejects anything else when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `max_concurrent_runs: 5000`,
    right: `max_concurrent_runs: 4`,
    fix: "Choose a number from 0 to 1000.",
    source: "Jobs API, max_concurrent_runs",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const runs = job.maxConcurrentRuns;
      if (
        runs === undefined ||
        (Number.isInteger(runs) && runs >= 0 && runs <= MAX_CONCURRENT_RUNS)
      )
        continue;
      yield {
        message: `job ${quote(job.key)} has max_concurrent_runs ${runs}`,
        fix: `choose a whole number from 0 to ${MAX_CONCURRENT_RUNS}`,
        sites: [{ job }],
      };
    }
  },
});
