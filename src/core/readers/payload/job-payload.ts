import {
  type ConditionSpec,
  isExpression,
  type JobRef,
  type JobSpec,
  type NotebookRef,
  type TaskSpec,
} from "../../model/job-spec";
import type { SourceLocation } from "../../model/source-location";
import { JOB_SCHEMA } from "../../model/job-schema";
import type { CodeFile, CodeParameters } from "../../model/lineage";
import type { Settings } from "../../model/settings";
import { type Dialect, JobSettings, type SettingsContext } from "./job-settings";
import { type Lazy, withLazy } from "../lazy";
import { isObject, type Json, objectsOf } from "../../model/json";
import {
  apiName,
  blocks,
  dynamicBlocks,
  isPresent,
  numberOf,
  optional,
  readMap,
  text,
  textOf,
} from "./blocks";
import { notificationsOf, principal, readOwner } from "./people";
import { triggersOf } from "./triggers";

/** Resolves what a payload refers to: notebook paths and job ids. */
export interface PayloadContext extends SettingsContext {
  /** The notebook at `path`, from `git` if given. `part` is the part of the payload with the path. */
  notebook(path: string, git: GitLocation | undefined, part: Json): NotebookRef;
  /** The local SQL file, Python file or dbt project at `path`, if any. `part` is the part of the payload with the path. */
  code?(path: string, part: Json): CodeFile | undefined;
  /** The job of a Run Job task's `job_id`. */
  job(jobId: string | number, runJobTask: Json): JobRef;
  /** Location of a part of the payload, if known. Called on demand. */
  locate?(part: Json): SourceLocation | undefined;
}

/** The part of `git_source` that identifies notebooks. */
export interface GitLocation {
  readonly url: string;
}

const TEXTS = ["name", "description", "task_key", "environment_key", "job_cluster_key"];

const CLUSTER_KEYS = ["job_cluster_key", "existing_cluster_id", "new_cluster"];

/** An object under construction. Assigning its fields takes a fraction of the time of spreading them into a literal. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The part of a job that its payload determines. */
export type JobPayload = Omit<
  JobSpec,
  "id" | "key" | "stack" | "source" | "duplicates" | "settings"
>;

/** A job read from a payload. */
export interface ReadJob {
  readonly payload: JobPayload;
  /**
   * Creates the {@link JobSpec.settings}.
   *
   * @param more settings from elsewhere in the source, by Jobs API name
   */
  readonly settings: (more?: Json) => Settings;
  /** Implements `mayHold` of {@link JobSpec}. */
  readonly mayHold: (names: ReadonlySet<string>) => boolean;
}

/**
 * Maps the arguments of a `databricks_job` in Terraform's JSON, or the job settings of a bundle or the Jobs API, to a
 * {@link JobSpec}. The only place with Jobs API names.
 *
 * Terraform allows a block as an object or a list, `dynamic` blocks, and the single-task format of Jobs API 2.0 with
 * the task at the top of the job. All are supported.
 */
export function readJobPayload(
  job: Json,
  context: PayloadContext,
  dialect: Dialect = "terraform",
): ReadJob {
  const reader = new PayloadReader(job, context, dialect);
  return {
    payload: reader.payload(),
    settings: (more) => reader.settings.ofJob(more),
    mayHold: (names) => holds(job, names),
  };
}

/** Whether an object or list has one of these names, or its Terraform equivalent, at any depth. */
function holds(value: object, names: ReadonlySet<string>): boolean {
  if (Array.isArray(value))
    return value.some(
      (each: unknown) => typeof each === "object" && each !== null && holds(each, names),
    );
  for (const name in value) {
    const each = (value as Json)[name];
    if (each === null || each === undefined || each === "") continue;
    if (names.has(name) || names.has(RENAMED[name] ?? name)) return true;
    if (typeof each === "object" && holds(each, names)) return true;
  }
  return false;
}

const { terraform: RENAMED = {} } = JOB_SCHEMA;

class PayloadReader {
  #git: GitLocation | undefined;
  #settings: JobSettings | undefined;

  readonly #job: Json;
  readonly #context: PayloadContext;
  readonly #dialect: Dialect;

  public constructor(job: Json, context: PayloadContext, dialect: Dialect) {
    this.#job = job;
    this.#context = context;
    this.#dialect = dialect;
  }

  /** Created on demand: most callers do not need it. */
  public get settings(): JobSettings {
    const job = this.#job;
    const dialect = this.#dialect;
    const context = this.#context;
    return (this.#settings ??= new JobSettings(
      job,
      dialect,
      context,
      taskTypes(job, dialect).length > 0,
    ));
  }

  public locate(part: Json): SourceLocation | undefined {
    return this.#context.locate?.(part);
  }

  public payload(): JobPayload {
    const job = this.#job;
    const [git] = blocks(job, "git_source");
    this.#git = git === undefined ? undefined : { url: text(git.git_url ?? git.url) };
    const tasks = objectsOf(job[this.#plural("task")]).map((task) => this.#task(task));
    if (this.#dialect === "terraform") {
      for (const task of dynamicBlocks(job, "task"))
        tasks.push(this.#task(task, { repeated: true }));
    }
    if (taskTypes(job, this.#dialect).length > 0) tasks.push(this.#task(job, { single: true }));
    const parameters = blocks(job, this.#plural("parameter"));
    const jobClusters = blocks(job, this.#plural("job_cluster"));
    const triggers = triggersOf(job);
    const notifications = notificationsOf(job);
    const [runAs] = blocks(job, "run_as");
    const written = unknownOf(job);
    const unknown = this.#dialect === "terraform" ? written.map(apiName) : written;
    const owner = this.#dialect === "api" ? readOwner(job.permissions) : undefined;
    const name = textOf(job.name);
    const description = textOf(job.description);
    const maxConcurrentRuns = numberOf(job.max_concurrent_runs);
    const timeoutSeconds = numberOf(job.timeout_seconds);
    const payload = {} as Writable<JobPayload>;
    if (name !== undefined) payload.name = name;
    if (description !== undefined) payload.description = description;
    payload.tags = isObject(job.tags) ? readMap(job.tags) : {};
    payload.environments = blocks(job, this.#plural("environment")).map((environment) => {
      const [spec = {}] = blocks(environment, "spec");
      return {
        key: text(environment.environment_key),
        ...optional("version", textOf(spec.environment_version ?? spec.client)),
      };
    });
    if (parameters.length > 0)
      payload.parameters = parameters.map(({ name, default: value }) => ({
        name: text(name),
        ...optional("default", textOf(value)),
      }));
    if (jobClusters.length > 0)
      payload.jobClusterKeys = jobClusters.map((cluster) => text(cluster.job_cluster_key));
    if (maxConcurrentRuns !== undefined) payload.maxConcurrentRuns = maxConcurrentRuns;
    if (timeoutSeconds !== undefined) payload.timeoutSeconds = timeoutSeconds;
    if (triggers.length > 0) payload.triggers = triggers;
    if (notifications.length > 0) payload.notifications = notifications;
    if (runAs) payload.runAs = principal(runAs);
    if (owner) payload.owner = owner;
    if (git !== undefined) payload.hasGitSource = true;
    if (unknown.length > 0) payload.unknown = new Set(unknown);
    payload.tasks = tasks;
    payload.repeated =
      this.#dialect === "terraform" &&
      (isPresent(job.for_each) || (isPresent(job.count) && !isAtMostOne(job.count)));
    return payload;
  }

  #task(task: Json, marks: Pick<TaskSpec, "repeated" | "single"> = {}): TaskSpec {
    const context = this.#context;
    const [notebookTask] = blocks(task, "notebook_task");
    const [runJobTask] = blocks(task, "run_job_task");
    const [forEachTask] = blocks(task, "for_each_task");
    const [inner] = forEachTask === undefined ? [] : blocks(forEachTask, "task");
    const [condition] = blocks(task, "condition_task");
    const dependencies = blocks(task, "depends_on");
    const jobId = runJobTask?.job_id;
    const git = this.#git;
    const fromGit =
      notebookTask?.source === "GIT" || (git !== undefined && notebookTask?.source !== "WORKSPACE");
    const parameters = readMap(notebookTask?.base_parameters ?? runJobTask?.job_parameters);
    const libraries = blocks(task, this.#plural("library")).length;
    const notifications = notificationsOf(task);
    const unknown = unknownOf(task);
    const notebook =
      notebookTask &&
      context.notebook(text(notebookTask.notebook_path), fromGit ? git : undefined, notebookTask);
    const outcomes = outcomesOf(dependencies);
    const runIf = textOf(task.run_if);
    const environmentKey = textOf(task.environment_key);
    const timeoutSeconds = numberOf(task.timeout_seconds);
    const maxRetries = numberOf(task.max_retries);
    const jobClusterKey = textOf(task.job_cluster_key);
    const forEachInputs = inputsOf(forEachTask?.inputs);
    const forEachConcurrency = numberOf(forEachTask?.concurrency);
    const spec = {} as Writable<Omit<TaskSpec, "settings">>;
    spec.taskKey = text(task.task_key);
    spec.types = taskTypes(task, this.#dialect);
    if (notebook) spec.notebook = notebook;
    if (notebook?.file?.code) spec.code = notebook.file.code;
    else Object.assign(spec, this.#code(task));
    if (runJobTask && (typeof jobId === "string" || typeof jobId === "number"))
      spec.runJob = context.job(jobId, runJobTask);
    if (inner) spec.forEach = this.#task(inner);
    spec.dependsOn = dependencies.map((dependency) => text(dependency.task_key));
    if (outcomes !== undefined) spec.outcomes = outcomes;
    if (runIf !== undefined) spec.runIf = runIf;
    if (condition) spec.condition = conditionOf(condition);
    if (String(task.disabled) === "true") spec.disabled = true;
    if (environmentKey !== undefined) spec.environmentKey = environmentKey;
    if (Object.keys(parameters).length > 0) spec.parameters = parameters;
    if (timeoutSeconds !== undefined) spec.timeoutSeconds = timeoutSeconds;
    if (maxRetries !== undefined) spec.maxRetries = maxRetries;
    if (libraries > 0) spec.libraries = libraries;
    if (jobClusterKey !== undefined) spec.jobClusterKey = jobClusterKey;
    if (notifications.length > 0) spec.notifications = notifications;
    if (forEachInputs !== undefined) spec.forEachInputs = forEachInputs;
    if (forEachConcurrency !== undefined) spec.forEachConcurrency = forEachConcurrency;
    if (unknown.length > 0) spec.unknown = new Set(unknown);
    spec.onCluster = CLUSTER_KEYS.some((key) => isPresent(task[key]));
    if (marks.repeated) spec.repeated = marks.repeated;
    if (marks.single) spec.single = marks.single;
    const lazy = new LazyTask(this, task, marks.single === true);
    return withLazy(spec, lazy, context.locate !== undefined);
  }

  /** A task's code other than notebooks, if it is in known files. */
  #code(task: Json): Pick<TaskSpec, "code" | "codeParameters"> | undefined {
    const context = this.#context;
    if (context.code === undefined) return undefined;
    const [sql] = blocks(task, "sql_task");
    const [python] = blocks(task, "spark_python_task");
    const [dbt] = blocks(task, "dbt_task");
    const [file] = sql === undefined ? [] : blocks(sql, "file");
    const part = file ?? python ?? dbt;
    if (part === undefined || part.source === "GIT" || (this.#git && part.source !== "WORKSPACE"))
      return undefined;
    const path = file?.path ?? python?.python_file ?? dbt?.project_directory ?? (dbt && ".");
    if (typeof path !== "string" || isExpression(path)) return undefined;
    const code = context.code(path, part);
    if (code === undefined) return undefined;
    const positional = python?.parameters ?? dbt?.commands;
    const codeParameters: CodeParameters = {
      named: { ...readMap(sql?.parameters) },
      ...(Array.isArray(positional) && { positional: positional.map(String) }),
    };
    return { code, codeParameters };
  }

  #plural(name: string): string {
    if (this.#dialect === "terraform") return name;
    return name === "library" ? "libraries" : `${name}s`;
  }
}

function outcomesOf(dependencies: readonly Json[]): Map<string, string> | undefined {
  let outcomes: Map<string, string> | undefined;
  for (const { task_key: key, outcome } of dependencies) {
    const written = textOf(outcome);
    // Plans and states have an empty string for an unset value.
    if (written === undefined || written === "") continue;
    outcomes ??= new Map<string, string>();
    const other = outcomes.get(text(key));
    outcomes.set(text(key), other === undefined ? written : `${other}, ${written}`);
  }
  return outcomes;
}

function conditionOf({ left, op, right }: Json): ConditionSpec {
  return { left: text(left), op: text(op), right: text(right) };
}

/** Kept minimal because there are very many. */
class LazyTask implements Lazy {
  public found?: Settings;

  readonly #reader: PayloadReader;
  readonly #task: Json;
  readonly #isSingle: boolean;

  public constructor(reader: PayloadReader, task: Json, isSingle: boolean) {
    this.#reader = reader;
    this.#task = task;
    this.#isSingle = isSingle;
  }

  public source(): SourceLocation | undefined {
    return this.#reader.locate(this.#task);
  }

  public settings(): Settings {
    const { settings } = this.#reader;
    return this.#isSingle ? settings.ofSingleTask() : settings.ofTask(this.#task);
  }
}

/** Attributes with an expression, so that their value is unknown. Excludes texts, in which the expression is visible. */
function unknownOf(block: Json): string[] {
  const unknown: string[] = [];
  for (const key in block) {
    const value = block[key];
    if (typeof value === "string" && isExpression(value) && !TEXTS.includes(key)) unknown.push(key);
  }
  return unknown;
}

/** Inputs are JSON text or, in a bundle's complex variable, a list. */
function inputsOf(inputs: unknown): string | undefined {
  return Array.isArray(inputs) ? JSON.stringify(inputs) : textOf(inputs);
}

/** The names of the `*_task` blocks of a task. */
function taskTypes(task: Json, dialect: Dialect): string[] {
  // In Terraform's JSON, null or an empty list means absent; in YAML, it is a type without settings.
  const isThere = (value: unknown): boolean =>
    dialect === "api" ? value !== undefined : isPresent(value);
  const types: string[] = [];
  for (const key in task) if (key.endsWith("_task") && isThere(task[key])) types.push(key);
  const dynamic = task.dynamic;
  if (isObject(dynamic)) types.push(...Object.keys(dynamic).filter((key) => key.endsWith("_task")));
  return types;
}

/** True for a `count` of 0 or 1, or `${… ? 1 : 0}`, the usual way to create a resource conditionally. */
function isAtMostOne(count: unknown): boolean {
  return Number(count) <= 1 || /\?\s*(?:1\s*:\s*0|0\s*:\s*1)[\s)]*\}$/.test(text(count));
}
