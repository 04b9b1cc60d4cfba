import { defineRule } from "../rule";

export const hiddenValue = defineRule({
  name: "hidden-value",
  summary: "No value is hidden by another one.",
  rationale: "A value that never takes effect misleads anyone who changes it.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `variables:
  warehouse_id:
    default: 1a2b3c
    lookup: { warehouse: Alerting } # wins`,
    right: `variables:
  warehouse_id:
    lookup: { warehouse: Alerting }`,
    fix: "Remove the value that has no effect, or the one that hides it.",
    source: "Databricks Asset Bundles: variables",
  },
  // Found by the reader of bundles: graphs do not hold what has no effect.
  check: () => [],
});
