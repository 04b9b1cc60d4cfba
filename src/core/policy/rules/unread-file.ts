import { defineRule } from "../rule";

export const unreadFile = defineRule({
  name: "unread-file",
  summary: "Every file in a bundle that defines resources is included.",
  rationale:
    "What no include finds is not deployed, and nothing says so. To the Databricks CLI, ** stands for exactly one folder.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `include: [resources/**/*.yml] # not resources/jobs.yml`,
    right: `include: [resources/*.yml, resources/*/*.yml]`,
    fix: "Name the file in include, or remove it.",
    source: "Databricks Asset Bundles: include",
  },
  // Reported by the bundle reader: graphs do not contain what is not deployed.
  check: () => [],
});
