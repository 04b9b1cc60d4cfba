import { type JobId, type RunId, TASKS_PER_PAGE } from "@jobstrata/core/model";
import { WorkspaceHttp } from "./http";

/** The state of a run, or of a task run. Names as in the Jobs API. */
export interface ApiState {
  readonly life_cycle_state?: string;
  readonly result_state?: string;
  readonly state_message?: string;
  readonly queue_reason?: string;
}

/** The newer form of the state. */
export interface ApiStatus {
  readonly state?: string;
  readonly termination_details?: { readonly code?: string; readonly message?: string };
  readonly queue_details?: { readonly message?: string };
}

/** The run of one task. */
export interface ApiTaskRun {
  readonly run_id: RunId;
  readonly task_key: string;
  readonly state?: ApiState;
  readonly status?: ApiStatus;
  readonly attempt_number?: number;
  readonly depends_on?: readonly { readonly task_key: string }[];
  readonly run_job_task?: { readonly job_id?: JobId };
  readonly notebook_task?: { readonly notebook_path?: string };
  readonly for_each_task?: {
    readonly stats?: {
      readonly task_run_stats?: {
        readonly total_iterations?: number;
        readonly active_iterations?: number;
        readonly succeeded_iterations?: number;
        readonly failed_iterations?: number;
      };
    };
  };
  /** Milliseconds since 1970; 0 until it has started. */
  readonly start_time?: number;
  /** Milliseconds since 1970; 0 until it has ended. */
  readonly end_time?: number;
  readonly run_page_url?: string;
}

/** A job run, or a for-each task run with its iterations. */
export interface ApiRun {
  readonly run_id: RunId;
  readonly job_id?: JobId;
  readonly run_name?: string;
  readonly trigger?: string;
  /** The task run that started this run, for a run started by a Run Job task. */
  readonly trigger_info?: { readonly run_id?: RunId };
  readonly state?: ApiState;
  readonly status?: ApiStatus;
  readonly tasks?: readonly ApiTaskRun[];
  readonly iterations?: readonly ApiTaskRun[];
  readonly start_time?: number;
  readonly end_time?: number;
  readonly run_page_url?: string;
  readonly job_parameters?: readonly { readonly name: string; readonly value?: string }[];
  readonly overriding_parameters?: { readonly notebook_params?: Readonly<Record<string, string>> };
  readonly repair_history?: readonly ApiRepair[];
  /** Set if more pages of tasks follow. */
  readonly has_more?: boolean;
}

/** The original run (`ORIGINAL`, without an id) or a repair of it. */
export interface ApiRepair {
  readonly id?: RunId;
  readonly type?: string;
  readonly start_time?: number;
}

/** The output of a task run. */
export interface ApiRunOutput {
  readonly error?: string;
  readonly error_trace?: string;
  readonly logs?: string;
  readonly notebook_output?: { readonly result?: string };
  readonly run_job_output?: { readonly run_id?: RunId };
}

/** A task of a job. */
export interface ApiTask {
  readonly task_key: string;
  readonly depends_on?: readonly { readonly task_key: string; readonly outcome?: string }[];
  readonly notebook_task?: {
    readonly notebook_path?: string;
    readonly base_parameters?: Readonly<Record<string, string>>;
  };
  readonly run_job_task?: {
    readonly job_id: JobId;
    readonly job_parameters?: Readonly<Record<string, string>>;
  };
  readonly for_each_task?: { readonly task?: ApiTask };
}

/** A job with its tasks. */
export interface ApiJob {
  readonly job_id: JobId;
  readonly settings?: {
    readonly name?: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly parameters?: readonly { readonly name: string; readonly default?: string }[];
    readonly tasks?: readonly ApiTask[];
    readonly job_clusters?: readonly object[];
    readonly environments?: readonly object[];
  };
  /** Set if its lists have more pages. */
  readonly has_more?: boolean;
}

/** A page of a list of jobs. */
export interface JobPage {
  readonly jobs: readonly ApiJob[];
  /** The token of the next page; empty on the last one. */
  readonly next: string;
}

/** Whether a listed job is incomplete, so that it must be requested individually. */
export function isCut({ has_more: more, settings = {} }: ApiJob): boolean {
  const { tasks = [], environments } = settings;
  return (
    more === true ||
    tasks.length >= TASKS_PER_PAGE ||
    (environments === undefined && tasks.some((task) => "environment_key" in task))
  );
}

/** Lists of a job's settings that are split into pages of 100. */
const PAGED = ["tasks", "parameters", "job_clusters", "environments"] as const;

/** Options of a new run. */
export interface RunNowRequest {
  readonly jobId: JobId;
  /** Task keys, if not all tasks should run. */
  readonly only?: readonly string[];
  readonly jobParameters?: Readonly<Record<string, string>>;
  readonly notebookParams?: Readonly<Record<string, string>>;
  /** At most 64 characters. The workspace starts only one run per token, so the request can be repeated. */
  readonly idempotencyToken: string;
}

/** Options of a repair. */
export interface RepairRequest {
  readonly runId: RunId;
  readonly rerunTasks: readonly string[];
  /** The previous repair, from the second repair on. */
  readonly latestRepairId?: RunId;
}

/** Filter for a list of runs, newest first. */
export interface ListRunsQuery {
  readonly jobId?: JobId;
  readonly completedOnly?: boolean;
  /** Includes the first 100 tasks of each run. */
  readonly expandTasks?: boolean;
  /** Range of start times; milliseconds since 1970. */
  readonly startTimeFrom?: number;
  readonly startTimeTo?: number;
}

/** The type of a task or task run: the field name with this suffix, such as `notebook_task`. */
export const taskType = (task: object): string | undefined =>
  Object.keys(task).find((name) => name.endsWith("_task"));

/** Maximum runs in one response. */
const RUNS_PER_PAGE = 25;

/** Client of the Jobs API 2.2. All methods throw WorkspaceError. */
export class JobsClient {
  public constructor(public readonly http: WorkspaceHttp) {}

  /** All jobs with their tasks, at most 100 for each job. */
  public listJobs(): AsyncGenerator<ApiJob> {
    return this.#jobs("limit=100&expand_tasks=true");
  }

  /** All jobs with this name, without tasks. */
  public listJobsNamed(name: string): AsyncGenerator<ApiJob> {
    return this.#jobs(`limit=100&name=${encodeURIComponent(name)}`);
  }

  async *#jobs(query: string): AsyncGenerator<ApiJob> {
    for await (const { jobs } of this.#pages(query)) yield* jobs;
  }

  /**
   * The pages of {@link listJobs}.
   *
   * @param from `next` of the page before, to go on from there
   */
  public listJobPages(from = ""): AsyncGenerator<JobPage> {
    return this.#pages("limit=100&expand_tasks=true", from);
  }

  async *#pages(query: string, from = ""): AsyncGenerator<JobPage> {
    for (let token = from; ;) {
      const page = nextPage({ next_page_token: token });
      const answer = await this.#get<{ jobs?: ApiJob[]; next_page_token?: string }>(
        `jobs/list?${query}${page}`,
      );
      const { jobs = [], next_page_token: next = "" } = answer;
      yield { jobs, next };
      if (next === "") return;
      token = next;
    }
  }

  /** All jobs with complete settings. Requests jobs individually only if they exceed a page. */
  public async *listWholeJobs(): AsyncGenerator<ApiJob> {
    for await (const job of this.listJobs()) {
      yield isCut(job) ? await this.getJob(job.job_id) : job;
    }
  }

  /** A job with all pages of its tasks, parameters, job clusters and environments. */
  public async getJob(jobId: JobId): Promise<ApiJob> {
    const lists = new Map(PAGED.map((name) => [name, [] as object[]]));
    let first: ApiJob | undefined;
    for (let page = ""; ;) {
      const job = await this.#get<ApiJob & { next_page_token?: string }>(
        `jobs/get?job_id=${jobId}${page}`,
      );
      first ??= job;
      for (const [name, list] of lists) list.push(...(job.settings?.[name] ?? []));
      page = nextPage(job);
      if (page !== "") continue;
      const found = [...lists].filter(([name, list]) => name === "tasks" || list.length > 0);
      const settings = { ...first.settings, ...Object.fromEntries(found) };
      return { ...first, has_more: false, settings };
    }
  }

  /**
   * Starts a run of a job and returns its id. If the job has reached its maximum of concurrent runs, the run is queued
   * instead of skipped.
   */
  public async runNow(request: RunNowRequest): Promise<RunId> {
    const { jobId, only, jobParameters, notebookParams, idempotencyToken } = request;
    const { run_id } = await this.http.request<{ run_id: RunId }>("POST", "2.2/jobs/run-now", {
      job_id: jobId,
      idempotency_token: idempotencyToken,
      queue: { enabled: true },
      ...(only && { only }),
      ...(jobParameters && { job_parameters: jobParameters }),
      ...(notebookParams && { notebook_params: notebookParams }),
    });
    return run_id;
  }

  /** A run with the latest attempt at each task. */
  public async getRun(
    runId: RunId,
    { history = false, signal }: { readonly history?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<ApiRun> {
    const tasks: ApiTaskRun[] = [];
    const iterations: ApiTaskRun[] = [];
    let first: ApiRun | undefined;
    for (let page = ""; ;) {
      const run = await this.#get<ApiRun & { next_page_token?: string }>(
        `jobs/runs/get?run_id=${runId}${history ? "&include_history=true" : ""}${page}`,
        signal,
      );
      first ??= run;
      tasks.push(...(run.tasks ?? []));
      iterations.push(...(run.iterations ?? []));
      page = nextPage(run);
      if (page === "") return { ...first, has_more: false, tasks, iterations };
    }
  }

  /** One page of runs, and the token of the next page. */
  public async listRuns(
    query: ListRunsQuery,
    pageToken?: string,
    { limit = RUNS_PER_PAGE, signal }: { limit?: number; signal?: AbortSignal } = {},
  ): Promise<{ readonly runs: readonly ApiRun[]; readonly nextPageToken?: string }> {
    const parameters = new URLSearchParams({ limit: String(limit) });
    if (query.jobId !== undefined) parameters.set("job_id", String(query.jobId));
    if (query.completedOnly === true) parameters.set("completed_only", "true");
    if (query.expandTasks === true) parameters.set("expand_tasks", "true");
    if (query.startTimeFrom !== undefined)
      parameters.set("start_time_from", String(query.startTimeFrom));
    if (query.startTimeTo !== undefined) parameters.set("start_time_to", String(query.startTimeTo));
    if (pageToken !== undefined) parameters.set("page_token", pageToken);
    const answer = await this.#get<{ runs?: ApiRun[]; next_page_token?: string }>(
      `jobs/runs/list?${parameters.toString()}`,
      signal,
    );
    const { runs = [], next_page_token = "" } = answer;
    return { runs, ...(next_page_token !== "" && { nextPageToken: next_page_token }) };
  }

  /** The output of a task run. */
  public async getOutput(runId: RunId): Promise<ApiRunOutput> {
    return this.#get<ApiRunOutput>(`jobs/runs/get-output?run_id=${runId}`);
  }

  /** Requests the cancellation of a run; {@link getRun} shows when it has ended. */
  public async cancelRun(runId: RunId): Promise<void> {
    await this.http.request("POST", "2.2/jobs/runs/cancel", { run_id: runId });
  }

  /**
   * Repairs tasks of a run and returns the repair's id. Does not retry if the workspace may have executed the request,
   * since it does not deduplicate repairs.
   */
  public async repairRun(request: RepairRequest): Promise<RunId> {
    const { runId, rerunTasks, latestRepairId } = request;
    const body = {
      run_id: runId,
      rerun_tasks: rerunTasks,
      ...(latestRepairId !== undefined && { latest_repair_id: latestRepairId }),
    };
    const path = "2.2/jobs/runs/repair";
    const options = { repeatable: false };
    const answer = await this.http.request<{ repair_id: RunId }>("POST", path, body, options);
    return answer.repair_id;
  }

  #get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.http.request<T>("GET", `2.2/${path}`, undefined, { ...(signal && { signal }) });
  }
}

function nextPage({ next_page_token = "" }: { readonly next_page_token?: string }): string {
  return next_page_token === "" ? "" : `&page_token=${encodeURIComponent(next_page_token)}`;
}
