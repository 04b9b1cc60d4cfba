import { defineRule } from "../rule";

export const duplicateKey = defineRule({
  name: "duplicate-key",
  summary: "A YAML map has each key once.",
  rationale:
    "The Databricks CLI silently uses the last of several values; earlier ones have no effect.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `alerting_seed_job:
  description: Seeds all alerts
  description: Seeds the alerts of a tenant`,
    right: `alerting_seed_job:
  description: Seeds the alerts of a tenant`,
    fix: "Remove one of the two, or merge their values.",
    source: "YAML 1.2, 3.2.1.1: keys are unique",
  },
  // Reported by the bundle reader: graphs do not contain what has no effect.
  check: () => [],
});
