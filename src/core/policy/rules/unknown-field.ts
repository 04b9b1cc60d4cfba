import { defineRule } from "../rule";

export const unknownField = defineRule({
  name: "unknown-field",
  summary: "Every key is a field that the schema of bundles knows.",
  rationale:
    "The Databricks CLI warns of a key that it does not know and drops it with everything below it.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `- task_key: seed_all_alerts
  max_retry: 2`,
    right: `- task_key: seed_all_alerts
  max_retries: 2`,
    fix: "Write the key as the message suggests. It is an error where it decides what runs, such as depend_on. Keys that hold YAML anchors alone may have any name.",
    source: "Databricks CLI: databricks bundle schema",
  },
  // Reported by the bundle reader: graphs do not contain unknown fields.
  check: () => [],
});
