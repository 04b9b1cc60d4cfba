import { ManualClock, type SimulationRule, SimulatedExecutor } from "../../src/local";
import {
  type LocalWorkspace,
  type LocalWorkspaceOptions,
  startLocalWorkspace,
} from "../../src/local/workspace";

export type Json = any;

export interface Answer {
  status: number;
  body: Json;
  headers: Headers;
}

/** A workspace over its HTTP door, as a client of the service sees it. */
export class Client {
  public constructor(public readonly workspace: LocalWorkspace) {}

  public async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.workspace.host + path, {
      method,
      headers: { Authorization: `Bearer ${this.workspace.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json(), headers: response.headers };
  }

  /** The answer to a request that is expected to succeed. */
  public async ok(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.ask(method, path, body);
    if (answer.status !== 200) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  public async createJob(settings: object): Promise<number> {
    return (await this.ok("POST", "/api/2.2/jobs/create", settings)).job_id;
  }

  public async runNow(jobId: number, more: object = {}): Promise<number> {
    return (await this.ok("POST", "/api/2.2/jobs/run-now", { job_id: jobId, ...more })).run_id;
  }

  public run(runId: number, more = ""): Promise<Json> {
    return this.ok("GET", `/api/2.2/jobs/runs/get?run_id=${runId}${more}`);
  }

  public async putNotebook(path: string, source = "print(1)"): Promise<void> {
    await this.ok("POST", "/api/2.0/workspace/import", {
      path,
      format: "SOURCE",
      language: "PYTHON",
      overwrite: true,
      content: Buffer.from(source).toString("base64"),
    });
  }

  /** Polls until the run is over; needs a clock that runs by itself. */
  public async finished(runId: number): Promise<Json> {
    for (;;) {
      const run = await this.run(runId);
      if (run.status.state === "TERMINATED") return run;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

const started: LocalWorkspace[] = [];

/** Stops what the tests of a file have started. */
export async function stopAll(): Promise<void> {
  await Promise.all(started.splice(0).map((workspace) => workspace.stop()));
}

export async function startClient(options: LocalWorkspaceOptions = {}): Promise<Client> {
  const workspace = await startLocalWorkspace({
    ephemeral: options.dataDir === undefined,
    ...options,
  });
  started.push(workspace);
  return new Client(workspace);
}

export interface Simulation {
  client: Client;
  clock: ManualClock;
}

/** A workspace whose time stands still, with one notebook, and tasks that do what `rules` say. */
export async function simulate(
  rules: SimulationRule[] = [],
  options: Omit<LocalWorkspaceOptions, "clock"> & { clock?: ManualClock } = {},
): Promise<Simulation> {
  const clock = options.clock ?? new ManualClock();
  const executor = options.executor ?? new SimulatedExecutor(clock, rules);
  const client = await startClient({ ...options, clock, executor });
  await client.putNotebook(NOTEBOOK);
  return { client, clock };
}

export const NOTEBOOK = "/Shared/setup_alerting_tables";

/** A notebook task, `after` some others. */
export const notebookTask = (task_key: string, after: string[] = [], more: object = {}): Json => ({
  task_key,
  notebook_task: { notebook_path: NOTEBOOK },
  ...(after.length === 0 ? {} : { depends_on: after.map((key) => ({ task_key: key })) }),
  ...more,
});

/** The results of the tasks of a run, by key; the life-cycle state of those that have none. */
export const resultsOf = (run: Json): Record<string, string> =>
  Object.fromEntries(
    run.tasks.map((task: Json) => [
      task.task_key,
      task.state.result_state ?? task.state.life_cycle_state,
    ]),
  );
