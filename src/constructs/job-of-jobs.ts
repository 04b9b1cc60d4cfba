import type { JobConfig, JobTask, JobTaskRunJobTask } from "@cdktf/provider-databricks/lib/job";
import { Construct } from "constructs";
import { quoteWithSuggestion } from "@jobstrata/core/errors";
import {
  compare,
  CONDITION_OPERATORS,
  type ConditionOperator,
  mark,
  MAX_FOR_EACH_CONCURRENCY,
  MAX_FOR_EACH_INPUTS,
  quote,
  RUN_IF,
  type RunIf,
  TASK_KEY_PATTERN,
} from "@jobstrata/core/model";
import { type IJob, isJob, JobBase, type JobKind } from "./job";
import { notificationConfig } from "./job-notifications";
import type { JobProps, TaskRetryProps, TaskSettings } from "./job-props";
import { RETRIES, TASK_SETTINGS } from "./job-shapes";
import { JobStack } from "./job-stack";
import { definedOnly } from "./objects";
import { isStandIn } from "./stand-in";
import {
  flag,
  isPlainObject,
  listOf,
  mapOf,
  object,
  oneOf,
  propsProblem,
  type Shape,
  type Shapes,
  shown,
  text,
  whole,
} from "./shape";

const TASK = Symbol.for("jobstrata/Task");

/**
 * A task of a composite job or an orchestrator, on which other tasks can depend. `Key` is the key of its job, so that
 * the compiler rejects a dependency on a task of another job.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a task of some job fits anywhere
export class Task<Key extends string = any> {
  /** Key of the job that the task belongs to. */
  public readonly jobKey: Key;

  /** @internal */
  public constructor(
    /** The job that the task belongs to. */
    public readonly job: JobOfJobs<Key>,
    public readonly taskKey: string,
    /** The outcome to wait for, if the task is a condition task. */
    public readonly outcome?: "true" | "false",
  ) {
    this.jobKey = job.key as Key;
    mark(this, TASK, true);
  }

  /** True for a {@link Task}, including one from another copy of this package. */
  public static isTask(value: unknown): value is Task {
    return typeof value === "object" && value !== null && TASK in value;
  }
}

/** A condition task. Other tasks can depend on either outcome. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as for Task
export class ConditionTask<Key extends string = any> extends Task<Key> {
  /** Depend on this to run if the condition is true. */
  public get whenTrue(): Task<Key> {
    return new Task(this.job, this.taskKey, "true");
  }

  /** Depend on this to run if the condition is false. */
  public get whenFalse(): Task<Key> {
    return new Task(this.job, this.taskKey, "false");
  }
}

/** Props of all tasks of composite jobs and orchestrators. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as for Task
export interface TaskProps<Key extends string = any> extends TaskSettings {
  /** Tasks that must end before this task starts, as returned by earlier calls. @default - none */
  readonly dependsOn?: Task<Key> | readonly Task<Key>[] | undefined;
  /** @default "ALL_SUCCESS" */
  readonly runIf?: RunIf | undefined;
}

/** Options of `addRunJobTask`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as for Task
export interface RunJobTaskProps<Key extends string = any> extends TaskProps<Key>, TaskRetryProps {
  /** Job parameters for the run; the job must declare them. @default - the job's own defaults */
  readonly jobParameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Allows an orchestrator to run an atomic job, which is normally the task of a composite job. Not for composite jobs,
   * which run nothing else.
   * @default false
   */
  readonly runsAtomicJob?: boolean | undefined;
  /** `base_parameters` of the notebook tasks of a job without job parameters. @default - none */
  readonly notebookParams?: Readonly<Record<string, string>> | undefined;
  /** For the Python script tasks of the job. @default - none */
  readonly pythonParams?: readonly string[] | undefined;
  /** For the Python wheel tasks of the job. @default - none */
  readonly pythonNamedParams?: Readonly<Record<string, string>> | undefined;
  /** For the SQL tasks of the job. @default - none */
  readonly sqlParams?: Readonly<Record<string, string>> | undefined;
  /** For the dbt tasks of the job. @default - none */
  readonly dbtCommands?: readonly string[] | undefined;
  /** For the JAR tasks of the job. @default - none */
  readonly jarParams?: readonly string[] | undefined;
  /** For the Spark Submit tasks of the job. @default - none */
  readonly sparkSubmitParams?: readonly string[] | undefined;
  /** For the pipeline tasks of the job. @default - none */
  readonly pipelineParams?: { readonly fullRefresh?: boolean | undefined } | undefined;
}

/** Options of `addConditionTask`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as for Task
export interface ConditionTaskProps<Key extends string = any> extends TaskProps<Key> {
  /** Left operand: a string, or a reference such as `{{job.parameters.mode}}`. */
  readonly left: string;
  readonly op: ConditionOperator;
  /** Right operand. */
  readonly right: string;
}

/** Options of `addForEachTask`. Timeout, retries and health rules apply to each iteration. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as for Task
export interface ForEachTaskProps<Key extends string = any> extends RunJobTaskProps<Key> {
  /**
   * Inputs of the iterations: values, or a reference such as `{{tasks.list.values.regions}}`. At most 10 000
   * characters.
   */
  readonly inputs: readonly (string | number | boolean | object)[] | string;
  /** Maximum concurrent iterations, at most 100. @default 1 */
  readonly concurrency?: number | undefined;
  /** Cancels all iterations after this number of seconds; 0 means never. @default 0 */
  readonly forEachTimeoutSeconds?: number | undefined;
}

const dependencies: Shape = (value, path) => {
  const wrong = (Array.isArray(value) ? value : [value]).filter((each) => !Task.isTask(each));
  return wrong.length === 0
    ? undefined
    : `${path} is ${shown(wrong[0])}; it must be a task that an earlier call returned, such as const tables = job.addRunJobTask(…)`;
};

const TASK_PROPS: Shapes<TaskProps> = {
  ...TASK_SETTINGS,
  dependsOn: dependencies,
  runIf: oneOf(...RUN_IF),
};
const RUN_JOB: Shapes<RunJobTaskProps> = {
  ...TASK_PROPS,
  ...RETRIES,
  jobParameters: mapOf(text),
  runsAtomicJob: flag,
  notebookParams: mapOf(text),
  pythonParams: listOf(text),
  pythonNamedParams: mapOf(text),
  sqlParams: mapOf(text),
  dbtCommands: listOf(text),
  jarParams: listOf(text),
  sparkSubmitParams: listOf(text),
  pipelineParams: object({ fullRefresh: flag }),
};
const CONDITION: Shapes<ConditionTaskProps> = {
  ...TASK_PROPS,
  left: text,
  op: oneOf(...CONDITION_OPERATORS),
  right: text,
};
const FOR_EACH: Shapes<ForEachTaskProps> = {
  ...RUN_JOB,
  inputs: (value, path) =>
    typeof value === "string"
      ? undefined
      : listOf((item, at) =>
          item === undefined ? `${at} is undefined; it must be a value` : undefined,
        )(value, path),
  concurrency: whole(1, MAX_FOR_EACH_CONCURRENCY),
  forEachTimeoutSeconds: whole(0),
};

/**
 * Base class of composite jobs and orchestrators: tasks that run other jobs in order. They contain no code, so they
 * accept no notebook.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as for Task
export abstract class JobOfJobs<Key extends string = any> extends JobBase {
  readonly #tasks = new Map<string, JobTask>();

  /** @internal */
  protected constructor(scope: Construct, id: Key, props: JobProps, kind: JobKind) {
    super(scope, id, props, kind);
    this.checkConfig();
  }

  /**
   * Adds a task that runs another job.
   *
   * @param job any job of the same environment, in any stack, or one declared with `fromJobId` or `fromJobName`
   * @throws {JobstrataError} if the key is taken or invalid, or the job, a dependency or a parameter does not fit
   */
  public addRunJobTask(taskKey: string, job: IJob, props: RunJobTaskProps<Key> = {}): Task<Key> {
    this.#check(taskKey, props, RUN_JOB);
    this.#add(taskKey, props, {
      runJobTask: this.#runJobTask(taskKey, job, props),
      ...this.#attempts(props),
      ...notificationConfig(props),
    });
    return new Task(this, taskKey);
  }

  /**
   * Adds a task that compares two values. Other tasks depend on its outcomes.
   *
   * @throws {JobstrataError} if the key is taken or invalid, or a dependency does not fit
   */
  public addConditionTask(taskKey: string, props: ConditionTaskProps<Key>): ConditionTask<Key> {
    this.#check(taskKey, props, CONDITION, "left", "op", "right");
    const { left, op, right } = props;
    this.#add(taskKey, props, {
      conditionTask: { left, op, right },
      ...definedOnly({ timeoutSeconds: props.timeoutSeconds }),
      ...notificationConfig(props),
    });
    return new ConditionTask(this, taskKey);
  }

  /**
   * Adds a task that runs another job once for every input. `{{input}}` in a job parameter refers to the input.
   *
   * @throws {JobstrataError} as {@link addRunJobTask}, and if inputs or concurrency exceed their limits
   */
  public addForEachTask(taskKey: string, job: IJob, props: ForEachTaskProps<Key>): Task<Key> {
    this.#check(taskKey, props, FOR_EACH, "inputs");
    const { concurrency, forEachTimeoutSeconds, healthRules, ...ofAll } = props;
    const inputs = typeof props.inputs === "string" ? props.inputs : JSON.stringify(props.inputs);
    if (inputs.length > MAX_FOR_EACH_INPUTS) {
      throw this.error(
        "invalid-task",
        `for-each task ${quote(taskKey)} has inputs of ${inputs.length} characters; it can have ${MAX_FOR_EACH_INPUTS}`,
      );
    }
    this.#add(taskKey, props, {
      forEachTask: {
        inputs,
        ...definedOnly({ concurrency }),
        task: {
          taskKey: `${taskKey.slice(0, 90)}_iteration`,
          runJobTask: this.#runJobTask(taskKey, job, props),
          ...this.#attempts(props),
          ...notificationConfig({ healthRules }),
        },
      },
      ...definedOnly({ timeoutSeconds: forEachTimeoutSeconds }),
      ...notificationConfig(ofAll),
    });
    return new Task(this, taskKey);
  }

  /** @internal */
  protected override kindConfig(): Partial<JobConfig> {
    // The provider reports tasks sorted by key; any other order would show a diff in every plan.
    return { task: [...this.#tasks.values()].sort((a, b) => compare(a.taskKey, b.taskKey)) };
  }

  /** The reason, with a fix, why this job may not run `job`; undefined if it may. @internal */
  protected abstract mayRun(job: JobBase, props: RunJobTaskProps): string | undefined;

  #check(
    taskKey: string,
    props: unknown,
    shapes: Readonly<Record<string, Shape>>,
    ...required: string[]
  ): void {
    if (typeof taskKey !== "string")
      throw this.error("invalid-task", `the task key is ${shown(taskKey)}; it must be text`);
    const task = quote(taskKey);
    const problem = isPlainObject(props)
      ? propsProblem(props, shapes, required)
      : `its options are ${shown(props)}; they must be an object`;
    if (problem !== undefined) throw this.error("invalid-task", `task ${task}: ${problem}`);
  }

  /** Timeout and retries of a Run Job task: the task's, otherwise the environment's defaults for this level. */
  #attempts(
    props: RunJobTaskProps,
  ): Pick<JobTask, "timeoutSeconds" | "maxRetries" | "minRetryIntervalMillis" | "retryOnTimeout"> {
    const defaults = this.stack.environment.props.defaults?.[this.level];
    const mayRetry = this.props.trigger?.isContinuous !== true;
    const {
      timeoutSeconds,
      maxRetries = mayRetry ? defaults?.maxRetries : undefined,
      minRetryIntervalMillis = mayRetry ? defaults?.minRetryIntervalMillis : undefined,
      retryOnTimeout = mayRetry ? defaults?.retryOnTimeout : undefined,
    } = props;
    return definedOnly({ timeoutSeconds, maxRetries, minRetryIntervalMillis, retryOnTimeout });
  }

  #add(taskKey: string, props: TaskProps, task: Omit<JobTask, "taskKey">): void {
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
    const dependencies = new Map<string, { taskKey: string; outcome?: "true" | "false" }>();
    const { dependsOn: waitsFor = [] } = props;
    for (const dependency of Array.isArray(waitsFor)
      ? (waitsFor as readonly Task[])
      : [waitsFor as Task]) {
      const { job, taskKey: other, outcome } = dependency;
      dependencies.set(`${other} ${outcome ?? ""}`, {
        taskKey: other,
        ...definedOnly({ outcome }),
      });
      if (job === this) continue;
      throw this.error(
        "foreign-task",
        `task ${quote(taskKey)} depends on ${quote(other)} of job ${quote(job.node.id)}; a task can only depend on tasks of its own job`,
      );
    }
    const dependsOn = [...dependencies.values()].sort((a, b) => compare(a.taskKey, b.taskKey));
    this.#tasks.set(taskKey, {
      taskKey,
      ...(dependsOn.length > 0 && { dependsOn }),
      ...definedOnly({
        runIf: props.runIf,
        description: props.description,
        disabled: props.disabled,
      }),
      ...task,
    });
    this.checkVariables(this.#tasks.get(taskKey));
    this.resource.argumentsChanged();
  }

  #runJobTask(taskKey: string, job: IJob, props: RunJobTaskProps): JobTaskRunJobTask {
    const { jobParameters = {} } = props;
    if (!isJob(job)) {
      throw this.error(
        "invalid-task",
        `task ${quote(taskKey)} runs ${shown(job)}; it must run a job: an AtomicJob, a CompositeJob, or one declared with fromJobId or fromJobName`,
      );
    }
    const standIn = isStandIn(job) ? job : undefined;
    standIn?.accept(Object.keys(jobParameters));
    const refusal =
      JobBase.isJobBase(job) && standIn === undefined ? this.mayRun(job, props) : undefined;
    if (refusal !== undefined)
      throw this.error("invalid-task", `task ${quote(taskKey)} ${refusal}`);
    const environment = job.node.scopes.find((scope) => JobStack.isJobStack(scope))?.environment;
    if (environment !== undefined && environment.name !== this.stack.environment.name) {
      throw this.error(
        "foreign-job",
        `task ${quote(taskKey)} runs job ${quote(job.node.id)} of environment ${quote(environment.name)}, but this job belongs to ${quote(this.stack.environment.name)}`,
      );
    }
    if (JobBase.isJobBase(job) && standIn === undefined) {
      for (const name of Object.keys(jobParameters)) {
        if (job.jobParameterNames.includes(name)) continue;
        throw this.error(
          "invalid-task",
          `task ${quote(taskKey)} sets the job parameter ${quoteWithSuggestion(name, job.jobParameterNames)}, which job ${quote(job.key)} does not declare; add it to the jobParameters of that job`,
        );
      }
    }
    // For this library's jobs, use plain text, which is cheaper than a token.
    const jobId = JobBase.isJobBase(job) ? this.stack.jobId(job) : job.id;
    return {
      // Terraform converts the expression to a number.
      jobId: jobId as unknown as number,
      ...(Object.keys(jobParameters).length > 0 && { jobParameters: { ...jobParameters } }),
      ...definedOnly({
        notebookParams: props.notebookParams,
        pythonParams: props.pythonParams?.slice(),
        pythonNamedParams: props.pythonNamedParams,
        sqlParams: props.sqlParams,
        dbtCommands: props.dbtCommands?.slice(),
        jarParams: props.jarParams?.slice(),
        sparkSubmitParams: props.sparkSubmitParams?.slice(),
        pipelineParams: props.pipelineParams && definedOnly(props.pipelineParams),
      }),
    };
  }
}

/** Compares by code unit, like Go. A locale would differ between machines. */
