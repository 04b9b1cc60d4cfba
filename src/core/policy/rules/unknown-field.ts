import { defineRule } from "../rule";

export const unknownField = defineRule({
  name: "unknown-field",
  summary: "Every key is a field of the bundle schema.",
  rationale: "The Databricks CLI warns about an unknown key and drops it with everything below it.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `- task_key: seed_all_alerts
  max_retry: 2`,
    right: `- task_key: seed_all_alerts
  max_retries: 2`,
    fix: "Write the key as the message suggests. The finding is an error if the key affects what runs, for example depend_on. Keys that only define YAML anchors can have any name.",
    source: "Databricks CLI: databricks bundle schema",
  },
  // Reported by the bundle reader: graphs do not contain unknown fields.
  check: () => [],
});
