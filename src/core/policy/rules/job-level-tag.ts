import { JOB_LEVELS, JOB_LEVEL_TAG } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const jobLevelTag = defineRule({
  name: "job-level-tag",
  summary: "All jobs have the tag job_level, atomic, composite or orchestrator.",
  rationale: "The tag is how people, dashboards and the other rules tell the layers apart.",
  severity: "error",
  preset: "spec",
  docs: {
    wrong: `tags:
  layer: alerting`,
    right: `tags:
  job_level: atomic
  layer: alerting`,
    mend: "Tag the job with what it is.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const level = job.tags[JOB_LEVEL_TAG];
      if (JOB_LEVELS.some((known) => known === level)) continue;
      yield {
        message: job.unknown?.has("tags")
          ? `nothing is known of the tags of job ${quote(job.key)}, such as job_level, before it is deployed`
          : level === undefined
            ? `job ${quote(job.key)} has no tag job_level`
            : `job ${quote(job.key)} has the tag job_level ${quote(level)}`,
        fix: 'tag it job_level = "atomic" if it runs one notebook, "composite" if it runs other jobs, "orchestrator" if those are composite jobs',
        sites: [{ job }],
      };
    }
  },
});
