import type * as z from "zod";
import type { RunNow } from "./schema/settings";
import type { legacyParameters, Task } from "./schema/tasks";
import type { Phase } from "../../scheduler/states";

/** Parameters by task type, which precede job parameters in the Jobs API. */
export type LegacyParameters = {
  [K in keyof typeof legacyParameters]?: z.infer<(typeof legacyParameters)[K]>;
};

export const LEGACY_PARAMETERS = [
  "dbt_commands",
  "jar_params",
  "notebook_params",
  "pipeline_params",
  "python_named_params",
  "python_params",
  "spark_submit_params",
  "sql_params",
] as const satisfies (keyof LegacyParameters & keyof RunNow)[];

export type TriggerType =
  | "CONTINUOUS"
  | "CONTINUOUS_RESTART"
  | "FILE_ARRIVAL"
  | "ONE_TIME"
  | "PERIODIC"
  | "RUN_JOB_TASK"
  | "TABLE";

/** A stored run. */
export type Run = JobRun | TaskRun;

/** A run of a job, or a submitted run without a job. */
export interface JobRun extends Phase {
  kind: "job";
  run_id: number;
  /** 0 for a submitted run. */
  job_id: number;
  run_name: string;
  run_type: "JOB_RUN" | "SUBMIT_RUN";
  trigger: TriggerType;
  /** The settings that the run uses; see `Store.settings`. */
  settings_id: number;
  start_time: number;
  /** When it left the queue. */
  begin_time?: number;
  end_time?: number;
  job_parameters: JobParameter[];
  overriding_parameters?: LegacyParameters;
  /** Keys of the tasks to run. @default all */
  only?: string[];
  /** The location of the file arrival trigger that started it. */
  trigger_location?: string;
  /** The task run that started this run, and its ancestor jobs, outermost first. */
  parent?: { task_run_id: number; run_id: number; jobs: number[] };
  /** The original run, then its repairs. Empty before the first repair. */
  repairs: Repair[];
}

export interface JobParameter {
  name: string;
  default: string;
  value: string;
}

export interface Repair extends Phase {
  /** 0 for the original run. */
  id: number;
  start_time: number;
  end_time?: number;
  task_run_ids: number[];
}

/** An attempt at a task, or at an iteration of a for-each task. */
export interface TaskRun extends Phase {
  kind: "task" | "iteration";
  run_id: number;
  job_run_id: number;
  job_id: number;
  /** The id of the job run; for an iteration, of the attempt at its for-each task. */
  parent_id: number;
  task_key: string;
  /** 0 for the first attempt since the run or its last repair started. */
  attempt: number;
  /** The run id of that first attempt. */
  original_attempt_run_id: number;
  start_time: number;
  end_time?: number;
  /** The job run that a Run Job task started. */
  run_job_run_id?: number;
  /** Only for a condition task that succeeded. */
  outcome?: "true" | "false";
  /** The definition of the task with its references resolved. */
  resolved?: Record<string, unknown>;
  values?: Readonly<Record<string, unknown>>;
  /** Only for an iteration: its index in the inputs, and its input. */
  index?: number;
  input?: unknown;
  /** Only for a for-each task. */
  iterations?: IterationCounts;
}

export interface IterationCounts {
  total: number;
  active: number;
  succeeded: number;
  failed: number;
  /** Indexes of the inputs that succeeded; a repair skips them. */
  done: number[];
}

/** Output of an attempt. */
export interface TaskOutput {
  result?: string;
  logs?: string;
  error?: string;
  errorTrace?: string;
}

/** The job settings that a run uses. */
export interface RunSettings {
  name: string;
  tasks: Task[];
  environments?:
    { environment_key: string; spec?: Record<string, unknown> | undefined }[] | undefined;
  timeout_seconds?: number | undefined;
  git_source?: unknown;
  parameters?: { name: string; default: string }[] | undefined;
}
