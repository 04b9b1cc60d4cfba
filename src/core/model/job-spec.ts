import type { CodeFile, CodeParameters } from "./lineage";
import type { Settings } from "./settings";
import type { SourceLocation } from "./source-location";

/**
 * A Databricks job from any source, as rules see it. Plain data without cdktf or files. An undefined field is either
 * unset or unknown; {@link JobSpec.unknown} lists unknown ones.
 */
export interface JobSpec {
  /** Unique id in the graph: the construct path of the resource. */
  readonly id: string;
  /** Terraform resource name = construct id = bundle resource key. */
  readonly key: string;
  /** The stack, which is the unit of state and deployment. */
  readonly stack: string;
  /** Location of the job's definition, if known. */
  readonly source?: SourceLocation | undefined;
  /** The display name. */
  readonly name?: string;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The `environments` entries. */
  readonly environments: readonly EnvironmentSpec[];
  /** Declared job parameters. */
  readonly parameters?: readonly ParameterSpec[];
  /** Keys of declared job clusters, including duplicates. */
  readonly jobClusterKeys?: readonly string[];
  readonly maxConcurrentRuns?: number;
  readonly timeoutSeconds?: number;
  /** `schedule`, `trigger` and `continuous`, if set. */
  readonly triggers?: readonly TriggerSpec[];
  readonly notifications?: readonly NotificationSpec[];
  readonly runAs?: PrincipalSpec;
  /** The principal with IS_OWNER, if permissions name one. */
  readonly owner?: PrincipalSpec;
  /** Whether permissions give access to anyone but the owner. */
  readonly hasPermissions?: boolean;
  /** True if the job has a `git_source`. */
  readonly hasGitSource?: true;
  /** Attributes, by Jobs API name, whose values are known only to the plan or the workspace. Never contains `name`. */
  readonly unknown?: ReadonlySet<string>;
  readonly tasks: readonly TaskSpec[];
  /** Identifies the definition, which may create one job in each environment. @default - the id */
  readonly definition?: string;
  /** Other jobs of the stack with the same key; only one of them would be deployed. */
  readonly duplicates: readonly Pick<JobSpec, "id" | "source">[];
  /** Whether Terraform's `count` or `for_each` creates several jobs from this resource. */
  readonly repeated: boolean;
  /**
   * The complete, resolved settings with Jobs API names, as for `jobs/create`, from any source. Equal jobs have equal
   * settings, except that references to jobs and paths are as in the source. Omits nulls and defaults, and sorts lists
   * without an order. Keeps expressions, masks secrets.
   */
  readonly settings: Settings;
  /**
   * False if the {@link settings} have no value with any of these names at any depth, except in permissions. Cheaper
   * than creating the settings, so rules about rare settings call {@link mayHold} first.
   *
   * @default - unknown
   */
  mayHold?(names: ReadonlySet<string>): boolean;
}

/** Whether the settings of a job may have a value with one of these names. */
export function mayHold(job: JobSpec, names: ReadonlySet<string>): boolean {
  return job.mayHold?.(names) ?? true;
}

/** An `environments` entry of a job. */
export interface EnvironmentSpec {
  /** Its `environment_key`. */
  readonly key: string;
  /** `environment_version`, or its legacy name `client`. */
  readonly version?: string;
}

/** A declared job parameter. */
export interface ParameterSpec {
  readonly name: string;
  readonly default?: string;
}

/** A trigger of a job. */
export interface TriggerSpec {
  readonly kind: "schedule" | "trigger" | "continuous";
  /** The condition as written: a cron expression with time zone, an interval, or an event. Absent for a continuous job. */
  readonly detail?: string;
  /** From `pause_status`, whose default is UNPAUSED; undefined for an expression. */
  readonly paused?: boolean;
}

/** Recipients of one event of a job or task. */
export interface NotificationSpec {
  /** Such as `on_failure`. */
  readonly event: string;
  readonly channel: "email" | "webhook";
  readonly count: number;
  /** Addresses of emails. */
  readonly to?: readonly string[];
}

/** A user, a group or a service principal, or an expression for one. */
export interface PrincipalSpec {
  readonly servicePrincipal?: string;
  readonly user?: string;
  readonly group?: string;
}

/** The name of a principal. */
export function principalName(principal: PrincipalSpec | undefined): string | undefined {
  return principal?.servicePrincipal ?? principal?.user ?? principal?.group;
}

/** One task of a job. The task inside a `for_each_task` is `forEach` of the outer one. */
export interface TaskSpec {
  /** Empty if unset, as in the single-task format. */
  readonly taskKey: string;
  /** Terraform names of the task's `*_task` blocks; a valid task has exactly one. */
  readonly types: readonly string[];
  readonly notebook?: NotebookRef;
  /** The task's code, if it is in local files: a notebook, a SQL or Python file, or a dbt project. */
  readonly code?: CodeFile;
  /** `parameters` of the task, for a SQL or Python file. */
  readonly codeParameters?: CodeParameters;
  readonly runJob?: JobRef;
  readonly forEach?: TaskSpec;
  /** Task keys of `depends_on`, in the order written; empty for an entry without a key. */
  readonly dependsOn: readonly string[];
  /**
   * Required outcomes by task key: `true` or `false` of a condition task. Only for dependencies with an `outcome`;
   * outcomes of a duplicate dependency are joined with `", "`.
   */
  readonly outcomes?: ReadonlyMap<string, string>;
  /** `run_if`, as written. Databricks' default is ALL_SUCCESS. */
  readonly runIf?: string;
  /** The comparison of a condition task. */
  readonly condition?: ConditionSpec;
  /** True if `disabled` is true, so that the task is skipped. */
  readonly disabled?: true;
  readonly environmentKey?: string;
  /** Location of the task's definition, if known. */
  readonly source?: SourceLocation;
  /** `base_parameters` of a notebook, `job_parameters` of a Run Job task. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  readonly maxRetries?: number;
  /** Number of the task's `libraries`. */
  readonly libraries?: number;
  readonly jobClusterKey?: string;
  readonly notifications?: readonly NotificationSpec[];
  /** `inputs` of a for-each task. */
  readonly forEachInputs?: string;
  /** `concurrency` of a for-each task. */
  readonly forEachConcurrency?: number;
  /** Attributes whose values are known only to the plan or the workspace. */
  readonly unknown?: ReadonlySet<string>;
  /** Whether the task runs on a job cluster, a new cluster or an existing one. */
  readonly onCluster: boolean;
  /** True if the job itself is the task, without a key, as in Jobs API 2.0. */
  readonly single?: true;
  /** True if a Terraform `dynamic` block creates several tasks from this one. */
  readonly repeated?: true;
  /** The task's part of the job's {@link JobSpec.settings}. */
  readonly settings: Settings;
}

/** `left op right` of a condition task; a missing part is an empty string. */
export interface ConditionSpec {
  readonly left: string;
  /** Such as `GREATER_THAN`. */
  readonly op: string;
  readonly right: string;
}

/** A task's reference to a notebook. */
export interface NotebookRef {
  /** Equal if and only if two references mean the same notebook, however its path is spelled. */
  readonly identity: string;
  /** The path to show. */
  readonly label: string;
  /** The notebook's file, if it is local. Read on first access. */
  readonly file?: NotebookFile;
}

/** The file of a notebook. */
export interface NotebookFile {
  readonly exists: boolean;
  /** The notebook's widgets; undefined if its source cannot be read. */
  readonly widgets?: NotebookWidgets | undefined;
  /** Its code, for lineage. */
  readonly code?: CodeFile;
}

/** The widgets in a notebook's source. */
export interface NotebookWidgets {
  /** Names of widgets that the notebook reads: `dbutils.widgets.get("catalog")`, and `:catalog` or `${catalog}` in SQL. */
  readonly reads: readonly string[];
  /** Names of widgets that the notebook creates with a default: `dbutils.widgets.text("catalog", "main")`. */
  readonly declares: readonly string[];
  /** Whether other widgets may be read too, because a name is computed or all are read (`getAll`). */
  readonly open: boolean;
}

/** Target of a Run Job task's `job_id`. A `jobId` next to an expression is its value, if the source has it. */
export type JobRef =
  /** A job of this graph, by its {@link JobSpec.id}. */
  | { readonly kind: "job"; readonly id: string }
  /** A declared external job, with the `name` of its lookup, if any. */
  | {
      readonly kind: "external";
      readonly expression: string;
      readonly jobId?: string;
      readonly name?: string;
      /** The reference is from a Terraform state, which does not record the origin of ids. */
      readonly isFromState?: true;
    }
  /** A literal id. */
  | { readonly kind: "literal"; readonly jobId: string }
  /** A reference to a job resource or output that does not exist. */
  | { readonly kind: "missing"; readonly expression: string; readonly jobId?: string }
  /** A reference into another environment. */
  | {
      readonly kind: "foreign";
      readonly expression: string;
      readonly environment: string;
      readonly jobId?: string;
    }
  /** An expression that is unknown before the plan, such as a variable. */
  | { readonly kind: "opaque"; readonly expression: string; readonly jobId?: string };

/** Task types without code, which a composite job may have. */
export const ORCHESTRATION_TYPES: ReadonlySet<string> = new Set([
  "run_job_task",
  "condition_task",
  "for_each_task",
]);

/** Tag with the level of a job in the hierarchy. */
export const JOB_LEVEL_TAG = "job_level";
export const JOB_LEVELS = ["atomic", "composite", "orchestrator"] as const;
export type JobLevel = (typeof JOB_LEVELS)[number];

/** True for text with a Terraform or bundle expression, whose value is unknown. */
export function isExpression(text: string): boolean {
  return text.includes("${") || text.includes("%{");
}

/** True for a job tagged as composite or orchestrator, whatever its tasks are. */
export function isComposite(job: Pick<JobSpec, "tags">): boolean {
  return ["composite", "orchestrator"].includes(job.tags[JOB_LEVEL_TAG] ?? "");
}

/** Prefix of a job's Terraform outputs: `alerting_tables_job` for the keys `alerting_tables` and `alerting_tables_job`. */
export function jobOutputBase(key: string): string {
  return `${key.replace(/_job$/, "")}_job`;
}

/** The Terraform output for an attribute of a job, such as `alerting_tables_job_id`. */
export function jobOutputName(key: string, attribute: string): string {
  return `${jobOutputBase(key)}_${attribute}`;
}
