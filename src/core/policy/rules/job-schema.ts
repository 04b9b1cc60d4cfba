import { defineRule } from "../rule";

export const jobSchema = defineRule({
  name: "job-schema",
  summary: "Every value has the shape that the schema of jobs gives it.",
  rationale:
    "The Databricks CLI warns of a value of another shape and deploys the job without it, so that tasks start too early or not at all.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `- task_key: seed_all_alerts
  depends_on: [setup_alerting_tables]`,
    right: `- task_key: seed_all_alerts
  depends_on:
    - task_key: setup_alerting_tables`,
    fix: "Write the value as the message says. References such as ${var.catalog} may stand for any value, and numbers for text.",
    source: "Databricks CLI: databricks bundle schema",
  },
  // Reported by the bundle reader: graphs do not contain values of the wrong type.
  check: () => [],
});
