import type { JobSpec, TaskSpec } from "../model/job-spec";
import type { Settings } from "../model/settings";

/** Options of a split. */
export interface SplitOptions {
  /** Keys of the jobs to split. @default - every job that breaks the rules */
  readonly jobs?: readonly string[];
  /** Ids of jobs to leave unchanged. @default - none */
  readonly except?: ReadonlySet<string>;
  /** The unit that belongs to exactly one atomic job. @default "notebook" */
  readonly unit?: "notebook" | "code";
  /**
   * Key pattern of new jobs: `{job}` is the job's key without `_job`, `{task}` the task key, `{notebook}` the name of the
   * notebook's file.
   *
   * @default "{job}_{task}_job", for a notebook of several jobs "{notebook}_job"
   */
  readonly nameTemplate?: string;
  /** Keys of the new jobs of individual tasks, by `task_key` or `job/task_key`. */
  readonly keys?: ReadonlyMap<string, string>;
  /** Reserved resource keys. @default - those of the graph's jobs */
  readonly taken?: ReadonlySet<string>;
  /** Whether tasks that share a job cluster stay in their job. @default false */
  readonly keepClusterGroups?: boolean;
  /** `environment_version` for serverless notebooks without an `environment_key`. @default - their jobs are refused */
  readonly environmentVersion?: string;
  /** Whether to split jobs whose notebooks cannot be read and could therefore read anything from their run. @default false */
  readonly allowUnread?: boolean;
}

/** The reason why a job cannot be split. */
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

/** A job that cannot be split, with the reason. */
export interface SplitRefusal {
  readonly job: JobSpec;
  readonly code: RefusalCode;
  readonly taskKey?: string;
  /** The obstacle. One sentence, no full stop. */
  readonly message: string;
  /** The fix. One sentence, no full stop. */
  readonly fix: string;
}

/** A side effect of a split, or something that it leaves unchanged. */
export interface SplitNote {
  readonly job: JobSpec;
  /** One sentence, no full stop. */
  readonly message: string;
}

/** A path in a task's settings, such as `notebook_task`, `base_parameters`, `day`. */
export type SettingPath = readonly (string | number)[];

/** A value that a task passes to its new job. */
export type PassedValue =
  /** The value of a parameter of its own job. */
  | { readonly kind: "job"; readonly name: string }
  /** A value from its settings. */
  | { readonly kind: "setting"; readonly path: SettingPath; readonly text: string };

/** A task whose code has moved to another job, which it now runs. */
export interface MovedTask {
  readonly job: JobSpec;
  /** The task with the code. */
  readonly task: TaskSpec;
  /** The task of the job that is or repeats it. */
  readonly outer: TaskSpec;
  /** The job that it runs. */
  readonly target: string;
  /** Settings of attempts that stay here because the users of the code differ. */
  readonly kept: readonly string[];
  /** The values that it passes, by parameter name. */
  readonly passed: ReadonlyMap<string, PassedValue>;
}

/** A former setting of moved code that is now a job parameter. */
export interface HandedParameter {
  readonly name: string;
  /** Its path in the code's settings. @default - the job's own parameter, which reaches the code by itself */
  readonly path?: SettingPath;
  readonly default: string;
  /** Whether the original job declares it, and so does the new one. @default false */
  readonly isDeclared?: true;
}

/** The job that now holds the code of one or several tasks. */
export interface AtomicPart {
  readonly key: string;
  /** An existing atomic job. @default - a new job */
  readonly existing?: JobSpec;
  /** The task that provides code and settings. */
  readonly from: Pick<MovedTask, "job" | "task" | "outer">;
  readonly uses: readonly MovedTask[];
  /** Display name: that of the original job, or only its `[prefix]`, followed by this text. */
  readonly name: { readonly of: "job" | "prefix"; readonly text: string };
  readonly description: string;
  /** Parameters of the code that are now job parameters. */
  readonly parameters: readonly HandedParameter[];
  /** Settings of attempts that it lacks because its users differ. */
  readonly kept: readonly string[];
  /** Maximum concurrent runs that let each user run it as often as before. */
  readonly maxConcurrentRuns: number;
  /** An environment to add, because the code had none. */
  readonly environment?: { readonly key: string; readonly version: string };
  /** The resulting job. */
  readonly settings: Settings;
}

/** A job that now runs others and keeps its key. */
export interface CompositePart {
  readonly job: JobSpec;
  readonly tasks: readonly MovedTask[];
  /** Undefined if it keeps code. */
  readonly level?: "composite" | "orchestrator";
  /** The resulting job. */
  readonly settings: Settings;
}

/** The complete split of one environment. */
export interface SplitPlan {
  readonly environment: string;
  readonly atomics: readonly AtomicPart[];
  readonly composites: readonly CompositePart[];
  readonly refusals: readonly SplitRefusal[];
  readonly notes: readonly SplitNote[];
  /** Number of clusters that one run of each job starts. */
  readonly clusters: { readonly before: number; readonly after: number };
}
