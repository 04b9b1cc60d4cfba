import { join, posix, relative, resolve } from "node:path";
import { DatabricksProvider } from "@cdktf/provider-databricks/lib/provider";
import {
  App,
  LocalBackend,
  TerraformOutput,
  type TerraformRemoteState,
  TerraformStack,
  TerraformVariable,
} from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import {
  jobOutputBase,
  jobOutputName,
  ENVIRONMENT,
  LOCAL_STATE_DIR,
  mark,
  quote,
} from "@jobstrata/core/model";
import { posixRelative } from "@jobstrata/core/paths";
import { policeAll, policeFromBirth } from "./police";
import { JobEnvironment, variableConfig, variableType } from "./job-environment";
import { filled, made, object, type Shapes } from "./shape";
import { definedOnly } from "./objects";
import { placeOf } from "./place-of";

const JOB_STACK = Symbol.for("jobstrata/JobStack");

/** Options of a {@link JobStack}. */
export interface JobStackProps {
  readonly environment: JobEnvironment;
  /** Tag `layer` of the stack's jobs. @default - set by the jobs themselves */
  readonly layer?: string | undefined;
}

const STACK: Shapes<JobStackProps> = {
  environment: made((value) => JobEnvironment.isJobEnvironment(value), "a JobEnvironment"),
  layer: filled,
};

/** The `databricks_job` of a job as seen by its stack. @internal */
interface DeferrableResource {
  /** Whether no argument contains a token. */
  readonly isPlain: boolean;
  /** While it is set, `toTerraform()` returns nothing. */
  deferred: boolean;
  toTerraform(): Record<string, unknown>;
}

/** A job as seen by its stack. @internal */
interface RegisteredJob extends IConstruct {
  readonly key: string;
  readonly resource: DeferrableResource;
}

/**
 * A Terraform stack of jobs in one environment. Creates the Databricks provider, the backend and the environment's
 * variables. Exports the id and URL of every job as `<key>_job_id` and `<key>_job_url`; a key that already ends with
 * `_job` is not extended.
 */
export class JobStack extends TerraformStack {
  /** The environment that the stack belongs to. */
  public readonly environment: JobEnvironment;
  /** Tag `layer` of the stack's jobs. */
  public readonly layer: string | undefined;

  readonly #jobs = new Map<string, RegisteredJob>();
  readonly #imports = new Set<JobStack>();
  readonly #remoteStates = new Map<TerraformStack, TerraformRemoteState>();
  readonly #outgoing = new Map<string, TerraformOutput>();
  readonly #supports: Construct;

  /** @throws {JobstrataError} `invalid-stack` if the name is not valid in Terraform references */
  public constructor(scope: Construct, id: string, props: JobStackProps) {
    super(scope, checkedId(scope, id, props));
    this.environment = props.environment;
    this.layer = props.layer;
    mark(this, JOB_STACK, true);
    policeFromBirth(this);
    mark(this, ENVIRONMENT, props.environment.name);

    const { workspace, backend, variables = {} } = props.environment.props;
    // Supporting constructs have their own scope, so that jobs can use any name.
    this.#supports = new Construct(this, "jobstrata");
    const local = process.env[LOCAL_STATE_DIR];
    new DatabricksProvider(
      this.#supports,
      "databricks",
      local === undefined ? definedOnly({ ...workspace }) : {},
    );
    if (local !== undefined)
      new LocalBackend(this, { path: join(local, `${this.node.id}.tfstate`) });
    else if (backend === undefined) this.#keepStateBesideTheApp();
    else backend(this);
    for (const [name, value] of Object.entries(variables)) {
      const { type, ...config } = variableConfig(value);
      new TerraformVariable(this.#supports, `var.${name}`, {
        ...definedOnly(config),
        type: type ?? variableType(config.default),
      }).overrideLogicalId(name);
    }
  }

  /** True for a {@link JobStack}, including one from another copy of this package. */
  public static isJobStack(construct: unknown): construct is JobStack {
    return typeof construct === "object" && construct !== null && JOB_STACK in construct;
  }

  /**
   * The stack that contains `construct`.
   *
   * @param place name of the construct in error messages
   * @throws {JobstrataError} `no-environment` if it is not in a {@link JobStack}
   */
  public static override of(construct: IConstruct, place = `[${construct.node.path}]`): JobStack {
    for (
      let scope: IConstruct | undefined = construct;
      scope !== undefined;
      scope = scope.node.scope
    ) {
      if (JobStack.isJobStack(scope)) return scope;
    }
    throw new JobstrataError(
      "no-environment",
      `${place} jobs need an environment; create them in a JobStack or in the stacks of a JobLayer`,
    );
  }

  /**
   * Registers a job with its stack.
   *
   * @internal
   * @throws {JobstrataError} `duplicate-job-key` if another job has its key or its exports
   */
  public registerJob(job: RegisteredJob): void {
    const other = this.#jobs.get(jobOutputBase(job.key));
    if (other !== undefined) {
      throw new JobstrataError(
        "duplicate-job-key",
        `[${job.node.path}] the key ${quote(job.key)} is taken by the job at ${quote(other.node.path)}; both would be exported as ${quote(jobOutputName(job.key, "id"))}`,
      );
    }
    this.#jobs.set(jobOutputBase(job.key), job);
  }

  /**
   * Registers an upload of `file` to the environment's notebook folder.
   *
   * @param path below that folder
   * @param workspacePath the path to upload to instead
   * @returns the workspace path
   * @internal
   * @throws {JobstrataError} `invalid-notebook` if another file is uploaded to the same path
   */
  public claimUpload(path: string, file: string, workspacePath?: string): string {
    const target = workspacePath ?? posix.join(this.environment.notebookRoot || "/", path);
    const uploads = UPLOADS.get(this.node.root) ?? new Map<string, string>();
    UPLOADS.set(this.node.root, uploads);
    const place = `${this.environment.name} ${target}`;
    const other = uploads.get(place);
    if (other !== undefined && other !== file) {
      throw new JobstrataError(
        "invalid-notebook",
        `${quote(relative(process.cwd(), other))} and ${quote(relative(process.cwd(), file))} would both be uploaded to ${quote(target)}; rename one`,
      );
    }
    uploads.set(place, file);
    return target;
  }

  /**
   * The id of `job`, which may be in another stack, as a Terraform expression for this stack. Plain text, because a
   * token would cost a stack trace for every reference.
   *
   * @internal
   */
  public jobId(job: RegisteredJob): string {
    const origin = JobStack.of(job);
    if (origin === this) return `\${databricks_job.${job.key}.id}`;
    this.#imports.add(origin);
    return `\${data.terraform_remote_state.${origin.node.id}.outputs.${jobOutputName(job.key, "id")}}`;
  }

  /** Keys of the jobs in this stack. */
  public get jobKeys(): string[] {
    return this.#presentJobs().map(({ key }) => key);
  }

  /** The jobs of the stack, without removed ones. */
  #presentJobs(): RegisteredJob[] {
    return [...this.#jobs.values()].filter(
      (job) => job.node.scope?.node.tryFindChild(job.node.id) === job,
    );
  }

  /** Called by cdktf before any stack is synthesized. */
  public override prepareStack(): void {
    // If an app has a job stack, the policy checks all stacks before the first is written.
    policeAll(this.node.root);
    this.#checkOverrides();
    for (const origin of this.#imports) {
      // The policy reports stacks that depend on each other, along with its other findings.
      if (!origin.dependsOn(this)) this.addDependency(origin);
      this.registerIncomingCrossStackReference(origin);
    }
    // HCL is rendered one output at a time, so every output needs its own construct.
    if (App.isApp(this.node.root) && this.node.root.hclOutput) {
      for (const key of this.jobKeys) {
        for (const attribute of EXPORTED) {
          this.registerOutgoingCrossStackReference(`databricks_job.${key}.${attribute}`);
        }
      }
    }
    this.#withPlainJobsDeferred(() => {
      super.prepareStack();
    });
  }

  /**
   * The configuration for Terraform, equal to cdktf's. cdktf resolves every value twice to find tokens; jobs without
   * tokens are inserted as they are.
   */
  public override toTerraform(): Record<string, unknown> {
    const [config, plain] = this.#withPlainJobsDeferred(
      (deferred) => [super.toTerraform() as Config, deferred] as const,
    );
    // An override of the stack may affect any job, so cdktf must render them all.
    const overridden = config["//"].metadata.overrides?.stack !== undefined;
    const result = overridden && plain.length > 0 ? (super.toTerraform() as Config) : config;
    if (result === config) {
      for (const job of plain) Object.assign(jobsOf(config), jobsOf(job.toTerraform() as Config));
    }
    this.#addOutputs(result);
    // Terraform ignores "//". The jobstrata command reads the stack's environment from it.
    result["//"].jobstrata = { environment: this.environment.name };
    return result;
  }

  /** Called by cdktf when a token of this stack is used in another one. */
  public override registerOutgoingCrossStackReference(identifier: string): TerraformOutput {
    const existing = this.#outgoing.get(identifier);
    if (existing !== undefined) return existing;
    const [type = "", name = "", attribute = ""] = identifier.split(".");
    const exported = type === "databricks_job" && EXPORTED.includes(attribute);
    const output = new TerraformOutput(this.#supports, `output.${identifier}`, {
      value: `\${${identifier}}`,
      // Attributes of other resources may be secret, so Terraform must not print them.
      ...(exported || LOOKED_UP_JOB_ID.test(identifier) ? {} : { sensitive: true }),
    });
    output.overrideLogicalId(
      exported ? jobOutputName(name, attribute) : identifier.replace(/[^\w-]+/g, "_"),
    );
    this.#outgoing.set(identifier, output);
    return output;
  }

  /** Called by cdktf when a token of `fromStack` is used in this one. */
  public override registerIncomingCrossStackReference(
    fromStack: TerraformStack,
  ): TerraformRemoteState {
    let state = this.#remoteStates.get(fromStack);
    if (state === undefined) {
      state = fromStack
        .ensureBackendExists()
        .getRemoteStateDataSource(
          this.#supports,
          `state.${fromStack.node.id}`,
          fromStack.node.path,
        );
      state.overrideLogicalId(fromStack.node.id);
      this.#remoteStates.set(fromStack, state);
    }
    return state;
  }

  /**
   * Exports every job, even without a reader, so that a composite job that starts to run it finds its id in the
   * existing state. Adds no constructs, because each job would then have two.
   */
  #addOutputs(config: Config): void {
    const keys = this.jobKeys;
    // Terraform rejects an empty output block.
    if (keys.length === 0) return;
    const outputs = (config.output ??= {});
    // The CDKTF CLI looks up a stack's outputs by construct here.
    const byConstruct = (config["//"].outputs[this.node.id] ??= {});
    for (const key of keys) {
      for (const attribute of EXPORTED) {
        const name = jobOutputName(key, attribute);
        const value = `\${databricks_job.${key}.${attribute}}`;
        // An override may have extended the output, but must not change its value.
        const output = { value, ...(outputs[name] as object | undefined) };
        if (output.value !== value) {
          throw new JobstrataError(
            "duplicate-job-key",
            `[${this.node.path}] the output ${quote(name)} is ${JSON.stringify(output.value)}, but job ${quote(key)} is exported by that name; rename the output`,
          );
        }
        outputs[name] = output;
        byConstruct[name] ??= name;
      }
    }
  }

  /** Replaces cdktf's default path, which is absolute, by a relative path to the same file, which works on any machine. */
  #keepStateBesideTheApp(): void {
    const { root } = this.node;
    const outdir = App.isApp(root) ? root.outdir : "cdktf.out";
    const here = resolve(outdir, "stacks", this.node.id);
    new LocalBackend(this, {
      path: join(relative(here, process.cwd()), `terraform.${this.node.id}.tfstate`),
    });
  }

  #withPlainJobsDeferred<T>(action: (deferred: DeferrableResource[]) => T): T {
    const deferred = this.#presentJobs()
      .map(({ resource }) => resource)
      .filter(({ isPlain }) => isPlain);
    for (const resource of deferred) resource.deferred = true;
    try {
      return action(deferred);
    } finally {
      for (const resource of deferred) resource.deferred = false;
    }
  }

  /** Throws if the environment overrides a job that none of its stacks has. */
  #checkOverrides(): void {
    const { name, props } = this.environment;
    const overridden = Object.keys(props.jobs ?? {});
    if (overridden.length === 0) return;
    const keys = new Set(
      this.node.root.node
        .findAll()
        .filter((construct) => JobStack.isJobStack(construct))
        .filter((stack) => stack.environment.name === name)
        .flatMap((stack) => stack.jobKeys),
    );
    for (const key of overridden) {
      if (keys.has(key)) continue;
      throw new JobstrataError(
        "invalid-environment",
        `environment ${quote(name)} overrides job ${quoteWithSuggestion(key, keys)}, which does not exist`,
      );
    }
  }
}

interface Config extends Record<string, unknown> {
  readonly "//": {
    readonly metadata: { readonly overrides?: Record<string, unknown> };
    readonly outputs: Record<string, Record<string, unknown>>;
    jobstrata?: { readonly environment: string };
  };
  resource?: { databricks_job?: Record<string, unknown> };
  output?: Record<string, unknown>;
}

function jobsOf(config: Config): Record<string, unknown> {
  return ((config.resource ??= {}).databricks_job ??= {});
}

/** Other stacks refer to a stack's state by its name, so the name must be valid in Terraform. */
function checkedId(scope: Construct | undefined, id: string, props: JobStackProps): string {
  const fail = (problem: string): never => {
    throw new JobstrataError("invalid-stack", `${placeOf(scope, id, "stack")} ${problem}`);
  };
  if (!/^[A-Za-z_][\w-]*$/.test(id)) {
    fail(
      `the stack name ${quote(id)} must be letters, digits, _ and -, not beginning with a digit or -`,
    );
  }
  if (scope?.node.tryFindChild(id) !== undefined)
    fail(`the stack name ${quote(id)} is taken; make each layer once in an environment`);
  const problem = object(STACK, "environment")(props, "");
  if (problem !== undefined) fail(problem);
  return id;
}

/** Uploaded files of an app, by environment and workspace path. */
const UPLOADS = new WeakMap<IConstruct, Map<string, string>>();

/** Output of an external job's id, which is not secret. */
const LOOKED_UP_JOB_ID = /^data\.databricks_job\.[\w-]+\.id$/;

/** Attributes of a job that are exported for other stacks and users. */
const EXPORTED = ["id", "url"];

/** The path of a file relative to the project, without leading `..`. */
export function pathInProject(file: string): string {
  return posixRelative(process.cwd(), file).replace(/^(?:\.\.\/)+/, "");
}
