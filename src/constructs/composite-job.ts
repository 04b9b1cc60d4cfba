import type { JobConfig, JobTask, JobTaskRunJobTask } from "@cdktf/provider-databricks/lib/job";
import { Token } from "cdktf";
import type { Construct } from "constructs";
import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { TASK_KEY_PATTERN, quote } from "@jobstrata/core/model";
import { definedOnly, type IJob, JobBase } from "./job";
import type { JobProps } from "./job-props";
import { JobStack } from "./job-stack";

/** Options of a {@link CompositeJob}. */
export type CompositeJobProps = JobProps;

/** When a task runs, by how the tasks that it depends on ended. */
export type RunIf =
  | "ALL_SUCCESS"
  | "AT_LEAST_ONE_SUCCESS"
  | "NONE_FAILED"
  | "ALL_DONE"
  | "AT_LEAST_ONE_FAILED"
  | "ALL_FAILED";

/** A task of a composite job, for others to depend on. */
export class CompositeTask {
  /** @internal */
  public constructor(
    /** The job that the task belongs to. */
    public readonly job: CompositeJob,
    public readonly taskKey: string,
    /** The outcome of a condition task that is waited for. */
    public readonly outcome?: "true" | "false",
  ) {}
}

/** A condition task, whose two outcomes others can depend on. */
export class ConditionTask extends CompositeTask {
  /** Depend on this to run when the condition holds. */
  public get whenTrue(): CompositeTask {
    return new CompositeTask(this.job, this.taskKey, "true");
  }

  /** Depend on this to run when the condition does not hold. */
  public get whenFalse(): CompositeTask {
    return new CompositeTask(this.job, this.taskKey, "false");
  }
}

/** What all tasks of a composite job have. */
export interface CompositeTaskProps {
  /** What has to end before the task starts: handles that earlier calls returned. @default - nothing */
  readonly dependsOn?: CompositeTask | readonly CompositeTask[];
  /** @default "ALL_SUCCESS" */
  readonly runIf?: RunIf;
  /** @default - none */
  readonly description?: string;
}

/** Options of {@link CompositeJob.addRunJobTask}. */
export interface RunJobTaskProps extends CompositeTaskProps {
  /** Job parameters for the run; the job must declare them. @default - the job's own defaults */
  readonly jobParameters?: Readonly<Record<string, string>>;
  /** The task and its run are cancelled after this many seconds; 0 is never. @default 0 */
  readonly timeoutSeconds?: number;
  /** How often a failed run is tried again. @default 0 */
  readonly maxRetries?: number;
  /** Pause between two tries, in milliseconds. @default 0 */
  readonly minRetryIntervalMillis?: number;
}

/** Options of {@link CompositeJob.addConditionTask}. */
export interface ConditionTaskProps extends CompositeTaskProps {
  /** Left operand: text, or a reference such as `{{job.parameters.mode}}`. */
  readonly left: string;
  readonly op:
    | "EQUAL_TO"
    | "NOT_EQUAL"
    | "GREATER_THAN"
    | "GREATER_THAN_OR_EQUAL"
    | "LESS_THAN"
    | "LESS_THAN_OR_EQUAL";
  /** Right operand. */
  readonly right: string;
}

/** Options of {@link CompositeJob.addForEachTask}. */
export interface ForEachTaskProps extends RunJobTaskProps {
  /** What to run the job for: values, or a reference such as `{{tasks.list.values.regions}}`. At most 10 000 characters. */
  readonly inputs: readonly (string | number | boolean | object)[] | string;
  /** How many runs at a time, at most 100. @default 1 */
  readonly concurrency?: number;
}

/**
 * A job that runs other jobs, in an order. Its tasks hold no code: it has no way to take a notebook. It is tagged
 * `job_level = "composite"` and `orchestrator = "true"`.
 *
 * A composite job may run composite jobs; Run Job tasks nest at most three deep, which the policy proves.
 */
export class CompositeJob extends JobBase {
  readonly #tasks = new Map<string, JobTask>();

  /** @throws JobstrataError if the key, a tag, a parameter or a limit of the Jobs API is not kept */
  public constructor(scope: Construct, id: string, props: CompositeJobProps = {}) {
    super(scope, id, "composite", props, new.target);
    const { parameters, compute, ...retries } = this.stack.environment.props.jobs?.[id] ?? {};
    const foreign = definedOnly({
      parameters,
      compute,
      maxRetries: retries.maxRetries,
      minRetryIntervalMillis: retries.minRetryIntervalMillis,
      retryOnTimeout: retries.retryOnTimeout,
    });
    if (Object.keys(foreign).length > 0) {
      throw this.error(
        "invalid-job",
        `environment ${quote(this.stack.environment.name)} overrides its ${Object.keys(foreign).join(", ")}, which only an atomic job has`,
      );
    }
  }

  /**
   * Adds a task that runs another job.
   *
   * @param job any job of the same environment, in whichever stack, or one declared with `fromJobId` or `fromJobName`
   * @throws JobstrataError if the key is taken or not valid, or the job, a dependency or a parameter cannot be meant
   */
  public addRunJobTask(taskKey: string, job: IJob, props: RunJobTaskProps = {}): CompositeTask {
    this.#add(taskKey, props, {
      runJobTask: this.#runJobTask(taskKey, job, props),
      ...attempts(props),
    });
    return new CompositeTask(this, taskKey);
  }

  /**
   * Adds a task that compares two values; others depend on its outcomes.
   *
   * @throws JobstrataError if the key is taken or not valid, or a dependency cannot be meant
   */
  public addConditionTask(taskKey: string, props: ConditionTaskProps): ConditionTask {
    const { left, op, right } = props;
    this.#add(taskKey, props, { conditionTask: { left, op, right } });
    return new ConditionTask(this, taskKey);
  }

  /**
   * Adds a task that runs another job once for every input; `{{input}}` in a job parameter is the input.
   *
   * @throws JobstrataError as {@link addRunJobTask}, and for inputs or a concurrency beyond the limits
   */
  public addForEachTask(taskKey: string, job: IJob, props: ForEachTaskProps): CompositeTask {
    const { concurrency } = props;
    const inputs = typeof props.inputs === "string" ? props.inputs : JSON.stringify(props.inputs);
    if (inputs.length > 10_000) {
      throw this.error(
        "invalid-task",
        `for-each task ${quote(taskKey)} has inputs of ${inputs.length} characters; it can have 10000`,
      );
    }
    if (
      concurrency !== undefined &&
      !Token.isUnresolved(concurrency) &&
      !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 100)
    ) {
      throw this.error(
        "invalid-task",
        `for-each task ${quote(taskKey)} has concurrency ${concurrency}; it must be 1-100`,
      );
    }
    this.#add(taskKey, props, {
      forEachTask: {
        inputs,
        ...definedOnly({ concurrency }),
        task: {
          taskKey: `${taskKey.slice(0, 90)}_iteration`,
          runJobTask: this.#runJobTask(taskKey, job, props),
          ...attempts(props),
        },
      },
    });
    return new CompositeTask(this, taskKey);
  }

  protected override kindConfig(): Partial<JobConfig> {
    // The provider reports tasks sorted by key; in any other order every plan would show a difference.
    return { task: [...this.#tasks.values()].sort((a, b) => compare(a.taskKey, b.taskKey)) };
  }

  #add(taskKey: string, props: CompositeTaskProps, task: Omit<JobTask, "taskKey">): void {
    if (!TASK_KEY_PATTERN.test(taskKey)) {
      throw this.error(
        "invalid-task",
        `the task key ${quote(taskKey)} must be 1-100 letters, digits, _ and -`,
      );
    }
    if (this.#tasks.has(taskKey)) {
      throw this.error(
        "duplicate-task-key",
        `the task key ${quote(taskKey)} is taken; give each task a key of its own`,
      );
    }
    const { timeoutSeconds, maxRetries, minRetryIntervalMillis } = props as RunJobTaskProps;
    this.checkWhole("timeoutSeconds", timeoutSeconds, 0);
    this.checkWhole("maxRetries", maxRetries, -1);
    this.checkWhole("minRetryIntervalMillis", minRetryIntervalMillis, 0);
    const dependencies = new Map<string, { taskKey: string; outcome?: "true" | "false" }>();
    for (const dependency of [props.dependsOn ?? []].flat() as readonly CompositeTask[]) {
      const { job, taskKey: other, outcome } = dependency;
      dependencies.set(`${other} ${outcome ?? ""}`, {
        taskKey: other,
        ...definedOnly({ outcome }),
      });
      if (job === this) continue;
      throw this.error(
        "foreign-task",
        `task ${quote(taskKey)} depends on ${quote(other)} of job ${quote(job.key)}; a task can only depend on tasks of its own job`,
      );
    }
    const dependsOn = [...dependencies.values()].sort((a, b) => compare(a.taskKey, b.taskKey));
    this.#tasks.set(taskKey, {
      taskKey,
      ...(dependsOn.length > 0 && { dependsOn }),
      ...definedOnly({ runIf: props.runIf, description: props.description }),
      ...task,
    });
    this.resource.argumentsChanged();
  }

  #runJobTask(
    taskKey: string,
    job: IJob,
    { jobParameters = {} }: RunJobTaskProps,
  ): JobTaskRunJobTask {
    const environment = job.node.scopes.find((scope) => JobStack.isJobStack(scope))?.environment;
    if (environment !== undefined && environment.name !== this.stack.environment.name) {
      throw this.error(
        "foreign-job",
        `task ${quote(taskKey)} runs job ${quote(job.node.id)} of environment ${quote(environment.name)}, but this job belongs to ${quote(this.stack.environment.name)}`,
      );
    }
    if (JobBase.isJobBase(job)) {
      for (const name of Object.keys(jobParameters)) {
        if (job.jobParameterNames.includes(name)) continue;
        throw this.error(
          "invalid-task",
          `task ${quote(taskKey)} sets the job parameter ${quoteWithSuggestion(name, job.jobParameterNames)}, which job ${quote(job.key)} does not declare; add it to the jobParameters of that job`,
        );
      }
    }
    // A job of this library gives plain text, which costs less than the token of its id.
    const jobId = JobBase.isJobBase(job) ? this.stack.jobId(job) : job.id;
    return {
      // The expression becomes a number in Terraform.
      jobId: jobId as unknown as number,
      ...(Object.keys(jobParameters).length > 0 && { jobParameters: { ...jobParameters } }),
    };
  }
}

function attempts(
  props: RunJobTaskProps,
): Pick<JobTask, "timeoutSeconds" | "maxRetries" | "minRetryIntervalMillis"> {
  const { timeoutSeconds, maxRetries, minRetryIntervalMillis } = props;
  return definedOnly({ timeoutSeconds, maxRetries, minRetryIntervalMillis });
}

/** By code unit, as Go sorts: a locale would differ between machines. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
