import { isObject, type JobId, type Setting, type Settings } from "@jobstrata/core/model";
import { readJobPayload, withIdsAsText, workspaceNotebook } from "@jobstrata/core/readers";
import type { ApiJob } from "@jobstrata/run";

/** A job as `jobs/get` and `jobs/list` give it. */
export interface LiveJob extends ApiJob {
  readonly creator_user_name?: string;
  readonly run_as_user_name?: string;
  /** Milliseconds since 1970. */
  readonly created_time?: number;
}

/** What is remembered of every live job. */
export interface LiveSummary {
  readonly id: string;
  readonly name: string;
  readonly creator?: string;
  readonly created?: number;
  /** `metadata_file_path` of the bundle that deployed it. */
  readonly bundle?: string;
  /** The tags of the hierarchy, in one text. */
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

/** The tags by which jobs of one name are told apart. */
export function hierarchyTags(tags: Readonly<Record<string, unknown>>): string {
  return ["job_level", "layer", "purpose"]
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
 * The settings of a live job in the form that readers give to those of the code.
 *
 * @param withLock with what bundles note on their jobs, which readers leave out
 * @param isTerraform a deployment of Terraform is compared with it
 */
export function liveSettings(job: LiveJob, withLock: boolean, isTerraform = false): Settings {
  const stored = withIdsAsText(job.settings ?? {});
  const raw = (isTerraform ? withClients(stored) : stored) as Readonly<Record<string, unknown>>;
  const ref = (id: string | number) => ({ kind: "literal", jobId: String(id) }) as const;
  const context = { notebook: workspaceNotebook, job: ref };
  // Without a queue runs are not queued: the service has no default of its own, only its clients have.
  const queue = raw.queue ?? (raw.continuous === undefined ? { enabled: false } : undefined);
  const { settings } = readJobPayload({ ...raw, queue }, context, "api");
  const { run_as: runAs = runAsOf(job), ...rest } = settings();
  const all = { ...rest, ...(runAs !== undefined && { run_as: runAs }) };
  if (!withLock) return all;
  return withDeployment(all, { deployment: raw.deployment, editMode: raw.edit_mode });
}

/** The provider sends what is true of the clients of a cluster, and nothing for what is false. */
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

/** Puts back what readers leave out, as it is the same for all jobs of a bundle. */
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

/** Settings without what bundles note on their jobs. */
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
