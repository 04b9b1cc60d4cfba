import { isDevelopment } from "../../model/environment-name";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const schedulePaused = defineRule({
  name: "schedule-paused",
  summary: "In development, schedules and triggers are paused.",
  rationale:
    "A copy of the jobs that runs on its own costs money and overwrites data that someone is working on.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `targets:
  dev: {} # with a schedule in the job`,
    right: `targets:
  dev:
    mode: development # pauses them`,
    fix: "Set pause_status to PAUSED, or use mode: development in the bundle.",
    source: "golden rules of the hierarchical job architecture, schedules PAUSED in dev",
  },
  *check(graph) {
    if (!isDevelopment(graph.environment)) return;
    for (const job of graph.jobs) {
      for (const { kind, paused } of job.triggers ?? []) {
        // Undefined for an expression, whose value is unknown.
        if (paused !== false) continue;
        yield {
          message: `the ${kind === "continuous" ? "continuous trigger" : kind} of job ${quote(job.key)} is not paused in ${quote(graph.environment)}`,
          fix:
            graph.kind === "bundle"
              ? "set its pause_status to PAUSED, or the mode of the target to development"
              : "set its pause_status to PAUSED",
          sites: [{ job }],
        };
      }
    }
  },
});
