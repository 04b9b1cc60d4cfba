import type { TerraformStack } from "cdktf";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import {
  isVariableName,
  type JobLevel,
  LOCAL_STATE_DIR,
  LOCAL_WAREHOUSE_ID,
  mark,
  quote,
  RESERVED_VARIABLE_NAMES,
} from "@jobstrata/core/model";
import { withoutMount } from "@jobstrata/core/paths";
import type { JobDefaults, JobOverrides, JobPermission, RunAs } from "./job-props";
import { JOB_DEFAULTS, PERMISSIONS, RUN_AS } from "./job-shapes";
import { definedOnly } from "./objects";
import {
  filled,
  flag,
  isPlainObject,
  listOf,
  mapOf,
  object,
  oneOf,
  type Shapes,
  shown,
  text,
} from "./shape";

/** A value of a Terraform variable. */
export type VariableValue =
  string | number | boolean | readonly VariableValue[] | { readonly [name: string]: VariableValue };

/** Default of a Terraform variable; `undefined` makes the variable required. For a map, write `{ default: { … } }`. */
export type VariableDefault = string | number | boolean | readonly VariableValue[] | undefined;

/** A Terraform variable with more options than its default. */
export interface VariableProps {
  /** A string, number, boolean, list or map. @default - none: Terraform asks for a value */
  readonly default?: VariableValue | undefined;
  /** Terraform type, such as `list(string)` or `map(number)`. @default - the type of the default, otherwise `string` */
  readonly type?: string | undefined;
  /** Shown by Terraform when it asks for the value. */
  readonly description?: string | undefined;
  /** Keeps the value out of Terraform's output. @default false */
  readonly sensitive?: boolean | undefined;
}

/** The Databricks workspace. Credentials come from Databricks unified authentication, never from code. */
export interface Workspace {
  /** URL such as `https://my.cloud.databricks.com`. @default - from `DATABRICKS_HOST` or the profile */
  readonly host?: string | undefined;
  /** Profile of `~/.databrickscfg`. @default - `DATABRICKS_CONFIG_PROFILE`, or the SDK's default */
  readonly profile?: string | undefined;
}

/** Recipients of notifications about failed runs of every job in an environment. */
export interface FailureNotifications {
  /** E-mail addresses. @default - none */
  readonly emails?: readonly string[] | undefined;
  /** Ids of notification destinations; at most 3. @default - none */
  readonly webhooks?: readonly string[] | undefined;
}

/** Options of a {@link JobEnvironment}. */
export interface JobEnvironmentProps {
  /** Short name such as `dev`, used in stack names and in the prefix of job names, `[dev] `. Letters, digits, `_`, `-`. */
  readonly name: string;

  /**
   * `development`: schedules and triggers are paused, and up to 4 runs of a job may overlap.
   * `production`: `runAs` and `permissions` are required, and schedules run.
   * `imported`: for jobs of `jobstrata import`, which keep exactly what they declare: no name prefix, no paused
   * schedules, no required options.
   */
  readonly mode: "development" | "production" | "imported";

  /** Prefix of every job name. @default `[<name>] `; none in imported mode */
  readonly namePrefix?: string | undefined;

  /**
   * Whether the library adds the tags `job_level`, `layer`, `purpose` and `orchestrator` to jobs. Set to false for
   * imported jobs without them, which then only have the tags in `tags`. The rules check the tags that jobs have.
   * @default true
   */
  readonly hierarchyTags?: boolean | undefined;

  /**
   * Terraform variables of every stack in the environment, by name, with their defaults. `--var`, `TF_VAR_…` and
   * variable files override the defaults.
   * @default - none
   */
  readonly variables?: Readonly<Record<string, VariableDefault | VariableProps>> | undefined;

  /** @default - from environment variables */
  readonly workspace?: Workspace | undefined;

  /**
   * Creates the Terraform backend of a stack: `(stack) => new S3Backend(stack, { key: stack.node.id, … })`.
   * @default - `terraform.<stack>.tfstate` in the app's working directory
   */
  readonly backend?: ((stack: TerraformStack) => unknown) | undefined;

  /** Tags of every job. @default - none */
  readonly tags?: Readonly<Record<string, string>> | undefined;

  /** Workspace folder for uploaded notebooks. @default - `/Shared/jobstrata/<name>` */
  readonly notebookRoot?: string | undefined;

  /** The identity that jobs run as, unless a job sets its own. @default - the deploying identity; required in production */
  readonly runAs?: RunAs | undefined;

  /** Permissions of every job, unless the job has its own. @default - none; required in production */
  readonly permissions?: readonly JobPermission[] | undefined;

  /** Recipients of notifications about every failed run, in addition to those of the job. @default - nobody */
  readonly failureNotifications?: FailureNotifications | undefined;

  /**
   * Defaults for the jobs of each level: retries, timeouts, health rules, notifications.
   * @default - nothing
   */
  readonly defaults?: Readonly<Partial<Record<JobLevel, JobDefaults>>> | undefined;

  /** Overrides for individual jobs in this environment, by job key. @default - none */
  readonly jobs?: Readonly<Record<string, JobOverrides>> | undefined;
}

const ENVIRONMENT_CLASS = Symbol.for("jobstrata/JobEnvironment");

const VARIABLE: Shapes<VariableProps> = {
  default: (value, path) => (value === null ? `${path} is null; leave it out` : undefined),
  type: filled,
  description: text,
  sensitive: flag,
};

const ENVIRONMENT_PROPS: Shapes<JobEnvironmentProps> = {
  name: text,
  mode: oneOf("development", "production", "imported"),
  namePrefix: text,
  hierarchyTags: flag,
  variables: mapOf((value, path) => {
    if (value === null) return `${path} is null; leave its default out to make it required`;
    return isPlainObject(value) ? object(VARIABLE)(value, path) : undefined;
  }),
  workspace: object<Workspace>({ host: text, profile: text }),
  backend: (value, path) =>
    typeof value === "function"
      ? undefined
      : `${path} is ${shown(value)}; it must be a function of the stack`,
  tags: mapOf(text),
  notebookRoot: text,
  runAs: RUN_AS,
  permissions: PERMISSIONS,
  failureNotifications: object<FailureNotifications>({
    emails: listOf(filled),
    webhooks: listOf(filled),
  }),
  defaults: object<Record<JobLevel, JobDefaults>>({
    atomic: object(JOB_DEFAULTS),
    composite: object(JOB_DEFAULTS),
    orchestrator: object(JOB_DEFAULTS),
  }),
  // Each job checks its own overrides.
  jobs: mapOf((value, path) =>
    isPlainObject(value) ? undefined : `${path} is ${shown(value)}; it must be an object`,
  ),
};

/** Converts a variable to its long form. */
export function variableConfig(value: VariableDefault | VariableProps): VariableProps {
  return typeof value === "object" && !Array.isArray(value)
    ? (value as VariableProps)
    : definedOnly({ default: value as VariableValue | undefined });
}

/** The Terraform type of a variable with this default. */
export function variableType(value: VariableValue | undefined): string {
  switch (typeof value) {
    case "number":
      return "number";
    case "boolean":
      return "bool";
    case "object": {
      const types = new Set(Object.values(value).map(variableType));
      const [type = "string"] = types;
      const of = types.size > 1 ? "any" : type;
      return Array.isArray(value) ? `list(${of})` : `map(${of})`;
    }
    default:
      return "string";
  }
}

/**
 * Whether the app is synthesized for the local workspace, for example by `jobstrata local exec` or `try`. Create an
 * environment for the local workspace only if this is true, so that it is never deployed elsewhere.
 */
export function inLocalWorkspace(): boolean {
  return process.env[LOCAL_STATE_DIR] !== undefined;
}

/** A deployment target, such as dev, staging or prod. Define the same jobs once for each environment. */
export class JobEnvironment {
  /** Short name such as `dev`. */
  public readonly name: string;
  /** Whether schedules are paused and runs may overlap. */
  public readonly isDevelopment: boolean;
  /** Prefix of every job name. */
  public readonly namePrefix: string;
  /** Workspace folder for uploaded notebooks, without `/Workspace`, as the API reports paths. */
  public readonly notebookRoot: string;

  /** @throws {JobstrataError} `invalid-environment` if an option is invalid */
  public constructor(public readonly props: JobEnvironmentProps) {
    const given: unknown = props;
    const fail = (problem: string): never => {
      const name = isPlainObject(given) && typeof given.name === "string" ? given.name : "";
      throw new JobstrataError("invalid-environment", `environment ${quote(name)}: ${problem}`);
    };
    const problem = object(ENVIRONMENT_PROPS, "name", "mode")(given, "");
    if (problem !== undefined) fail(problem);
    mark(this, ENVIRONMENT_CLASS, true);
    const { name, mode, variables = {}, runAs, permissions } = props;
    if (!/^[A-Za-z0-9_-]+$/.test(name))
      fail("its name must be letters, digits, _ and -, since it names stacks");
    for (const variable of Object.keys(variables)) {
      if (isVariableName(variable)) continue;
      fail(
        `invalid name of a Terraform variable: ${quote(variable)}; use letters, digits, _ and -, and none of ${RESERVED_VARIABLE_NAMES.join(", ")}`,
      );
    }
    if (mode === "production" && runAs === undefined) {
      fail(
        "production mode requires runAs; name a service principal, so that jobs do not depend on the account of a user",
      );
    }
    if (mode === "production" && (permissions ?? []).length === 0) {
      fail(
        "production mode requires permissions; grant at least CAN_VIEW, for example to the group users",
      );
    }
    this.name = name;
    this.isDevelopment = mode === "development";
    this.namePrefix = props.namePrefix ?? (mode === "imported" ? "" : `[${name}] `);
    const root = props.notebookRoot ?? `/Shared/jobstrata/${name}`;
    if (!root.startsWith("/") && !root.startsWith("${"))
      fail(`notebookRoot ${quote(root)} must be an absolute workspace path, such as "/Shared/x"`);
    this.notebookRoot = withoutMount(root).replace(/\/+$/, "");
    // Terraform would report an undeclared variable only during the plan.
    const texts = JSON.stringify([
      runAs,
      permissions,
      props.workspace,
      root,
      props.defaults,
      this.namePrefix,
    ]);
    for (const [, used = ""] of texts.matchAll(/\$\{var\.([\w-]+)/g)) this.variable(used);
  }

  /** True for a {@link JobEnvironment}, including one from another copy of this package. */
  public static isJobEnvironment(value: object): value is JobEnvironment {
    return ENVIRONMENT_CLASS in value;
  }

  /** The names of the environment's variables. */
  public get variableNames(): readonly string[] {
    return Object.keys(this.props.variables ?? {});
  }

  /**
   * A reference to a variable of the environment, for parameters and other text.
   *
   * @returns the Terraform expression `${var.<name>}`; for a list or map, its JSON: `${jsonencode(var.<name>)}`
   * @throws {JobstrataError} `unknown-variable` if the environment does not declare it
   */
  public variable(name: string): string {
    const names = this.variableNames;
    if (typeof name !== "string") {
      throw new JobstrataError(
        "unknown-variable",
        `environment ${quote(this.name)}: the name of a variable is ${shown(name)}; it must be text`,
      );
    }
    if (!names.includes(name)) {
      throw new JobstrataError(
        "unknown-variable",
        `environment ${quote(this.name)} has no variable ${quoteWithSuggestion(name, names)}; declare it in its variables`,
      );
    }
    const { type, default: value } = variableConfig(this.props.variables?.[name]);
    const isText = /^(?:string|number|bool|any)$/.test(type ?? variableType(value));
    return isText ? `\${var.${name}}` : `\${jsonencode(var.${name})}`;
  }
}

export { LOCAL_WAREHOUSE_ID };
