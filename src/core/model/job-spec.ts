import type { CodeFile, CodeParameters } from "./lineage";
import type { Settings } from "./settings";

/** Where something was written. */
export interface SourceLocation {
  /** Relative to the working folder, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** Of a resource in a plan or state of Terraform, which knows no lines: `module.etl.databricks_job.load["eu"]`. */
  readonly address?: string;
}

/** `file:line:column`, as far as it is known; `file address` where Terraform's address stands for the line. */
export function formatLocation({ file, line, column, address }: SourceLocation): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return address === undefined ? place : `${place} ${address}`;
}

/**
 * One Databricks job as the rules see it, from any source. Pure data: no cdktf, no files. An undefined field is not set, or
 * not known from the source; {@link JobSpec.unknown} tells which.
 */
export interface JobSpec {
  /** Unique in its graph: the construct path of the resource. */
  readonly id: string;
  /** Terraform resource name = construct id = bundle resource key. */
  readonly key: string;
  /** The unit of state that the job is deployed with. */
  readonly stack: string;
  /** Where the job is defined, if known. */
  readonly source?: SourceLocation | undefined;
  /** The display name. */
  readonly name?: string;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Every `environments` entry. */
  readonly environments: readonly EnvironmentSpec[];
  /** The parameters that the job declares. */
  readonly parameters?: readonly ParameterSpec[];
  /** Each once for every time it is declared. */
  readonly jobClusterKeys?: readonly string[];
  readonly maxConcurrentRuns?: number;
  readonly timeoutSeconds?: number;
  /** `schedule`, `trigger` and `continuous`, as far as they are set. */
  readonly triggers?: readonly TriggerSpec[];
  readonly notifications?: readonly NotificationSpec[];
  readonly runAs?: PrincipalSpec;
  /** Who has IS_OWNER, where permissions say so. */
  readonly owner?: PrincipalSpec;
  /** Whether somebody other than the owner is given access to the job. */
  readonly hasPermissions?: boolean;
  /** The job has a `git_source`. */
  readonly hasGitSource?: true;
  /** Attributes, as the Jobs API names them, that are set to what only the plan or the service knows. Names are none. */
  readonly unknown?: ReadonlySet<string>;
  readonly tasks: readonly TaskSpec[];
  /** The same for all jobs that one definition makes, one in each environment. @default - the id */
  readonly definition?: string;
  /** Other jobs of the stack with the same key, of which only one would be deployed. */
  readonly duplicates: readonly Pick<JobSpec, "id" | "source">[];
  /** Terraform `count` or `for_each` makes several jobs of this one resource. */
  readonly repeated: boolean;
  /**
   * The whole job, resolved: the settings that `jobs/create` would get, by the names of the Jobs API, whatever the source. The
   * same job is equal here; only a reference to a job, and a path, are as their source writes them. What is the same as
   * nothing (null, what the provider or the service takes for it) is left out, lists without an order are sorted. Expressions
   * stay expressions, secrets are masked.
   */
  readonly settings: Settings;
  /**
   * False if the {@link settings} hold no value below any of these names, at whatever depth (permissions aside). That is known
   * before the settings of very many jobs are made: a rule about rare settings asks first, by {@link mayHold}.
   *
   * @default - nobody knows
   */
  mayHold?(names: ReadonlySet<string>): boolean;
}

/** Whether the settings of a job can have a value below one of these names. */
export function mayHold(job: JobSpec, names: ReadonlySet<string>): boolean {
  return job.mayHold?.(names) ?? true;
}

/** One `environments` entry of a job. */
export interface EnvironmentSpec {
  /** Its `environment_key`. */
  readonly key: string;
  /** `environment_version`, or `client`, its old name. */
  readonly version?: string;
}

/** A parameter that a job declares. */
export interface ParameterSpec {
  readonly name: string;
  readonly default?: string;
}

/** What starts a job by itself. */
export interface TriggerSpec {
  readonly kind: "schedule" | "trigger" | "continuous";
  /**
   * When, as its author wrote it: a cron expression with its time zone, an interval, what it waits for. A continuous job
   * waits for nothing.
   */
  readonly detail?: string;
  /** Its `pause_status`; undefined for an expression. The default of Databricks is UNPAUSED. */
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

/** A user, a group or a service principal, or an expression that stands for one. */
export interface PrincipalSpec {
  readonly servicePrincipal?: string;
  readonly user?: string;
  readonly group?: string;
}

/** The name of that user, group or service principal. */
export function principalName(principal: PrincipalSpec | undefined): string | undefined {
  return principal?.servicePrincipal ?? principal?.user ?? principal?.group;
}

/** One task of a job. The task inside a `for_each_task` is `forEach` of the outer one. */
export interface TaskSpec {
  /** Empty when the resource gives none, as the single-task format does. */
  readonly taskKey: string;
  /** The `*_task` blocks that the task holds, by their Terraform name; well-formed tasks hold exactly one. */
  readonly types: readonly string[];
  readonly notebook?: NotebookRef;
  /** What the task executes, if it is in files of this machine: a notebook, a SQL or Python file, a dbt project. */
  readonly code?: CodeFile;
  /** What a SQL or Python file gets: `parameters` of the task. */
  readonly codeParameters?: CodeParameters;
  readonly runJob?: JobRef;
  readonly forEach?: TaskSpec;
  /** Task keys of `depends_on`, in the order written; empty for an entry without a key. */
  readonly dependsOn: readonly string[];
  /**
   * The `outcome` that a task of `depends_on` must have, by its task key: `true` or `false` of a condition task. Only
   * dependencies that name one; the outcomes of one that is written twice are joined with `", "`.
   */
  readonly outcomes?: ReadonlyMap<string, string>;
  /** `run_if`, as written. The default of Databricks is ALL_SUCCESS. */
  readonly runIf?: string;
  /** What a condition task compares. */
  readonly condition?: ConditionSpec;
  /** The task is skipped: `disabled` is true. */
  readonly disabled?: true;
  readonly environmentKey?: string;
  /** Where the task is defined, if known. */
  readonly source?: SourceLocation;
  /** `base_parameters` of a notebook, `job_parameters` of a Run Job task. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  readonly maxRetries?: number;
  /** How many `libraries` the task itself names. */
  readonly libraries?: number;
  readonly jobClusterKey?: string;
  readonly notifications?: readonly NotificationSpec[];
  /** `inputs` of a for-each task. */
  readonly forEachInputs?: string;
  /** `concurrency` of a for-each task. */
  readonly forEachConcurrency?: number;
  /** Attributes that are set to what only the plan or the service knows. */
  readonly unknown?: ReadonlySet<string>;
  /** The task runs on a job cluster, a new cluster or an existing one. */
  readonly onCluster: boolean;
  /** The job itself is the task, as in Jobs API 2.0, so it has no key. */
  readonly single?: true;
  /** A Terraform `dynamic` block makes several tasks of this one. */
  readonly repeated?: true;
  /** The whole task, as it stands in the {@link JobSpec.settings} of its job. */
  readonly settings: Settings;
}

/** `left op right` of a condition task; empty text for a missing part. */
export interface ConditionSpec {
  readonly left: string;
  /** Such as `GREATER_THAN`. */
  readonly op: string;
  readonly right: string;
}

/** A notebook as a task names it. */
export interface NotebookRef {
  /** Equal for two references exactly when they mean the same notebook, however its path is spelled. */
  readonly identity: string;
  /** The spelling to show. */
  readonly label: string;
  /** The contents of its file, if the notebook is a local file. Read on first access. */
  readonly file?: NotebookFile;
}

/** The file of a notebook. */
export interface NotebookFile {
  readonly exists: boolean;
  /** The widgets that the notebook names; undefined where its source could not be read. */
  readonly widgets?: NotebookWidgets | undefined;
  /** Its code, for lineage. */
  readonly code?: CodeFile;
}

/** What a notebook does with its parameters, from its source alone. */
export interface NotebookWidgets {
  /** Names of the widgets whose values are read: `dbutils.widgets.get("catalog")`, `:catalog` or `${catalog}` of SQL. */
  readonly reads: readonly string[];
  /** Names of the widgets that the notebook itself makes, with a default value: `dbutils.widgets.text("catalog", "main")`. */
  readonly declares: readonly string[];
  /** A name is computed, or all are read at once (`getAll`), so other widgets may be read, too. */
  readonly open: boolean;
}

/** The target of the `job_id` of a run_job_task. A `jobId` next to an expression is its value, if the source has it. */
export type JobRef =
  /** A job of this graph, by its {@link JobSpec.id}. */
  | { readonly kind: "job"; readonly id: string }
  /** A declared external job; `name` is the name for its lookup. */
  | {
      readonly kind: "external";
      readonly expression: string;
      readonly jobId?: string;
      readonly name?: string;
      /** The reference is a `jobId` in a Terraform state, which does not say where the id came from. */
      readonly isFromState?: true;
    }
  /** A number written down. */
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

/** True for text that still holds an expression of Terraform or of a bundle, so that its value is not known yet. */
export function isExpression(text: string): boolean {
  return text.includes("${") || text.includes("%{");
}

/** True for a job whose tag marks it as composite or orchestrator, whatever its tasks are. */
export function isComposite(job: Pick<JobSpec, "tags">): boolean {
  return ["composite", "orchestrator"].includes(job.tags[JOB_LEVEL_TAG] ?? "");
}

/** What the Terraform outputs of a job begin with: `alerting_tables_job` for the keys `alerting_tables` and `alerting_tables_job`. */
export function jobOutputBase(key: string): string {
  return `${key.replace(/_job$/, "")}_job`;
}

/** The Terraform output that holds an attribute of a job, such as `alerting_tables_job_id`. */
export function jobOutputName(key: string, attribute: string): string {
  return `${jobOutputBase(key)}_${attribute}`;
}
