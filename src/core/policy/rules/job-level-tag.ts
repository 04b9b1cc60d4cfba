import { JOB_LEVELS, JOB_LEVEL_TAG } from "../../model/job-spec";
import { nearest } from "../../nearest";
import { quote } from "../../model/text";
import { fittingLevel, fixLevel, isOutside, levelOf } from "../levels";
import { defineRule } from "../rule";

export const jobLevelTag = defineRule({
  name: "job-level-tag",
  summary: "All jobs have the tag job_level, atomic, composite or orchestrator.",
  rationale: "People, dashboards and other rules identify the layers by this tag.",
  severity: "error",
  preset: "spec",
  options: ["unit"],
  docs: {
    wrong: `tags:
  layer: alerting`,
    right: `tags:
  job_level: atomic
  layer: alerting`,
    fix: "Tag the job: atomic if it runs one notebook, composite if it runs other jobs, orchestrator if those are composite jobs. `jobstrata check --fix` adds the tag if there is no doubt. Jobs without notebook and without run_job_task need none, unless `unit: code` is configured.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph, options) {
    for (const job of graph.jobs) {
      const level = job.tags[JOB_LEVEL_TAG];
      if (levelOf(job) !== undefined || (level === undefined && isOutside(job, options))) continue;
      const unknown = job.unknown?.has("tags") === true;
      const near = level === undefined ? undefined : nearest(level, JOB_LEVELS);
      const right = near ?? (level === undefined ? fittingLevel(job, graph) : undefined);
      yield {
        message: unknown
          ? `the tags of job ${quote(job.key)}, such as job_level, are not known before it is deployed`
          : level === undefined
            ? `job ${quote(job.key)} has no tag job_level`
            : `job ${quote(job.key)} has the tag job_level ${quote(level)}`,
        fix: near === undefined ? fixLevel(job, graph) : `did you mean ${quote(near)}?`,
        ...(!unknown &&
          right !== undefined && { edit: { path: ["tags", JOB_LEVEL_TAG], value: right } }),
        sites: [{ job }],
      };
    }
  },
});
