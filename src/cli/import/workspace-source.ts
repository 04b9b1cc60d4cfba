import { existsSync } from "node:fs";
import type { ImportedEnvironment } from "../emit";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  globOf,
  DEFAULT_DATA_DIR,
  JobGraph,
  type JobSpec,
  type Settings,
  quote,
} from "@jobstrata/core/model";
import { readWorkspaceJobs } from "@jobstrata/core/readers";
import { type ApiJob, atOnce, WorkspaceError } from "@jobstrata/run";
import type { Io } from "../io";
import { type ApiPermissions, ownEntries } from "../workspace/permissions";
import { WorkspaceTarget } from "../workspace/target";
import type { ReadSource } from "./bundle-source";
import type { ImportReadOptions } from "./read-options";
import { layerInName } from "./terraform-source";

/**
 * Reads a workspace's jobs and their permissions, all pages. Changes nothing there.
 *
 * @throws {JobstrataError} `authentication` without a login, `source` if the workspace does not answer
 */
export async function readWorkspaceSource(options: ImportReadOptions, io: Io): Promise<ReadSource> {
  const { local, data = DEFAULT_DATA_DIR, targets = [] } = options;
  if (local === true && !existsSync(data)) {
    throw new JobstrataError(
      "source",
      `there is no local workspace in ${quote(data)}; npx jobstrata local try makes one, --data names another`,
    );
  }
  const isWanted = filterOf(options);
  const workspace = await WorkspaceTarget.open(
    { ...(local === true && { local }), data, executor: "simulated" },
    io,
  );
  const { client } = workspace;
  try {
    const jobs: ApiJob[] = [];
    for await (const job of client.listWholeJobs()) if (isWanted(job)) jobs.push(job);
    const reading = readWorkspaceJobs(client.http.host, jobs, new Set());
    const environments: ImportedEnvironment[] = [];
    for (const graph of reading.graphs) {
      if (targets.length > 0 && !targets.includes(graph.environment)) continue;
      const specs = await readPermissions(client, graph.jobs);
      environments.push({
        name: graph.environment,
        graph: new JobGraph(graph.environment, specs, undefined, "workspace"),
        variables: {},
        // The ids belong to this workspace.
        ...(local !== true && { workspace: { host: client.http.host } }),
        ids: new Map(specs.map((spec) => [spec.id, jobIdIn(spec)])),
      });
    }
    return {
      source: { kind: "workspace", name: "jobs", environments, layer: layerInName },
      readings: [reading],
    };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new JobstrataError("source", `the workspace cannot be read: ${error.message}`);
  } finally {
    await workspace.close();
  }
}

/** Whether a job matches the options `--name`, `--tag` and `--creator`. */
function filterOf({ name, tag, creator }: ImportReadOptions) {
  const isNamed = name === undefined ? undefined : globOf(name);
  const [key = "", value] = tag?.split("=") ?? [];
  return ({
    settings,
    creator_user_name: by,
  }: ApiJob & { creator_user_name?: string }): boolean => {
    const { name: own = "", tags } = (settings ?? {}) as {
      name?: string;
      tags?: Record<string, string>;
    };
    if (isNamed !== undefined && !isNamed(own)) return false;
    if (
      tag !== undefined &&
      (value === undefined ? tags?.[key] === undefined : tags?.[key] !== value)
    )
      return false;
    return creator === undefined || by === creator;
  };
}

/** Adds the permissions of jobs to their settings. */
async function readPermissions(
  { http }: WorkspaceTarget["client"],
  jobs: readonly JobSpec[],
): Promise<JobSpec[]> {
  const permitted = new Map<JobSpec, JobSpec>();
  await atOnce(jobs, async (spec) => {
    const path = `2.0/permissions/jobs/${jobIdIn(spec)}`;
    const entries = withoutOwner(ownEntries(await http.request<ApiPermissions>("GET", path)));
    permitted.set(spec, withPermissions(spec, entries));
  });
  return jobs.map((spec) => permitted.get(spec) ?? spec);
}

/** The URL of a job's page ends with its id. */
const jobIdIn = ({ id }: JobSpec): string => /(\d+)$/.exec(id)?.[1] ?? "";

/** Every job has an owner, whom the Terraform provider keeps unless another is set. */
const withoutOwner = (entries: readonly Settings[]): Settings[] =>
  entries.filter(({ permission_level: level }) => level !== "IS_OWNER");

function withPermissions(spec: JobSpec, entries: readonly Settings[]): JobSpec {
  const { settings } = spec;
  if (entries.length === 0) return { ...spec, settings, hasPermissions: false };
  return { ...spec, settings: { ...settings, access_control_list: entries }, hasPermissions: true };
}
