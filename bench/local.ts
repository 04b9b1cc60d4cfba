/**
 * Measures the local workspace and prints the figures as JSON: `node local.js`. The server runs in a process of its own,
 * its clients in this one, on the same cores.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVING } from "../src/cli/local/server-options";
import { type TaskExecutor, startLocalWorkspace } from "../src/local";
import { start, status, stop } from "../src/local/commands";
import { openSession } from "../src/local/session";
import { LOCAL_STATE_DIR } from "../src/core/model/markers";
import { jobstrataApp } from "./apps";
import { median } from "./figures";

const DEPLOYED = 1000;
const JOBS = 10_000;
const RUNS = 100_000;
const TASKS = 1000;
const CLIENTS = 16;
const STARTS = 7;
const PAGE_JOBS = 1000;
const PAGE_RUNS = 10_000;
const PAGE_LOADS = 9;

/** What {@link measureLocal} finds. Times in milliseconds. */
export interface LocalFigures {
  readonly startMs: number;
  readonly server: {
    readonly jobs: number;
    readonly runs: number;
    readonly createPerSecond: number;
    readonly getPerSecond: number;
    readonly runNowPerSecond: number;
    readonly emptyMiB: number;
    readonly jobsMiB: number;
    readonly runsMiB: number;
  };
  /** Composite jobs whose tasks take no time, so that all of it is overhead. */
  readonly scheduler: {
    readonly tasks: number;
    readonly chainMs: number;
    readonly fanOutMs: number;
  };
  /** What the page of the workspace asks for. */
  readonly page: {
    readonly jobs: number;
    readonly runs: number;
    /** From the login on: what makes the hierarchy is loaded first. */
    readonly firstHierarchyMs: number;
    /** After a job has changed. */
    readonly hierarchyMs: number;
    readonly runsMs: number;
    /** Of a run with `children` runs below it. */
    readonly treeMs: number;
    readonly children: number;
    readonly runNowPerSecond: number;
    /** While a page is open. */
    readonly runNowHeardPerSecond: number;
  };
  /** Absent where there is no Terraform. */
  readonly deploy?: {
    readonly jobs: number;
    readonly applyMs: number;
    readonly unchangedPlanMs: number;
    /** Processor time of the stand-in and the server while Terraform applied; the rest is Terraform's own. */
    readonly applyOwnCpuMs: number;
  };
}

interface Target {
  readonly host: string;
  readonly token: string;
}

async function measureLocal(folder: string): Promise<LocalFigures> {
  const startMs = await measureStart(folder);
  const scheduler = {
    tasks: TASKS,
    chainMs: await measureComposite((index) => (index === 0 ? [] : [index - 1])),
    fanOutMs: await measureComposite((index) => (index === 0 ? [] : [0])),
  };
  const deploy = await measureDeploy(join(folder, "deploy"));
  const server = await measureServer(join(folder, "server"));
  const page = await measurePage(join(folder, "page"));
  return { startMs, server, scheduler, page, ...(deploy && { deploy }) };
}

/** From the start of the process until it takes requests. */
async function measureStart(folder: string): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const data = join(folder, `start-${i}`);
    const before = performance.now();
    await start({ data, ...SERVING });
    samples.push(performance.now() - before);
    await stop({ data });
  }
  return median(samples);
}

async function measureServer(data: string): Promise<LocalFigures["server"]> {
  // Runs that execute a notebook each would measure Python.
  const { host, token, pid } = await start({ data, executor: "simulated", limits: false });
  const call = client({ host, token });
  try {
    await importNotebook({ host, token });
    const emptyMiB = memoryOf(pid);
    const ids: number[] = [];
    const createPerSecond = await rate(JOBS, async (index) => {
      const { job_id } = await call<{ job_id: number }>("POST", "create", atomicJob(index));
      ids.push(job_id);
    });
    const jobsMiB = memoryOf(pid);
    const idAt = (index: number): number => ids[index % ids.length] ?? 0;
    const getPerSecond = await rate(2 * JOBS, (index) =>
      call("GET", `get?job_id=${idAt(index * 7)}`),
    );
    const runNowPerSecond = await rate(RUNS, (index) =>
      call("POST", "run-now", { job_id: idAt(index) }),
    );
    while ((await status({ data })).activeRuns !== 0) await sleep(100);
    const runsMiB = memoryOf(pid);
    return {
      jobs: JOBS,
      runs: RUNS,
      createPerSecond,
      getPerSecond,
      runNowPerSecond,
      emptyMiB,
      jobsMiB,
      runsMiB,
    };
  } finally {
    await stop({ data });
  }
}

async function measurePage(data: string): Promise<LocalFigures["page"]> {
  const { host, token } = await start({ data, ...SERVING, executor: "simulated", limits: false });
  const call = client({ host, token });
  const left = new AbortController();
  try {
    await importNotebook({ host, token });
    const ids: number[] = [];
    for (let index = 0; index < PAGE_JOBS; index++) {
      ids.push((await call<{ job_id: number }>("POST", "create", atomicJob(index))).job_id);
    }
    const runAll = (): Promise<number> =>
      rate(PAGE_RUNS, (index) => call("POST", "run-now", { job_id: ids[index % ids.length] }));
    const over = async (): Promise<void> => {
      while ((await status({ data })).activeRuns !== 0) await sleep(100);
    };
    // The first runs of a process are slower.
    await runAll();
    await over();
    const runNowPerSecond = await runAll();
    await over();

    const { url } = await call<{ url: string }>("POST", "/local/page", {});
    const [, code = ""] = url.split("#code=");
    const session = await call<{ token: string }>("POST", "/page/session", { code });
    const ask = client({ host, token: session.token });
    const time = async (path: string): Promise<number> => {
      const before = performance.now();
      await ask("GET", path);
      return performance.now() - before;
    };
    const firstHierarchyMs = await time("/page/hierarchy");
    const hierarchies: number[] = [];
    const runs: number[] = [];
    for (let load = 0; load < PAGE_LOADS; load++) {
      const new_settings = { description: String(load) };
      await call("POST", "update", { job_id: ids[0], new_settings });
      hierarchies.push(await time("/page/hierarchy"));
      runs.push(await time("/page/runs"));
    }
    const tasks = ids.map((job_id, index) => ({
      task_key: `load_${index}`,
      run_job_task: { job_id },
    }));
    const composite = await call<{ job_id: number }>("POST", "create", { tasks });
    const { run_id } = await call<{ run_id: number }>("POST", "run-now", composite);
    await over();
    const trees: number[] = [];
    for (let load = 0; load < PAGE_LOADS; load++) trees.push(await time(`/page/runs/${run_id}`));

    const headers = { Authorization: `Bearer ${session.token}` };
    const { body } = await fetch(`${host}/page/events`, { headers, signal: left.signal });
    const read = body?.pipeTo(new WritableStream());
    read?.catch(() => undefined);
    const runNowHeardPerSecond = await runAll();
    return {
      jobs: PAGE_JOBS,
      runs: 2 * PAGE_RUNS,
      firstHierarchyMs,
      hierarchyMs: median(hierarchies),
      runsMs: median(runs),
      treeMs: median(trees),
      children: PAGE_JOBS,
      runNowPerSecond,
      runNowHeardPerSecond,
    };
  } finally {
    left.abort();
    await stop({ data });
  }
}

const atomicJob = (index: number): object => ({
  name: `[bench] Load - Table ${index}`,
  description: `Atomic job: Loads table ${index}`,
  tags: { job_level: "atomic", layer: "load", purpose: "load" },
  max_concurrent_runs: 1000,
  environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
  tasks: [
    {
      task_key: "load",
      environment_key: "default",
      notebook_task: {
        notebook_path: "/Shared/load/table",
        base_parameters: { catalog: "bench", gold_schema: "gold" },
      },
    },
  ],
});

/** Executes every task at once. */
const immediate: TaskExecutor = {
  execute: () => Promise.resolve({ succeeded: true, logs: "" }),
};

/**
 * How long a composite takes that runs a job in each of its tasks.
 *
 * @param dependsOn the tasks that a task waits for, by index
 */
async function measureComposite(dependsOn: (index: number) => number[]): Promise<number> {
  const workspace = await startLocalWorkspace({
    ephemeral: true,
    executor: immediate,
    limits: false,
  });
  const call = client(workspace);
  try {
    await importNotebook(workspace);
    const tasks: object[] = [];
    for (let index = 0; index < TASKS; index++) {
      const { job_id } = await call<{ job_id: number }>("POST", "create", atomicJob(index));
      tasks.push({
        task_key: `load_${index}`,
        depends_on: dependsOn(index).map((other) => ({ task_key: `load_${other}` })),
        run_job_task: { job_id },
      });
    }
    const composite = { name: "[bench] Load", tasks };
    const { job_id } = await call<{ job_id: number }>("POST", "create", composite);
    const { run_id } = await call<{ run_id: number }>("POST", "run-now", { job_id });
    for (;;) {
      const { state, start_time, end_time } = await call<Run>("GET", `runs/get?run_id=${run_id}`);
      if (state.result_state === "SUCCESS") return end_time - start_time;
      if (state.result_state !== undefined) throw new Error(`the run ended ${state.result_state}`);
      await sleep(100);
    }
  } finally {
    await workspace.stop();
  }
}

interface Run {
  readonly state: { readonly result_state?: string };
  readonly start_time: number;
  readonly end_time: number;
}

async function measureDeploy(data: string): Promise<LocalFigures["deploy"]> {
  mkdirSync(data);
  const session = await openSession({ data }).catch(() => undefined);
  if (session === undefined) return undefined;
  try {
    process.env[LOCAL_STATE_DIR] = session.env[LOCAL_STATE_DIR];
    jobstrataApp(session.outdir, DEPLOYED).synth();
    const cwd = join(session.outdir, "stacks", "load-bench-atomic");
    const terraform = async (...args: string[]): Promise<number> => {
      const before = performance.now();
      const program = session.env.TERRAFORM_BINARY_NAME ?? "terraform";
      const child = spawn(program, [...args, "-input=false"], {
        cwd,
        env: session.env,
        stdio: ["ignore", "ignore", "inherit"],
      });
      const code = await new Promise((done) => child.once("close", done));
      if (code !== 0) throw new Error(`terraform ${args.join(" ")} ended with ${String(code)}`);
      return performance.now() - before;
    };
    await terraform("init");
    const cpuBefore = process.cpuUsage();
    const applyMs = await terraform("apply", "-auto-approve");
    const { user, system } = process.cpuUsage(cpuBefore);
    const applyOwnCpuMs = (user + system) / 1000;
    const unchangedPlanMs = await terraform("plan", "-detailed-exitcode");
    return { jobs: DEPLOYED, applyMs, applyOwnCpuMs, unchangedPlanMs };
  } finally {
    await session.stop();
  }
}

type Call = <T>(method: "GET" | "POST", path: string, body?: object) => Promise<T>;

/** Calls the Jobs API over kept connections; `fetch` would cost several times as much as the server. */
function client({ host, token }: Target): Call {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const { hostname, port } = new URL(host);
  return <T>(method: string, path: string, body?: object) =>
    new Promise<T>((done, failed) => {
      const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const json = { "content-type": "application/json", "content-length": payload?.length };
      const outgoing = httpRequest(
        {
          agent,
          hostname,
          port,
          method,
          path: path.startsWith("/") ? path : `/api/2.2/jobs/${path}`,
          headers: {
            authorization: `Bearer ${token}`,
            ...(payload && json),
          },
        },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          answer.on("end", () => {
            if (answer.statusCode === 200) done(JSON.parse(text) as T);
            else failed(new Error(`${method} ${path}: ${answer.statusCode ?? ""} ${text}`));
          });
        },
      );
      outgoing.on("error", failed);
      outgoing.end(payload);
    });
}

/** The one notebook that every job runs. */
async function importNotebook(target: Target): Promise<void> {
  const call = client(target);
  await call("POST", "/api/2.0/workspace/mkdirs", { path: "/Shared/load" });
  await call("POST", "/api/2.0/workspace/import", {
    path: "/Shared/load/table",
    language: "PYTHON",
    format: "SOURCE",
    content: Buffer.from("# Databricks notebook source\n").toString("base64"),
  });
}

/** How many times a second `action` is done, by several clients at once. */
async function rate(times: number, action: (index: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const before = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (next < times) await action(next++);
    }),
  );
  return times / ((performance.now() - before) / 1000);
}

/** Resident memory of a process, in MiB. */
function memoryOf(pid: number): number {
  const kibibytes = execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" });
  return Number(kibibytes) / 1024;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "jobstrata-bench-"));
  try {
    process.stdout.write(JSON.stringify(await measureLocal(folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
