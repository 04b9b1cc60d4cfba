import { resolve as resolvePath } from "node:path";
import { withoutEnvironment } from "../../model/environment-name";
import { JobGraph } from "../../model/job-graph";
import type { JobRef, JobSpec, NotebookRef } from "../../model/job-spec";
import type { SourceLocation } from "../../model/source-location";
import type { SourceSuppression } from "../../model/suppression";
import { type GitLocation, readJobPayload } from "../payload/job-payload";
import { readOwner } from "../payload/people";
import { accessControl } from "../payload/job-settings";
import { withLazy } from "../lazy";
import { fileNotebook, gitNotebook, workspaceNotebook, workspacePath } from "../notebook/identity";
import {
  blocksOf,
  JOB_REFERENCE,
  LOOKUP,
  permissionsOf,
  STATE_REFERENCE,
  stateKey,
  type TerraformConfig,
} from "../terraform/config";

/** Environment of stacks that do not declare one. */
export const DEFAULT_ENVIRONMENT = "default";

/** A stack's Terraform configuration with additional information. */
export interface StackConfig {
  /** Unique name among the stacks that are read together. */
  readonly name: string;
  /** The scope of the rules. */
  readonly environment: string;
  readonly config: TerraformConfig;
  /** Terraform's working directory, the base of relative paths in the configuration. */
  readonly workingDirectory: string;
  /** Constructs of job resources by resource name; several if they overwrite each other. */
  readonly jobs: ReadonlyMap<string, readonly StackJob[]>;
  /** Job ids in the configuration that are declared as external jobs. */
  readonly importedJobIds: ReadonlySet<string>;
  /** Source files of assets in the configuration. */
  readonly assets: ReadonlyMap<string, string>;
  /** Suppressions by calls in the app. */
  readonly suppressions: readonly SourceSuppression[];
  /** The {@link stateKey} with which other stacks read this stack's state; undefined if they cannot. */
  stateKey(): string | undefined;
}

/** Additional information about a job resource. */
export interface StackJob {
  readonly id: string;
  readonly source: () => SourceLocation | undefined;
}

/**
 * Reads every `databricks_job` of related stacks, and resolves references between them.
 *
 * @returns a graph for each environment, in the order of their stacks
 */
export function readStackConfigs(stacks: readonly StackConfig[]): JobGraph[] {
  const app = new AppReader(stacks);
  const jobs = new Map<string, JobSpec[]>();
  for (const { environment } of stacks) jobs.set(environment, []);
  for (const stack of stacks) {
    // Not a spread: 100 000 arguments overflow the stack.
    for (const job of app.jobsOf(stack)) jobs.get(stack.environment)?.push(job);
  }
  return [...jobs].map(([environment, specs]) => new JobGraph(environment, specs));
}

/** Indexes of an app for resolving references between its stacks. */
class AppReader {
  readonly #stacks: ReadonlyMap<string, StackIndex>;
  /** Ids declared as external jobs, by environment. */
  readonly #imported = new Map<string, Set<string>>();

  public constructor(stacks: readonly StackConfig[]) {
    this.#stacks = new Map(stacks.map((each) => [each.name, new StackIndex(each)]));
    for (const { environment, importedJobIds } of this.#stacks.values()) {
      const ids = this.#imported.get(environment) ?? new Set();
      importedJobIds.forEach((id) => ids.add(id));
      this.#imported.set(environment, ids);
    }
  }

  public jobsOf({ name, config }: StackConfig): JobSpec[] {
    const index = this.#stacks.get(name);
    if (index === undefined) throw new Error(`stack ${name} is not part of this app`);
    const context = {
      notebook: (path: string, git: GitLocation | undefined) => this.#notebook(path, git, index),
      job: (jobId: string | number) => this.#job(String(jobId), index),
    };
    const definitionOf = withoutEnvironment(index.environment);
    const withPermissions = permissionsOf(config);
    return blocksOf(config.resource, "databricks_job").map(([key, attributes]) => {
      const [job, ...others] = index.stack.jobs.get(key) ?? [];
      const permissions = withPermissions.get(key);
      const owner = readOwner(permissions);
      const { payload, settings, mayHold } = readJobPayload(attributes, context);
      const id = index.jobId(key) ?? key;
      const spec = {
        id,
        definition: definitionOf(id),
        key,
        stack: name,
        get source() {
          return job?.source();
        },
        duplicates: others.map(({ id, source }) => withSource(id, source)),
        hasPermissions: permissions !== undefined,
        ...(owner && { owner }),
        ...payload,
      };
      return withLazy(spec, { settings: () => settings(accessControl(permissions)), mayHold });
    });
  }

  #notebook(path: string, git: GitLocation | undefined, index: StackIndex): NotebookRef {
    if (git !== undefined) return gitNotebook(git.url, path);
    const end = this.#follow(path, index);
    if (end === undefined) return workspaceNotebook(path);
    const resource = /^\$\{databricks_notebook\.([\w-]+)\.(?:path|id|workspace_path)\}$/.exec(
      end.expression,
    )?.[1];
    const uploaded =
      resource === undefined
        ? this.#uploadedTo(workspacePath(end.expression), index.environment)
        : end.at.notebooks.get(resource);
    return uploaded ?? workspaceNotebook(end.expression);
  }

  /** Resolves a workspace path to the file that the environment uploads to it, if any. */
  #uploadedTo(path: string, environment: string): NotebookRef | undefined {
    for (const index of this.#stacks.values()) {
      const notebook = index.environment === environment ? index.uploads.get(path) : undefined;
      if (notebook !== undefined) return notebook;
    }
    return undefined;
  }

  #job(expression: string, from: StackIndex): JobRef {
    const end = this.#follow(expression, from);
    if (end === undefined) return { kind: "missing", expression };

    const key = JOB_REFERENCE.exec(end.expression)?.[1];
    if (key !== undefined) {
      const id = end.at.jobId(key);
      if (id === undefined) return { kind: "missing", expression };
      const { environment } = end.at;
      if (environment !== from.environment) return { kind: "foreign", expression, environment };
      return { kind: "job", id };
    }
    if (this.#imported.get(from.environment)?.has(end.expression) === true)
      return { kind: "external", expression };
    if (/^\s*\d+\s*$/.test(end.expression))
      return { kind: "literal", jobId: end.expression.trim() };
    // States of other apps and lookups refer to external jobs.
    if (STATE_REFERENCE.test(end.expression) || LOOKUP.test(end.expression))
      return { kind: "external", expression };
    return { kind: "opaque", expression };
  }

  /**
   * Follows an expression through outputs of this app's stacks. Returns the final expression and its stack; undefined
   * for an output that does not exist or refers to itself.
   */
  #follow(
    expression: string,
    at: StackIndex,
    hops = 0,
  ): { readonly expression: string; readonly at: StackIndex } | undefined {
    const [, state = "", name, quoted = ""] = STATE_REFERENCE.exec(expression) ?? [];
    const origin = this.#stackOfState(at.remoteStates.get(state));
    if (origin === undefined) return { expression, at };
    const value = origin.outputs.get(name ?? quoted);
    if ((typeof value !== "string" && typeof value !== "number") || hops > this.#stacks.size)
      return undefined;
    return this.#follow(String(value), origin, hops + 1);
  }

  #stackOfState(state: string | undefined): StackIndex | undefined {
    if (state === undefined) return undefined;
    this.#stackByState ??= new Map(
      [...this.#stacks.values()].map((index) => [index.stack.stateKey(), index] as const),
    );
    return this.#stackByState.get(state);
  }
  #stackByState: Map<string | undefined, StackIndex> | undefined;
}

/** Indexes of a stack for resolving references. */
class StackIndex {
  public readonly environment: string;
  public readonly importedJobIds: ReadonlySet<string>;
  /** Notebooks by databricks_notebook resource name. */
  public readonly notebooks = new Map<string, NotebookRef>();
  /** Notebooks by workspace path of their upload. */
  public readonly uploads = new Map<string, NotebookRef>();
  public readonly outputs: ReadonlyMap<string, unknown>;
  /** State keys by terraform_remote_state data source. */
  public readonly remoteStates: ReadonlyMap<string, string>;
  /** Names of job resources in the configuration. */
  readonly #jobKeys: ReadonlySet<string>;

  public constructor(public readonly stack: StackConfig) {
    const { config, workingDirectory, assets } = stack;
    this.environment = stack.environment;
    this.importedJobIds = stack.importedJobIds;
    for (const [name, { path, source }] of blocksOf(config.resource, "databricks_notebook")) {
      const notebook =
        typeof source === "string"
          ? fileNotebook(assets.get(source) ?? resolvePath(workingDirectory, source))
          : workspaceNotebook(String(path));
      this.notebooks.set(name, notebook);
      this.uploads.set(workspacePath(String(path)), notebook);
    }
    this.outputs = new Map(
      Object.entries(config.output ?? {}).map(([name, output]) => [
        name,
        (output as { value?: unknown } | null)?.value,
      ]),
    );
    this.remoteStates = new Map(
      blocksOf(config.data, "terraform_remote_state").map(([name, state]) => [
        name,
        stateKey(state),
      ]),
    );
    this.#jobKeys = new Set(blocksOf(config.resource, "databricks_job").map(([key]) => key));
  }

  /** The {@link JobSpec.id} of a job by resource name. Includes jobs that only an override of the stack defines. */
  public jobId(key: string): string | undefined {
    const job = this.stack.jobs.get(key)?.[0];
    if (job !== undefined) return job.id;
    return this.#jobKeys.has(key) ? `${this.stack.name}/${key}` : undefined;
  }
}

function withSource(id: string, source: StackJob["source"]): JobSpec["duplicates"][number] {
  const location = source();
  return { id, ...(location !== undefined && { source: location }) };
}
