import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const permissions = defineRule({
  name: "permissions",
  summary: "Someone besides the owner can view and manage each job.",
  rationale: "Without permissions, only the owner and administrators can see why it failed.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `resources:
  jobs:
    alerting_seed_job:
      name: Seed`,
    right: `resources:
  jobs:
    alerting_seed_job:
      name: Seed
      permissions:
        - group_name: data-platform
          level: CAN_MANAGE_RUN`,
    fix: "Give a group access.",
    source: "golden rules of the hierarchical job architecture, IN-13",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.hasPermissions !== false) continue;
      yield {
        message: `job ${quote(job.key)} gives access to nobody but its owner`,
        fix: "give a group permission to view or manage it",
        sites: [{ job }],
      };
    }
  },
});
