import type { JobSpec, TaskSpec } from "../model/job-spec";
import type { Settings } from "../model/settings";

/** How jobs are split. */
export interface SplitOptions {
  /** Keys of the jobs to split. @default - every job that breaks the law */
  readonly jobs?: readonly string[];
  /** Ids of jobs that are left as they are. @default - none */
  readonly except?: ReadonlySet<string>;
  /** What belongs to exactly one atomic job. @default "notebook" */
  readonly unit?: "notebook" | "code";
  /**
   * Keys of new jobs: `{job}` is the key of the job without `_job`, `{task}` the task key, `{notebook}` the name of the
   * notebook's file.
   *
   * @default "{job}_{task}_job", for a notebook of several jobs "{notebook}_job"
   */
  readonly nameTemplate?: string;
  /** Keys of the new jobs of single tasks, by `task_key` or `job/task_key`. */
  readonly keys?: ReadonlyMap<string, string>;
  /** Keys of resources that no new job may have. @default - those of the graph's jobs */
  readonly taken?: ReadonlySet<string>;
  /** Leaves tasks where they are that share a job cluster. @default false */
  readonly keepClusterGroups?: boolean;
  /** `environment_version` for serverless notebooks without an `environment_key`. @default - their jobs are refused */
  readonly environmentVersion?: string;
  /** Splits jobs whose notebooks cannot be read, so that nobody knows what these ask of their run. @default false */
  readonly allowUnread?: boolean;
}

/** Why a job cannot be split. */
export type RefusalCode =
  | "cluster-state"
  | "compute-differs"
  | "concurrency"
  | "depth"
  | "dynamic-tasks"
  | "environment"
  | "external-job"
  | "key-clash"
  | "legacy-parameters"
  | "name-clash"
  | "not-editable"
  | "parameters-differ"
  | "python-defined"
  | "reads-run-id"
  | "reads-task-values"
  | "reference"
  | "settings-differ"
  | "shared-anchor"
  | "target-override"
  | "task-type"
  | "task-values"
  | "too-many-tasks"
  | "unread-notebook"
  | "verification";

/** A job that cannot be split, and why. */
export interface SplitRefusal {
  readonly job: JobSpec;
  readonly code: RefusalCode;
  readonly taskKey?: string;
  /** What is in the way. One sentence, no full stop. */
  readonly message: string;
  /** What to do about it. One sentence, no full stop. */
  readonly fix: string;
}

/** Something that a split changes beside the jobs, or leaves as it is. */
export interface SplitNote {
  readonly job: JobSpec;
  /** One sentence, no full stop. */
  readonly message: string;
}

/** A path in the settings of a task, such as `notebook_task`, `base_parameters`, `day`. */
export type SettingPath = readonly (string | number)[];

/** What a task hands to the job that it runs now. */
export type PassedValue =
  /** The value of a parameter of its own job. */
  | { readonly kind: "job"; readonly name: string }
  /** What it had in its settings. */
  | { readonly kind: "setting"; readonly path: SettingPath; readonly text: string };

/** A task whose code is in another job now, and which runs that job. */
export interface MovedTask {
  readonly job: JobSpec;
  /** The task with the code. */
  readonly task: TaskSpec;
  /** The task of the job that it is, or that repeats it. */
  readonly outer: TaskSpec;
  /** The job that it runs now. */
  readonly target: string;
  /** Settings of its attempts that stay with it, as users of the code differ in them. */
  readonly kept: readonly string[];
  /** What it passes, by the name of the parameter. */
  readonly passed: ReadonlyMap<string, PassedValue>;
}

/** A setting of moved code that is a job parameter now. */
export interface HandedParameter {
  readonly name: string;
  /** Where the code names it. @default - it comes from the job's own parameters, which reach the code by themselves */
  readonly path?: SettingPath;
  readonly default: string;
  /** The job that it comes from declares it, and so does the new one. @default false */
  readonly isDeclared?: true;
}

/** The job that holds the code of one or several tasks now. */
export interface AtomicPart {
  readonly key: string;
  /** An atomic job that was there before. @default - it is new */
  readonly existing?: JobSpec;
  /** The task whose code and settings it has. */
  readonly from: Pick<MovedTask, "job" | "task" | "outer">;
  readonly uses: readonly MovedTask[];
  /** Display name: that of the job that it comes from, or only its `[prefix]`, and this text. */
  readonly name: { readonly of: "job" | "prefix"; readonly text: string };
  readonly description: string;
  /** Parameters of the code that are job parameters now. */
  readonly parameters: readonly HandedParameter[];
  /** Settings of attempts that it does not have, as its users differ in them. */
  readonly kept: readonly string[];
  /** Maximum of concurrent runs that lets each of its users run it as often as that ran the code. */
  readonly maxConcurrentRuns: number;
  /** An environment to add, as the code had none. */
  readonly environment?: { readonly key: string; readonly version: string };
  /** The job as it is to be. */
  readonly settings: Settings;
}

/** A job that runs others now, and keeps its key. */
export interface CompositePart {
  readonly job: JobSpec;
  readonly tasks: readonly MovedTask[];
  /** Undefined if it keeps code. */
  readonly level?: "composite" | "orchestrator";
  /** The job as it is to be. */
  readonly settings: Settings;
}

/** What becomes what, in one environment. */
export interface SplitPlan {
  readonly environment: string;
  readonly atomics: readonly AtomicPart[];
  readonly composites: readonly CompositePart[];
  readonly refusals: readonly SplitRefusal[];
  readonly notes: readonly SplitNote[];
  /** Clusters that one run of each job starts. */
  readonly clusters: { readonly before: number; readonly after: number };
}
