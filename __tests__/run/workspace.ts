import type { FaultPlan, TaskExecutor } from "../../src/local";
import type { TaskOutcome, TaskRequest } from "../../src/local/execute/executor";
import { Client, notebookTask, startClient } from "../local/support";
import { HANGS_MS } from "../support/hangs";

export { stopAll } from "../local/support";

const FINE: TaskOutcome = { succeeded: true, result: "done", logs: "" };

/** Executes a task when the test lets it, by the name of its job; others at once. */
export class Gates implements TaskExecutor {
  readonly #waiting = new Map<string, (outcome: TaskOutcome) => void>();
  readonly #held = new Set<string>();
  readonly #outcomes = new Map<string, TaskOutcome>();
  /** Tasks that were executed, in order. */
  public readonly executed: { job: string; parameters: Readonly<Record<string, string>> }[] = [];

  /** Tasks of the job wait from now on. */
  public hold(job: string): this {
    this.#held.add(job);
    return this;
  }

  /** Tasks of the job fail from now on. */
  public fail(job: string, error = `${job} is broken`): this {
    this.#outcomes.set(job, {
      succeeded: false,
      error,
      errorTrace: `Traceback (most recent call last):\n${error}`,
      logs: "some output\n",
    });
    return this;
  }

  /** Tasks of the job succeed again. */
  public succeed(job: string): void {
    this.#outcomes.delete(job);
  }

  /** Lets the task that waits go on, and those that come. */
  public release(job: string): void {
    this.#held.delete(job);
    this.#waiting.get(job)?.(this.#outcomes.get(job) ?? FINE);
    this.#waiting.delete(job);
  }

  public isWaiting(job: string): boolean {
    return this.#waiting.has(job);
  }

  public execute(request: TaskRequest, signal: AbortSignal): Promise<TaskOutcome> {
    const { jobName, parameters } = request;
    this.executed.push({ job: jobName, parameters });
    if (!this.#held.has(jobName)) return Promise.resolve(this.#outcomes.get(jobName) ?? FINE);
    return new Promise((resolve, reject) => {
      this.#waiting.set(jobName, resolve);
      signal.addEventListener("abort", () => {
        this.#waiting.delete(jobName);
        reject(new Error("aborted"));
      });
    });
  }
}

/** A workspace with jobs whose tasks run as a test lets them. */
export class RunWorkspace {
  private constructor(
    public readonly client: Client,
    public readonly gates: Gates,
  ) {}

  public static async open(): Promise<RunWorkspace> {
    const gates = new Gates();
    const client = await startClient({ executor: gates });
    await client.putNotebook("/Shared/setup_alerting_tables");
    return new RunWorkspace(client, gates);
  }

  public get host(): string {
    return this.client.workspace.host;
  }

  public get token(): string {
    return this.client.workspace.token;
  }

  /** An atomic job. */
  public atomic(name: string, more: object = {}): Promise<number> {
    const task = { ...notebookTask("only"), ...more };
    return this.client.createJob({ name, tags: { job_level: "atomic" }, tasks: [task] });
  }

  /** A composite job: the job of each task, and what the task waits for. */
  public composite(
    name: string,
    tasks: Readonly<Record<string, readonly [jobId: number, ...after: string[]]>>,
    more: object = {},
  ): Promise<number> {
    return this.client.createJob({
      name,
      tags: { job_level: "composite" },
      tasks: Object.entries(tasks).map(([task_key, [job_id, ...after]]) => ({
        task_key,
        run_job_task: { job_id },
        depends_on: after.map((key) => ({ task_key: key })),
      })),
      ...more,
    });
  }

  /** `tables`, then `seed` and `sync`, then `deploy` after both, each an atomic job of that name, below `setup`. */
  public async setup(): Promise<Record<"tables" | "seed" | "sync" | "deploy" | "setup", number>> {
    const tables = await this.atomic("tables");
    const seed = await this.atomic("seed");
    const sync = await this.atomic("sync");
    const deploy = await this.atomic("deploy");
    const setup = await this.composite("setup", {
      tables: [tables],
      seed: [seed, "tables"],
      sync: [sync, "tables"],
      deploy: [deploy, "seed", "sync"],
    });
    return { tables, seed, sync, deploy, setup };
  }

  public async faults(plan: FaultPlan = {}): Promise<number[]> {
    const { struck } = await this.client.ok("GET", "/local/faults");
    await this.client.ok("PUT", "/local/faults", plan);
    return struck as number[];
  }

  /** Waits until it is so. */
  public async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = Date.now() + HANGS_MS;
    while (!(await condition())) {
      if (Date.now() > end) throw new Error("it did not come to that");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
