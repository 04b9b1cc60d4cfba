/**
 * One Databricks job as the rules see it, whatever it was read from. Pure data: no cdktf, no files.
 */
export interface JobSpec {
  /** Unique in its graph: the construct path of the resource. */
  readonly id: string;
  /** Terraform resource name = construct id = bundle resource key. */
  readonly key: string;
  /** The unit of state that the job is deployed with. */
  readonly stack: string;
  /** Where the job was written, `file:line` relative to the working folder, where that is known. */
  readonly source?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** `environment_key` of every `environment` block. */
  readonly environmentKeys: readonly string[];
  readonly tasks: readonly TaskSpec[];
  /** Ids of other jobs in the stack that have the same key, so that Terraform would get only one of them. */
  readonly duplicates: readonly string[];
  /** Terraform `count` or `for_each` makes several jobs of this one resource. */
  readonly repeated: boolean;
}

/** One task of a job. The task inside a `for_each_task` is `forEach` of the outer one. */
export interface TaskSpec {
  /** Empty when the resource gives none, as the single-task format does. */
  readonly taskKey: string;
  /** The `*_task` blocks that the task holds, by their Terraform name; well-formed tasks hold exactly one. */
  readonly types: readonly string[];
  readonly notebook?: NotebookRef;
  readonly runJob?: JobRef;
  readonly forEach?: TaskSpec;
  /** Task keys of `depends_on`, in the order written; empty for an entry without a key. */
  readonly dependsOn: readonly string[];
  readonly environmentKey?: string;
  /** The task runs on a job cluster, a new cluster or an existing one. */
  readonly onCluster: boolean;
  /** A Terraform `dynamic` block makes several tasks of this one. */
  readonly repeated?: true;
}

/** A notebook as a task names it. */
export interface NotebookRef {
  /** Equal for two references exactly when they mean the same notebook, however its path is spelled. */
  readonly identity: string;
  /** The spelling to show. */
  readonly label: string;
}

/** What the `job_id` of a run_job_task points at. */
export type JobRef =
  /** A job of this graph, by its {@link JobSpec.id}. */
  | { readonly kind: "job"; readonly id: string }
  /** A job that others own, declared as such. */
  | { readonly kind: "external"; readonly expression: string }
  /** A number written down. */
  | { readonly kind: "literal"; readonly jobId: string }
  /** A reference to a job resource or output that does not exist. */
  | { readonly kind: "missing"; readonly expression: string }
  /** A reference into another environment. */
  | { readonly kind: "foreign"; readonly expression: string; readonly environment: string }
  /** An expression that says nothing before the plan, such as a variable. */
  | { readonly kind: "opaque"; readonly expression: string };

/** Task types that hold no code of their own, so that a composite job may have them. */
export const ORCHESTRATION_TYPES: ReadonlySet<string> = new Set([
  "run_job_task",
  "condition_task",
  "for_each_task",
]);

/** Tag that says which layer of the hierarchy a job belongs to. */
export const JOB_LEVEL_TAG = "job_level";
export const JOB_LEVELS = ["atomic", "composite"] as const;
export type JobLevel = (typeof JOB_LEVELS)[number];

/** Jobs API: 1-100 characters of letters, digits, `_` and `-`. */
export const TASK_KEY_PATTERN = /^[A-Za-z0-9_-]{1,100}$/;

/** Databricks runs "no more than three levels" of nested Run Job tasks. */
export const MAX_RUN_JOB_DEPTH = 3;

/** True for text that still holds a Terraform expression, so that nothing can be said of it before the plan. */
export function isExpression(text: string): boolean {
  return text.includes("${") || text.includes("%{");
}

/** What the Terraform outputs of a job begin with: `alerting_tables_job` for the keys `alerting_tables` and `alerting_tables_job`. */
export function jobOutputBase(key: string): string {
  return `${key.replace(/_job$/, "")}_job`;
}

/** The Terraform output that holds an attribute of a job, such as `alerting_tables_job_id`. */
export function jobOutputName(key: string, attribute: string): string {
  return `${jobOutputBase(key)}_${attribute}`;
}
