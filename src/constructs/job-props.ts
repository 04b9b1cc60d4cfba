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

/** Makes a run "exceed a threshold", which notifications can be sent for. */
export interface HealthRule {
  readonly metric: HealthMetric;
  /** The only operator that Databricks supports. @default "GREATER_THAN" */
  readonly op?: HealthOperator;
  /** The threshold, in the unit of the metric. */
  readonly value: number;
}

/** Recipients by event. */
export interface NotificationEvents {
  readonly onStart?: readonly string[];
  readonly onSuccess?: readonly string[];
  readonly onFailure?: readonly string[];
  /** Needs a health rule for RUN_DURATION_SECONDS. */
  readonly onDurationWarningThresholdExceeded?: readonly string[];
  /** Needs a health rule for one of the STREAMING_BACKLOG metrics. */
  readonly onStreamingBacklogExceeded?: readonly string[];
}

/** Notifications and health rules of jobs and tasks. */
export interface NotificationProps {
  /** Thresholds that notifications can be sent for. @default - none */
  readonly healthRules?: readonly HealthRule[];
  /** E-mail addresses by event. @default - none; for a job, the environment's */
  readonly emailNotifications?: NotificationEvents;
  /** Ids of notification destinations by event, at most 3 each. @default - none; for a job, the environment's */
  readonly webhookNotifications?: NotificationEvents;
  /** Suppresses notifications about skipped runs. @default false */
  readonly noAlertForSkippedRuns?: boolean;
  /** Suppresses notifications about cancelled runs. @default false */
  readonly noAlertForCanceledRuns?: boolean;
}

/** Settings of a task that do not depend on its type. */
export interface TaskSettings extends NotificationProps {
  /** At most 1000 characters. @default - none */
  readonly description?: string;
  /** Cancels the task after this number of seconds; 0 means never. @default 0 */
  readonly timeoutSeconds?: number;
  /** Skips the task; its dependents run as if it had succeeded. @default false */
  readonly disabled?: boolean;
  /** Notifies about the last attempt only. @default false */
  readonly alertOnLastAttempt?: boolean;
}

/** How long Terraform waits for the workspace, such as `20m`. */
export interface OperationTimeouts {
  /** @default - the provider's */
  readonly create?: string;
  /** @default - the provider's */
  readonly update?: string;
}

/** Props of jobs of every level. */
export interface JobProps extends NotificationProps {
  /**
   * Display name, without the environment: its prefix, such as `[dev] `, is added. At most 4096 bytes with the prefix.
   * @default - the construct id
   */
  readonly name?: string;
  /** At most 27 700 characters. @default - none */
  readonly description?: string;
  /** Tag `layer`: the domain that the job belongs to. @default - the layer of the stack, if it has one */
  readonly layer?: string;
  /** Tag `purpose`: what the job does, in a word, such as `ingest`. */
  readonly purpose: string;
  /** Additional tags. A job has at most 25, including those set by the library. @default - none */
  readonly tags?: Readonly<Record<string, string>>;
  /** Job parameters with their defaults, which can be overridden for each run. @default - none */
  readonly jobParameters?: Readonly<Record<string, string>>;
  /** What starts the job. @default - none: it is started manually or by another job */
  readonly trigger?: JobTrigger;
  /**
   * Whether the trigger is paused.
   * @default - true in development, where only the environment's override of this job can change it; else false
   */
  readonly paused?: boolean;
  /** Cancels a run after this number of seconds; 0 means never. @default - the environment's, else 0 */
  readonly timeoutSeconds?: number;
  /** 0-1000; 0 skips every run. @default - 4 in development, else 1; 1 for a continuous job */
  readonly maxConcurrentRuns?: number;
  /** Whether a run waits if `maxConcurrentRuns` is reached. @default true, except for a continuous job, which cannot queue */
  readonly queue?: boolean;
  /** @default - the environment's */
  readonly runAs?: RunAs;
  /** @default - the environment's */
  readonly permissions?: readonly JobPermission[];
  /** Performance mode of serverless tasks. @default - the workspace's */
  readonly performanceTarget?: PerformanceTarget;
  /** Id of the serverless usage policy that pays for the job. @default - the workspace's */
  readonly usagePolicyId?: string;
  /** Id of the budget policy that pays for the job; the older name of a usage policy. @default - the workspace's */
  readonly budgetPolicyId?: string;
  /** Whether users may edit the job in the workspace. @default "EDITABLE" */
  readonly editMode?: EditMode;
  /** Marks the job as managed by a bundle, which locks it in the workspace. @default - Terraform manages it */
  readonly deployment?: { readonly kind: "BUNDLE"; readonly metadataFilePath?: string };
  /** The workspace of the job, for a provider that is configured for an account. @default - the provider's */
  readonly providerConfig?: { readonly workspaceId: string };
  /** How long Terraform waits. @default - the provider's */
  readonly timeouts?: OperationTimeouts;
}

/** How a task is retried. */
export interface TaskRetryProps {
  /** How often a failed task is retried; -1 means indefinitely. @default - the environment's, else 0 */
  readonly maxRetries?: number;
  /** Pause between two attempts, in milliseconds. @default - the environment's, else 0 */
  readonly minRetryIntervalMillis?: number;
  /** Whether a task that timed out is retried. @default - the environment's, else false */
  readonly retryOnTimeout?: boolean;
}

/** A library for a cluster; exactly one of these. Serverless compute takes `dependencies` instead. */
export type Library =
  | { readonly pypi: { readonly package: string; readonly repo?: string } }
  | {
      readonly maven: {
        readonly coordinates: string;
        readonly repo?: string;
        readonly exclusions?: readonly string[];
      };
    }
  | { readonly cran: { readonly package: string; readonly repo?: string } }
  | { readonly whl: string }
  | { readonly jar: string }
  | { readonly egg: string }
  | { readonly requirements: string };

/** How an atomic job runs its notebook. */
export interface NotebookTaskProps extends TaskRetryProps {
  /** Values that the notebook reads with `dbutils.widgets.get` (`base_parameters`). @default - none */
  readonly parameters?: Readonly<Record<string, string>>;
  /** @default JobCompute.serverless(), unless there is a `warehouseId` */
  readonly compute?: JobCompute;
  /** SQL warehouse that runs a notebook of SQL cells, instead of `compute`. @default - none */
  readonly warehouseId?: string;
  /** Libraries that the cluster installs before the notebook runs. @default - none */
  readonly libraries?: readonly Library[];
  /** Keeps serverless compute from optimizing and retrying the task. @default false */
  readonly disableAutoOptimization?: boolean;
  /** Settings of the task itself: description, timeout, notifications … @default - none */
  readonly task?: TaskSettings;
}

/** Defaults for the jobs of one level in an environment. */
export interface JobDefaults extends NotificationProps, TaskRetryProps {
  /** @default 0 */
  readonly timeoutSeconds?: number;
  /** Does not apply to continuous jobs, which have one run. @default - 4 in development, else 1 */
  readonly maxConcurrentRuns?: number;
}

/** Overrides of one job in one environment. Maps are merged by key; all other props are replaced. */
export type JobOverrides = Partial<JobProps & NotebookTaskProps>;
