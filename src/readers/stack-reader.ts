import { normalize, resolve as resolvePath } from "node:path";
import {
  DefaultTokenResolver,
  StringConcat,
  TerraformResource,
  TerraformStack,
  Token,
  Tokenization,
} from "cdktf";
import type { IConstruct } from "constructs";
import { JobGraph } from "../model/job-graph";
import type { JobRef, JobSpec, NotebookRef } from "../model/job-spec";
import { environmentInName } from "../model/environment-name";
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

/** The parts of Terraform's JSON configuration that are read here. */
export interface TerraformConfig {
  readonly resource?: unknown;
  readonly data?: unknown;
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
 * the stack's name that usually means one (`alerting-dev`, `prod_jobs`, `AlertingStaging`); else
 * {@link DEFAULT_ENVIRONMENT}.
 */
export function environmentOf(stack: TerraformStack): string {
  const declared = marker(stack, ENVIRONMENT);
  if (typeof declared === "string") return declared;
  return environmentInName(stack.node.id) ?? DEFAULT_ENVIRONMENT;
}

/** The whole of an expression, so that nothing else can hide beside the reference; a conversion may be around it. */
function wholly(reference: string): RegExp {
  return new RegExp(`^\\s*\\$\\{\\s*(?:to(?:number|string)\\(\\s*)*${reference}[\\s)]*\\}\\s*$`);
}
const JOB_REFERENCE = wholly("databricks_job\\.([\\w-]+)(?:\\[[^\\]?]*\\])?\\.(?:id|job_id)");
const STATE_REFERENCE = wholly(
  'data\\.terraform_remote_state\\.([\\w-]+)\\.outputs(?:\\.([\\w-]+)|\\["([^"]+)"\\])',
);
/** Looking a job up may take any function, but not a choice, which could be between a job and a number. */
const LOOKUP = /^\s*\$\{[^?]*(?<![\w.])data\.databricks_jobs?\.[^?]*\}\s*$/;

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
    return blocksOf(config.resource, "databricks_job").map(([key, attributes]) => {
      const constructs = index.jobs.get(key) ?? [];
      const construct = constructs[0];
      return {
        id: index.jobId(key) ?? key,
        key,
        stack: stack.node.path,
        get source() {
          return sourceOfConstruct(construct);
        },
        duplicates: constructs.slice(1).map(jobPath),
        ...readJobPayload(attributes, {
          notebook: (path, git) => this.#notebook(path, git, index),
          job: (jobId) => this.#job(String(jobId), index),
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

  /** A path into the workspace means the file that this environment uploads to it, if it does. */
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
    // The state of a stack that is not of this app, and what is looked up: these jobs are somebody else's.
    if (STATE_REFERENCE.test(end.expression) || LOOKUP.test(end.expression))
      return { kind: "external", expression };
    return { kind: "opaque", expression };
  }

  /**
   * Where an expression leads through the outputs of this app's stacks, and the stack that it means something in;
   * undefined for an output that does not exist, or that leads back to itself.
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
  /** Names of the job resources that the configuration holds. */
  readonly #jobKeys: ReadonlySet<string>;

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
      if (typeof imported === "string") this.importedJobIds.add(resolved(imported, stack));
    }

    for (const [name, { path, source }] of blocksOf(config.resource, "databricks_notebook")) {
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
      blocksOf(config.data, "terraform_remote_state").map(([name, state]) => [
        name,
        stateKey(state),
      ]),
    );
    this.#jobKeys = new Set(blocksOf(config.resource, "databricks_job").map(([key]) => key));
  }

  /** The {@link JobSpec.id} of the job with this resource name; some are there by an override of the stack only. */
  public jobId(key: string): string | undefined {
    const construct = this.jobs.get(key)?.[0];
    if (construct !== undefined) return jobPath(construct);
    return this.#jobKeys.has(key) ? `${this.stack.node.path}/${key}` : undefined;
  }
}

/** The blocks of one type with their names. In Terraform's JSON every level may be a list of objects, too. */
function blocksOf(section: unknown, type: string): [name: string, block: Block][] {
  return objects(section)
    .flatMap((types) => objects(types[type]))
    .flatMap((named) => Object.entries(named))
    .flatMap(([name, value]) => objects(value).map((block): [string, Block] => [name, block]));
}

function objects(value: unknown): Block[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (each): each is Block => typeof each === "object" && each !== null,
  );
}

/** The text that `value`, which may hold tokens, has in the configuration of `stack`. */
function resolved(value: string, stack: TerraformStack): string {
  if (!Token.isUnresolved(value)) return value;
  return String(
    Tokenization.resolve(value, {
      scope: stack,
      preparing: false,
      resolver: new DefaultTokenResolver(new StringConcat()),
    }),
  );
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
function stateKey({ backend, workspace = "${terraform.workspace}", config }: Block): string {
  const [settings = {}] = objects(config);
  const where = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, name === "path" ? normalize(String(value)) : value]);
  return JSON.stringify([backend, workspace, where.sort()]);
}

/** The {@link stateKey} by which other stacks read the state of `stack`; undefined where its backend has none. */
function stateOf(stack: TerraformStack): string | undefined {
  const scratch = new TerraformStack(undefined as never, "scratch");
  try {
    const reader = stack
      .ensureBackendExists()
      .getRemoteStateDataSource(scratch, "state", stack.node.path);
    const [state] = blocksOf(
      (reader.toTerraform() as TerraformConfig).data,
      "terraform_remote_state",
    );
    return state === undefined ? undefined : stateKey(state[1]);
  } catch {
    return undefined;
  }
}
