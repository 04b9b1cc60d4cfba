import { isComposite, JOB_LEVEL_TAG } from "../../model/job-spec";
import { quote } from "../../model/text";
import { contentOf, isAboveAtomic, levelOf, runsComposites } from "../levels";
import { defineRule } from "../rule";

export const orchestratorLevel = defineRule({
  name: "orchestrator-level",
  summary: "A job that runs composite jobs is an orchestrator; a composite job runs atomic jobs.",
  rationale:
    "There are three levels: atomic jobs do the work of one notebook, composite jobs run atomic jobs, orchestrators run composite jobs. The tag shows the level of a run.",
  severity: "warning",
  preset: "spec",
  docs: {
    wrong: `platform_setup_job: # runs alerting_setup_job, which runs atomic jobs
  tags: { job_level: composite }`,
    right: `platform_setup_job:
  tags: { job_level: orchestrator }`,
    fix: 'Set the tag job_level to "orchestrator", or to "composite" if it runs only atomic jobs. Nesting is limited to three levels (run-job-depth).',
    source: "hierarchical job architecture, golden rule IN-05: atomic, composite, orchestrator",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const level = levelOf(job);
      if (!isComposite(job)) continue;
      const composite = graph.runs(job).find((target) => isAboveAtomic(target));
      if (level === "composite" && composite !== undefined) {
        yield {
          message: `composite job ${quote(job.key)} runs ${quote(composite.key)}, which itself runs other jobs`,
          fix: 'set its tag job_level to "orchestrator"',
          edit: { path: ["tags", JOB_LEVEL_TAG], value: "orchestrator" },
          sites: [{ job }, { job: composite }],
        };
      }
      if (level !== "orchestrator" || runsComposites(job, graph)) continue;
      // What an external job runs is unknown.
      const { runJobs } = contentOf(job);
      if (runJobs.length === 0 || runJobs.some(({ runJob }) => runJob?.kind !== "job")) continue;
      yield {
        message: `orchestrator ${quote(job.key)} runs atomic jobs only`,
        fix: 'set its tag job_level to "composite"',
        edit: { path: ["tags", JOB_LEVEL_TAG], value: "composite" },
        sites: [{ job }],
      };
    }
  },
});
