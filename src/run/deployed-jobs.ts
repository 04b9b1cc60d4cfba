import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { type JobId, quote, stringifyJson } from "@jobstrata/core/model";
import { type ApiTask, type JobsClient, taskType } from "./jobs-client";
import { atOnce } from "./run-follower";

/** A deployed job. */
export interface DeployedJob {
  readonly jobId: JobId;
  /** Key in the Terraform stack, or the display name if the key is unknown. */
  readonly label: string;
  readonly key?: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Default values of the job parameters, by name. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly tasks: readonly DeployedTask[];
}

export interface DeployedTask {
  readonly taskKey: string;
  readonly dependsOn: readonly string[];
  /** Such as `notebook_task`. */
  readonly type: string;
  readonly notebookPath?: string;
  /** The job of a Run Job task; absent for a for-each task. */
  readonly runJobId?: JobId;
  /** Parameters passed to that job. */
  readonly jobParameters: Readonly<Record<string, string>>;
  /** Tasks of the same job that its settings reference as `{{tasks.KEY…}}`. */
  readonly refersTo: readonly string[];
}

/**
 * Reads deployed jobs and all jobs that they run.
 *
 * @param keys job keys by id
 * @throws {WorkspaceError} if a job cannot be read
 */
export async function readJobs(
  client: JobsClient,
  jobIds: readonly JobId[],
  keys: ReadonlyMap<JobId, string> = new Map(),
): Promise<Map<JobId, DeployedJob>> {
  const jobs = new Map<JobId, DeployedJob>();
  const known = new Set(jobIds);
  for (let level = [...known]; level.length > 0;) {
    const next: JobId[] = [];
    await atOnce(level, async (jobId) => {
      const job = await readJob(client, jobId, keys);
      jobs.set(jobId, job);
      for (const { runJobId } of job.tasks) {
        if (runJobId === undefined || known.has(runJobId)) continue;
        known.add(runJobId);
        next.push(runJobId);
      }
    });
    level = next;
  }
  return jobs;
}

/** The label of a job: its key, or its display name if the key is unknown. */
export const jobLabel = (jobId: JobId, key: string | undefined, name: string): string =>
  key ?? (name === "" ? `job ${jobId}` : name);

/** Reads one job. @throws {WorkspaceError} if it cannot be read */
export async function readJob(
  client: JobsClient,
  jobId: JobId,
  keys: ReadonlyMap<JobId, string> = new Map(),
): Promise<DeployedJob> {
  const { settings = {} } = await client.getJob(jobId);
  const key = keys.get(jobId);
  const name = settings.name ?? "";
  return {
    jobId,
    label: jobLabel(jobId, key, name),
    ...(key !== undefined && { key }),
    name,
    tags: settings.tags ?? {},
    parameters: new Map(
      (settings.parameters ?? []).map((parameter) => [parameter.name, parameter.default ?? ""]),
    ),
    tasks: (settings.tasks ?? []).map(deployedTask),
  };
}

function deployedTask(task: ApiTask): DeployedTask {
  const notebookPath = task.notebook_task?.notebook_path;
  const runJobId = task.run_job_task?.job_id;
  const references = stringifyJson(task).matchAll(/\{\{\s*tasks\.([\w-]+)/g);
  return {
    taskKey: task.task_key,
    dependsOn: (task.depends_on ?? []).map(({ task_key }) => task_key),
    type: taskType(task) ?? "",
    ...(notebookPath !== undefined && { notebookPath }),
    ...(runJobId !== undefined && { runJobId }),
    jobParameters: task.run_job_task?.job_parameters ?? {},
    refersTo: [...new Set([...references].map(([, key = ""]) => key))],
  };
}

/**
 * Checks the parameters and tasks of a run before it starts.
 *
 * @throws {JobstrataError} `run` for an undeclared parameter or an unknown task
 */
export function checkRequest(
  job: DeployedJob,
  request: {
    readonly only?: readonly string[];
    readonly jobParameters?: Readonly<Record<string, string>>;
    readonly notebookParams?: Readonly<Record<string, string>>;
  },
): void {
  const { only, jobParameters = {}, notebookParams = {} } = request;
  const label = quote(job.label);
  const taskKeys = job.tasks.map(({ taskKey }) => taskKey);
  for (const key of only ?? []) {
    if (taskKeys.includes(key)) continue;
    throw new JobstrataError(
      "run",
      `job ${label} has no task ${quoteWithSuggestion(key, taskKeys)}; it has ${list(taskKeys)}`,
    );
  }
  for (const name of Object.keys(jobParameters)) {
    if (job.parameters.has(name)) continue;
    const declared = [...job.parameters.keys()];
    const hint = job.tasks.some(({ type }) => type === "notebook_task")
      ? "; --notebook-param sets a parameter of its notebook"
      : "";
    throw new JobstrataError(
      "run",
      `job ${label} does not declare the job parameter ${quoteWithSuggestion(name, declared)}; it declares ${list(declared)}${hint}`,
    );
  }
  if (Object.keys(notebookParams).length === 0) return;
  if (Object.keys(jobParameters).length > 0) {
    throw new JobstrataError(
      "run",
      "job parameters and notebook parameters cannot be given together: the Jobs API takes one or the other",
    );
  }
  if (!job.tasks.some(({ type }) => type === "notebook_task")) {
    throw new JobstrataError(
      "run",
      `job ${label} has no notebook task, so notebook parameters would reach nothing; run the atomic job, or let the job declare a job parameter and use --param`,
    );
  }
}

/** Rejects a selection whose tasks reference values of tasks outside it. @throws {JobstrataError} `run` */
export function checkReferences(job: DeployedJob, only: readonly string[]): void {
  const chosen = new Set(only);
  for (const { taskKey, refersTo } of job.tasks) {
    const missing = chosen.has(taskKey) ? refersTo.find((key) => !chosen.has(key)) : undefined;
    if (missing === undefined) continue;
    throw new JobstrataError(
      "run",
      `task ${quote(taskKey)} of job ${quote(job.label)} takes a value from task ${quote(missing)}, which is not among those to run; run that one with it`,
    );
  }
}

const list = (names: readonly string[]): string => names.map(quote).join(", ") || "none";
