import { defineRule } from "../rule";

export const jobSchema = defineRule({
  name: "job-schema",
  summary: "Every value has the type that the job schema requires.",
  rationale:
    "The Databricks CLI only warns about a value of another type and deploys the job without it, so tasks can start too early or not at all.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `- task_key: seed_all_alerts
  depends_on: [setup_alerting_tables]`,
    right: `- task_key: seed_all_alerts
  depends_on:
    - task_key: setup_alerting_tables`,
    fix: "Write the value as the message says. References such as ${var.catalog} are accepted for any value, and numbers for strings.",
    source: "Databricks CLI: databricks bundle schema",
  },
  // Reported by the bundle reader: graphs do not contain values of the wrong type.
  check: () => [],
});
