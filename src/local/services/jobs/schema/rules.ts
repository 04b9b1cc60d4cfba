import { TAG_LENGTHS } from "@jobstrata/core/model";
import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { invalidParameter } from "../../../api-error";
import { checkReferences } from "../../../scheduler/references";
import { checkCron } from "../../../scheduler/triggers/cron";
import type { JobSettings } from "./settings";
import { type NestedTask, type Task, TASK_TYPES, type TaskType } from "./tasks";

/**
 * Checks rules across tasks, such as unique keys, references and cycles.
 * @throws {ApiError} for the first broken rule
 */
export function checkTasks(
  tasks: readonly Task[],
  scope: Pick<JobSettings, "environments" | "git_source" | "job_clusters" | "parameters">,
): void {
  const keys = new Map<string, Task>();
  for (const task of tasks) {
    if (keys.has(task.task_key)) {
      throw invalidParameter(
        `Task key "${task.task_key}" is used more than once; task keys must be unique.`,
      );
    }
    keys.set(task.task_key, task);
  }
  const environments = new Set<string>();
  for (const { environment_key } of scope.environments ?? []) {
    if (environments.has(environment_key)) {
      throw invalidParameter(`Environment key "${environment_key}" is used more than once.`);
    }
    environments.add(environment_key);
  }
  const clusters = new Set(scope.job_clusters?.map((cluster) => cluster.job_cluster_key));
  for (const task of tasks) {
    const inner = task.for_each_task?.task;
    const fromGit = scope.git_source !== undefined;
    checkTask(task, environments, clusters, fromGit);
    if (inner !== undefined) checkTask(inner, environments, clusters, fromGit);
    checkDependencies(task, keys);
    checkReferences(task, keys, task.for_each_task !== undefined);
  }
  checkAcyclic(tasks, keys);
}

/** Checks rules across the settings of a job. @throws {ApiError} for the first broken rule */
export function checkSettings(settings: JobSettings): void {
  const names = new Set<string>();
  for (const { name } of settings.parameters ?? []) {
    if (names.has(name))
      throw invalidParameter(`Job parameter "${name}" is defined more than once.`);
    names.add(name);
  }
  for (const [tag, value] of Object.entries(settings.tags ?? {})) {
    if (tag.length === 0 || tag.length > TAG_LENGTHS.aws.key) {
      throw invalidParameter(
        `Tag key "${tag.slice(0, 40)}" must have 1 to ${TAG_LENGTHS.aws.key} characters.`,
      );
    }
    if (value.length > TAG_LENGTHS.aws.value)
      throw invalidParameter(
        `The value of tag "${tag}" must not exceed ${TAG_LENGTHS.aws.value} characters.`,
      );
  }
  const triggers = [settings.schedule, settings.trigger, settings.continuous].filter(Boolean);
  if (triggers.length > 1) {
    throw invalidParameter("A job can have only one of schedule, trigger and continuous.");
  }
  if (settings.schedule !== undefined) checkCron(settings.schedule);
  for (const { schedule } of settings.triggers ?? []) {
    if (schedule !== undefined) checkCron(schedule);
  }
  checkTasks(settings.tasks ?? [], settings);
}

/** The task type, as the name of its field. @throws {ApiError} if the task has none */
export function taskType(task: Task | NestedTask): TaskType {
  const type = TASK_TYPES.find((name) => task[name] !== undefined);
  if (type === undefined)
    throw invalidParameter(`Task "${task.task_key}" must define what it runs.`);
  return type;
}

function checkTask(
  task: Task | NestedTask,
  environments: Set<string>,
  clusters: Set<string>,
  fromGit: boolean,
): void {
  const types = TASK_TYPES.filter((name) => task[name] !== undefined);
  if (types.length !== 1) {
    const got = types.length === 0 ? "none is set" : `${types.join(" and ")} are set`;
    throw invalidParameter(
      `Task "${task.task_key}" must have exactly one task type such as notebook_task or run_job_task; ${got}.`,
    );
  }
  const { environment_key, job_cluster_key } = task;
  if (environment_key !== undefined && !environments.has(environment_key)) {
    throw invalidParameter(
      `Task "${task.task_key}" uses environment_key ${quoteWithSuggestion(environment_key, environments)}, which is not defined in environments.`,
    );
  }
  if (job_cluster_key !== undefined && !clusters.has(job_cluster_key)) {
    throw invalidParameter(
      `Task "${task.task_key}" uses job_cluster_key ${quoteWithSuggestion(job_cluster_key, clusters)}, which is not defined in job_clusters.`,
    );
  }
  const computes = [
    "existing_cluster_id",
    "new_cluster",
    "job_cluster_key",
    "environment_key",
  ] as const;
  const chosen = computes.filter((field) => task[field] !== undefined);
  if (chosen.length > 1) {
    throw invalidParameter(
      `Task "${task.task_key}" must have only one of ${chosen.join(" and ")}.`,
    );
  }
  const serverless = task.python_wheel_task ?? task.spark_python_task ?? task.dbt_task;
  if (serverless !== undefined && chosen.length === 0) {
    throw invalidParameter(
      `Task "${task.task_key}" must have an environment_key or a cluster: serverless ${types.join()} needs an environment.`,
    );
  }
  const { notebook_path: path, source = fromGit ? "GIT" : "WORKSPACE" } = task.notebook_task ?? {};
  if (path !== undefined && source !== "GIT" && !path.startsWith("/")) {
    throw invalidParameter(
      `Task "${task.task_key}": only absolute notebook paths are allowed, and "${path}" does not start with "/".`,
    );
  }
}

function checkDependencies(task: Task, keys: ReadonlyMap<string, Task>): void {
  const seen = new Set<string>();
  for (const { task_key, outcome } of task.depends_on ?? []) {
    const target = keys.get(task_key);
    if (target === undefined) {
      throw invalidParameter(
        `Task "${task.task_key}" depends on ${quoteWithSuggestion(task_key, keys.keys())}, which is not a task of this job.`,
      );
    }
    const edge = `${task_key}/${outcome ?? ""}`;
    if (seen.has(edge)) {
      throw invalidParameter(`Task "${task.task_key}" depends on "${task_key}" more than once.`);
    }
    seen.add(edge);
    if (outcome !== undefined && target.condition_task === undefined) {
      throw invalidParameter(
        `Task "${task.task_key}" waits for outcome "${outcome}" of "${task_key}", which is not a condition task.`,
      );
    }
  }
}

/** Kahn's algorithm; the remaining tasks contain a cycle. */
function checkAcyclic(tasks: readonly Task[], keys: ReadonlyMap<string, Task>): void {
  const waiting = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const { task_key, depends_on = [] } of tasks) {
    waiting.set(task_key, depends_on.length);
    for (const dependency of depends_on) {
      const list = dependents.get(dependency.task_key);
      if (list === undefined) dependents.set(dependency.task_key, [task_key]);
      else list.push(task_key);
    }
  }
  const ready = [...keys.keys()].filter((name) => waiting.get(name) === 0);
  let name: string | undefined;
  while ((name = ready.pop()) !== undefined) {
    waiting.delete(name);
    for (const dependent of dependents.get(name) ?? []) {
      const left = (waiting.get(dependent) ?? 0) - 1;
      waiting.set(dependent, left);
      if (left === 0) ready.push(dependent);
    }
  }
  if (waiting.size > 0) {
    throw invalidParameter(
      `The dependencies of these tasks form a cycle: ${[...waiting.keys()].join(", ")}.`,
    );
  }
}
