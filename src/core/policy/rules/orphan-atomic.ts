import { JOB_LEVEL_TAG, isComposite } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { WORDS } from "../words";

export const orphanAtomic = defineRule({
  name: "orphan-atomic",
  summary: "Each atomic job is run by a job or a trigger.",
  rationale: "An atomic job that nothing runs is often missing from its composite.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `# no job has a run_job_task for
alerting_seed_job:
  tags: { job_level: atomic }`,
    right: `alerting_setup_orchestrator_job:
  tasks:
    - task_key: seed_all_alerts
      run_job_task:
        job_id: \${resources.jobs.alerting_seed_job.id}`,
    fix: "Run it from a composite job, or suppress the finding if people start it by hand.",
    source: "hierarchical job architecture, layer 2",
  },
  *check(graph) {
    const words = WORDS[graph.kind];
    // Without any composite job, none could have forgotten this one.
    if (!graph.jobs.some(isComposite)) return;
    if (graph.jobs.some(({ unknown }) => unknown?.has("tasks") === true)) return;
    const run = new Set(graph.jobs.flatMap((job) => graph.runs(job)));
    for (const job of graph.jobs) {
      // A job with its own trigger needs no parent.
      if (job.tags[JOB_LEVEL_TAG] !== "atomic" || run.has(job) || job.triggers) continue;
      yield {
        message: `no job of this ${words.environment} runs atomic job ${quote(job.key)}, and nothing triggers it`,
        fix: "add a task with run_job_task for it to a composite job, give it a schedule, or remove it",
        sites: [{ job }],
      };
    }
  },
});
