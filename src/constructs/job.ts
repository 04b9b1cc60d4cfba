import type {
  JobConfig,
  JobEmailNotifications,
  JobWebhookNotifications,
} from "@cdktf/provider-databricks/lib/job";
import {
  Permissions,
  type PermissionsAccessControl,
} from "@cdktf/provider-databricks/lib/permissions";
import { Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import { JOB_LEVEL_TAG, type JobLevel, mark, SOURCE, quote } from "@jobstrata/core/model";
import { captureSource } from "@jobstrata/core/source-location";
import type { FailureNotifications } from "./job-environment";
import type { JobOverrides, JobPermission, JobProps, NotificationEvents } from "./job-props";
import { JobResource } from "./job-resource";
import { JobStack } from "./job-stack";

/** A job that a composite job can run. */
export interface IJob extends IConstruct {
  /** The id of the job, for any other resource that needs it; usable in every stack of the app. */
  readonly id: string;
}

const JOB = Symbol.for("jobstrata/Job");

/** What atomic and composite jobs share: the key, the name, the tags, and everything of {@link JobProps}. */
export abstract class JobBase extends Construct implements IJob {
  /** Construct id = Terraform resource name = job key. */
  public readonly key: string;
  /** Display name, with the environment before it. */
  public readonly name: string;
  /** Names of the job parameters that the job declares. */
  public readonly jobParameterNames: readonly string[];
  /** The `databricks_job`; `node.defaultChild` for users of the construct. @internal */
  public readonly resource: JobResource;

  readonly #stack: JobStack;
  readonly #props: JobProps;
  readonly #tags: Readonly<Record<string, string>>;

  protected constructor(
    scope: Construct,
    id: string,
    level: JobLevel,
    props: JobProps,
    constructor: NewableFunction,
  ) {
    if (scope.node.tryFindChild(id) !== undefined) {
      throw new JobstrataError(
        "duplicate-job-key",
        `[${scope.node.path}/${id}] the construct id ${quote(id)} is taken; give each job a key of its own`,
      );
    }
    super(scope, id);
    this.key = id;
    mark(this, JOB, true);
    mark(this, SOURCE, captureSource(constructor));
    if (!/^[A-Za-z_][\w-]*$/.test(id)) {
      throw this.error(
        "invalid-job-key",
        `the construct id ${quote(id)} must be letters, digits, _ and -, not beginning with a digit or -, since it names the Terraform resource`,
      );
    }
    this.#stack = JobStack.of(this);
    this.#stack.registerJob(this);
    this.#props = withOverrides(props, this.#stack.environment.props.jobs?.[id]);
    this.name = `[${this.#stack.environment.name}] ${this.#props.name ?? id}`;
    this.jobParameterNames = Object.keys(this.#props.jobParameters ?? {});
    this.#checkLimits();
    this.#tags = this.#makeTags(level);
    this.resource = new JobResource(this, "Default", () => this.#toConfig());
    this.resource.overrideLogicalId(id);
    this.#addPermissions();
  }

  /** True for a job of this library, also one of another copy of this package. */
  public static isJobBase(job: IJob): job is JobBase {
    return JOB in job;
  }

  public get id(): string {
    return Token.asString(this.resource.getStringAttribute("id"));
  }

  /** The page of the job in the workspace, known after it was deployed. */
  public get url(): string {
    return Token.asString(this.resource.getStringAttribute("url"));
  }

  /** The stack that the job is in. */
  public get stack(): JobStack {
    return this.#stack;
  }

  /** The arguments that only this kind of job has. */
  protected abstract kindConfig(): Partial<JobConfig>;

  /** An error that says which job it is about. */
  protected error(code: JobstrataError["code"], problem: string): JobstrataError {
    return new JobstrataError(code, `[${this.node.path}] ${problem}`);
  }

  #toConfig(): JobConfig {
    const props = this.#props;
    const { environment } = this.#stack;
    const { isDevelopment, props: defaults } = environment;
    const { trigger } = props;
    const continuous = trigger?.isContinuous === true;
    const paused = isDevelopment
      ? (defaults.jobs?.[this.key]?.paused ?? true)
      : (props.paused ?? false);
    const failures = defaults.failureNotifications;
    const settings = definedOnly({
      noAlertForSkippedRuns: props.noAlertForSkippedRuns,
      noAlertForCanceledRuns: props.noAlertForCanceledRuns,
    });
    return definedOnly<JobConfig>({
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
      health:
        props.healthRules === undefined || props.healthRules.length === 0
          ? undefined
          : {
              rules: props.healthRules.map(({ metric, op = "GREATER_THAN", value }) => ({
                metric,
                op,
                value,
              })),
            },
      emailNotifications: notifications(props.emailNotifications, failures?.emails),
      webhookNotifications: webhooks(notifications(props.webhookNotifications, failures?.webhooks)),
      notificationSettings: Object.keys(settings).length === 0 ? undefined : settings,
      runAs: props.runAs ?? defaults.runAs,
      ...this.kindConfig(),
    });
  }

  /** The tags that the library owns, the environment's and the job's own; the latter may repeat the first, not change them. */
  #makeTags(level: JobLevel): Record<string, string> {
    const { layer = this.#stack.layer, purpose, tags = {} } = this.#props;
    const owned: Record<string, string | undefined> = {
      [JOB_LEVEL_TAG]: level,
      layer,
      purpose,
      orchestrator: level === "composite" ? "true" : undefined,
    };
    const free = { ...this.#stack.environment.props.tags, ...tags };
    for (const [tag, value] of Object.entries(free)) {
      if (!Object.hasOwn(owned, tag) || owned[tag] === value) continue;
      const mend =
        tag === "layer" || tag === "purpose"
          ? owned[tag] === undefined || this.#props[tag] === undefined
            ? `give it as ${tag}`
            : `remove the tag or change ${tag}`
          : "remove the tag; it follows from the class of the job";
      const is = owned[tag] === undefined ? "has none" : `has ${quote(owned[tag])}`;
      throw this.error(
        "tag-conflict",
        `the tag ${tag} is ${quote(value)}, but the ${level} job ${is}; ${mend}`,
      );
    }
    const all = definedOnly({ ...owned, ...free }) as Record<string, string>;
    if (Object.keys(all).length > 25) {
      throw this.error("invalid-job", `it has ${Object.keys(all).length} tags; a job can have 25`);
    }
    return all;
  }

  /** The limits of the Jobs API that would be met only in a deployment. */
  #checkLimits(): void {
    const {
      description = "",
      maxConcurrentRuns = 1,
      jobParameters = {},
      trigger,
      webhookNotifications,
    } = this.#props;
    const bytes = Buffer.byteLength(this.name);
    if (bytes > 4096)
      throw this.error("invalid-job", `its name has ${bytes} bytes; a job name can have 4096`);
    if (description.length > 27_700) {
      throw this.error(
        "invalid-job",
        `its description has ${description.length} characters; it can have 27700`,
      );
    }
    if (
      !Token.isUnresolved(maxConcurrentRuns) &&
      !(Number.isInteger(maxConcurrentRuns) && maxConcurrentRuns >= 0 && maxConcurrentRuns <= 1000)
    ) {
      throw this.error(
        "invalid-job",
        `maxConcurrentRuns is ${maxConcurrentRuns}; it must be 0-1000`,
      );
    }
    if (trigger?.isContinuous === true && maxConcurrentRuns > 1) {
      throw this.error(
        "invalid-job",
        `maxConcurrentRuns is ${maxConcurrentRuns}, but a continuous job has one run at a time; leave it out`,
      );
    }
    if (trigger?.isContinuous === true && this.#props.queue === true) {
      throw this.error(
        "invalid-job",
        "queue is true, but a continuous job cannot queue; leave it out",
      );
    }
    this.checkWhole("timeoutSeconds", this.#props.timeoutSeconds, 0);
    for (const name of Object.keys(jobParameters)) this.checkParameterName(name, "jobParameters");
    const { webhooks: failures } = this.#stack.environment.props.failureNotifications ?? {};
    for (const [event, ids] of Object.entries(
      (notifications(webhookNotifications, failures) ?? {}) as Record<string, readonly string[]>,
    )) {
      if (ids.length > 3) {
        throw this.error(
          "invalid-job",
          `webhookNotifications.${event} names ${ids.length} destinations, those of the environment included; it can name 3`,
        );
      }
    }
  }

  /** Throws for a number that is not whole or is below `least`. */
  protected checkWhole(prop: string, value: number | undefined, least: number): void {
    if (value === undefined || Token.isUnresolved(value)) return;
    if (Number.isInteger(value) && value >= least) return;
    throw this.error(
      "invalid-job",
      `${prop} is ${value}; it must be a whole number, ${least} or more`,
    );
  }

  /** Throws for a name that the Jobs API refuses. */
  protected checkParameterName(name: string, prop: string): void {
    if (/^[\w.-]+$/.test(name)) return;
    throw this.error(
      "invalid-job",
      `${prop} has the name ${quote(name)}; use letters, digits, _, - and .`,
    );
  }

  #addPermissions(): void {
    const permissions = this.#props.permissions ?? this.#stack.environment.props.permissions ?? [];
    if (permissions.length === 0) {
      if (this.#stack.environment.isDevelopment) return;
      throw this.error(
        "invalid-job",
        "it has no permissions, which production mode demands; leave them out to have the environment's",
      );
    }
    const resource = new Permissions(this, "permissions", {
      jobId: `\${databricks_job.${this.key}.id}`,
      accessControl: permissions.map(accessControl),
    });
    resource.overrideLogicalId(this.key);
  }
}

function accessControl({ level, ...principal }: JobPermission): PermissionsAccessControl {
  return { permissionLevel: level, ...principal };
}

/** What the environment says of one job comes over what the job says; maps are merged. */
export function withOverrides<T extends JobProps>(
  props: T,
  overrides: JobOverrides | undefined,
): T {
  if (overrides === undefined) return props;
  const merged = { ...props, ...definedOnly(overrides) };
  for (const map of ["tags", "jobParameters", "parameters"] as const) {
    const values = { ...(props as JobOverrides)[map], ...overrides[map] };
    if (Object.keys(values).length > 0) (merged as Record<string, unknown>)[map] = values;
  }
  return merged;
}

/** The job's own notifications; who hears of failures in the environment hears of this job's too. */
function notifications(
  own: NotificationEvents | undefined,
  failures: FailureNotifications["emails"] = [],
): JobEmailNotifications | undefined {
  const onFailure = [...new Set([...(own?.onFailure ?? []), ...failures])];
  const events = definedOnly({ ...own, onFailure: list(onFailure) });
  return Object.keys(events).length === 0 ? undefined : (events as JobEmailNotifications);
}

/** E-mail takes addresses, webhooks take objects with an id. */
function webhooks(events: JobEmailNotifications | undefined): JobWebhookNotifications | undefined {
  if (events === undefined) return undefined;
  const entries = Object.entries(events as Record<string, readonly string[]>);
  return Object.fromEntries(entries.map(([event, ids]) => [event, ids.map((id) => ({ id }))]));
}

function list<T>(values: readonly T[]): T[] | undefined {
  return values.length === 0 ? undefined : [...values];
}

/** The object without the properties that are undefined. */
export function definedOnly<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
