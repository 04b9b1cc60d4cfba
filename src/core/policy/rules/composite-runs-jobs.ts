import { leafTasks } from "../../model/job-graph";
import {
  isComposite,
  type JobSpec,
  ORCHESTRATION_TYPES,
  type TaskSpec,
} from "../../model/job-spec";
import { quote } from "../../model/text";
import { contentOf, levelOf, taskList } from "../levels";
import { defineRule } from "../rule";

export const compositeRunsJobs = defineRule({
  name: "composite-runs-jobs",
  summary:
    "Jobs that run other jobs, composite jobs and orchestrators, use run_job_task only; they contain no notebook and no other code.",
  rationale:
    "Code in an orchestrator cannot be run, tested or monitored without the whole pipeline.",
  severity: "error",
  preset: "spec",
  // notebook-in-one-job describes the same mistake better.
  coveredBy: "notebook-in-one-job",
  docs: {
    wrong: `tags: { job_level: composite }
tasks:
  - task_key: seed_all_alerts
    notebook_task:
      notebook_path: ../src/seed_all_alerts.py`,
    right: `tags: { job_level: composite }
tasks:
  - task_key: seed_all_alerts
    run_job_task:
      job_id: \${resources.jobs.alerting_seed_job.id}`,
    fix: "Move the code to an atomic job and run that job. A job that runs no other job is not composite: tag it atomic.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (isComposite(job)) yield* checkComposite(job);
      else if (levelOf(job) === undefined) yield* checkMixed(job);
    }
  },
});

function* checkComposite(job: JobSpec) {
  const name = `${levelOf(job) ?? "composite"} job ${quote(job.key)}`;
  const tasks = leafTasks(job);
  // After its code moves to an atomic job, the job will run that.
  if (tasks.every(({ types }) => types.every((type) => IDLE_TYPES.has(type)))) {
    const known = job.unknown?.has("tasks") !== true;
    yield {
      message: known
        ? `${name} runs no job`
        : `the tasks of ${name} are not known before it is deployed`,
      fix: known
        ? "add a task with run_job_task for each job that it orchestrates, or remove it"
        : "write its tasks explicitly",
      sites: [{ job }],
    };
  }
  const { runJobs, notebooks, otherCode } = contentOf(job);
  const isAtomic = runJobs.length === 0 && new Set([...notebooks, ...otherCode]).size === 1;
  for (const task of tasks) {
    const code = task.types.filter((type) => !ORCHESTRATION_TYPES.has(type));
    if (code.length === 0) continue;
    const what = task.notebook === undefined ? "" : ` of notebook ${quote(task.notebook.label)}`;
    yield {
      message: `${name} holds a ${code.join(" and a ")}${what}`,
      fix: isAtomic
        ? 'tag it job_level = "atomic", because that is all it does'
        : "move it to an atomic job and run that job with run_job_task",
      sites: [{ job, taskKey: task.taskKey }],
    };
  }
}

/** A job without a level, whose content fits no level. */
function* checkMixed(job: JobSpec) {
  const { notebooks, otherCode, runJobs } = contentOf(job);
  const code = [...new Set<TaskSpec>([...notebooks, ...otherCode])];
  const [first] = code;
  if (first === undefined || runJobs.length === 0) return;
  const types = new Set(
    code.flatMap((task) => task.types.filter((type) => !ORCHESTRATION_TYPES.has(type))),
  );
  yield {
    message: `job ${quote(job.key)} mixes run_job_task with ${[...types].join(", ")} (${taskList(code)})`,
    fix: `move the code of ${taskList(code)} to an atomic job and run that job with run_job_task`,
    sites: code.map(({ taskKey }) => ({ job, taskKey })),
  };
}

/** A task that neither runs a job nor contains code. */
const IDLE_TYPES = new Set([...ORCHESTRATION_TYPES].filter((type) => type !== "run_job_task"));
