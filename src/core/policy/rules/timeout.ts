import type { TaskSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const timeout = defineRule({
  name: "timeout",
  summary: "Each job, or each of its tasks, has a timeout.",
  rationale: "A run that hangs delays all later runs, and costs money until someone notices.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `alerting_seed_job:
  name: Seed`,
    right: `alerting_seed_job:
  name: Seed
  timeout_seconds: 3600`,
    fix: "Set timeout_seconds.",
    source: "golden rules of the hierarchical job architecture, timeouts",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const { timeoutSeconds = 0, tasks } = job;
      // Continuous jobs run forever on purpose.
      if (job.triggers?.some(({ kind }) => kind === "continuous") === true) continue;
      if (timeoutSeconds > 0 || job.unknown?.has("timeout_seconds") === true) continue;
      const hasOne = ({ timeoutSeconds: own = 0, unknown }: TaskSpec): boolean =>
        own > 0 || unknown?.has("timeout_seconds") === true;
      if (tasks.length > 0 && tasks.every(hasOne)) continue;
      yield {
        message: `job ${quote(job.key)} has no timeout`,
        fix: "set timeout_seconds",
        sites: [{ job }],
      };
    }
  },
});
