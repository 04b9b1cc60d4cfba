import {
  booleanToTerraform,
  hashMapper,
  listMapper,
  numberToTerraform,
  stringToTerraform,
  type TerraformMetaArguments,
  Token,
} from "cdktf";
import * as provider from "@cdktf/provider-databricks/lib/job";
import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { RESOURCE_META_ARGUMENTS } from "@jobstrata/core/model";

/** Arguments that only newer versions of the provider have. */
type NewerArgument = "parentPath" | "triggers";

export type JobArguments = Omit<provider.JobConfig, keyof TerraformMetaArguments>;
type Mapper = (value: never) => unknown;

/**
 * Every argument of `databricks_job` with its Terraform name. The type requires all of them, for every supported
 * version of the provider package, so the table cannot drift.
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

export const MAPPERS = new Map<string, readonly [name: string, mapper: Mapper]>(
  Object.entries({ ...ARGUMENTS, ...NEWER_ARGUMENTS }),
);

/** The provider package's function that converts a block of this type to Terraform. */
function providerMapper(type: string): (value: unknown) => unknown {
  const mapper = (provider as unknown as Readonly<Record<string, unknown>>)[`${type}ToTerraform`];
  return typeof mapper === "function" ? (mapper as (value: unknown) => unknown) : (value) => value;
}

/**
 * The first unknown part of a path into `databricks_job`, with a suggestion; undefined if the path is valid. The
 * provider package's mapper functions name all arguments of a block. Anything below a map or a value is valid.
 */
export function overrideProblem(segments: readonly string[]): string | undefined {
  let type = "job";
  let known = [...[...MAPPERS.values()].map(([name]) => name), ...RESOURCE_META_ARGUMENTS];
  for (const segment of segments) {
    // An index in a list of blocks.
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

/** True for a value without tokens, which cdktf would resolve to itself. @internal */
export function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      // Encoded tokens, and number tokens encoded in text.
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

/** A deep copy without undefined values from the provider's mappers. Keeps tokens, which are objects too. */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Record<string, unknown> = {};
  // Most arguments of a block are undefined, so a list of entries would cost more than the copy.
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) copy[key] = withoutUndefined(item);
  }
  return copy;
}
