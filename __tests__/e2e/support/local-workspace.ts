import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaultPlan } from "../../../src/local";
import type { ExecutorKind } from "../../../src/local/execute/choose";
import { type LocalSession, openSession } from "../../../src/local/session";
import { LOCAL_STATE_DIR } from "../../../src/core/model/markers";
import { tokenLogin, WorkspaceHttp } from "../../../src/run/http";
import { JobsClient } from "../../../src/run/jobs-client";
import { App } from "../../../src/constructs/app";
import { type Ended, run, start, type StartedProcess } from "./processes";
import { providerBinaryEnv } from "./provider-binary";
import { terraformBinaries, usesStandIn } from "./terraform";

/** What Terraform says would be, or was, done. */
export interface Counts {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
}

export interface WorkspaceJob {
  readonly job_id: number;
  readonly settings: { readonly name?: string; readonly tags?: Readonly<Record<string, string>> };
}

/** A local workspace in a temporary folder, with what a test does to it. */
export class TestWorkspace {
  /** What the children of this workspace run with. */
  public readonly env: Readonly<NodeJS.ProcessEnv>;

  readonly #session: LocalSession;

  private constructor(
    /** The temporary folder. The workspace's own data folder is `data` in it. */
    public readonly folder: string,
    session: LocalSession,
    /** What lets Terraform find a provider that was given; see `npm run e2e`. */
    public readonly binaryEnv: Readonly<NodeJS.ProcessEnv>,
  ) {
    this.#session = session;

    this.env = {
      ...session.env,
      ...binaryEnv,
      CI: "true",
      FORCE_COLOR: "0",
      TF_IN_AUTOMATION: "1",
    };
  }

  /** @param executor what runs notebooks */
  public static async open(executor: ExecutorKind = "simulated"): Promise<TestWorkspace> {
    const folder = mkdtempSync(join(tmpdir(), "jobstrata-e2e-"));
    const session = await openSession({
      data: join(folder, "data"),
      provider: usesStandIn ? "local" : "registry",
      executor,
    });
    return new TestWorkspace(folder, session, providerBinaryEnv(folder));
  }

  public get dataDir(): string {
    return this.#session.dataDir;
  }

  public get token(): string {
    return this.#session.token;
  }

  public get host(): string {
    return this.#session.host;
  }

  public async close(): Promise<void> {
    await this.#session.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Synthesizes an app for this workspace, with the policy, as `cdktf synth` does. */
  public synth(build: (app: App) => void): void {
    process.env[LOCAL_STATE_DIR] = this.#session.env[LOCAL_STATE_DIR];
    try {
      const app = new App({ outdir: this.#session.outdir });
      build(app);
      app.synth();
    } finally {
      Reflect.deleteProperty(process.env, LOCAL_STATE_DIR);
    }
  }

  /** The stacks that were synthesized. */
  public stacks(): string[] {
    return readdirSync(join(this.#session.outdir, "stacks")).sort();
  }

  /** Where Terraform runs for a stack. */
  public stackFolder(stack: string): string {
    return join(this.#session.outdir, "stacks", stack);
  }

  public startTerraform(
    stack: string,
    args: readonly string[],
    binary = terraformBinaries[0] ?? "",
  ): StartedProcess {
    return start([binary, ...args, "-no-color"], { cwd: this.stackFolder(stack), env: this.env });
  }

  public terraform(stack: string, ...args: string[]): Promise<Ended> {
    return this.startTerraform(stack, args).ended;
  }

  public async init(...stacks: readonly string[]): Promise<void> {
    for (const stack of stacks) succeeded(await this.terraform(stack, "init", "-input=false"));
  }

  /** What `terraform plan` would do. */
  public async plan(stack: string): Promise<Counts> {
    const ended = await this.terraform(stack, "plan", "-input=false", "-detailed-exitcode");
    const counts = countsOf(succeeded(ended, [0, 2]).stdout);
    expect(ended.code).toBe(counts === NOTHING ? 0 : 2);
    return counts;
  }

  /** What `terraform apply` did. */
  public async apply(stack: string): Promise<Counts> {
    const args = ["apply", "-input=false", "-auto-approve"];
    return countsOf(succeeded(await this.terraform(stack, ...args)).stdout);
  }

  /** The addresses in the state of a stack. */
  public async stateList(stack: string): Promise<string[]> {
    const { stdout } = await this.terraform(stack, "state", "list");
    return stdout.split("\n").filter((line) => line !== "" && !line.startsWith("data."));
  }

  /** Runs the CDKTF CLI for the app in `cwd`. */
  public cdktf(program: readonly string[], cwd: string, ...args: string[]): Promise<Ended> {
    return run([...program, ...args], { cwd, env: this.env });
  }

  /** What the workspace answers. Rejects when it refuses. */
  public async api<T = unknown>(
    method: "GET" | "POST" | "PUT" | "PATCH",
    path: string,
    body?: object,
  ): Promise<T> {
    const response = await fetch(`${this.host}${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#session.token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** Every job, oldest first. */
  public async jobs(): Promise<WorkspaceJob[]> {
    const jobs: WorkspaceJob[] = [];
    for (let page = ""; ;) {
      const answer = await this.api<{ jobs?: WorkspaceJob[]; next_page_token?: string }>(
        "GET",
        `/api/2.2/jobs/list?limit=100${page && `&page_token=${page}`}`,
      );
      jobs.push(...(answer.jobs ?? []));
      page = answer.next_page_token ?? "";
      if (page === "") return jobs.sort((a, b) => a.job_id - b.job_id);
    }
  }

  /** The names of all jobs, sorted; a job that is there twice is twice in it. */
  public async jobNames(): Promise<string[]> {
    return (await this.jobs()).map(({ settings }) => settings.name ?? "").sort();
  }

  /** The one job of that name. */
  public async job(name: string): Promise<WorkspaceJob> {
    const [job, another] = (await this.jobs()).filter(({ settings }) => settings.name === name);
    if (job === undefined || another !== undefined) throw new Error(`no one job ${name}`);
    return job;
  }

  /** A client that runs jobs here. */
  public get client(): JobsClient {
    return new JobsClient(new WorkspaceHttp(tokenLogin(this.#session.host, this.#session.token)));
  }

  /** What goes wrong from now on; nothing, unless it is given. */
  public async faults(plan: FaultPlan = {}): Promise<void> {
    await this.api("PUT", "/local/faults", plan);
  }

  /** How often each fault has struck. */
  public async struck(): Promise<number[]> {
    return (await this.api<{ struck: number[] }>("GET", "/local/faults")).struck;
  }

  /** How many requests that match reach the workspace while `action` lasts. */
  public async requestsDuring(action: () => Promise<unknown>, match = "*"): Promise<number> {
    await this.faults({ requests: [{ match, fault: "latency", milliseconds: 0 }] });
    try {
      await action();
      return (await this.struck())[0] ?? NaN;
    } finally {
      await this.faults();
    }
  }
}

/** Nothing is done. */
export const NOTHING: Counts = { add: 0, change: 0, destroy: 0 };

/** `ended`, after checking that its exit code is one of `codes`. */
export function succeeded(ended: Ended, codes: readonly number[] = [0]): Ended {
  if (ended.code !== null && codes.includes(ended.code)) return ended;
  throw new Error(`ended with ${ended.code ?? ended.signal ?? "nothing"}:\n${ended.text}`);
}

function countsOf(text: string): Counts {
  const found =
    /Plan: (?:\d+ to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy/.exec(text) ??
    /Resources: (?:\d+ imported, )?(\d+) added, (\d+) changed, (\d+) destroyed/.exec(text);
  if (found === null) return NOTHING;
  const [add = 0, change = 0, destroy = 0] = found.slice(1).map(Number);
  return add + change + destroy === 0 ? NOTHING : { add, change, destroy };
}
