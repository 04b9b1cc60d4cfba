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
import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import * as provider from "@cdktf/provider-databricks/lib/job";

type JobArguments = Omit<provider.JobConfig, keyof TerraformMetaArguments>;
type Mapper = (value: never) => unknown;

/** Every argument of `databricks_job` with its Terraform name; complete by type, so that it cannot drift. */
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
} as const satisfies Record<keyof JobArguments, readonly [name: string, mapper: Mapper]>;

const MAPPERS = new Map<string, readonly [name: string, mapper: Mapper]>(Object.entries(ARGUMENTS));

/**
 * A `databricks_job`, equal in Terraform to the provider package's `Job`, made of the same types and mappers.
 *
 * `Job` builds an object with a stack trace of its own for every block that could be referred to. This one keeps the
 * arguments as they are, which makes it many times faster and smaller, and lets a {@link JobStack} see which of them
 * hold no token and so need no resolving.
 */
export class JobResource extends TerraformResource {
  /** The resource type in Terraform. */
  public static readonly tfResourceType = "databricks_job";

  /** Set by the stack while it renders this resource itself. */
  public deferred = false;

  readonly #toArguments: () => JobArguments;
  #arguments: JobArguments | undefined;
  #argumentsArePlain = false;

  /**
   * @param toArguments gives the arguments; called when they are first needed, and again after
   *   {@link argumentsChanged}
   */
  public constructor(scope: Construct, id: string, toArguments: () => JobArguments) {
    super(scope, id, {
      terraformResourceType: JobResource.tfResourceType,
      terraformGeneratorMetadata: {
        providerName: "databricks",
        providerVersion: "1.99.0",
        providerVersionConstraint: "~> 1.0",
      },
    });
    this.#toArguments = toArguments;
  }

  /** @throws JobstrataError `invalid-job-key`: outputs and references of the job go by its construct id */
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
    if (!this.isPlain) return super.toTerraform() as Record<string, unknown>;
    const attributes = this.synthesizeAttributes();
    attributes["//"] = this.constructNodeMetadata;
    return { resource: { [JobResource.tfResourceType]: { [this.friendlyUniqueId]: attributes } } };
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
      Object.keys(this.rawOverrides as object).length === 0
    );
  }

  #currentArguments(): JobArguments {
    if (this.#arguments === undefined) {
      this.#arguments = this.#toArguments();
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

/** True for a value that cdktf would resolve to itself. */
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
