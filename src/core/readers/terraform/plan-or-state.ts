import { resolve } from "node:path";
import { JobstrataError } from "../../errors";
import { environmentPrefix } from "../../model/environment-name";
import { JobGraph } from "../../model/job-graph";
import type { JobRef, JobSpec, NotebookRef } from "../../model/job-spec";
import { SENSITIVE_VALUE, UNKNOWN_VALUE } from "../../model/placeholder";
import { type GitLocation, readJobPayload } from "../payload/job-payload";
import { readOwner } from "../payload/people";
import { accessControl } from "../payload/job-settings";
import { withLazy } from "../lazy";
import { fileNotebook, gitNotebook, workspaceNotebook, workspacePath } from "../notebook/identity";
import { MAX_JOBS, type Reading, type Upload } from "../reading";
import { DEFAULT_ENVIRONMENT } from "../cdktf/app";
import { type Json, objectOf } from "../../model/json";
import { References } from "./references";
import { uploadsOf } from "./uploads";
import { filled, list, type Resource, resourcesOf, withoutEmpty } from "./resources";
import { apiName } from "../payload/blocks";

/** Options of {@link readTerraformJson}. */
export interface TerraformOptions {
  /** Creates the placeholder of a secret. @default SENSITIVE_VALUE */
  readonly mask?: (secret: string) => string;
}

/**
 * Reads the output of `terraform show -json` for a plan or state: the jobs of all modules, with each instance of
 * `count` and `for_each`. Masks secrets, which the output contains.
 *
 * @param file name of the source, for locations
 * @throws {JobstrataError} `source` if the JSON is neither a plan nor a state
 */
export function readTerraformJson(
  json: unknown,
  file: string,
  { mask = () => SENSITIVE_VALUE }: TerraformOptions = {},
): Reading {
  const root = objectOf(json);
  const values = objectOf(root.planned_values ?? root.values);
  if (typeof root.format_version !== "string" || (!root.planned_values && !root.values)) {
    throw new JobstrataError(
      "source",
      `${file} is not what "terraform show -json" prints of a plan or a state`,
    );
  }
  const plan = new Plan(root, objectOf(values.root_module), mask);
  const jobs = plan.jobs(file);
  // A plan does not contain its environment, but job names may.
  const environments = new Set(
    jobs.flatMap(({ name = "" }) => environmentPrefix(name).environment ?? []),
  );
  const [environment = DEFAULT_ENVIRONMENT] = environments.size === 1 ? environments : [];
  return {
    kind: "terraform",
    path: file,
    graphs: [new JobGraph(environment, jobs, undefined, "terraform")],
    problems: [],
    suppressions: [],
    uploads: plan.uploads(),
  };
}

/**
 * The prior state of a plan, for {@link readTerraformJson}: without jobs if nothing is deployed yet. Undefined if
 * `json` is not a plan.
 */
export function priorState(json: unknown): object | undefined {
  const root = objectOf(json);
  if (!root.planned_values) return undefined;
  const { values = {} } = objectOf(root.prior_state);
  return {
    format_version: root.format_version,
    values,
    resource_changes: list(root.resource_changes).map(({ address, change }) => ({
      address,
      change: { after_sensitive: objectOf(change).before_sensitive },
    })),
  };
}

class Plan {
  readonly #resources: readonly Resource[];
  readonly #jobs: readonly Resource[];
  readonly #uploads = new Map<string, NotebookRef>();
  readonly #references: References;

  public constructor(root: Json, rootModule: Json, mask: (secret: string) => string) {
    const changes = new Map<unknown, Json>();
    for (const { address, change } of list(root.resource_changes))
      changes.set(address, objectOf(change));
    this.#resources = [...resourcesOf(rootModule, "", changes, mask)];
    this.#jobs = this.#resources.filter(({ type }) => type === "databricks_job");
    if (this.#jobs.length > MAX_JOBS) {
      throw new JobstrataError(
        "source",
        `there are ${this.#jobs.length} jobs, more than the ${MAX_JOBS} that are judged at once`,
      );
    }
    for (const { type, values } of this.#resources) {
      const { path, source } = values;
      if (type === "databricks_notebook" && typeof path === "string" && typeof source === "string")
        this.#uploads.set(workspacePath(path), fileNotebook(resolve(source)));
    }
    const configuration = objectOf(root.configuration).root_module;
    this.#references = new References(
      configuration === undefined ? undefined : objectOf(configuration),
      this.#jobs,
    );
  }

  public uploads(): Upload[] {
    return uploadsOf(this.#resources);
  }

  public jobs(file: string): JobSpec[] {
    const permitted = new Map<Resource, unknown>();
    for (const resource of this.#resources) {
      if (resource.type !== "databricks_permissions") continue;
      const job = this.#references.target(resource, "job_id", resource.values.job_id);
      if (job !== undefined) permitted.set(job, resource.values.access_control);
    }
    return this.#jobs.map((job) => {
      const values = objectOf(withoutEmpty(filled(job.values, job.unknown)));
      const references = this.#references.ofTasks(job, values);
      const { payload, settings, mayHold } = readJobPayload(values, {
        notebook: (path, git) => this.#notebook(path, git, job),
        job: (id, runJobTask) => references.get(runJobTask) ?? unfollowed(job, String(id)),
        jobExpression: (id, runJobTask) => written(references.get(runJobTask)) ?? id,
      });
      const owner = readOwner(permitted.get(job));
      const { unknown: after, sensitive } = job;
      const unknown = Object.keys({ ...after, ...sensitive }).filter(
        (key) => after[key] === true || sensitive[key] === true,
      );
      const spec = {
        ...payload,
        id: job.address,
        key: job.name + job.index,
        stack: job.module === "" ? "root" : job.module,
        source: { file, address: job.address },
        duplicates: [],
        hasPermissions: permitted.has(job),
        ...(owner && { owner }),
        repeated: false,
        ...(unknown.length > 0 && { unknown: new Set(unknown.map(apiName)) }),
      };
      return withLazy(spec, {
        settings: () => settings(accessControl(permitted.get(job))),
        mayHold,
      });
    });
  }

  #notebook(path: string, git: GitLocation | undefined, job: Resource): NotebookRef {
    if (git !== undefined) return gitNotebook(git.url, path);
    // Two unknown paths may differ.
    if (path === UNKNOWN_VALUE) return workspaceNotebook(`\${notebook of ${job.address}}`);
    return this.#uploads.get(workspacePath(path)) ?? workspaceNotebook(path);
  }
}

/** Creates a reference from the value of a `job_id`, without knowing its configuration. */
function unfollowed(job: Resource, id: string): JobRef {
  if (/^\d+$/.test(id)) return { kind: "literal", jobId: id };
  return { kind: "opaque", expression: id === UNKNOWN_VALUE ? job.address : id };
}

/** Formats a reference as a `job_id`. */
function written(ref: JobRef | undefined): string | undefined {
  if (ref === undefined) return undefined;
  if (ref.kind === "job") return `\${${ref.id}.id}`;
  if (ref.kind === "literal" || (ref.kind === "external" && ref.isFromState === true))
    return ref.jobId;
  return ref.expression;
}
