import { resolve as resolvePath } from "node:path";
import { TerraformResource, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { JobGraph } from "../model/job-graph";
import type { JobRef, JobSpec, NotebookRef } from "../model/job-spec";
import { ENVIRONMENT, IMPORTED_JOB_ID, marker, SOURCE } from "../model/markers";
import { sourceOf } from "../source-location";
import { readJobPayload, type GitLocation } from "./job-payload";
import { fileNotebook, gitNotebook, workspaceNotebook, workspacePath } from "./notebook-identity";

/** A stack together with the configuration that Terraform would get for it. */
export interface SynthesizedStack {
  readonly stack: TerraformStack;
  /** What {@link TerraformStack.toTerraform} gave: resolved, overrides applied. */
  readonly config: TerraformConfig;
  /** The folder that Terraform would run in; relative paths in the configuration start there. */
  readonly workingDirectory: string;
}

type Block = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, Readonly<Record<string, Block>>>>;

/** The parts of Terraform's JSON configuration that are read here. */
export interface TerraformConfig {
  readonly resource?: Blocks;
  readonly data?: Blocks;
  readonly output?: Readonly<Record<string, { readonly value?: unknown }>>;
}

/** The environment of stacks that say nothing about theirs. */
export const DEFAULT_ENVIRONMENT = "default";

/**
 * Reads every `databricks_job` of an app from what Terraform would get, hand-written ones and overrides included.
 *
 * @returns a graph for each environment, in the order in which their stacks come
 */
export function readStacks(stacks: readonly SynthesizedStack[]): JobGraph[] {
  const app = new AppReader(stacks);
  const jobs = new Map<string, JobSpec[]>();
  for (const { stack } of stacks) jobs.set(environmentOf(stack), []);
  for (const synthesized of stacks) {
    jobs.get(environmentOf(synthesized.stack))?.push(...app.jobsOf(synthesized));
  }
  return [...jobs].map(([environment, specs]) => new JobGraph(environment, specs));
}

/**
 * The environment that scopes the rules for the jobs of `stack`: what a stack of this library says; else a word of
 * the stack's name that usually means one (`alerting-dev`, `prod_jobs`); else {@link DEFAULT_ENVIRONMENT}.
 */
export function environmentOf(stack: TerraformStack): string {
  const declared = marker(stack, ENVIRONMENT);
  if (typeof declared === "string") return declared;
  const words = stack.node.id.toLowerCase().split(/[^a-z0-9]+/);
  return words.find((word) => ENVIRONMENT_WORDS.has(word)) ?? DEFAULT_ENVIRONMENT;
}

const ENVIRONMENT_WORDS = new Set(
  (
    "dev development test testing qa int integration uat stg stage staging preprod sandbox " +
    "prd prod production"
  ).split(" "),
);

/** One pass over an app: the indexes that references between its stacks are resolved with. */
class AppReader {
  readonly #stacks: ReadonlyMap<string, StackIndex>;
  /** Job ids declared as jobs of others, for each environment. */
  readonly #imported = new Map<string, Set<string>>();

  public constructor(stacks: readonly SynthesizedStack[]) {
    this.#stacks = new Map(stacks.map((each) => [each.stack.node.path, new StackIndex(each)]));
    for (const { environment, importedJobIds } of this.#stacks.values()) {
      const ids = this.#imported.get(environment) ?? new Set();
      importedJobIds.forEach((id) => ids.add(id));
      this.#imported.set(environment, ids);
    }
  }

  public jobsOf({ stack, config }: SynthesizedStack): JobSpec[] {
    const index = this.#index(stack);
    return Object.entries(config.resource?.databricks_job ?? {}).map(([key, attributes]) => {
      const constructs = index.jobs.get(key) ?? [];
      const construct = constructs[0];
      return {
        id: construct === undefined ? `${stack.node.path}/${key}` : jobPath(construct),
        key,
        stack: stack.node.path,
        get source() {
          return sourceOfConstruct(construct);
        },
        duplicates: constructs.slice(1).map(jobPath),
        ...readJobPayload(attributes, {
          notebook: (path, git) => this.#notebook(path, git, index),
          job: (jobId) => this.#job(String(jobId), index, index.environment, 0),
        }),
      };
    });
  }

  #index(stack: TerraformStack): StackIndex {
    const index = this.#stacks.get(stack.node.path);
    if (index === undefined) throw new Error(`stack ${stack.node.path} is not part of this app`);
    return index;
  }

  #notebook(path: string, git: GitLocation | undefined, index: StackIndex): NotebookRef {
    if (git !== undefined) return gitNotebook(git.url, path);
    const resource = /^\$\{databricks_notebook\.([\w-]+)\.(?:path|id|workspace_path)\}$/.exec(
      path,
    )?.[1];
    const uploaded =
      resource === undefined
        ? this.#uploadedTo(workspacePath(path), index.environment)
        : index.notebooks.get(resource);
    return uploaded ?? workspaceNotebook(path);
  }

  /** A path into the workspace means the file that this environment uploads to it, if it does. */
  #uploadedTo(path: string, environment: string): NotebookRef | undefined {
    for (const index of this.#stacks.values()) {
      const notebook = index.environment === environment ? index.uploads.get(path) : undefined;
      if (notebook !== undefined) return notebook;
    }
    return undefined;
  }

  #job(expression: string, at: StackIndex, from: string, hops: number): JobRef {
    if (this.#imported.get(from)?.has(expression) === true) return { kind: "external", expression };
    if (/^\s*\d+\s*$/.test(expression)) return { kind: "literal", jobId: expression.trim() };

    const local = /(?<![\w.])databricks_job\.([\w-]+)(?:\[[^\]]*\])?\.(?:id|job_id)\b/.exec(
      expression,
    );
    if (/(?<![\w.])data\.databricks_jobs?\./.test(expression))
      return { kind: "external", expression };
    if (local?.[1] !== undefined) {
      const construct = at.jobs.get(local[1])?.[0];
      if (construct === undefined) return { kind: "missing", expression };
      if (at.environment !== from)
        return { kind: "foreign", expression, environment: at.environment };
      return { kind: "job", id: jobPath(construct) };
    }

    const remote =
      /data\.terraform_remote_state\.([\w-]+)\.outputs(?:\.([\w-]+)|\["([^"]+)"\])/.exec(
        expression,
      );
    if (remote === null) return { kind: "opaque", expression };
    const origin = this.#stackOfState(at.remoteStates.get(remote[1] ?? ""));
    // The state of a stack that is not of this app: its jobs are somebody else's.
    if (origin === undefined) return { kind: "external", expression };
    const value = origin.outputs.get(remote[2] ?? remote[3] ?? "");
    if (typeof value !== "string" && typeof value !== "number")
      return { kind: "missing", expression };
    return hops > this.#stacks.size
      ? { kind: "opaque", expression }
      : this.#job(String(value), origin, from, hops + 1);
  }

  #stackOfState(state: string | undefined): StackIndex | undefined {
    if (state === undefined) return undefined;
    this.#stackByState ??= new Map(
      [...this.#stacks.values()].map((index) => [stateOf(index.stack), index] as const),
    );
    return this.#stackByState.get(state);
  }
  #stackByState: Map<string | undefined, StackIndex> | undefined;
}

/** What the references of one stack lead to. */
class StackIndex {
  public readonly stack: TerraformStack;
  public readonly environment: string;
  /** Constructs of each job resource name; more than one when they overwrite each other. */
  public readonly jobs = new Map<string, IConstruct[]>();
  /** Notebook of each databricks_notebook resource name. */
  public readonly notebooks = new Map<string, NotebookRef>();
  /** Notebook of each workspace path that is uploaded to. */
  public readonly uploads = new Map<string, NotebookRef>();
  public readonly importedJobIds = new Set<string>();
  public readonly outputs: ReadonlyMap<string, unknown>;
  /** Which state each terraform_remote_state data source reads. */
  public readonly remoteStates: ReadonlyMap<string, string>;

  public constructor({ stack, config, workingDirectory }: SynthesizedStack) {
    this.stack = stack;
    this.environment = environmentOf(stack);
    const assets = new Map<string, string>();
    for (const construct of elementsOf(stack)) {
      if (isJob(construct)) {
        const name = construct.friendlyUniqueId;
        const others = this.jobs.get(name);
        if (others === undefined) this.jobs.set(name, [construct]);
        else others.push(construct);
      } else if (isAsset(construct)) {
        assets.set(construct.path, resolvePath(construct.sourcePath));
      }
      const imported = marker(construct, IMPORTED_JOB_ID);
      if (typeof imported === "string") this.importedJobIds.add(imported);
    }

    for (const [name, { path, source }] of Object.entries(
      config.resource?.databricks_notebook ?? {},
    )) {
      const notebook =
        typeof source === "string"
          ? fileNotebook(assets.get(source) ?? resolvePath(workingDirectory, source))
          : workspaceNotebook(String(path));
      this.notebooks.set(name, notebook);
      this.uploads.set(workspacePath(String(path)), notebook);
    }
    this.outputs = new Map(
      Object.entries(config.output ?? {}).map(([name, { value }]) => [name, value]),
    );
    this.remoteStates = new Map(
      Object.entries(config.data?.terraform_remote_state ?? {}).map(([name, state]) => [
        name,
        stateKey(state),
      ]),
    );
  }
}

/** The stack's own constructs, without those of stacks nested in it. */
function* elementsOf(scope: IConstruct): Iterable<IConstruct> {
  for (const child of scope.node.children) {
    if (TerraformStack.isStack(child)) continue;
    yield child;
    yield* elementsOf(child);
  }
}

function isJob(construct: IConstruct): construct is TerraformResource {
  return (
    TerraformResource.isTerraformResource(construct) &&
    construct.terraformResourceType === "databricks_job"
  );
}

/** A job is called by the construct that stands for it: a `Default` child gives its parent. */
function jobPath(job: IConstruct): string {
  return job.node.path.replace(/\/Default$/, "");
}

/** TerraformAsset, known by its shape: it copies `sourcePath` to `path` in the stack's folder. */
function isAsset(
  construct: IConstruct,
): construct is IConstruct & { path: string; sourcePath: string } {
  return "assetHash" in construct && "sourcePath" in construct && "path" in construct;
}

/** What the construct noted itself, or what the generated classes of providers keep for each of their blocks. */
function sourceOfConstruct(construct: IConstruct | undefined): string | undefined {
  const noted = marker(construct, SOURCE) ?? marker(construct?.node.scope, SOURCE);
  if (typeof noted === "function") return (noted as () => string | undefined)();
  for (const value of Object.values(construct ?? {}) as unknown[]) {
    if (typeof value !== "object" || value === null || !("creationStack" in value)) continue;
    return sourceOf(value.creationStack as string[]);
  }
  return undefined;
}

/** Identifies the state that a terraform_remote_state data source reads. */
function stateKey({ backend, workspace, config }: Block): string {
  return JSON.stringify([backend, workspace, config]);
}

/** The {@link stateKey} by which other stacks read the state of `stack`; undefined where its backend has none. */
function stateOf(stack: TerraformStack): string | undefined {
  const scratch = new TerraformStack(undefined as never, "scratch");
  try {
    const reader = stack
      .ensureBackendExists()
      .getRemoteStateDataSource(scratch, "state", stack.node.path);
    const { data } = reader.toTerraform() as {
      data: { terraform_remote_state: Record<string, Block> };
    };
    const [state] = Object.values(data.terraform_remote_state);
    return state === undefined ? undefined : stateKey(state);
  } catch {
    return undefined;
  }
}
