import type { JobConfig } from "@cdktf/provider-databricks/lib/job";
import type { Construct } from "constructs";
import { TASK_KEY_PATTERN, quote } from "@jobstrata/core/model";
import { definedOnly, JobBase, withOverrides } from "./job";
import { JobCompute } from "./job-compute";
import type { JobProps, NotebookTaskProps } from "./job-props";
import type { NotebookConfig, NotebookSource } from "./notebook-source";

/** Options of an {@link AtomicJob}. */
export interface AtomicJobProps extends JobProps, NotebookTaskProps {
  /** The one notebook that the job runs. */
  readonly notebook: NotebookSource;
  /** Key of its one task. @default - the name of the notebook */
  readonly taskKey?: string;
}

/**
 * A job with a single purpose: one task, which runs one notebook that no other job runs. It is tagged
 * `job_level = "atomic"`.
 */
export class AtomicJob extends JobBase {
  /** Key of the one task. */
  public readonly taskKey: string;

  readonly #props: AtomicJobProps;
  readonly #notebook: NotebookConfig;

  /** @throws JobstrataError if the key, a tag, a parameter or a limit of the Jobs API is not kept */
  public constructor(scope: Construct, id: string, props: AtomicJobProps) {
    super(scope, id, "atomic", props, new.target);
    this.#props = withOverrides(props, this.stack.environment.props.jobs?.[id]);
    this.taskKey = this.#props.taskKey ?? this.#props.notebook.name;
    if (!TASK_KEY_PATTERN.test(this.taskKey)) {
      throw this.error(
        "invalid-task",
        `the task key ${quote(this.taskKey)} must be 1-100 letters, digits, _ and -; give another as taskKey`,
      );
    }
    this.checkWhole("maxRetries", this.#props.maxRetries, -1);
    this.checkWhole("minRetryIntervalMillis", this.#props.minRetryIntervalMillis, 0);
    for (const name of Object.keys(this.#props.parameters ?? {}))
      this.checkParameterName(name, "parameters");
    this.#notebook = this.#props.notebook.bind(this, this.stack, id);
  }

  protected override kindConfig(): Partial<JobConfig> {
    const { parameters, maxRetries, minRetryIntervalMillis, retryOnTimeout } = this.#props;
    const { job, task } = (this.#props.compute ?? JobCompute.serverless()).toConfig();
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
          },
          ...definedOnly({ maxRetries, minRetryIntervalMillis, retryOnTimeout }),
        },
      ],
    };
  }
}
