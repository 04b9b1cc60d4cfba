import { append } from "../../model/collections";
import { compareInt64, type JobId } from "../../model/int64";
import { environmentPrefix } from "../../model/environment-name";
import { JobGraph } from "../../model/job-graph";
import type { JobRef, JobSpec } from "../../model/job-spec";
import { readJobPayload } from "../payload/job-payload";
import { withLazy } from "../lazy";
import { apiNotebook, workspaceNotebook } from "../notebook/identity";
import type { Reading } from "../reading";
import { DEFAULT_ENVIRONMENT } from "../cdktf/app";

type Json = Readonly<Record<string, unknown>>;

/** A job in the format of the Jobs API. */
export interface WorkspaceJob {
  readonly job_id: JobId;
  readonly settings?: unknown;
}

/**
 * Reads the jobs of a workspace. Jobs with a prefix such as `[dev] ` belong to the environment `dev`, others to
 * `default`.
 *
 * A job's key is its name without the prefix. Permissions are not read.
 *
 * @param host such as `https://adb-1.2.azuredatabricks.net`
 * @param listed in any order
 * @param hidden ids of jobs that exist but cannot be read
 */
export function readWorkspaceJobs(
  host: string,
  listed: readonly WorkspaceJob[],
  hidden: ReadonlySet<string> = new Set(),
): Reading {
  // The Jobs API lists the newest first.
  const jobs = [...listed].sort((a, b) => compareInt64(a.job_id, b.job_id));
  const environments = new Map(
    jobs.map((job) => {
      const { environment = DEFAULT_ENVIRONMENT } = environmentPrefix(nameOf(job));
      return [String(job.job_id), environment] as const;
    }),
  );
  const reader = new WorkspaceJobReader(host, environments, hidden);
  const byEnvironment = new Map<string, JobSpec[]>();
  for (const job of jobs) {
    const environment = environments.get(String(job.job_id)) ?? DEFAULT_ENVIRONMENT;
    append(byEnvironment, environment, reader.specOf(job));
  }
  return {
    kind: "workspace",
    path: host,
    graphs: [...byEnvironment].map(
      ([environment, specs]) => new JobGraph(environment, specs, undefined, "workspace"),
    ),
    problems: [],
    suppressions: [],
  };
}

/** Converts the jobs of one workspace, of which each can refer to any other. */
class WorkspaceJobReader {
  readonly #host: string;
  readonly #environments: ReadonlyMap<string, string>;
  readonly #hidden: ReadonlySet<string>;

  /** @param environments by the ids of all listed jobs */
  public constructor(
    host: string,
    environments: ReadonlyMap<string, string>,
    hidden: ReadonlySet<string>,
  ) {
    this.#host = host;
    this.#environments = environments;
    this.#hidden = hidden;
  }

  public specOf(job: WorkspaceJob): JobSpec {
    const id = String(job.job_id);
    const own = this.#environments.get(id);
    const { payload, settings, mayHold } = readJobPayload(
      settingsOf(job),
      {
        notebook: apiNotebook,
        job: (target) => this.#jobAt(String(target), own),
      },
      "api",
    );
    const spec = {
      ...payload,
      id: this.#urlOf(id),
      key: environmentPrefix(nameOf(job)).rest || id,
      stack: this.#host,
      duplicates: [],
    };
    return withLazy(spec, { settings: () => settings(), mayHold });
  }

  /** The job that a Run Job task of a job in the environment `own` runs. */
  #jobAt(target: string, own: string | undefined): JobRef {
    const environment = this.#environments.get(target);
    if (environment === own) return { kind: "job", id: this.#urlOf(target) };
    const expression = `job ${target}`;
    // If one job has no environment prefix, the relation is unknown.
    if (environment !== undefined && ![own, environment].includes(DEFAULT_ENVIRONMENT))
      return { kind: "foreign", expression, environment, jobId: target };
    const isThere = environment !== undefined || this.#hidden.has(target);
    return isThere
      ? { kind: "external", expression, jobId: target }
      : { kind: "missing", expression, jobId: target };
  }

  #urlOf(id: string): string {
    return `${this.#host}/jobs/${id}`;
  }
}

/** Ids in Run Job tasks that are not among `jobs`. */
export function unlistedJobs(jobs: readonly WorkspaceJob[]): Set<string> {
  const listed = new Set(jobs.map(({ job_id: id }) => String(id)));
  const unlisted = new Set<string>();
  for (const job of jobs) {
    const note = (jobId: string | number): JobRef => {
      if (!listed.has(String(jobId))) unlisted.add(String(jobId));
      return { kind: "literal", jobId: String(jobId) };
    };
    readJobPayload(settingsOf(job), { notebook: workspaceNotebook, job: note }, "api");
  }
  return unlisted;
}

function settingsOf({ settings }: WorkspaceJob): Json {
  if (typeof settings !== "object" || settings === null) return {};
  return withIdsAsText(settings) as Json;
}

/** Converts bigint ids to text, as in other sources. */
export function withIdsAsText(value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withIdsAsText);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withIdsAsText(member)]),
  );
}

function nameOf(job: WorkspaceJob): string {
  const { name } = settingsOf(job);
  return typeof name === "string" ? name : "";
}
