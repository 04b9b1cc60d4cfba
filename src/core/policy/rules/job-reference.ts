import { leafTasks } from "../../model/job-graph";
import type { JobRef, JobSpec, TaskSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { type Words, WORDS } from "../words";

export const jobReference = defineRule({
  name: "job-reference",
  summary: "A run_job_task refers to its job as a resource, never by a literal id.",
  rationale:
    "A literal id belongs to one workspace and stays when the job is recreated; a reference follows the job and orders the deployment.",
  severity: "error",
  preset: "spec",
  docs: {
    wrong: `run_job_task:
  job_id: 619203751`,
    right: `run_job_task:
  job_id: \${resources.jobs.alerting_seed_job.id}`,
    fix: "Refer to the resource. Look up an external job: with a lookup variable in a bundle, fromJobId or fromJobName in CDKTF, a data source in Terraform.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      for (const task of leafTasks(job)) {
        if (!task.types.includes("run_job_task")) continue;
        const problem =
          task.runJob === undefined ? noJob : problemOf(task.runJob, WORDS[graph.kind]);
        if (problem !== undefined) yield { ...problem, sites: [site(job, task)] };
      }
    }
  },
});

const noJob = {
  message: "run_job_task has no job_id",
  fix: "set its job_id to the id of a job resource",
};

function problemOf(ref: JobRef, words: Words): { message: string; fix: string } | undefined {
  switch (ref.kind) {
    case "job":
    case "external":
      return undefined;
    case "literal":
      return {
        message: `run_job_task names its job by the literal id ${quote(ref.jobId)}`,
        fix: `${words.ownJob}, or ${words.externalJob}`,
      };
    case "missing":
      return {
        message: `run_job_task refers to ${quote(ref.expression)}, which does not exist`,
        fix: `${words.ownJob}, or ${words.externalJob}`,
      };
    case "foreign":
      return {
        message: `run_job_task refers to a job of environment ${quote(ref.environment)}`,
        fix: "refer to the job of the same name in its own environment",
      };
    case "opaque":
      // What Number() makes of a token; cdktf writes it as text.
      if (ref.expression === "NaN")
        return {
          message: "run_job_task has the job id NaN: a number was made of text that is not one",
          fix: `${words.ownJob}; Token.asNumber(job.id) keeps a reference where Number(job.id) gives NaN`,
        };
      return {
        message: `run_job_task takes its job from ${quote(ref.expression)}, which is unknown before the plan`,
        fix: `${words.ownJob}, or ${words.externalJob}`,
      };
  }
}

function site(job: JobSpec, task: TaskSpec): { job: JobSpec; taskKey: string } {
  return { job, taskKey: task.taskKey };
}
