import { TASKS_PER_PAGE } from "@jobstrata/core/model";
import { invalidParameter, runNotFound } from "../../api-error";
import type { JobSettings } from "./schema/settings";
import { type NestedTask, type Task, TASK_TYPES } from "./schema/tasks";
import type { Store } from "../../store";
import type { JobRun, Repair, Run, TaskRun } from "./records";
import { originalRun } from "../../scheduler/repair";
import { isOver, type Phase, apiState, apiStatus } from "../../scheduler/states";

type Json = Record<string, unknown>;

interface RunViewOptions {
  includeHistory?: boolean;
  includeResolvedValues?: boolean;
  /** Index of the first task; `next_page_token` of the previous page. */
  offset?: number;
  /** Whether to split tasks into pages; API versions before 2.2 do not. @default true */
  paged?: boolean;
}

/** The tasks of a job run. */
interface ShownTasks {
  readonly settings: JobSettings;
  readonly attempts: readonly TaskRun[];
  /** The part of the attempts on this page. */
  readonly page: readonly TaskRun[];
}

/** Runs in the format of the Jobs API. */
export class RunViews {
  readonly #store: Store;
  readonly #creator: string;
  readonly #url: string;

  public constructor(
    store: Store,
    creator: string,
    /** The address of the workspace, for links. */
    url: string,
  ) {
    this.#store = store;
    this.#creator = creator;
    this.#url = url;
  }

  /** A job run or a task run. @throws {ApiError} if it does not exist */
  public get(runId: number, options: RunViewOptions = {}): Json {
    const run = this.#load(runId);
    return run.kind === "job" ? this.#jobRun(run, options) : this.#taskRun(run, options);
  }

  /**
   * {@link get} with all tasks, viewed one by one, so that the server can handle other requests in between.
   *
   * @param pass awaited after each task
   * @throws {ApiError} if the run does not exist
   */
  public async getInParts(runId: number, pass: () => Promise<void>): Promise<Json> {
    const run = this.#load(runId);
    if (run.kind !== "job") return this.#taskRun(run, {});
    const options = { paged: false };
    const shown = this.#tasksOf(run, options);
    await pass();
    const tasks: Json[] = [];
    for (const task of this.#taskViews(shown, options)) {
      tasks.push(task);
      await pass();
    }
    return this.#jobRunOf(run, options, shown, tasks);
  }

  /** An entry of a list of runs. */
  public listed(run: JobRun, expandTasks: boolean): Json {
    return expandTasks ? this.#jobRun(run, {}) : this.#base(run);
  }

  /** The output of a task. @throws {ApiError} for a job run with several tasks */
  public output(runId: number): Json {
    const task = this.singleTask(runId, "Retrieving the output");
    return { metadata: this.get(task.run_id), ...this.bareOutput(task) };
  }

  /** The output of a task. @throws {ApiError} for a job run with several tasks */
  public bareOutput(task: TaskRun): Json {
    const output = this.#store.runs.output(task.run_id) ?? {};
    const { spec } = this.specOf(task);
    return {
      ...(output.error === undefined ? {} : { error: output.error }),
      ...(output.errorTrace === undefined ? {} : { error_trace: output.errorTrace }),
      ...(output.logs === undefined ? {} : { logs: output.logs, logs_truncated: false }),
      ...(spec?.notebook_task === undefined
        ? {}
        : {
            notebook_output: {
              ...(output.result === undefined ? {} : { result: output.result }),
              truncated: false,
            },
          }),
      ...(spec?.sql_task === undefined
        ? {}
        : {
            sql_output: {
              query_output: {
                warehouse_id: spec.sql_task.warehouse_id,
                output_link: this.#link(task.job_id, task.run_id),
              },
            },
          }),
      ...(task.run_job_run_id === undefined
        ? {}
        : { run_job_output: { run_id: task.run_job_run_id } }),
      ...(output.error === undefined && isOver(task) && task.result === "FAILED"
        ? { error: task.message }
        : {}),
    };
  }

  /** The task run with this id, or the only task of this job run. @throws {ApiError} if the job run has several tasks */
  public singleTask(runId: number, what: string): TaskRun {
    const run = this.#load(runId);
    if (run.kind !== "job") return run;
    const [task, another] = latestAttempts(this.#store.runs.children(runId));
    if (task !== undefined && another === undefined) return task;
    throw severalTasks(what);
  }

  /** The definition of a task, and the settings that contain it. */
  public specOf(task: TaskRun): { spec: Task | NestedTask | undefined; settings: JobSettings } {
    const settings = this.#settings(task.job_run_id);
    if (task.kind === "task") {
      return { spec: settings.tasks?.find(({ task_key }) => task_key === task.task_key), settings };
    }
    const parent = this.#store.runs.get(task.parent_id);
    const key = parent === undefined || parent.kind === "job" ? "" : parent.task_key;
    const spec = settings.tasks?.find(({ task_key }) => task_key === key)?.for_each_task?.task;
    return { spec, settings };
  }

  #load(runId: number): Run {
    const run = this.#store.runs.get(runId);
    if (run === undefined) throw runNotFound(runId);
    return run;
  }

  #settings(jobRunId: number): JobSettings {
    const run = this.#store.runs.jobRun(jobRunId);
    return run === undefined ? {} : this.#store.jobs.settings(run.settings_id);
  }

  #jobRun(run: JobRun, options: RunViewOptions): Json {
    const shown = this.#tasksOf(run, options);
    return this.#jobRunOf(run, options, shown, [...this.#taskViews(shown, options)]);
  }

  #tasksOf(run: JobRun, options: RunViewOptions): ShownTasks {
    const { offset = 0, includeHistory = false, paged = true } = options;
    const all = this.#store.runs.children(run.run_id);
    const attempts = includeHistory ? all : latestAttempts(all);
    return {
      settings: this.#store.jobs.settings(run.settings_id),
      attempts,
      page: paged ? attempts.slice(offset, offset + TASKS_PER_PAGE) : attempts,
    };
  }

  *#taskViews({ settings, page }: ShownTasks, options: RunViewOptions): Generator<Json> {
    const specs = new Map(settings.tasks?.map((spec) => [spec.task_key, spec]));
    for (const attempt of page) yield this.#task(specs.get(attempt.task_key), attempt, options);
  }

  #jobRunOf(
    run: JobRun,
    { offset = 0, includeHistory = false }: RunViewOptions,
    { settings, attempts, page }: ShownTasks,
    tasks: readonly Json[],
  ): Json {
    const more = attempts.length > offset + page.length;
    // Clients concatenate the lists of all pages, so lists other than `tasks` are on the first page only.
    const base = this.#base(run);
    if (offset > 0) delete base.job_parameters;
    return {
      ...base,
      ...(offset > 0 || settings.job_clusters === undefined
        ? {}
        : { job_clusters: settings.job_clusters }),
      tasks,
      ...(includeHistory && offset === 0
        ? { repair_history: historyOf(run, attempts).map(repairView) }
        : {}),
      ...(more ? { has_more: true, next_page_token: String(offset + page.length) } : {}),
    };
  }

  #taskRun(task: TaskRun, options: RunViewOptions): Json {
    const { spec } = this.specOf(task);
    const job = this.#store.runs.jobRun(task.job_run_id);
    const { offset = 0 } = options;
    let iterations: Json = {};
    if (spec !== undefined && "for_each_task" in spec && spec.for_each_task !== undefined) {
      const inner = spec.for_each_task.task;
      const all = latestOf(this.#store.runs.children(task.run_id), ({ index }) => index);
      const page = all.slice(offset, offset + TASKS_PER_PAGE);
      iterations = {
        iterations: page.map((each) => this.#task(inner, each, options)),
        ...(all.length > offset + page.length
          ? { has_more: true, next_page_token: String(offset + page.length) }
          : {}),
      };
    }
    return {
      job_id: task.job_id,
      run_id: task.run_id,
      job_run_id: task.job_run_id,
      number_in_job: task.run_id,
      original_attempt_run_id: task.original_attempt_run_id,
      creator_user_name: this.#creator,
      run_name: task.task_key,
      run_type: job?.run_type ?? "JOB_RUN",
      trigger: job?.trigger ?? "ONE_TIME",
      ...this.#progress(task),
      attempt_number: task.attempt,
      run_page_url: this.#link(task.job_id, task.run_id),
      tasks: [this.#task(spec, task, options)],
      ...iterations,
    };
  }

  #base(run: JobRun): Json {
    const begin = run.begin_time ?? run.end_time;
    return {
      job_id: run.job_id,
      run_id: run.run_id,
      job_run_id: run.run_id,
      number_in_job: run.run_id,
      original_attempt_run_id: run.run_id,
      creator_user_name: this.#creator,
      run_name: run.run_name,
      run_type: run.run_type,
      trigger: run.trigger,
      ...(run.parent === undefined ? {} : { trigger_info: { run_id: run.parent.task_run_id } }),
      ...this.#progress(run),
      ...(begin === undefined ? {} : { queue_duration: begin - run.start_time }),
      run_duration: run.end_time === undefined ? 0 : run.end_time - run.start_time,
      run_page_url: this.#link(run.job_id, run.run_id),
      ...(run.job_parameters.length === 0 ? {} : { job_parameters: run.job_parameters }),
      ...(run.overriding_parameters === undefined
        ? {}
        : { overriding_parameters: run.overriding_parameters }),
    };
  }

  #task(spec: Task | NestedTask | undefined, attempt: TaskRun, options: RunViewOptions): Json {
    const view: Json = {
      ...spec,
      ...this.#typeView(spec, attempt),
      run_id: attempt.run_id,
      task_key: attempt.task_key,
      ...this.#progress(attempt),
      attempt_number: attempt.attempt,
      run_page_url: this.#link(attempt.job_id, attempt.run_id),
    };
    if (options.includeResolvedValues !== true || attempt.resolved === undefined) return view;
    const type = TASK_TYPES.find((name) => spec?.[name as keyof NestedTask] !== undefined);
    return type === undefined ? view : { ...view, resolved_values: { [type]: attempt.resolved } };
  }

  /** The task type field with its results: the outcome of a condition, the iterations of a for-each task. */
  #typeView(spec: Task | NestedTask | undefined, attempt: TaskRun): Json {
    if (spec?.condition_task !== undefined && attempt.outcome !== undefined) {
      return {
        condition_task: { ...spec.condition_task, ...attempt.resolved, outcome: attempt.outcome },
      };
    }
    if (spec !== undefined && "for_each_task" in spec && spec.for_each_task !== undefined) {
      const counts = attempt.iterations;
      if (counts === undefined) return {};
      const { total, active, succeeded, failed } = counts;
      const stats = {
        task_run_stats: {
          total_iterations: total,
          active_iterations: active,
          completed_iterations: succeeded + failed,
          succeeded_iterations: succeeded,
          failed_iterations: failed,
          scheduled_iterations: succeeded + failed + active,
        },
      };
      return { for_each_task: { ...spec.for_each_task, stats } };
    }
    return {};
  }

  #progress(run: Phase & { start_time: number; end_time?: number }): Json {
    return {
      state: apiState(run),
      status: apiStatus(run),
      start_time: run.start_time,
      setup_duration: 0,
      execution_duration: run.end_time === undefined ? 0 : run.end_time - run.start_time,
      cleanup_duration: 0,
      end_time: run.end_time ?? 0,
    };
  }

  #link(jobId: number, runId: number): string {
    return `${this.#url}/#job/${jobId}/run/${runId}`;
  }
}

const severalTasks = (what: string): Error =>
  invalidParameter(
    `${what} of runs with multiple tasks is not supported. Please retrieve the output of each individual task run instead.`,
  );

/** The latest attempt at each task. */
export const latestAttempts = (attempts: readonly TaskRun[]): TaskRun[] =>
  latestOf(attempts, ({ task_key }) => task_key);

/** The last attempt for each key, in the order of the first. */
function latestOf(attempts: readonly TaskRun[], key: (attempt: TaskRun) => unknown): TaskRun[] {
  return [...new Map(attempts.map((attempt) => [key(attempt), attempt])).values()];
}

const historyOf = (run: JobRun, attempts: readonly TaskRun[]): Repair[] =>
  run.repairs.length > 0 ? run.repairs : [originalRun(run, attempts)];

const repairView = (repair: JobRun["repairs"][number], index: number): Json => ({
  type: index === 0 ? "ORIGINAL" : "REPAIR",
  ...(index === 0 ? {} : { id: repair.id }),
  start_time: repair.start_time,
  end_time: repair.end_time ?? 0,
  state: apiState(repair),
  status: apiStatus(repair),
  task_run_ids: repair.task_run_ids,
});
