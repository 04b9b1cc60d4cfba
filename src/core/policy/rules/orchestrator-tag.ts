import { isComposite, isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { WORDS } from "../words";

export const orchestratorTag = defineRule({
  name: "orchestrator-tag",
  summary: 'Each job that runs other jobs has the tag orchestrator = "true".',
  rationale: "The tag separates runs that only wait for other runs from runs that do the work.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `tags:
  job_level: composite`,
    right: `tags:
  job_level: composite
  orchestrator: "true"`,
    fix: "Add the tag.",
    source: "hierarchical job architecture, standard tags",
  },
  *check(graph) {
    const words = WORDS[graph.kind];
    for (const job of graph.jobs) {
      if (!isComposite(job)) continue;
      const value = job.tags.orchestrator ?? "";
      if (value === "true" || isExpression(value)) continue;
      yield {
        message: `job ${quote(job.key)} has no tag orchestrator "true"`,
        fix: `tag it ${words.tag("orchestrator", "true")}`,
        ...(job.unknown?.has("tags") !== true && {
          edit: { path: ["tags", "orchestrator"], value: "true" },
        }),
        sites: [{ job }],
      };
    }
  },
});
