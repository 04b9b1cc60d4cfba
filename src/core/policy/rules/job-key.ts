import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const jobKey = defineRule({
  name: "job-key",
  summary: "Each job of a stack has a unique resource name.",
  rationale:
    "Terraform receives only the last of two resources with the same name; the other job would silently vanish.",
  severity: "error",
  preset: ["correctness", "spec"],
  docs: {
    wrong: `# jobs/tables.yml and jobs/setup.yml both have
resources:
  jobs:
    alerting_tables_job: {}`,
    right: `# jobs/setup.yml
resources:
  jobs:
    alerting_setup_job: {}`,
    fix: "Give each job a unique key.",
    source: "Terraform, Databricks Asset Bundles: one resource for each key",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.duplicates.length === 0) continue;
      const count = job.duplicates.length + 1;
      yield {
        ...(graph.kind === "bundle"
          ? {
              message: `job ${quote(job.key)} is defined in ${count} files`,
              fix: "give each job a unique key, or keep one definition; the Databricks CLI rejects two",
            }
          : {
              message: `${count} jobs of stack ${quote(job.stack)} have the resource name ${quote(job.key)}`,
              fix: "give each its own construct id, or its own id in overrideLogicalId",
            }),
        sites: [{ job }, ...job.duplicates.map((other) => ({ job: other }))],
      };
    }
  },
});
