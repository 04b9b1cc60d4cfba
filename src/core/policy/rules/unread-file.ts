import { defineRule } from "../rule";

export const unreadFile = defineRule({
  name: "unread-file",
  summary: "Every file in a bundle that defines resources is included.",
  rationale:
    "Files that no include matches are silently not deployed. In the Databricks CLI, ** matches exactly one folder.",
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
