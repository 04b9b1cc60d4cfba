/**
 * Measures what following runs costs and prints the figures as JSON: `node runs.js`. The workspace runs in a process of its
 * own (`node runs.js serve`), the follower in this one, so that its processor time and its memory are its own.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type TaskExecutor, startLocalWorkspace } from "../src/local";
import { tasksBelow } from "../src/core/model/run-tree";
import { styleOf } from "../src/core/report/style";
import { treeLines } from "../src/core/report/run-tree";
import { tokenLogin, WorkspaceHttp } from "../src/run/http";
import { JobsClient } from "../src/run/jobs-client";
import { RunFollower } from "../src/run/run-follower";
import { RunSession } from "../src/run/run-session";
import { median } from "./figures";

const CHILDREN = 1000;
const LOOKS = 9;
const LAGS = 10;
const STARTS = 7;

/** What {@link measureRuns} finds. Times in milliseconds. */
export interface RunFigures {
  readonly children: number;
  /** Processor time of one look at a tree whose children are all under way, drawing it on a screen included. */
  readonly lookCpuMs: number;
  readonly lookMs: number;
  readonly lookRequests: number;
  /** Of the process that follows, at its highest. */
  readonly peakMiB: number;
  /** From the end of a task in the workspace until the screen is updated; the pause between two looks is `pollMs`. */
  readonly lagMs: number;
  readonly pollMs: number;
  /** From the start of the command until the workspace gets the request to run. */
  readonly startMs: number;
}

/** How long a task takes is its parameter. */
const timed: TaskExecutor = {
  execute: async ({ parameters }, signal) => {
    await sleep(Number(parameters.milliseconds), undefined, { signal });
    return { succeeded: true, result: String(Date.now()), logs: "" };
  },
};

async function serve(): Promise<void> {
  const { host, token } = await startLocalWorkspace({
    ephemeral: true,
    executor: timed,
    limits: false,
  });
  process.send?.({ host, token });
}

interface Target {
  readonly host: string;
  readonly token: string;
}

async function measureRuns(): Promise<RunFigures> {
  const server = fork(__filename, ["serve"]);
  try {
    const target = await new Promise<Target>((resolve) => server.once("message", resolve));
    const client = new JobsClient(new WorkspaceHttp(tokenLogin(target.host, target.token)));
    await api(target, "2.0/workspace/import", {
      path: "/load",
      format: "SOURCE",
      language: "PYTHON",
      content: Buffer.from("print(1)").toString("base64"),
    });
    const tree = await measureTree(target, client);
    const lag = await measureLag(target, client);
    return { children: CHILDREN, ...tree, ...lag, startMs: await measureStart(target) };
  } finally {
    await ended(server);
  }
}

async function measureTree(
  target: Target,
  client: JobsClient,
): Promise<Pick<RunFigures, "lookCpuMs" | "lookMs" | "lookRequests" | "peakMiB">> {
  const tasks: object[] = [];
  for (let index = 0; index < CHILDREN; index++) {
    const { job_id } = await api<{ job_id: number }>(
      target,
      "2.2/jobs/create",
      atomicJob(index, 600_000),
    );
    tasks.push({ task_key: `load_${index}`, run_job_task: { job_id } });
  }
  const { job_id } = await api<{ job_id: number }>(target, "2.2/jobs/create", {
    name: "all",
    tasks,
  });
  const { run_id } = await api<{ run_id: number }>(target, "2.2/jobs/run-now", { job_id });
  const follower = new RunFollower(client, run_id);
  const style = styleOf({ color: true, unicode: true });
  const look = async (): Promise<number> => {
    const run = await follower.look();
    treeLines(run, { now: Date.now(), style, width: 120, height: 40 });
    return [...tasksBelow(run)].length;
  };
  // Every child has a task.
  while ((await look()) < 2 * CHILDREN) await sleep(500);
  const samples: { cpu: number; wall: number }[] = [];
  const requests = client.http.requests;
  for (let at = 0; at < LOOKS; at++) {
    // As between two looks, so that nothing waits for its turn.
    await sleep(4000);
    const [cpu, wall] = [process.cpuUsage(), performance.now()];
    await look();
    const { user, system } = process.cpuUsage(cpu);
    samples.push({ cpu: (user + system) / 1000, wall: performance.now() - wall });
  }
  await client.cancelRun(run_id);
  return {
    lookCpuMs: median(samples.map(({ cpu }) => cpu)),
    lookMs: median(samples.map(({ wall }) => wall)),
    lookRequests: (client.http.requests - requests) / LOOKS,
    peakMiB: process.resourceUsage().maxRSS / 1024,
  };
}

/** The result of a task is the time at which it ended. */
async function measureLag(
  target: Target,
  client: JobsClient,
): Promise<Pick<RunFigures, "lagMs" | "pollMs">> {
  const pollMs = 1000;
  const lags: number[] = [];
  for (let at = 0; at < LAGS; at++) {
    const child = await api<{ job_id: number }>(
      target,
      "2.2/jobs/create",
      atomicJob(at, 700 + 130 * at),
    );
    const tasks = [{ task_key: "load", run_job_task: { job_id: child.job_id } }];
    const { job_id } = await api<{ job_id: number }>(target, "2.2/jobs/create", {
      name: "one",
      tasks,
    });
    const { run_id } = await api<{ run_id: number }>(target, "2.2/jobs/run-now", { job_id });
    let shown = 0;
    const session = new RunSession(client, run_id, {
      pollMs,
      onLook: (run) => {
        const over = [...tasksBelow(run)].some(
          ({ path, task }) => path.length === 2 && task.status.phase === "ended",
        );
        if (over && shown === 0) shown = Date.now();
      },
    });
    const run = await session.follow();
    const result = run?.tasks[0]?.child?.tasks[0]?.output?.result;
    lags.push(shown - Number(result));
  }
  return { lagMs: Math.max(...lags), pollMs };
}

/** The command, with a workspace that only takes the time at which it is asked to run. */
async function measureStart(target: Target): Promise<number> {
  const { job_id } = await api<{ job_id: number }>(target, "2.2/jobs/create", atomicJob(0, 1));
  let asked = 0;
  const proxy = createServer((request, response) => {
    if (request.url?.endsWith("/jobs/run-now") === true) {
      asked = performance.now();
      response.end('{"run_id": 1}');
      return;
    }
    void fetch(`${target.host}${request.url ?? ""}`, {
      headers: { Authorization: `Bearer ${target.token}` },
    }).then(async (answer) => response.end(await answer.text()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = proxy.address() as AddressInfo;
    const samples: number[] = [];
    for (let at = 0; at < STARTS; at++) {
      const before = performance.now();
      const program = join(__dirname, "..", "node_modules", "jobstrata", "lib", "bin.js");
      const command = spawn(
        process.execPath,
        [program, "run", "--job-id", String(job_id), "--no-wait"],
        {
          env: {
            ...process.env,
            DATABRICKS_HOST: `http://127.0.0.1:${port}`,
            DATABRICKS_TOKEN: "bench",
          },
          stdio: "ignore",
        },
      );
      await new Promise((resolve) => command.once("exit", resolve));
      if (command.exitCode !== 0)
        throw new Error(`run ended with ${command.exitCode ?? "nothing"}`);
      samples.push(asked - before);
    }
    return median(samples);
  } finally {
    proxy.close();
  }
}

const atomicJob = (index: number, milliseconds: number): object => ({
  name: `[bench] Load - Table ${index}`,
  tags: { job_level: "atomic" },
  environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
  tasks: [
    {
      task_key: "load",
      environment_key: "default",
      notebook_task: {
        notebook_path: "/load",
        base_parameters: { milliseconds: String(milliseconds), catalog: "bench" },
      },
    },
  ],
});

async function api<T>({ host, token }: Target, path: string, body: object): Promise<T> {
  const response = await fetch(`${host}/api/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${text}`);
  return JSON.parse(text) as T;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => {
      resolve();
    });
    child.kill();
  });
}

void (process.argv[2] === "serve"
  ? serve()
  : measureRuns().then((figures) => {
      process.stdout.write(JSON.stringify(figures));
    }));
