import {
  type LocalWorkspace,
  startLocalWorkspace,
  systemClock,
  type TaskExecutor,
  type TaskOutcome,
  type TaskRequest,
} from "@jobstrata/local";

/** One execution of code. */
export interface Execution {
  /** The job and task that the code belongs to. */
  readonly jobId: number;
  readonly taskKey: string;
  /** The executed code with its actual parameters. */
  readonly label: string;
  readonly attempt: number;
  readonly succeeded: boolean;
  /** Event numbers: an execution that ends before another starts has the lower one. */
  readonly start: number;
  end: number;
}

/** The outcome of a run. */
export interface Trace {
  readonly executions: readonly Execution[];
  /** The results of the run and of its job's tasks, by key. */
  readonly results: Readonly<Record<string, string>>;
}

/** Decides whether an execution fails. */
export type Fails = (execution: Pick<Execution, "label" | "attempt">) => boolean;

type Json = Readonly<Record<string, unknown>>;

/** A fixed time for both versions, so that results that depend on it are equal. */
const NOW = Date.UTC(2026, 0, 5, 3, 0, 0);

/** A local workspace that records executions instead of performing them. */
export class VerifyWorkspace {
  readonly #workspace: LocalWorkspace;
  readonly #recorder: Recorder;

  private constructor(workspace: LocalWorkspace, recorder: Recorder) {
    this.#workspace = workspace;
    this.#recorder = recorder;
  }

  /** Starts the workspace in a temporary folder. @throws {JobstrataError} `local-workspace` */
  public static async start(
    isRead: (path: string, name: string) => boolean,
  ): Promise<VerifyWorkspace> {
    const recorder = new Recorder(isRead);
    const clock = { ...systemClock, now: () => NOW };
    const workspace = await startLocalWorkspace({ ephemeral: true, clock, executor: recorder });
    const verify = new VerifyWorkspace(workspace, recorder);
    for (const path of [CODE_FOLDER, NOTEBOOK_FOLDER])
      await verify.#ask("POST", "/api/2.0/workspace/mkdirs", { path: path.replace(/\/$/, "") });
    return verify;
  }

  public stop(): Promise<void> {
    return this.#workspace.stop();
  }

  public async createNotebook(path: string): Promise<void> {
    await this.#ask("POST", "/api/2.0/workspace/import", {
      path,
      format: "SOURCE",
      language: "PYTHON",
      overwrite: true,
      content: Buffer.from("# Databricks notebook source\n").toString("base64"),
    });
  }

  public async createJob(settings: Json): Promise<number> {
    // The local workspace assigns small ids.
    return (await this.#ask("POST", "/api/2.2/jobs/create", settings)).job_id as number;
  }

  /** Runs a job; if the run fails, repairs it without failures. */
  public async run(
    jobId: number,
    parameters: Readonly<Record<string, string>>,
    fails: Fails,
  ): Promise<readonly [Trace, Trace | undefined]> {
    this.#recorder.begin(fails);
    const started = await this.#ask("POST", "/api/2.2/jobs/run-now", {
      job_id: jobId,
      ...(Object.keys(parameters).length > 0 && { job_parameters: parameters }),
    });
    const runId = started.run_id as number;
    const first = await this.#trace(runId);
    const failed = Object.values(first.results).some((result) => /FAILED|TIMEDOUT/.test(result));
    if (!failed) return [first, undefined];
    this.#recorder.begin(() => false);
    await this.#ask("POST", "/api/2.2/jobs/runs/repair", {
      run_id: runId,
      rerun_all_failed_tasks: true,
      rerun_dependent_tasks: true,
    });
    return [first, await this.#trace(runId)];
  }

  async #trace(runId: number): Promise<Trace> {
    for (;;) {
      const run = await this.#ask("GET", `/api/2.2/jobs/runs/get?run_id=${runId}`);
      if ((run.status as Json).state !== "TERMINATED") {
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      const results: Record<string, string> = { "": resultOf(run) };
      let page: Json | undefined = run;
      while (page !== undefined) {
        for (const task of (page.tasks ?? []) as readonly Json[])
          results[String(task.task_key)] = resultOf(task);
        const token: unknown = page.next_page_token;
        page =
          typeof token === "string" && token !== ""
            ? await this.#ask("GET", `/api/2.2/jobs/runs/get?run_id=${runId}&page_token=${token}`)
            : undefined;
      }
      return { executions: this.#recorder.end(), results };
    }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<Json> {
    const { host, token } = this.#workspace;
    const response = await fetch(host + path, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Json;
    if (response.ok) return answer;
    const { message } = answer;
    throw new RefusedByWorkspace(typeof message === "string" ? message : response.statusText);
  }
}

/** The workspace rejected a job. */
export class RefusedByWorkspace extends Error {}

const resultOf = ({ state }: Json): string =>
  String((state as Json).result_state ?? (state as Json).life_cycle_state);

/** Executes nothing: records the input and the time. */
class Recorder implements TaskExecutor {
  #executions: Execution[] = [];
  #fails: Fails = () => false;
  #events = 0;
  readonly #isRead: (path: string, name: string) => boolean;

  public constructor(isRead: (path: string, name: string) => boolean) {
    this.#isRead = isRead;
  }

  public begin(fails: Fails): void {
    this.#executions = [];
    this.#fails = fails;
    this.#events = 0;
  }

  public end(): readonly Execution[] {
    return this.#executions;
  }

  public async execute(request: TaskRequest): Promise<TaskOutcome> {
    const label = this.#labelOf(request);
    const { attempt } = request;
    const succeeded = !this.#fails({ label, attempt });
    const { jobId, taskKey } = request;
    const start = this.#events++;
    const execution = { jobId, taskKey, label, attempt, succeeded, start, end: 0 };
    this.#executions.push(execution);
    await new Promise((resolve) => setImmediate(resolve));
    execution.end = this.#events++;
    return succeeded ? { succeeded } : { succeeded, error: "injected failure" };
  }

  #labelOf({ definition, parameters, notebook }: TaskRequest): string {
    const path = notebook?.path ?? "";
    const isCode = path.startsWith(CODE_FOLDER);
    const got = isCode ? (definition.base_parameters as typeof parameters | undefined) : parameters;
    const named = Object.entries(got ?? {})
      // Parameters declared for a job's other users are empty and unread.
      .filter(([name, value]) => isCode || value !== "" || this.#isRead(path, name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `${path} ${JSON.stringify(named)}`;
  }
}

/** Notebooks that stand for other kinds of code. */
export const CODE_FOLDER = "/verify/code/";
export const NOTEBOOK_FOLDER = "/verify/notebook/";
