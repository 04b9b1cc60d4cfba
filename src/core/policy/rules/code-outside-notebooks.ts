import { JOB_LEVEL_TAG } from "../../model/job-spec";
import { quote } from "../../model/text";
import { isOutside } from "../levels";
import { defineRule } from "../rule";

export const codeOutsideNotebooks = defineRule({
  name: "code-outside-notebooks",
  summary: "The rules for notebooks do not cover jobs that run neither a notebook nor another job.",
  rationale:
    "By default, the hierarchy concerns notebooks only. Jobs that only run SQL, dbt, pipelines, wheels or Python files always satisfy it; this finding reports them once, so that nobody assumes that they are checked.",
  severity: "info",
  preset: "spec",
  options: ["unit"],
  docs: {
    wrong: `# jobstrata.config.yaml has no unit, and jobs run SQL files`,
    right: `# jobstrata.config.yaml
unit: code`,
    fix: "No fix is needed. With `unit: code`, the same rules apply to code of any kind: each SQL file, Python file, wheel entry point, pipeline and dbt command belongs to exactly one atomic job. Without it, such jobs can be tagged `job_level: atomic`.",
    source: "hierarchical job architecture, layer 1, which covers notebooks",
  },
  *check(graph, options) {
    const jobs = graph.jobs.filter((job) => isOutside(job, options));
    if (jobs.length === 0) return;
    const tagged = jobs.filter(({ tags }) => tags[JOB_LEVEL_TAG] !== undefined).length;
    const [first] = jobs;
    yield {
      message:
        jobs.length === 1
          ? `job ${quote(first?.key ?? "")} runs neither a notebook nor another job, so the rules for notebooks do not cover it`
          : `${jobs.length} of ${graph.jobs.length} jobs run neither a notebook nor another job, so the rules for notebooks do not cover them${tagged > 0 ? `, whatever their tags (${tagged}) say` : ""}`,
      fix: "set unit: code in the configuration to check them as well, or leave it as it is",
      sites: jobs.map((job) => ({ job })),
    };
  },
});
