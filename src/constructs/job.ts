import type { JobConfig } from "@cdktf/provider-databricks/lib/job";
import {
  Permissions,
  type PermissionsAccessControl,
} from "@cdktf/provider-databricks/lib/permissions";
import { Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  JOB_LEVEL_TAG,
  type JobLevel,
  mark,
  MAX_DESCRIPTION,
  MAX_NAME_BYTES,
  MAX_TAGS,
  MAX_WEBHOOKS,
  PARAMETER_NAME_PATTERN,
  quote,
  SOURCE,
} from "@jobstrata/core/model";
import { captureSource } from "@jobstrata/core/source-location";
import type { JobDefaults, JobOverrides, JobPermission, JobProps } from "./job-props";
import { JobResource } from "./job-resource";
import { NOTEBOOK_TASK, RETRIES } from "./job-shapes";
import { JobStack } from "./job-stack";
import { placeOf } from "./place-of";
import { definedOnly } from "./objects";
import { filled, isPlainObject, propsProblem, type Shape, shown } from "./shape";
import { undeclaredMessage, undeclaredVariable } from "./variables";
import { notificationConfig, notifications, list } from "./job-notifications";

/** A job that a composite job can run. */
export interface IJob extends IConstruct {
  /** The job's id, valid in every stack of the app. */
  readonly id: string;
}

const JOB = Symbol.for("jobstrata/Job");

/** Props that no environment can override. */
const FIXED = ["notebook", "taskKey"];

/** Properties of a kind of job, for {@link JobBase}. @internal */
export interface JobKind {
  readonly level: JobLevel;
  /** The class; its caller is the source location of the job. */
  readonly constructor: NewableFunction;
  /** Shapes of its props. */
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

/** Base class of jobs of every level: key, name, tags, and everything in {@link JobProps}. */
export abstract class JobBase<P extends JobProps = JobProps> extends Construct implements IJob {
  /** The construct id, which is also the Terraform resource name. */
  public readonly key: string;
  /** Display name with the environment's prefix. */
  public readonly name: string;
  /** Tag `job_level` of the job. */
  public readonly level: JobLevel;
  /** Names of the declared job parameters. */
  public readonly jobParameterNames: readonly string[];
  /** The `databricks_job`; users access it as `node.defaultChild`. @internal */
  public readonly resource: JobResource;
  /** The job's props merged with its environment's defaults and overrides. @internal */
  protected readonly props: P;

  readonly #stack: JobStack;
  readonly #tags: Readonly<Record<string, string>>;

  /** @internal */
  protected constructor(scope: Construct, id: string, props: P, kind: JobKind) {
    const { level, shapes, required = [] } = kind;
    const where = placeOf(scope, id);
    if (scope.node.tryFindChild(id) !== undefined) {
      throw new JobstrataError(
        "duplicate-job-key",
        `${where} the construct id ${quote(id)} is taken; give each job a key of its own`,
      );
    }
    if (!/^[A-Za-z_][\w-]*$/.test(id)) {
      throw new JobstrataError(
        "invalid-job-key",
        `${where} the construct id ${quote(id)} must be letters, digits, _ and -, not beginning with a digit or -, since it names the Terraform resource`,
      );
    }
    super(scope, id);
    this.key = id;
    this.level = level;
    mark(this, JOB, true);
    mark(this, SOURCE, captureSource(kind.constructor));
    this.#stack = JobStack.of(this);
    this.#stack.registerJob(this);
    const problem = isPlainObject(props)
      ? propsProblem(props, shapes, required)
      : `its props are ${shown(props)}; they must be an object`;
    if (problem !== undefined) throw this.error("invalid-job", problem);
    const { defaults, jobs } = this.#stack.environment.props;
    const overrides = jobs?.[id];
    this.#checkOverrides(overrides, shapes);
    const own = { ...defaultsFor(defaults?.[level], props), ...definedOnly(props) } as P;
    this.props = withOverrides(own, overrides);
    this.name = `${this.#stack.environment.namePrefix}${this.props.name ?? id}`;
    this.jobParameterNames = Object.keys(this.props.jobParameters ?? {});
    this.#checkLimits();
    this.#tags = this.#makeTags();
    this.resource = new JobResource(this, "Default", () => this.#toConfig(), this.#tags);
    this.resource.overrideLogicalId(id);
    this.#addPermissions();
  }

  /** True for a job of this library, including one from another copy of this package. */
  public static isJobBase(job: object): job is JobBase {
    return JOB in job;
  }

  public get id(): string {
    return Token.asString(this.resource.getStringAttribute("id"));
  }

  /** URL of the job in the workspace, known after deployment. */
  public get url(): string {
    return Token.asString(this.resource.getStringAttribute("url"));
  }

  /** The stack that contains the job. */
  public get stack(): JobStack {
    return this.#stack;
  }

  /**
   * Sets an argument without a prop on one task, whatever the task's position in Terraform's list.
   *
   * @param path below the task, in Terraform names: `notebook_task.source`
   * @throws {JobstrataError} `invalid-job` for a path that `databricks_job` does not have; during synthesis, if the job
   *   has no such task
   */
  public addTaskOverride(taskKey: string, path: string, value: unknown): void {
    const problem = filled(taskKey, "the task key") ?? filled(path, "the path");
    if (problem !== undefined) throw this.error("invalid-job", `addTaskOverride: ${problem}`);
    this.resource.addTaskOverride(taskKey, path, value);
  }

  /** The arguments specific to this kind of job. @internal */
  protected abstract kindConfig(): Partial<JobConfig>;

  /** An error with the job's construct path. @internal */
  protected error(code: JobstrataError["code"], problem: string): JobstrataError {
    return new JobstrataError(code, `[${this.node.path}] ${problem}`);
  }

  /** Throws if `config` refers to a variable that neither the environment nor the stack declares. @internal */
  protected checkVariables(config: unknown): void {
    const name = undeclaredVariable(config, this.#stack);
    if (name === undefined) return;
    throw this.error("unknown-variable", undeclaredMessage(name, this.#stack));
  }

  /** Call at the end of a constructor, when the arguments are complete. @internal */
  protected checkConfig(): void {
    this.checkVariables(this.resource.arguments);
  }

  #checkOverrides(overrides: JobOverrides | undefined, shapes: JobKind["shapes"]): void {
    if (overrides === undefined) return;
    const environment = quote(this.#stack.environment.name);
    const foreign = Object.keys(overrides).filter(
      (name) => !Object.hasOwn(shapes, name) && Object.hasOwn(NOTEBOOK_TASK, name),
    );
    if (foreign.length > 0) {
      throw this.error(
        "invalid-job",
        `environment ${environment} overrides its ${foreign.join(", ")}, which only an atomic job has`,
      );
    }
    const allowed = Object.entries(shapes).filter(([name]) => !FIXED.includes(name));
    const problem = propsProblem(overrides, Object.fromEntries(allowed));
    if (problem !== undefined)
      throw this.error("invalid-job", `in environment ${environment}, ${problem}`);
  }

  #toConfig(): JobConfig {
    const { props } = this;
    const { environment } = this.#stack;
    const { isDevelopment, props: defaults } = environment;
    const { trigger } = props;
    const continuous = trigger?.isContinuous === true;
    const paused = isDevelopment
      ? (defaults.jobs?.[this.key]?.paused ?? true)
      : (props.paused ?? false);
    return definedOnly({
      name: this.name,
      description: props.description,
      tags: this.#tags,
      parameter: list(
        Object.entries(props.jobParameters ?? {}).map(([name, value]) => ({
          name,
          default: value,
        })),
      ),
      ...trigger?.toConfig(paused),
      timeoutSeconds: props.timeoutSeconds,
      maxConcurrentRuns: props.maxConcurrentRuns ?? (isDevelopment && !continuous ? 4 : 1),
      queue: { enabled: props.queue ?? !continuous },
      ...notificationConfig(props, defaults.failureNotifications),
      runAs: props.runAs ?? defaults.runAs,
      performanceTarget: props.performanceTarget,
      usagePolicyId: props.usagePolicyId,
      budgetPolicyId: props.budgetPolicyId,
      editMode: props.editMode,
      deployment: props.deployment && definedOnly(props.deployment),
      providerConfig: props.providerConfig,
      timeouts: props.timeouts && definedOnly(props.timeouts),
      ...this.kindConfig(),
    });
  }

  /**
   * Merges the library's, the environment's and the job's tags. The others may repeat the library's tags but not change
   * them.
   */
  #makeTags(): Record<string, string> {
    const { level } = this;
    const { layer = this.#stack.layer, purpose, tags = {} } = this.props;
    if (this.#stack.environment.props.hierarchyTags === false) return this.#ownTags();
    const owned: Record<string, string | undefined> = {
      [JOB_LEVEL_TAG]: level,
      layer,
      purpose,
      orchestrator: level === "atomic" ? undefined : "true",
    };
    const free = { ...this.#stack.environment.props.tags, ...tags };
    for (const [tag, value] of Object.entries(free)) {
      if (!Object.hasOwn(owned, tag) || owned[tag] === value) continue;
      const fix =
        tag === "layer" || tag === "purpose"
          ? owned[tag] === undefined || this.props[tag] === undefined
            ? `give it as ${tag}`
            : `remove the tag or change ${tag}`
          : "remove the tag; it follows from the class of the job";
      const is = owned[tag] === undefined ? "has none" : `has ${quote(owned[tag])}`;
      throw this.error(
        "tag-conflict",
        `the tag ${tag} is ${quote(value)}, but the ${level} job ${is}; ${fix}`,
      );
    }
    const all = definedOnly({ ...owned, ...free }) as Record<string, string>;
    if (Object.keys(all).length > MAX_TAGS) {
      throw this.error(
        "invalid-job",
        `it has ${Object.keys(all).length} tags; a job can have ${MAX_TAGS}`,
      );
    }
    return all;
  }

  /** The tags set by the environment and the job. */
  #ownTags(): Record<string, string> {
    return { ...this.#stack.environment.props.tags, ...this.props.tags };
  }

  /** Checks limits of the Jobs API that would otherwise fail only during deployment. */
  #checkLimits(): void {
    const {
      description = "",
      maxConcurrentRuns = 1,
      jobParameters = {},
      trigger,
      webhookNotifications,
    } = this.props;
    const bytes = Buffer.byteLength(this.name);
    if (bytes > MAX_NAME_BYTES)
      throw this.error(
        "invalid-job",
        `its name has ${bytes} bytes; a job name can have ${MAX_NAME_BYTES}`,
      );
    if (description.length > MAX_DESCRIPTION) {
      throw this.error(
        "invalid-job",
        `its description has ${description.length} characters; it can have ${MAX_DESCRIPTION}`,
      );
    }
    if (trigger?.isContinuous === true && maxConcurrentRuns > 1) {
      throw this.error(
        "invalid-job",
        `maxConcurrentRuns is ${maxConcurrentRuns}, but a continuous job has one run at a time; leave it out`,
      );
    }
    if (trigger?.isContinuous === true && this.props.queue === true) {
      throw this.error(
        "invalid-job",
        "queue is true, but a continuous job cannot queue; leave it out",
      );
    }
    for (const name of Object.keys(jobParameters)) this.checkParameterName(name, "jobParameters");
    const { webhooks: failures } = this.#stack.environment.props.failureNotifications ?? {};
    for (const [event, ids] of Object.entries(
      (notifications(webhookNotifications, failures) ?? {}) as Record<string, readonly string[]>,
    )) {
      if (ids.length > MAX_WEBHOOKS) {
        throw this.error(
          "invalid-job",
          `webhookNotifications.${event} names ${ids.length} destinations, those of the environment included; it can name ${MAX_WEBHOOKS}`,
        );
      }
    }
  }

  /** Throws for a parameter name that the Jobs API rejects. @internal */
  protected checkParameterName(name: string, prop: string): void {
    if (PARAMETER_NAME_PATTERN.test(name)) return;
    throw this.error(
      "invalid-job",
      `${prop} has the name ${quote(name)}; use letters, digits, _, - and .`,
    );
  }

  #addPermissions(): void {
    const permissions = this.props.permissions ?? this.#stack.environment.props.permissions ?? [];
    if (permissions.length === 0) {
      if (this.#stack.environment.props.mode !== "production") return;
      throw this.error(
        "invalid-job",
        "it has no permissions, which production mode requires; leave them out to use those of the environment",
      );
    }
    const resource = new Permissions(this, "permissions", {
      jobId: `\${databricks_job.${this.key}.id}`,
      accessControl: permissions.map(accessControl),
    });
    resource.overrideLogicalId(this.key);
  }
}

/** @internal */
export function isJob(value: unknown): value is IJob {
  if (!Construct.isConstruct(value)) return false;
  // Tests our own jobs first: reading their id would create an unused token.
  return JobBase.isJobBase(value) || ("id" in value && typeof value.id === "string");
}

function accessControl({ level, ...principal }: JobPermission): PermissionsAccessControl {
  return { permissionLevel: level, ...principal };
}

/** Applies the environment's overrides of a job; maps are merged. */
function withOverrides<T extends JobProps>(props: T, overrides: JobOverrides | undefined): T {
  if (overrides === undefined) return props;
  const merged = { ...props, ...definedOnly(overrides) };
  for (const map of ["tags", "jobParameters", "parameters"] as const) {
    const values = { ...(props as JobOverrides)[map], ...overrides[map] };
    if (Object.keys(values).length > 0) (merged as Record<string, unknown>)[map] = values;
  }
  return merged;
}

/** The defaults of a level that apply to a job. A continuous job has one run, and no retries, since it restarts anyway. */
function defaultsFor(defaults: JobDefaults = {}, { trigger }: JobProps): JobDefaults {
  if (trigger?.isContinuous !== true) return definedOnly(defaults);
  const fitting = Object.entries(defaults).filter(
    ([name]) => !Object.hasOwn(RETRIES, name) && name !== "maxConcurrentRuns",
  );
  return definedOnly(Object.fromEntries(fitting) as JobDefaults);
}
