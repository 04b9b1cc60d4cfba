import { JOB_LEVEL_TAG } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const purposeTag = defineRule({
  name: "purpose-tag",
  summary: "Each atomic job has the tag purpose.",
  rationale: "An atomic job has one purpose, and the tag shows it in reports of costs and runs.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `tags:
  job_level: atomic`,
    right: `tags:
  job_level: atomic
  purpose: setup`,
    fix: "Add the tag.",
    source: "hierarchical job architecture, standard tags",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.tags[JOB_LEVEL_TAG] !== "atomic") continue;
      const value = job.tags.purpose ?? "";
      if (value !== "" || job.unknown?.has("tags") === true) continue;
      yield {
        message: `job ${quote(job.key)} has no tag purpose`,
        fix: "tag it with what it does",
        sites: [{ job }],
      };
    }
  },
});
