/**
 * Enumerations of the Jobs API, from https://docs.databricks.com/api/workspace/jobs/create and the JSON schema of
 * bundles.
 */

export const RUN_IF = [
  "ALL_SUCCESS",
  "AT_LEAST_ONE_SUCCESS",
  "NONE_FAILED",
  "ALL_DONE",
  "AT_LEAST_ONE_FAILED",
  "ALL_FAILED",
] as const;
/** The condition under which a task runs, depending on the results of its dependencies. */
export type RunIf = (typeof RUN_IF)[number];

export const CONDITION_OPERATORS = [
  "EQUAL_TO",
  "NOT_EQUAL",
  "GREATER_THAN",
  "GREATER_THAN_OR_EQUAL",
  "LESS_THAN",
  "LESS_THAN_OR_EQUAL",
] as const;
/** Comparison operator of a condition task. */
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

export const PAUSE_STATUSES = ["PAUSED", "UNPAUSED"] as const;
export type PauseStatus = (typeof PAUSE_STATUSES)[number];

export const TASK_RETRY_MODES = ["NEVER", "ON_FAILURE"] as const;
/** Whether a continuous job retries failed tasks within a run. */
export type TaskRetryMode = (typeof TASK_RETRY_MODES)[number];

/** Units of a periodic trigger in the documentation and the Terraform provider. */
export const PERIODIC_UNITS = ["HOURS", "DAYS", "WEEKS"] as const;
export type PeriodicUnit = (typeof PERIODIC_UNITS)[number];

/** Databricks also accepts minutes. */
export const SERVICE_PERIODIC_UNITS = [...PERIODIC_UNITS, "MINUTES"] as const;

export const TABLE_UPDATE_CONDITIONS = ["ANY_UPDATED", "ALL_UPDATED"] as const;
/** Whether a table update trigger waits for any or all of its tables. */
export type TableUpdateCondition = (typeof TABLE_UPDATE_CONDITIONS)[number];

export const MODEL_CONDITIONS = [
  "MODEL_CREATED",
  "MODEL_VERSION_READY",
  "MODEL_ALIAS_SET",
] as const;
/** The model event that a trigger waits for. */
export type ModelCondition = (typeof MODEL_CONDITIONS)[number];

export const PERFORMANCE_TARGETS = ["PERFORMANCE_OPTIMIZED", "STANDARD"] as const;
/** Performance mode of serverless tasks. */
export type PerformanceTarget = (typeof PERFORMANCE_TARGETS)[number];

export const EDIT_MODES = ["EDITABLE", "UI_LOCKED"] as const;
/** Whether users may edit a job in the workspace. */
export type EditMode = (typeof EDIT_MODES)[number];

/** Location of a task's code. */
export const TASK_SOURCES = ["GIT", "WORKSPACE"] as const;

export const GIT_PROVIDERS = [
  "awsCodeCommit",
  "azureDevOpsServices",
  "bitbucketCloud",
  "bitbucketServer",
  "gitHub",
  "gitHubEnterprise",
  "gitLab",
  "gitLabEnterpriseEdition",
] as const;
/** Host of a `git_source` repository. */
export type GitProvider = (typeof GIT_PROVIDERS)[number];

export const DIRTY_STATES = ["NOT_SYNCED", "DISCONNECTED"] as const;
/** How a job differs from its definition in the repository. */
export type DirtyState = (typeof DIRTY_STATES)[number];

export const HEALTH_METRICS = [
  "RUN_DURATION_SECONDS",
  "STREAMING_BACKLOG_BYTES",
  "STREAMING_BACKLOG_FILES",
  "STREAMING_BACKLOG_RECORDS",
  "STREAMING_BACKLOG_SECONDS",
] as const;
/** Metric of a health rule. */
export type HealthMetric = (typeof HEALTH_METRICS)[number];

export const HEALTH_OPERATORS = ["GREATER_THAN"] as const;
/** Comparison operator of a health rule. */
export type HealthOperator = (typeof HEALTH_OPERATORS)[number];

export const JOB_PERMISSION_LEVELS = [
  "CAN_MANAGE",
  "CAN_MANAGE_RUN",
  "CAN_VIEW",
  "IS_OWNER",
] as const;
/** Permission level of a principal on a job. */
export type JobPermissionLevel = (typeof JOB_PERMISSION_LEVELS)[number];

export const DATA_SECURITY_MODES = [
  "DATA_SECURITY_MODE_AUTO",
  "DATA_SECURITY_MODE_DEDICATED",
  "DATA_SECURITY_MODE_STANDARD",
  "LEGACY_PASSTHROUGH",
  "LEGACY_SINGLE_USER",
  "LEGACY_SINGLE_USER_STANDARD",
  "LEGACY_TABLE_ACL",
  "NONE",
  "SINGLE_USER",
  "USER_ISOLATION",
] as const;

export const RUNTIME_ENGINES = ["NULL", "PHOTON", "STANDARD"] as const;

/** `availability` of cluster nodes, by the block that contains it. */
export const AVAILABILITIES = {
  aws_attributes: ["ON_DEMAND", "SPOT", "SPOT_WITH_FALLBACK"],
  azure_attributes: ["ON_DEMAND_AZURE", "SPOT_AZURE", "SPOT_WITH_FALLBACK_AZURE"],
  gcp_attributes: ["ON_DEMAND_GCP", "PREEMPTIBLE_GCP", "PREEMPTIBLE_WITH_FALLBACK_GCP"],
} as const;
