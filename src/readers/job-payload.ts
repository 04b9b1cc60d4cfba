import type { JobRef, JobSpec, NotebookRef, TaskSpec } from "../model/job-spec";

/** What the payload alone cannot tell: where its notebook paths and job ids lead. */
export interface PayloadContext {
  /** The notebook at `path`, taken from `git` if that is given. */
  notebook(path: string, git: GitLocation | undefined): NotebookRef;
  /** The job that a `job_id` means. */
  job(jobId: string | number): JobRef;
}

/** `git_source` of a job, as far as it says which notebook is meant. */
export interface GitLocation {
  readonly url: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Maps the arguments of a `databricks_job`, in Terraform's JSON form, to a {@link JobSpec}. The only place that knows
 * the names of the Jobs API.
 *
 * Terraform allows a block to be written as an object or as a list, `dynamic` blocks, and the single-task format of
 * the Jobs API 2.0 with the task at the top of the job. All of them are read.
 */
export function readJobPayload(
  job: Json,
  context: PayloadContext,
): Pick<JobSpec, "tags" | "environmentKeys" | "tasks" | "repeated"> {
  const [git] = blocks(job, "git_source");
  const location = git === undefined ? undefined : { url: text(git.url) };
  const tasks = [
    ...list(job.task).map((task) => readTask(task, location, context)),
    ...dynamicBlocks(job, "task").map((task) => ({
      ...readTask(task, location, context),
      repeated: true as const,
    })),
  ];
  if (taskTypes(job).length > 0) tasks.push(readTask(job, location, context));
  return {
    tags: readTags(job.tags),
    environmentKeys: blocks(job, "environment").map((environment) =>
      text(environment.environment_key),
    ),
    tasks,
    repeated: isPresent(job.for_each) || (isPresent(job.count) && !isAtMostOne(job.count)),
  };
}

function readTask(task: Json, git: GitLocation | undefined, context: PayloadContext): TaskSpec {
  const [notebookTask] = blocks(task, "notebook_task");
  const [runJobTask] = blocks(task, "run_job_task");
  const [forEachTask] = blocks(task, "for_each_task");
  const [inner] = forEachTask === undefined ? [] : blocks(forEachTask, "task");
  const environmentKey = task.environment_key;
  const jobId = runJobTask?.job_id;
  const fromGit =
    notebookTask?.source === "GIT" || (git !== undefined && notebookTask?.source !== "WORKSPACE");
  return {
    taskKey: text(task.task_key),
    types: taskTypes(task),
    ...(notebookTask && {
      notebook: context.notebook(text(notebookTask.notebook_path), fromGit ? git : undefined),
    }),
    ...((typeof jobId === "string" || typeof jobId === "number") && { runJob: context.job(jobId) }),
    ...(inner && { forEach: readTask(inner, git, context) }),
    dependsOn: blocks(task, "depends_on").map((dependency) => text(dependency.task_key)),
    ...(typeof environmentKey === "string" && { environmentKey }),
    onCluster: ["job_cluster_key", "existing_cluster_id", "new_cluster"].some((key) =>
      isPresent(task[key]),
    ),
  };
}

/** The names of the `*_task` blocks of a task. */
function taskTypes(task: Json): string[] {
  const types = Object.keys(task).filter((key) => key.endsWith("_task") && isPresent(task[key]));
  const dynamic = task.dynamic;
  if (isObject(dynamic)) types.push(...Object.keys(dynamic).filter((key) => key.endsWith("_task")));
  return types;
}

/** The blocks called `name`: one object, a list of them, or the content of dynamic ones. */
function blocks(parent: Json, name: string): Json[] {
  return [...list(parent[name]), ...dynamicBlocks(parent, name)];
}

function dynamicBlocks(parent: Json, name: string): Json[] {
  const dynamic = isObject(parent.dynamic) ? list(parent.dynamic[name]) : [];
  return dynamic.flatMap((block) => list(block.content));
}

/** Null and a list of no blocks are, to Terraform, the same as nothing. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

/** A `count` of 0 or 1, or `${… ? 1 : 0}`, the usual way to make a resource or not to. */
function isAtMostOne(count: unknown): boolean {
  return Number(count) <= 1 || /\?\s*(?:1\s*:\s*0|0\s*:\s*1)[\s)]*\}$/.test(text(count));
}

function list(value: unknown): Json[] {
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function readTags(tags: unknown): Record<string, string> {
  if (!isObject(tags)) return {};
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, text(value)]));
}
