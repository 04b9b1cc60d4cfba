import type { TerraformStack } from "cdktf";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { LOCAL_STATE_DIR, LOCAL_WAREHOUSE_ID, quote } from "@jobstrata/core/model";
import type { JobOverrides, JobPermission, RunAs } from "./job-props";

/** Default of a Terraform variable; `undefined` makes the variable required. */
export type VariableDefault = string | number | boolean | undefined;

/** A Terraform variable, when its default is not all there is to say. */
export interface VariableProps {
  /** @default - none: Terraform asks for a value */
  readonly default?: VariableDefault;
  /** Shown by Terraform when it asks for the value. */
  readonly description?: string;
  /** Keeps the value out of Terraform's output. @default false */
  readonly sensitive?: boolean;
}

/** How a Databricks workspace is found. Credentials come from Databricks unified authentication, never from code. */
export interface Workspace {
  /** URL such as `https://my.cloud.databricks.com`. @default - `DATABRICKS_HOST` or the profile's */
  readonly host?: string;
  /** Profile of `~/.databrickscfg`. @default - `DATABRICKS_CONFIG_PROFILE`, or what the SDK finds */
  readonly profile?: string;
}

/** Who hears of a failed run of any job of an environment. */
export interface FailureNotifications {
  /** E-mail addresses. @default - none */
  readonly emails?: readonly string[];
  /** Ids of notification destinations; at most 3. @default - none */
  readonly webhooks?: readonly string[];
}

/** Options of a {@link JobEnvironment}. */
export interface JobEnvironmentProps {
  /** Short name such as `dev`: in stack names and, as `[dev] `, before every job name. Letters, digits, `_`, `-`. */
  readonly name: string;

  /**
   * `development`: schedules and triggers are paused and 4 runs of a job may overlap, so that people can try things.
   * `production`: run_as and permissions are demanded, and schedules run.
   */
  readonly mode: "development" | "production";

  /**
   * Terraform variables of every stack of the environment, by name, with their defaults here. `--var`, `TF_VAR_…` and
   * variable files replace the defaults.
   * @default - none
   */
  readonly variables?: Readonly<Record<string, VariableDefault | VariableProps>>;

  /** @default - all from the shell's environment */
  readonly workspace?: Workspace;

  /**
   * Makes the Terraform backend of a stack: `(stack) => new S3Backend(stack, { key: stack.node.id, … })`.
   * @default - `terraform.<stack>.tfstate` in the folder that the app runs in
   */
  readonly backend?: (stack: TerraformStack) => unknown;

  /** Tags of every job. @default - none */
  readonly tags?: Readonly<Record<string, string>>;

  /** Workspace folder that local notebooks are uploaded below. @default - `/Shared/jobstrata/<name>` */
  readonly notebookRoot?: string;

  /** Who every job runs as, unless the job says so itself. @default - whoever deploys; production demands one */
  readonly runAs?: RunAs;

  /** Permissions of every job, unless the job gives its own. @default - none; production demands one */
  readonly permissions?: readonly JobPermission[];

  /** Told of every failed run, beside those whom a job names itself. @default - nobody */
  readonly failureNotifications?: FailureNotifications;

  /** What single jobs have otherwise in this environment, by job key. @default - nothing */
  readonly jobs?: Readonly<Record<string, JobOverrides>>;
}

/** What a module can be given beside its variables, so that no variable can be called so. */
const META_ARGUMENTS: ReadonlySet<string> = new Set([
  "count",
  "depends_on",
  "for_each",
  "lifecycle",
  "locals",
  "providers",
  "source",
  "version",
]);

/**
 * Whether what is synthesized goes into the local workspace of this machine, as with `jobstrata local exec` and `try`. An
 * environment that is meant for it alone is best made under this condition, so that nobody deploys it anywhere else.
 */
export function inLocalWorkspace(): boolean {
  return process.env[LOCAL_STATE_DIR] !== undefined;
}

/** One target of a deployment: dev, staging, prod or any other. The same jobs are made once for each. */
export class JobEnvironment {
  /** Short name such as `dev`. */
  public readonly name: string;
  /** Schedules are paused and runs may overlap. */
  public readonly isDevelopment: boolean;
  /** Workspace folder that local notebooks are uploaded below; without `/Workspace`, as the API reports paths. */
  public readonly notebookRoot: string;

  /** @throws JobstrataError `invalid-environment` if a value cannot be what it stands for */
  public constructor(public readonly props: JobEnvironmentProps) {
    const { name, mode, variables = {}, runAs, permissions } = props;
    const fail = (problem: string): never => {
      throw new JobstrataError("invalid-environment", `environment ${quote(name)}: ${problem}`);
    };
    if (!/^[A-Za-z0-9_-]+$/.test(name))
      fail("its name must be letters, digits, _ and -, since it names stacks");
    for (const variable of Object.keys(variables)) {
      if (/^[A-Za-z_][\w-]*$/.test(variable) && !META_ARGUMENTS.has(variable)) continue;
      fail(
        `${quote(variable)} is no name for a Terraform variable; use letters, digits, _ and -, and none of ${[...META_ARGUMENTS].join(", ")}`,
      );
    }
    if (mode === "production" && runAs === undefined) {
      fail(
        "production mode demands runAs; name a service principal, so that jobs outlive the account of who deploys them",
      );
    }
    if (mode === "production" && (permissions ?? []).length === 0) {
      fail(
        "production mode demands permissions; name at least who may view the runs, such as the group users",
      );
    }
    this.name = name;
    this.isDevelopment = mode === "development";
    const root = props.notebookRoot ?? `/Shared/jobstrata/${name}`;
    if (!root.startsWith("/") && !root.startsWith("${"))
      fail(`notebookRoot ${quote(root)} must be an absolute workspace path, such as "/Shared/x"`);
    this.notebookRoot = root.replace(/^\/Workspace(?=\/)/, "").replace(/\/+$/, "");
    // A reference to a variable that is not declared would be found by Terraform, but only in the plan.
    const texts = JSON.stringify([runAs, permissions, props.workspace]);
    for (const [, used = ""] of texts.matchAll(/\$\{var\.([\w-]+)/g)) this.variable(used);
  }

  /**
   * A reference to one of the environment's variables, for parameters and anything else that takes text.
   *
   * @returns the Terraform expression `${var.<name>}`
   * @throws JobstrataError `unknown-variable` if the environment does not declare it
   */
  public variable(name: string): string {
    const names = Object.keys(this.props.variables ?? {});
    if (!names.includes(name)) {
      throw new JobstrataError(
        "unknown-variable",
        `environment ${quote(this.name)} has no variable ${quoteWithSuggestion(name, names)}; declare it in its variables`,
      );
    }
    return `\${var.${name}}`;
  }
}

export { LOCAL_WAREHOUSE_ID };
