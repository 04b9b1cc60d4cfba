/** The part of a run, or of a task's run, that says how it went. Names as in the Jobs API. */
export interface RunState {
  readonly life_cycle_state: string;
  readonly result_state?: string;
  readonly state_message?: string;
}

/** The run of one task. */
export interface TaskRun {
  readonly run_id: number;
  readonly task_key: string;
  readonly state: RunState;
  readonly run_job_task?: { readonly job_id: number };
  /** Milliseconds since 1970; 0 until it has started. */
  readonly start_time?: number;
  /** Milliseconds since 1970; 0 until it has ended. */
  readonly end_time?: number;
}

/** A run of a job. */
export interface JobRun {
  readonly run_id: number;
  readonly run_name?: string;
  readonly state: RunState;
  readonly tasks?: readonly TaskRun[];
  readonly start_time?: number;
  readonly end_time?: number;
  readonly run_page_url?: string;
}

/** What a task's run left. */
export interface RunOutput {
  readonly error?: string;
  readonly error_trace?: string;
  readonly logs?: string;
  readonly notebook_output?: { readonly result?: string };
  readonly run_job_output?: { readonly run_id: number };
}

/** A job, as far as its tasks are concerned. */
export interface ListedJob {
  readonly job_id: number;
  readonly settings?: {
    readonly name?: string;
    readonly tasks?: readonly {
      readonly task_key: string;
      readonly notebook_task?: { readonly base_parameters?: Readonly<Record<string, string>> };
    }[];
  };
}

/** The workspace refused a request, or did not answer it. */
export class WorkspaceError extends Error {
  public constructor(
    /** HTTP status; absent when there was no answer. */
    public readonly status: number | undefined,
    message: string,
  ) {
    super(message);
    this.name = "WorkspaceError";
  }
}

/** The calls of the Jobs API 2.2 that running a job takes. */
export class JobsClient {
  /**
   * @param host such as `http://127.0.0.1:8080`
   * @param token bearer token; never part of an error
   */
  public constructor(
    private readonly host: string,
    private readonly token: string,
  ) {}

  /** Every job with its tasks; of a job of more than 100 tasks the first 100. @throws WorkspaceError */
  public async *listJobs(): AsyncGenerator<ListedJob> {
    let page = "";
    do {
      const query = `limit=100&expand_tasks=true${page === "" ? "" : `&page_token=${encodeURIComponent(page)}`}`;
      const { jobs = [], next_page_token = "" } = await this.#call<{
        jobs?: ListedJob[];
        next_page_token?: string;
      }>("GET", `jobs/list?${query}`);
      yield* jobs;
      page = next_page_token;
    } while (page !== "");
  }

  /** Starts a run of a job and gives its id. @throws WorkspaceError */
  public async runNow(jobId: number): Promise<number> {
    const { run_id } = await this.#call<{ run_id: number }>("POST", "jobs/run-now", {
      job_id: jobId,
    });
    return run_id;
  }

  /** A run with all of its tasks. @throws WorkspaceError */
  public async getRun(runId: number): Promise<JobRun> {
    const tasks: TaskRun[] = [];
    let page = "";
    for (;;) {
      const query = `run_id=${runId}${page === "" ? "" : `&page_token=${encodeURIComponent(page)}`}`;
      const run = await this.#call<JobRun & { next_page_token?: string }>(
        "GET",
        `jobs/runs/get?${query}`,
      );
      tasks.push(...(run.tasks ?? []));
      page = run.next_page_token ?? "";
      if (page === "") return { ...run, tasks };
    }
  }

  /** What the run of one task left. @throws WorkspaceError */
  public async getOutput(runId: number): Promise<RunOutput> {
    return this.#call<RunOutput>("GET", `jobs/runs/get-output?run_id=${runId}`);
  }

  /** Asks for the end of a run; it has ended when {@link getRun} says so. @throws WorkspaceError */
  public async cancelRun(runId: number): Promise<void> {
    await this.#call("POST", "jobs/runs/cancel", { run_id: runId });
  }

  async #call<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${this.host}/api/2.2/${path}`, {
        method,
        headers: { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(60_000),
      });
    } catch (error) {
      const why =
        error instanceof Error
          ? error.cause instanceof Error
            ? error.cause.message
            : error.message
          : "";
      throw new WorkspaceError(undefined, `${method} ${path}: no answer from ${this.host}: ${why}`);
    }
    const text = await response.text();
    if (!response.ok)
      throw new WorkspaceError(
        response.status,
        `${method} ${path}: ${response.status} ${errorText(text)}`,
      );
    return JSON.parse(text) as T;
  }
}

/** The service's own words, if the answer has its shape. */
function errorText(body: string): string {
  try {
    const { error_code, message } = JSON.parse(body) as { error_code?: string; message?: string };
    return [error_code, message].filter((part) => part !== undefined).join(": ");
  } catch {
    return body.slice(0, 200);
  }
}
