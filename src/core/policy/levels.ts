import { type JobGraph, leafTasks } from "../model/job-graph";
import {
  isComposite,
  JOB_LEVEL_TAG,
  JOB_LEVELS,
  type JobLevel,
  type JobSpec,
  ORCHESTRATION_TYPES,
  type TaskSpec,
} from "../model/job-spec";
import { quote } from "../model/text";
import type { RuleOptions } from "./rule";
import { WORDS } from "./words";

/** What a job's tasks run, including tasks inside for-each tasks. */
interface JobContent {
  readonly notebooks: readonly TaskSpec[];
  /** Tasks with other code, or with a notebook and other code. */
  readonly otherCode: readonly TaskSpec[];
  readonly runJobs: readonly TaskSpec[];
}

/** What a job holds. */
export function contentOf(job: Pick<JobSpec, "tasks">): JobContent {
  const notebooks: TaskSpec[] = [];
  const otherCode: TaskSpec[] = [];
  const runJobs: TaskSpec[] = [];
  for (const task of leafTasks(job)) {
    if (task.notebook !== undefined) notebooks.push(task);
    if (task.types.some(isOtherCode)) otherCode.push(task);
    if (task.types.includes("run_job_task")) runJobs.push(task);
  }
  return { notebooks, otherCode, runJobs };
}

/** A task type with code other than a notebook. */
export function isOtherCode(type: string): boolean {
  return type !== "notebook_task" && !ORCHESTRATION_TYPES.has(type);
}

/** The level in the job's tag `job_level`, if it is valid. */
export function levelOf({ tags }: Pick<JobSpec, "tags">): JobLevel | undefined {
  return JOB_LEVELS.find((level) => level === tags[JOB_LEVEL_TAG]);
}

/** Whether a job runs neither a notebook nor a job: the rules for notebooks do not apply. */
export function isOutside(job: JobSpec, { unit }: RuleOptions): boolean {
  if (unit === "code" || job.unknown?.has("tasks") === true) return false;
  let hasCode = false;
  for (const { notebook, types } of leafTasks(job)) {
    if (notebook !== undefined || types.includes("run_job_task")) return false;
    hasCode ||= types.some(isOtherCode);
  }
  return hasCode;
}

/** The level that a job's content allows; undefined if none does or nothing is known. */
export function fittingLevel(job: JobSpec, graph: JobGraph): JobLevel | undefined {
  const { notebooks, otherCode, runJobs } = contentOf(job);
  if (job.unknown?.has("tasks") === true) return undefined;
  const code = new Set([...notebooks, ...otherCode]).size;
  if (runJobs.length === 0) return code === 1 ? "atomic" : undefined;
  if (code > 0) return undefined;
  return runsComposites(job, graph) ? "orchestrator" : "composite";
}

/** Whether a job runs a job that runs others. */
export function runsComposites(job: JobSpec, graph: JobGraph): boolean {
  return graph.runs(job).some(isAboveAtomic);
}

/** Whether a job is above the atomic level. A job tagged atomic that runs jobs is another mistake. */
export function isAboveAtomic(job: JobSpec): boolean {
  return isComposite(job) || (levelOf(job) === undefined && contentOf(job).runJobs.length > 0);
}

/** The fix that gives a job a level, depending on its content. */
export function fixLevel(job: JobSpec, graph: JobGraph): string {
  const tag = (as: JobLevel): string => WORDS[graph.kind].tag(JOB_LEVEL_TAG, as);
  const level = fittingLevel(job, graph);
  if (level !== undefined) return `tag it ${tag(level)}`;
  const { notebooks, otherCode, runJobs } = contentOf(job);
  const code = [...new Set([...notebooks, ...otherCode])];
  if (code.length === 0)
    return `tag it ${tag("atomic")} if it runs one notebook, "composite" if it runs other jobs, "orchestrator" if those are composite jobs`;
  const run = runsComposites(job, graph) ? "orchestrator" : "composite";
  if (runJobs.length > 0)
    return `move the code of ${taskList(code)} to an atomic job and run that with run_job_task; then tag this job ${tag(run)}`;
  return `create an atomic job for each of its ${code.length} tasks with code, run those jobs with run_job_task, and tag this job ${tag("composite")}`;
}

/** `task "load"`, or `tasks "load", "seed"`; only the first few. */
export function taskList(tasks: readonly TaskSpec[]): string {
  const names = tasks.slice(0, 5).map(({ taskKey }) => quote(taskKey));
  const more = tasks.length > 5 ? ` and ${tasks.length - 5} more` : "";
  return `${tasks.length === 1 ? "task" : "tasks"} ${names.join(", ")}${more}`;
}
