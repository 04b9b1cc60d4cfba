import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const layerTag = defineRule({
  name: "layer-tag",
  summary: "Each job has the tag layer.",
  rationale: "People and dashboards find the jobs of a domain by this tag.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `tags:
  job_level: atomic`,
    right: `tags:
  job_level: atomic
  layer: alerting`,
    fix: "Add the tag.",
    source: "hierarchical job architecture, standard tags",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const value = job.tags.layer ?? "";
      if (value !== "" || job.unknown?.has("tags") === true) continue;
      yield {
        message: `job ${quote(job.key)} has no tag layer`,
        fix: "tag it with the domain that it belongs to",
        sites: [{ job }],
      };
    }
  },
});
