import { join, posix, relative, resolve, sep } from "node:path";
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
  printable,
  quote,
} from "@jobstrata/core/model";
import { policeAll, policeFromBirth } from "./police";
import { JobEnvironment, variableConfig, variableType } from "./job-environment";
import type { JobResource } from "./job-resource";
import { filled, made, object, type Shapes, shown } from "./shape";
import { definedOnly } from "./objects";

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

/** What a stack has to know of a job in it. @internal */
export interface RegisteredJob extends IConstruct {
  readonly key: string;
  readonly resource: JobResource;
}

/**
 * A Terraform stack of jobs of one environment. It has the Databricks provider, the backend and the variables of the
 * environment, and exports the id and the URL of every job in it, as `<key>_job_id` and `<key>_job_url` (a key
 * that ends with `_job` keeps just that one).
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

  /** @throws {JobstrataError} `invalid-stack` if its name could not be part of a reference */
  public constructor(scope: Construct, id: string, props: JobStackProps) {
    super(scope, checkedId(scope, id, props));
    this.environment = props.environment;
    this.layer = props.layer;
    mark(this, JOB_STACK, true);
    policeFromBirth(this);
    mark(this, ENVIRONMENT, props.environment.name);

    const { workspace, backend, variables = {} } = props.environment.props;
    // What serves the jobs has a scope of its own, so that any name is free for a job.
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

  /** True for a {@link JobStack}, also one of another copy of this package. */
  public static isJobStack(construct: unknown): construct is JobStack {
    return typeof construct === "object" && construct !== null && JOB_STACK in construct;
  }

  /**
   * The stack that `construct` is in.
   *
   * @param place how an error calls what is made there
   * @throws {JobstrataError} `no-environment` if that is not a {@link JobStack}
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
   * Makes a job known to its stack.
   *
   * @internal
   * @throws {JobstrataError} `duplicate-job-key` if its key, or what it exports, belongs to another job
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
   * Says that `file` is uploaded into the notebook folder of this stack's environment.
   *
   * @param path below that folder
   * @param workspacePath the path to upload to instead
   * @returns where it is then in the workspace
   * @internal
   * @throws {JobstrataError} `invalid-notebook` if another file is uploaded there
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
   * The id of `job`, which may be in another stack, as a Terraform expression for this one. Plain text, since a token
   * would cost a stack trace for every reference.
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

  /** The jobs of the stack, without those that were removed from the tree again. */
  #presentJobs(): RegisteredJob[] {
    return [...this.#jobs.values()].filter(
      (job) => job.node.scope?.node.tryFindChild(job.node.id) === job,
    );
  }

  /** Called by cdktf before any stack is synthesized. */
  public override prepareStack(): void {
    // Of an app that has one stack of jobs, all stacks are judged before the first is written.
    policeAll(this.node.root);
    this.#checkOverrides();
    for (const origin of this.#imports) {
      // Stacks that need each other are found by the policy, together with everything else.
      if (!origin.dependsOn(this)) this.addDependency(origin);
      this.registerIncomingCrossStackReference(origin);
    }
    // HCL is rendered one output at a time, so there every output is a construct of its own.
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
   * The configuration for Terraform, equal to what cdktf makes. cdktf resolves every value twice in search of tokens;
   * the jobs that hold none are put in as they are.
   */
  public override toTerraform(): Record<string, unknown> {
    const [config, plain] = this.#withPlainJobsDeferred(
      (deferred) => [super.toTerraform() as Config, deferred] as const,
    );
    // An override of the stack may reach into any job, so then cdktf has to render them all.
    const overridden = config["//"].metadata.overrides?.stack !== undefined;
    const result = overridden && plain.length > 0 ? (super.toTerraform() as Config) : config;
    if (result === config) {
      for (const job of plain) Object.assign(jobsOf(config), jobsOf(job.toTerraform() as Config));
    }
    this.#addOutputs(result);
    // Terraform passes over "//"; it tells the command line which environment the stack belongs to.
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
      // Nothing is known about attributes of other resources, so Terraform must not print them.
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
   * Exports every job, whether another stack reads it or not, so that a composite that starts to run one more job
   * finds its id in the state that is there. Not as constructs, of which there would be two for each job.
   */
  #addOutputs(config: Config): void {
    // Terraform refuses an empty block of outputs.
    if (this.jobKeys.length === 0) return;
    const outputs = (config.output ??= {});
    // Where the CLI looks for the outputs of a stack by construct.
    const byConstruct = (config["//"].outputs[this.node.id] ??= {});
    for (const key of this.jobKeys) {
      for (const attribute of EXPORTED) {
        const name = jobOutputName(key, attribute);
        const value = `\${databricks_job.${key}.${attribute}}`;
        // An override may have added to the output already, but its value is the job's.
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

  /** cdktf's default path is absolute; this one leads from the stack's folder to the same file on any machine. */
  #keepStateBesideTheApp(): void {
    const { root } = this.node;
    const outdir = App.isApp(root) ? root.outdir : "cdktf.out";
    const here = resolve(outdir, "stacks", this.node.id);
    new LocalBackend(this, {
      path: join(relative(here, process.cwd()), `terraform.${this.node.id}.tfstate`),
    });
  }

  #withPlainJobsDeferred<T>(action: (deferred: JobResource[]) => T): T {
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

  /** Throws for an override of the environment for a job that no stack of the environment has. */
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

/** Other stacks refer to the state of a stack by its name, so that has to be one for Terraform. */
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

/**
 * Where a construct is going to be, for the message of an error.
 *
 * @throws {JobstrataError} `no-environment` if `scope` is not in an environment's stack
 */
export function placeOf(
  scope: unknown,
  id: unknown,
  what: "job" | "stack" | "workspace folder" = "job",
): string {
  const name = typeof id === "string" ? id : shown(id);
  if (scope !== undefined && !Construct.isConstruct(scope)) {
    throw new JobstrataError(
      "no-environment",
      `[${printable(name)}] its scope is ${shown(scope)}; make a ${what} in ${what === "stack" ? "an app" : "a JobStack or in a stack of a JobLayer"}`,
    );
  }
  if (scope === undefined && what !== "stack") {
    throw new JobstrataError(
      "no-environment",
      `[${printable(name)}] its scope is undefined; make it in a JobStack or in a stack of a JobLayer`,
    );
  }
  if (typeof id !== "string")
    throw new JobstrataError(
      INVALID_ID[what],
      `[${scope?.node.path ?? ""}] the id of a ${what} is ${name}; it must be text`,
    );
  return `[${[scope?.node.path ?? "", printable(id)].filter((part) => part !== "").join("/")}]`;
}

const INVALID_ID = {
  job: "invalid-job-key",
  stack: "invalid-stack",
  "workspace folder": "invalid-workspace-folder",
} as const;

/** The file behind each workspace path that an app uploads to, by environment and path. */
const UPLOADS = new WeakMap<IConstruct, Map<string, string>>();

/** An external job is not a secret. */
const LOOKED_UP_JOB_ID = /^data\.databricks_job\.[\w-]+\.id$/;

/** What other stacks, and people, read of a job. */
const EXPORTED = ["id", "url"];

/** The path of a file in the project; for a file outside, without what leads out. */
export function pathInProject(file: string): string {
  return relative(process.cwd(), file)
    .split(sep)
    .join("/")
    .replace(/^(?:\.\.\/)+/, "");
}
