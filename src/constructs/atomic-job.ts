import type { JobConfig } from "@cdktf/provider-databricks/lib/job";
import type { Construct } from "constructs";
import { TASK_KEY_PATTERN, quote } from "@jobstrata/core/model";
import { JobBase } from "./job";
import { notificationConfig } from "./job-notifications";
import { JobCompute } from "./job-compute";
import type { JobProps, Library, NotebookTaskProps } from "./job-props";
import { JOB, NOTEBOOK_TASK } from "./job-shapes";
import { definedOnly } from "./objects";
import { type NotebookConfig, NotebookSource } from "./notebook-source";
import { made, type Shapes, text } from "./shape";

/** Options of an {@link AtomicJob}. */
export interface AtomicJobProps extends JobProps, NotebookTaskProps {
  /** The notebook that the job runs. */
  readonly notebook: NotebookSource;
  /** Key of the task. @default - the name of the notebook */
  readonly taskKey?: string | undefined;
}

const ATOMIC_JOB: Shapes<AtomicJobProps> = {
  ...JOB,
  ...NOTEBOOK_TASK,
  notebook: made(
    (value) => NotebookSource.isNotebookSource(value),
    "a NotebookSource, such as NotebookSource.fromFile(path)",
  ),
  taskKey: text,
};

/**
 * A job with a single purpose: one task that runs one notebook, which no other job runs. Has the tag `job_level =
 * "atomic"`.
 */
export class AtomicJob extends JobBase<AtomicJobProps> {
  /** Key of the job's only task. */
  public readonly taskKey: string;

  readonly #notebook: NotebookConfig;

  /** @throws {JobstrataError} if the key, a tag or a parameter is invalid, or a limit of the Jobs API is exceeded */
  public constructor(scope: Construct, id: string, props: AtomicJobProps) {
    super(scope, id, props, {
      level: "atomic",
      constructor: new.target,
      shapes: ATOMIC_JOB,
      required: ["notebook", "purpose"],
    });
    this.taskKey = this.props.taskKey ?? this.props.notebook.name;
    if (!TASK_KEY_PATTERN.test(this.taskKey)) {
      throw this.error(
        "invalid-task",
        `the task key ${quote(this.taskKey)} must be 1-100 letters, digits, _ and -; give another as taskKey`,
      );
    }
    for (const name of Object.keys(this.props.parameters ?? {}))
      this.checkParameterName(name, "parameters");
    if (this.props.warehouseId !== undefined && this.props.compute !== undefined) {
      throw this.error(
        "invalid-job",
        "it has compute and warehouseId; a notebook runs on one of them",
      );
    }
    this.#notebook = this.props.notebook.bind(this, this.stack, id);
    this.checkConfig();
  }

  /** A SQL warehouse needs no serverless environment. */
  #compute(): JobCompute {
    const { compute, warehouseId } = this.props;
    if (compute !== undefined) return compute;
    return warehouseId === undefined ? JobCompute.serverless() : JobCompute.notebookEnvironment();
  }

  /** @internal */
  protected override kindConfig(): Partial<JobConfig> {
    const { parameters, libraries = [], warehouseId, disableAutoOptimization } = this.props;
    const { maxRetries, minRetryIntervalMillis, retryOnTimeout, task: settings = {} } = this.props;
    const { job, task } = this.#compute().toConfig();
    return {
      ...this.#notebook.job,
      ...job,
      task: [
        {
          taskKey: this.taskKey,
          ...task,
          notebookTask: {
            ...this.#notebook.task,
            ...(parameters &&
              Object.keys(parameters).length > 0 && { baseParameters: { ...parameters } }),
            ...definedOnly({ warehouseId }),
          },
          ...(libraries.length > 0 && { library: libraries.map(libraryConfig) }),
          ...definedOnly({
            maxRetries,
            minRetryIntervalMillis,
            retryOnTimeout,
            disableAutoOptimization,
            description: settings.description,
            timeoutSeconds: settings.timeoutSeconds,
            disabled: settings.disabled,
          }),
          ...notificationConfig(settings),
        },
      ],
    };
  }
}

function libraryConfig(library: Library): object {
  if (!("maven" in library)) return { ...library };
  const { exclusions, ...maven } = library.maven;
  return { maven: { ...maven, ...(exclusions && { exclusions: [...exclusions] }) } };
}
