import { JOB_LEVEL_TAG } from "../../model/job-spec";
import { quote } from "../../model/text";
import { isOutside } from "../levels";
import { defineRule } from "../rule";

export const codeOutsideNotebooks = defineRule({
  name: "code-outside-notebooks",
  summary:
    "Jobs that run neither a notebook nor another job are outside of the rules for notebooks.",
  rationale:
    "The hierarchy is about notebooks. Jobs that only run SQL, dbt, pipelines, wheels or Python files satisfy it whatever they hold; they are named once, so that nobody takes them for checked.",
  severity: "info",
  preset: "spec",
  options: ["unit"],
  docs: {
    wrong: `# jobstrata.config.yaml has no unit, and jobs run SQL files`,
    right: `# jobstrata.config.yaml
unit: code`,
    fix: "Nothing has to be fixed. With `unit: code` the same rules hold for code of any kind: each SQL file, Python file, wheel entry point, pipeline and dbt command belongs to exactly one atomic job. Without it, such jobs may carry `job_level: atomic`.",
    source: "hierarchical job architecture, layer 1, which speaks of notebooks",
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
