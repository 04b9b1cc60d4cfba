import type { JobCompute } from "./job-compute";
import type { JobTrigger } from "./job-trigger";

/** Who a job runs as; exactly one of the two. */
export type RunAs =
  | { readonly servicePrincipalName: string; readonly userName?: never }
  | { readonly userName: string; readonly servicePrincipalName?: never };

/** One entry of a job's access control list: a level and exactly one principal. */
export type JobPermission = {
  readonly level: "CAN_VIEW" | "CAN_MANAGE_RUN" | "IS_OWNER" | "CAN_MANAGE";
} & (
  | { readonly groupName: string; readonly userName?: never; readonly servicePrincipalName?: never }
  | { readonly userName: string; readonly groupName?: never; readonly servicePrincipalName?: never }
  | { readonly servicePrincipalName: string; readonly groupName?: never; readonly userName?: never }
);

/** Makes a run "exceed a threshold", which notifications can be sent for. */
export interface HealthRule {
  readonly metric:
    | "RUN_DURATION_SECONDS"
    | "STREAMING_BACKLOG_BYTES"
    | "STREAMING_BACKLOG_RECORDS"
    | "STREAMING_BACKLOG_SECONDS"
    | "STREAMING_BACKLOG_FILES";
  /** The only operator that Databricks has. @default "GREATER_THAN" */
  readonly op?: "GREATER_THAN";
  /** In the unit that the metric names. */
  readonly value: number;
}

/** What somebody can be told of. */
export interface NotificationEvents {
  readonly onStart?: readonly string[];
  readonly onSuccess?: readonly string[];
  readonly onFailure?: readonly string[];
  readonly onDurationWarningThresholdExceeded?: readonly string[];
  readonly onStreamingBacklogExceeded?: readonly string[];
}

/** What atomic and composite jobs have in common. */
export interface JobProps {
  /**
   * Display name, without the environment: `[dev] ` comes before it by itself. At most 4096 bytes with it.
   * @default - the construct id
   */
  readonly name?: string;
  /** At most 27 700 characters. @default - none */
  readonly description?: string;
  /** Tag `layer`: the domain that the job belongs to. @default - the layer of the stack, if it has one */
  readonly layer?: string;
  /** Tag `purpose`: what the job does, in a word. @default - no such tag */
  readonly purpose?: string;
  /** More tags. A job has at most 25, those set by the library included. @default - none */
  readonly tags?: Readonly<Record<string, string>>;
  /** Job parameters with their defaults; who runs the job may replace them. @default - none */
  readonly jobParameters?: Readonly<Record<string, string>>;
  /** What starts the job by itself. @default - nothing */
  readonly trigger?: JobTrigger;
  /**
   * Whether the trigger is paused.
   * @default - true in development, where only the environment's override of this job can say otherwise; else false
   */
  readonly paused?: boolean;
  /** The job is cancelled after this many seconds; 0 is never. @default 0 */
  readonly timeoutSeconds?: number;
  /** 0-1000; 0 skips every run. @default - 4 in development, else 1; 1 for a continuous job */
  readonly maxConcurrentRuns?: number;
  /** Whether a run that is one too many waits. @default true, except for a continuous job, which cannot queue */
  readonly queue?: boolean;
  /** @default - none */
  readonly healthRules?: readonly HealthRule[];
  /** E-mail addresses by event. @default - the environment's failure notifications */
  readonly emailNotifications?: NotificationEvents;
  /** Ids of notification destinations by event, at most 3 each. @default - the environment's failure notifications */
  readonly webhookNotifications?: NotificationEvents;
  /** No notification of runs that were skipped. @default false */
  readonly noAlertForSkippedRuns?: boolean;
  /** No notification of runs that were cancelled. @default false */
  readonly noAlertForCanceledRuns?: boolean;
  /** @default - the environment's */
  readonly runAs?: RunAs;
  /** @default - the environment's */
  readonly permissions?: readonly JobPermission[];
}

/** How a task is tried. */
export interface TaskRetryProps {
  /** How often a failed task is tried again; -1 is for ever. @default 0 */
  readonly maxRetries?: number;
  /** Pause between two tries, in milliseconds. @default 0 */
  readonly minRetryIntervalMillis?: number;
  /** Whether a task that timed out is tried again. @default false */
  readonly retryOnTimeout?: boolean;
}

/** How the notebook of an atomic job is run. */
export interface NotebookTaskProps extends TaskRetryProps {
  /** What the notebook reads with `dbutils.widgets.get` (`base_parameters`). @default - none */
  readonly parameters?: Readonly<Record<string, string>>;
  /** @default JobCompute.serverless() */
  readonly compute?: JobCompute;
}

/** What one job has otherwise in one environment. Maps are merged by key, everything else replaces. */
export type JobOverrides = Partial<JobProps & NotebookTaskProps>;
