import {
  booleanToTerraform,
  hashMapper,
  listMapper,
  numberToTerraform,
  stringToTerraform,
  TerraformResource,
  TerraformStack,
  type TerraformMetaArguments,
  Token,
} from "cdktf";
import type { Construct } from "constructs";
import * as provider from "@cdktf/provider-databricks/lib/job";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { JOB_LEVEL_TAG, quote, RESOURCE_META_ARGUMENTS } from "@jobstrata/core/model";
import { JobStack } from "./job-stack";
import { shown } from "./shape";
import { undeclaredVariable } from "./variables";

/** Arguments that only newer versions of the provider have. */
type NewerArgument = "parentPath" | "triggers";

type JobArguments = Omit<provider.JobConfig, keyof TerraformMetaArguments>;
type Mapper = (value: never) => unknown;

/**
 * Every argument of `databricks_job` with its Terraform name; complete by type, so that it cannot drift, for every version
 * of the provider package that the library is compiled with.
 */
const ARGUMENTS = {
  alwaysRunning: ["always_running", booleanToTerraform],
  budgetPolicyId: ["budget_policy_id", stringToTerraform],
  controlRunState: ["control_run_state", booleanToTerraform],
  description: ["description", stringToTerraform],
  editMode: ["edit_mode", stringToTerraform],
  existingClusterId: ["existing_cluster_id", stringToTerraform],
  format: ["format", stringToTerraform],
  id: ["id", stringToTerraform],
  maxConcurrentRuns: ["max_concurrent_runs", numberToTerraform],
  maxRetries: ["max_retries", numberToTerraform],
  minRetryIntervalMillis: ["min_retry_interval_millis", numberToTerraform],
  name: ["name", stringToTerraform],
  performanceTarget: ["performance_target", stringToTerraform],
  retryOnTimeout: ["retry_on_timeout", booleanToTerraform],
  tags: ["tags", hashMapper(stringToTerraform)],
  timeoutSeconds: ["timeout_seconds", numberToTerraform],
  usagePolicyId: ["usage_policy_id", stringToTerraform],
  continuous: ["continuous", provider.jobContinuousToTerraform],
  dbtTask: ["dbt_task", provider.jobDbtTaskToTerraform],
  deployment: ["deployment", provider.jobDeploymentToTerraform],
  emailNotifications: ["email_notifications", provider.jobEmailNotificationsToTerraform],
  environment: ["environment", listMapper(provider.jobEnvironmentToTerraform, true)],
  gitSource: ["git_source", provider.jobGitSourceToTerraform],
  health: ["health", provider.jobHealthToTerraform],
  jobCluster: ["job_cluster", listMapper(provider.jobJobClusterToTerraform, true)],
  library: ["library", listMapper(provider.jobLibraryToTerraform, true)],
  newCluster: ["new_cluster", provider.jobNewClusterToTerraform],
  notebookTask: ["notebook_task", provider.jobNotebookTaskToTerraform],
  notificationSettings: ["notification_settings", provider.jobNotificationSettingsToTerraform],
  parameter: ["parameter", listMapper(provider.jobParameterToTerraform, true)],
  pipelineTask: ["pipeline_task", provider.jobPipelineTaskToTerraform],
  providerConfig: ["provider_config", provider.jobProviderConfigToTerraform],
  pythonWheelTask: ["python_wheel_task", provider.jobPythonWheelTaskToTerraform],
  queue: ["queue", provider.jobQueueToTerraform],
  runAs: ["run_as", provider.jobRunAsToTerraform],
  runJobTask: ["run_job_task", provider.jobRunJobTaskToTerraform],
  schedule: ["schedule", provider.jobScheduleToTerraform],
  sparkJarTask: ["spark_jar_task", provider.jobSparkJarTaskToTerraform],
  sparkPythonTask: ["spark_python_task", provider.jobSparkPythonTaskToTerraform],
  sparkSubmitTask: ["spark_submit_task", provider.jobSparkSubmitTaskToTerraform],
  task: ["task", listMapper(provider.jobTaskToTerraform, true)],
  timeouts: ["timeouts", provider.jobTimeoutsToTerraform],
  trigger: ["trigger", provider.jobTriggerToTerraform],
  webhookNotifications: ["webhook_notifications", provider.jobWebhookNotificationsToTerraform],
} as const satisfies Record<
  Exclude<keyof JobArguments, NewerArgument>,
  readonly [name: string, mapper: Mapper]
>;

const NEWER_ARGUMENTS: Record<NewerArgument, readonly [name: string, mapper: Mapper]> = {
  parentPath: ["parent_path", stringToTerraform],
  triggers: [
    "triggers",
    (value) => listMapper(providerMapper("jobTriggers"), true)(value) as unknown,
  ],
};

const MAPPERS = new Map<string, readonly [name: string, mapper: Mapper]>(
  Object.entries({ ...ARGUMENTS, ...NEWER_ARGUMENTS }),
);

/** The provider package's function that gives the arguments of a block, by the name of its type. */
function providerMapper(type: string): (value: unknown) => unknown {
  const mapper = (provider as unknown as Readonly<Record<string, unknown>>)[`${type}ToTerraform`];
  return typeof mapper === "function" ? (mapper as (value: unknown) => unknown) : (value) => value;
}

/**
 * A `databricks_job`, equal in Terraform to the provider package's `Job`, made of the same types and mappers.
 *
 * `Job` builds an object with a stack trace of its own for every block that could be referred to. This one keeps the
 * arguments as they are, which makes it many times faster and smaller, and lets a {@link JobStack} see which of them
 * hold no token and so need no resolving.
 *
 * @internal
 */
export class JobResource extends TerraformResource {
  /** The resource type in Terraform. */
  public static readonly tfResourceType = "databricks_job";

  /** Set by the stack while it renders this resource itself. */
  public deferred = false;

  readonly #toArguments: () => JobArguments;
  readonly #hierarchyTags: Readonly<Record<string, string>>;
  readonly #taskOverrides: TaskOverride[] = [];
  readonly #assigned = new Map<string, unknown>();
  #arguments: JobArguments | undefined;
  #argumentsArePlain = false;

  /**
   * @param toArguments gives the arguments; called when they are first needed, and again after
   *   {@link argumentsChanged}
   * @param tags the tags of the job, of which nobody may change those of the hierarchy
   */
  public constructor(
    scope: Construct,
    id: string,
    toArguments: () => JobArguments,
    tags: Readonly<Record<string, string>> = {},
  ) {
    super(scope, id, {
      terraformResourceType: JobResource.tfResourceType,
      terraformGeneratorMetadata: generatorMetadata(),
    });
    this.#toArguments = toArguments;
    this.#hierarchyTags = Object.fromEntries(
      Object.entries(tags).filter(([tag]) => HIERARCHY_TAGS.includes(tag)),
    );
  }

  /**
   * Sets what no prop reaches, in Terraform's words.
   *
   * @throws {JobstrataError} `invalid-job` for a path that `databricks_job` does not have
   */
  public override addOverride(path: string, value: unknown): void {
    this.#checkOverride(path, path.split("."), value);
    super.addOverride(path, value);
  }

  /** {@link addOverride} in the task with this key, wherever it will be in the list. */
  public addTaskOverride(taskKey: string, path: string, value: unknown): void {
    this.#checkOverride(path, ["task", ...path.split(".")], value);
    this.#taskOverrides.push({ taskKey, path, value });
  }

  #checkOverride(path: string, segments: readonly string[], value: unknown): void {
    const problem = overrideProblem(segments);
    const what =
      problem === undefined
        ? undefined
        : `the override ${quote(path)} sets ${problem}, which databricks_job does not have`;
    if (what !== undefined) throw new JobstrataError("invalid-job", `${this.#place} ${what}`);
    if (value === undefined && segments.length === 0) return;
    const name = JobStack.isJobStack(this.cdktfStack)
      ? undeclaredVariable(value, this.cdktfStack)
      : undefined;
    if (name === undefined) return;
    throw new JobstrataError(
      "unknown-variable",
      `${this.#place} the override ${quote(path)} refers to the variable ${quote(name)}, which is not declared`,
    );
  }

  /** Of the construct that users made. */
  get #place(): string {
    return `[${(this.node.scope ?? this).node.path}]`;
  }

  /** What an aspect gave an argument, or its value as the job has it. */
  public argument(name: string): unknown {
    return (this.#currentArguments() as Record<string, unknown>)[name];
  }

  /**
   * Gives an argument another value, as the properties of the provider package's own class do.
   *
   * @throws {JobstrataError} `tag-conflict` for tags that contradict the hierarchy's
   */
  public assign(name: string, value: unknown): void {
    if (name === "tags") this.#checkTags(value);
    this.#assigned.set(name, value);
    this.argumentsChanged();
  }

  #checkTags(value: unknown): void {
    if (Token.isUnresolved(value)) return;
    const tags = (value ?? {}) as Readonly<Record<string, unknown>>;
    for (const [tag, right] of Object.entries(this.#hierarchyTags)) {
      if (tags[tag] === right) continue;
      const got =
        tags[tag] === undefined
          ? `leave out ${tag}; spread tagsInput into them`
          : `set ${tag} to ${shown(tags[tag])}`;
      throw new JobstrataError(
        "tag-conflict",
        `${this.#place} the tags that are assigned to the job ${got}; it has ${tag} = ${quote(right)}, which follows from the hierarchy`,
      );
    }
  }

  /** Takes back what {@link assign} gave, and what the job had: only the tags of the hierarchy stay. */
  public reset(name: string): void {
    this.assign(name, name === "tags" ? { ...this.#hierarchyTags } : undefined);
  }

  /** @throws {JobstrataError} `invalid-job-key`: outputs and references of the job go by its construct id */
  public override overrideLogicalId(newLogicalId: string): void {
    if (newLogicalId !== this.node.scope?.node.id) {
      throw new JobstrataError(
        "invalid-job-key",
        `[${this.node.path}] the resource name of a job is its construct id; rename the construct to ${quote(newLogicalId)}`,
      );
    }
    super.overrideLogicalId(newLogicalId);
  }

  /** Says that the arguments are not what they were. */
  public argumentsChanged(): void {
    this.#arguments = undefined;
  }

  /** True when cdktf would resolve the whole resource to itself: it holds no token, no override, no meta-argument. */
  public get isPlain(): boolean {
    if (!this.#isBare) return false;
    this.#currentArguments();
    return this.#argumentsArePlain;
  }

  /** The fragment of the configuration; empty while the stack renders this resource itself. */
  public override toTerraform(): Record<string, unknown> {
    if (this.deferred) return {};
    if (!this.isPlain)
      return this.#withTaskOverrides(() => super.toTerraform() as Record<string, unknown>);
    const attributes = this.synthesizeAttributes();
    attributes["//"] = this.constructNodeMetadata;
    return { resource: { [JobResource.tfResourceType]: { [this.friendlyUniqueId]: attributes } } };
  }

  /** The same in HCL. */
  public override toHclTerraform(): Record<string, unknown> {
    return this.#withTaskOverrides(() => super.toHclTerraform() as Record<string, unknown>);
  }

  /** Runs `action` while the overrides of tasks are overrides of what has their index today. */
  #withTaskOverrides<T>(action: () => T): T {
    if (this.#taskOverrides.length === 0) return action();
    const overrides = this.rawOverrides as Record<string, unknown>;
    const before = structuredClone(overrides);
    const { task = [] } = this.#currentArguments();
    const keys = Array.isArray(task) ? task.map(({ taskKey }) => taskKey) : [];
    try {
      for (const { taskKey, path, value } of this.#taskOverrides) {
        const index = keys.indexOf(taskKey);
        if (index < 0) {
          throw new JobstrataError(
            "invalid-task",
            `${this.#place} the override ${quote(path)} is for task ${quoteWithSuggestion(taskKey, keys)}, which the job does not have`,
          );
        }
        super.addOverride(`task.${index}.${path}`, value);
      }
      return action();
    } finally {
      for (const key of Object.keys(overrides)) Reflect.deleteProperty(overrides, key);
      Object.assign(overrides, before);
    }
  }

  /** The job is called by the construct that users made, not by this one inside of it. */
  protected override get constructNodeMetadata(): Record<string, unknown> {
    const scope = this.node.scope ?? this;
    return { metadata: { path: scope.node.path, uniqueId: this.friendlyUniqueId } };
  }

  get #isBare(): boolean {
    return (
      !this.dependsOn &&
      this.count === undefined &&
      !this.provider &&
      !this.lifecycle &&
      !this.forEach &&
      !this.provisioners &&
      !this.connection &&
      !this.hasResourceMove() &&
      !(this as unknown as { _imported?: unknown })._imported &&
      this.#taskOverrides.length === 0 &&
      Object.keys(this.rawOverrides as object).length === 0
    );
  }

  #currentArguments(): JobArguments {
    if (this.#arguments === undefined) {
      this.#arguments =
        this.#assigned.size === 0
          ? this.#toArguments()
          : { ...this.#toArguments(), ...Object.fromEntries(this.#assigned) };
      this.#argumentsArePlain = isPlain(this.#arguments);
    }
    return this.#arguments;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const attributes: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(this.#currentArguments())) {
      const argument = MAPPERS.get(key);
      if (argument === undefined) continue;
      attributes[argument[0]] = withoutUndefined(argument[1](value as never));
    }
    return attributes;
  }

  /** HCL needs the type of every block; the generated class knows them, and `cdktf synth --hcl` may take its time. */
  protected override synthesizeHclAttributes(): Record<string, unknown> {
    const scratch = new TerraformStack(undefined as never, "hcl");
    const job = new provider.Job(scratch, "job", this.#currentArguments());
    return (
      job as unknown as { synthesizeHclAttributes(): Record<string, unknown> }
    ).synthesizeHclAttributes();
  }
}

interface TaskOverride {
  readonly taskKey: string;
  readonly path: string;
  readonly value: unknown;
}

/** The tags by which the rules know a job. */
const HIERARCHY_TAGS: readonly string[] = [JOB_LEVEL_TAG, "layer", "purpose", "orchestrator"];

/** Arguments for which the provider package's own class has properties, by how it reads them in an expression. */
const PROPERTIES: Readonly<
  Record<
    string,
    "getStringAttribute" | "getNumberAttribute" | "getBooleanAttribute" | "getStringMapAttribute"
  >
> = {
  budgetPolicyId: "getStringAttribute",
  description: "getStringAttribute",
  editMode: "getStringAttribute",
  maxConcurrentRuns: "getNumberAttribute",
  name: "getStringAttribute",
  performanceTarget: "getStringAttribute",
  tags: "getStringMapAttribute",
  timeoutSeconds: "getNumberAttribute",
  usagePolicyId: "getStringAttribute",
};

// `tags`, `tagsInput` and `resetTags` for each of them, so that aspects that people have find what they look for.
for (const [name, read] of Object.entries(PROPERTIES)) {
  const terraformName = MAPPERS.get(name)?.[0] ?? name;
  Object.defineProperties(JobResource.prototype, {
    [name]: {
      get(this: JobResource): unknown {
        return this[read](terraformName);
      },
      set(this: JobResource, value: unknown) {
        this.assign(name, value);
      },
      configurable: true,
    },
    [`${name}Input`]: {
      get(this: JobResource): unknown {
        return this.argument(name);
      },
      configurable: true,
    },
    [`reset${name.charAt(0).toUpperCase()}${name.slice(1)}`]: {
      value(this: JobResource) {
        this.reset(name);
      },
      configurable: true,
      writable: true,
    },
  });
}

type GeneratorMetadata = NonNullable<
  ConstructorParameters<typeof TerraformResource>[2]["terraformGeneratorMetadata"]
>;

let metadata: GeneratorMetadata | undefined;

/** The version of the Terraform provider that the installed provider package was made for. */
function generatorMetadata(): GeneratorMetadata {
  if (metadata === undefined) {
    const scratch = new TerraformStack(undefined as never, "scratch");
    metadata = new provider.Job(scratch, "job", {}).terraformGeneratorMetadata;
  }
  if (metadata === undefined) throw new Error("the provider package does not say its version");
  return metadata;
}

/**
 * The part of a path that `databricks_job` does not have, with what may have been meant, or undefined. The provider package
 * has a function for each block that names all of its arguments; below a map or a value everything is right.
 */
function overrideProblem(segments: readonly string[]): string | undefined {
  let type = "job";
  let known = [...[...MAPPERS.values()].map(([name]) => name), ...RESOURCE_META_ARGUMENTS];
  for (const segment of segments) {
    // The index in a list of blocks.
    if (/^\d+$/.test(segment)) continue;
    if (!known.includes(segment)) return quoteWithSuggestion(segment, known);
    if (type === "job" && RESOURCE_META_ARGUMENTS.includes(segment)) return undefined;
    type += segment.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    const block = providerMapper(type)({});
    known = typeof block === "object" && block !== null ? Object.keys(block) : [];
    if (known.length === 0) return undefined;
  }
  return undefined;
}

/** True for a value that cdktf would resolve to itself. @internal */
export function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      // Encoded tokens, and encoded number tokens inside of a longer text.
      return !value.includes("TfToken[") && !value.includes("e+28");
    case "number":
      return !Token.isUnresolved(value);
    case "object":
      if (value === null) return true;
      if (Array.isArray(value)) return value.every(isPlain);
      if (Object.getPrototypeOf(value) !== Object.prototype) return false;
      for (const key in value) {
        if (!isPlain(key) || !isPlain((value as Record<string, unknown>)[key])) return false;
      }
      return true;
    case "function":
      return false;
    default:
      return true;
  }
}

/** A copy without what the provider's mappers leave undefined. Tokens, which are objects too, stay as they are. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) copy[key] = withoutUndefined(item);
  }
  return copy;
}
