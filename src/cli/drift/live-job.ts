import {
  isObject,
  JOB_LEVEL_TAG,
  type JobId,
  type Setting,
  type Settings,
} from "@jobstrata/core/model";
import { readJobPayload, withIdsAsText, workspaceNotebook } from "@jobstrata/core/readers";
import type { ApiJob } from "@jobstrata/run";

/** A job as returned by `jobs/get` and `jobs/list`. */
export interface LiveJob extends ApiJob {
  readonly creator_user_name?: string;
  readonly run_as_user_name?: string;
  /** Milliseconds since 1970. */
  readonly created_time?: number;
}

/** The data of a live job that stays in memory. */
export interface LiveSummary {
  readonly id: string;
  readonly name: string;
  readonly creator?: string;
  readonly created?: number;
  /** `metadata_file_path` of the bundle that deployed it. */
  readonly bundle?: string;
  /** The hierarchy's tags, joined. */
  readonly tags: string;
  /** Ids of the jobs that it runs. */
  readonly runs: readonly string[];
}

export function summaryOf(job: LiveJob): LiveSummary {
  const settings = (job.settings ?? {}) as Readonly<Record<string, unknown>>;
  const { name, tags, deployment } = settings;
  const bundle = isObject(deployment) ? deployment.metadata_file_path : undefined;
  return {
    id: String(job.job_id),
    name: typeof name === "string" ? name : "",
    ...(job.creator_user_name !== undefined && { creator: job.creator_user_name }),
    ...(job.created_time !== undefined && { created: job.created_time }),
    ...(typeof bundle === "string" && { bundle }),
    tags: hierarchyTags(isObject(tags) ? tags : {}),
    runs: runsOf(settings.tasks),
  };
}

/** The hierarchy's tags, which distinguish jobs with the same name. */
export function hierarchyTags(tags: Readonly<Record<string, unknown>>): string {
  return [JOB_LEVEL_TAG, "layer", "purpose"]
    .map((name) => (typeof tags[name] === "string" ? tags[name] : ""))
    .join(" ");
}

function runsOf(tasks: unknown): string[] {
  if (!Array.isArray(tasks)) return [];
  return (tasks as readonly unknown[]).flatMap((task): string[] => {
    if (!isObject(task)) return [];
    const { run_job_task: run, for_each_task: loop } = task;
    const id = isObject(run) ? (run.job_id as JobId | undefined) : undefined;
    return [
      ...(id === undefined ? [] : [String(id)]),
      ...(isObject(loop) ? runsOf([loop.task]) : []),
    ];
  });
}

/**
 * Converts a live job's settings to the form of the readers of code.
 *
 * @param withLock whether to include `deployment` and `edit_mode`, which readers omit
 * @param isTerraform whether the code is deployed by Terraform
 */
export function liveSettings(job: LiveJob, withLock: boolean, isTerraform = false): Settings {
  const stored = withIdsAsText(job.settings ?? {});
  const raw = (isTerraform ? withClients(stored) : stored) as Readonly<Record<string, unknown>>;
  const ref = (id: string | number) => ({ kind: "literal", jobId: String(id) }) as const;
  const context = { notebook: workspaceNotebook, job: ref };
  // The service does not queue runs by default; only its clients enable queueing.
  const queue = raw.queue ?? (raw.continuous === undefined ? { enabled: false } : undefined);
  const { settings } = readJobPayload({ ...raw, queue }, context, "api");
  const { run_as: runAs = runAsOf(job), ...rest } = settings();
  const all = { ...rest, ...(runAs !== undefined && { run_as: runAs }) };
  if (!withLock) return all;
  return withDeployment(all, { deployment: raw.deployment, editMode: raw.edit_mode });
}

/** Adds false values of `workload_type.clients`, which the provider does not send. */
function withClients(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withClients);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === "workload_type" && isObject(each) && isObject(each.clients)
        ? { ...each, clients: { jobs: false, notebooks: false, ...each.clients } }
        : withClients(each),
    ]),
  );
}

function runAsOf({ run_as_user_name: name = "" }: LiveJob): Settings | undefined {
  if (name === "") return undefined;
  return UUID.test(name) ? { service_principal_name: name } : { user_name: name };
}

/** The application id of a service principal. */
export const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Adds the deployment metadata, which readers omit because it is the same for all jobs of a bundle. */
export function withDeployment(
  settings: Settings,
  { deployment, editMode }: { readonly deployment: unknown; readonly editMode: unknown },
): Settings {
  const rest = withoutDeployment(settings);
  const isLocked = typeof editMode === "string" && editMode !== "" && editMode !== "EDITABLE";
  return {
    ...rest,
    ...(isObject(deployment) && {
      deployment: withIdsAsText(onlyValues(deployment)) as Setting,
    }),
    ...(isLocked && { edit_mode: editMode }),
  };
}

/** Removes the deployment metadata. */
export function withoutDeployment(settings: Settings): Settings {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => name !== "edit_mode" && name !== "deployment"),
  );
}

const onlyValues = (block: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(block).filter(
      ([, value]) => value !== undefined && value !== null && value !== "",
    ),
  );
