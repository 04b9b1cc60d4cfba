import type {
  EditMode,
  HealthMetric,
  HealthOperator,
  JobPermissionLevel,
  PerformanceTarget,
} from "@jobstrata/core/model";
import type { JobCompute } from "./job-compute";
import type { JobTrigger } from "./job-trigger";

/** The identity that a job runs as; exactly one of the two. */
export type RunAs =
  | { readonly servicePrincipalName: string; readonly userName?: never }
  | { readonly userName: string; readonly servicePrincipalName?: never };

/** One entry of a job's access control list: a level and exactly one principal. */
export type JobPermission = {
  readonly level: JobPermissionLevel;
} & (
  | { readonly groupName: string; readonly userName?: never; readonly servicePrincipalName?: never }
  | { readonly userName: string; readonly groupName?: never; readonly servicePrincipalName?: never }
  | { readonly servicePrincipalName: string; readonly groupName?: never; readonly userName?: never }
);

/** A threshold for a run. Notifications can be sent when a run exceeds it. */
export interface HealthRule {
  readonly metric: HealthMetric;
  /** The only operator that Databricks supports. @default "GREATER_THAN" */
  readonly op?: HealthOperator | undefined;
  /** The threshold, in the unit of the metric. */
  readonly value: number;
}

/** Recipients by event. */
export interface NotificationEvents {
  readonly onStart?: readonly string[] | undefined;
  readonly onSuccess?: readonly string[] | undefined;
  readonly onFailure?: readonly string[] | undefined;
  /** Needs a health rule for RUN_DURATION_SECONDS. */
  readonly onDurationWarningThresholdExceeded?: readonly string[] | undefined;
  /** Needs a health rule for one of the STREAMING_BACKLOG metrics. */
  readonly onStreamingBacklogExceeded?: readonly string[] | undefined;
}

/** Notifications and health rules of jobs and tasks. */
export interface NotificationProps {
  /** Thresholds that notifications can be sent for. @default - none */
  readonly healthRules?: readonly HealthRule[] | undefined;
  /** E-mail addresses by event. @default - none; for a job, the environment's */
  readonly emailNotifications?: NotificationEvents | undefined;
  /** Ids of notification destinations by event, at most 3 each. @default - none; for a job, the environment's */
  readonly webhookNotifications?: NotificationEvents | undefined;
  /** Suppresses notifications about skipped runs. @default false */
  readonly noAlertForSkippedRuns?: boolean | undefined;
  /** Suppresses notifications about cancelled runs. @default false */
  readonly noAlertForCanceledRuns?: boolean | undefined;
}

/** Settings of a task that do not depend on its type. */
export interface TaskSettings extends NotificationProps {
  /** At most 1000 characters. @default - none */
  readonly description?: string | undefined;
  /** Cancels the task after this number of seconds; 0 means never. @default 0 */
  readonly timeoutSeconds?: number | undefined;
  /** Skips the task; its dependents run as if it had succeeded. @default false */
  readonly disabled?: boolean | undefined;
  /** Notifies about the last attempt only. @default false */
  readonly alertOnLastAttempt?: boolean | undefined;
}

/** How long Terraform waits for the workspace, such as `20m`. */
export interface OperationTimeouts {
  /** @default - the provider's */
  readonly create?: string | undefined;
  /** @default - the provider's */
  readonly update?: string | undefined;
}

/** Props of jobs of every level. */
export interface JobProps extends NotificationProps {
  /**
   * Display name without the environment's prefix, such as `[dev] `, which is added. At most 4096 bytes with the
   * prefix.
   * @default - the construct id
   */
  readonly name?: string | undefined;
  /** At most 27 700 characters. @default - none */
  readonly description?: string | undefined;
  /** Tag `layer`: the domain that the job belongs to. @default - the layer of the stack, if it has one */
  readonly layer?: string | undefined;
  /** Tag `purpose`: the job's purpose in one word, such as `ingest`. */
  readonly purpose: string;
  /** Additional tags. A job has at most 25, including those set by the library. @default - none */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Job parameters with their defaults, which each run can override. @default - none */
  readonly jobParameters?: Readonly<Record<string, string>> | undefined;
  /** Starts the job automatically. @default - none: it is started manually or by another job */
  readonly trigger?: JobTrigger | undefined;
  /**
   * Whether the trigger is paused.
   * @default - false; true in development, where only the environment's override of this job can change it
   */
  readonly paused?: boolean | undefined;
  /** Cancels a run after this number of seconds; 0 means never. @default - the environment's default, otherwise 0 */
  readonly timeoutSeconds?: number | undefined;
  /** 0-1000; 0 skips every run. @default - 4 in development, otherwise 1; 1 for a continuous job */
  readonly maxConcurrentRuns?: number | undefined;
  /**
   * Whether to queue a run if `maxConcurrentRuns` is reached. @default true, except for a continuous job, which cannot
   * queue
   */
  readonly queue?: boolean | undefined;
  /** @default - the environment's */
  readonly runAs?: RunAs | undefined;
  /** @default - the environment's */
  readonly permissions?: readonly JobPermission[] | undefined;
  /** Performance mode of serverless tasks. @default - the workspace's */
  readonly performanceTarget?: PerformanceTarget | undefined;
  /** Id of the serverless usage policy that pays for the job. @default - the workspace's */
  readonly usagePolicyId?: string | undefined;
  /** Id of the budget policy that pays for the job; the legacy name of a usage policy. @default - the workspace's */
  readonly budgetPolicyId?: string | undefined;
  /** Whether users may edit the job in the workspace. @default "EDITABLE" */
  readonly editMode?: EditMode | undefined;
  /** Marks the job as managed by a bundle, which locks it in the workspace. @default - Terraform manages it */
  readonly deployment?:
    { readonly kind: "BUNDLE"; readonly metadataFilePath?: string | undefined } | undefined;
  /** The job's workspace, for a provider that is configured for an account. @default - the provider's */
  readonly providerConfig?: { readonly workspaceId: string } | undefined;
  /** How long Terraform waits. @default - the provider's */
  readonly timeouts?: OperationTimeouts | undefined;
}

/** Retries of a task. */
export interface TaskRetryProps {
  /** Maximum retries of a failed task; -1 means unlimited. @default - the environment's default, otherwise 0 */
  readonly maxRetries?: number | undefined;
  /** Delay between two attempts; milliseconds. @default - the environment's default, otherwise 0 */
  readonly minRetryIntervalMillis?: number | undefined;
  /** Whether to retry a task that timed out. @default - the environment's default, otherwise false */
  readonly retryOnTimeout?: boolean | undefined;
}

/** A cluster library; exactly one of these. Serverless compute uses `dependencies` instead. */
export type Library =
  | { readonly pypi: { readonly package: string; readonly repo?: string | undefined } }
  | {
      readonly maven: {
        readonly coordinates: string;
        readonly repo?: string | undefined;
        readonly exclusions?: readonly string[] | undefined;
      };
    }
  | { readonly cran: { readonly package: string; readonly repo?: string | undefined } }
  | { readonly whl: string }
  | { readonly jar: string }
  | { readonly egg: string }
  | { readonly requirements: string };

/** Props of an atomic job's notebook task. */
export interface NotebookTaskProps extends TaskRetryProps {
  /** Parameters that the notebook reads with `dbutils.widgets.get` (`base_parameters`). @default - none */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** @default JobCompute.serverless(), unless there is a `warehouseId` */
  readonly compute?: JobCompute | undefined;
  /** SQL warehouse that runs a notebook of SQL cells, instead of `compute`. @default - none */
  readonly warehouseId?: string | undefined;
  /** Libraries that the cluster installs before the notebook runs. @default - none */
  readonly libraries?: readonly Library[] | undefined;
  /** Disables automatic optimization and retries of serverless compute. @default false */
  readonly disableAutoOptimization?: boolean | undefined;
  /** Settings of the task itself: description, timeout, notifications … @default - none */
  readonly task?: TaskSettings | undefined;
}

/** Defaults for the jobs of one level in an environment. */
export interface JobDefaults extends NotificationProps, TaskRetryProps {
  /** @default 0 */
  readonly timeoutSeconds?: number | undefined;
  /** Does not apply to continuous jobs, which have one run. @default - 4 in development, otherwise 1 */
  readonly maxConcurrentRuns?: number | undefined;
}

/** Overrides of one job in one environment. Maps are merged by key; all other props are replaced. */
export type JobOverrides = Partial<JobProps & NotebookTaskProps>;
