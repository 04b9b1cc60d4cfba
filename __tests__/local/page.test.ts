import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOCAL_WAREHOUSE_ID } from "../../src/core/model/markers";
import type { JobRunNode } from "../../src/core/model/run-tree";
import type { SimulationRule, TaskExecutor } from "../../src/local";
import { statusOf } from "../../src/run/api-status";
import type { WorkspacePage } from "../../src/local/page/page-parts";
import type { TaskRequest } from "../../src/local/execute/executor";
import { recordLineage } from "../../src/local/execute/lineage";
import { ask, newCode, page, Visitor } from "./page-support";
import {
  type Client,
  type Json,
  NOTEBOOK,
  notebookTask,
  simulate,
  startClient,
  stopAll,
} from "./support";

afterEach(stopAll);

const JSON_TYPE = { "Content-Type": "application/json" };

/** Executes every task at once. */
const immediate: TaskExecutor = { execute: () => Promise.resolve({ succeeded: true, logs: "" }) };

interface Scene {
  client: Client;
  visitor: Visitor;
  clock: Awaited<ReturnType<typeof simulate>>["clock"];
}

async function visit(rules: SimulationRule[] = []): Promise<Scene> {
  const { client, clock } = await simulate(rules, { page });
  return { client, clock, visitor: await Visitor.of(client.workspace) };
}

describe("the files of the page", () => {
  it("are public and restricted to resources of this server", async () => {
    const { host } = (await startClient({ page })).workspace;
    const types = {
      "/": "text/html; charset=utf-8",
      "/page.js": "text/javascript; charset=utf-8",
      "/page.css": "text/css; charset=utf-8",
    };
    for (const [path, type] of Object.entries(types)) {
      const answer = await ask(host, "GET", path);
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        "content-type": type,
        "content-security-policy":
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
      });
      expect(answer.headers).not.toHaveProperty("set-cookie");
      const head = await ask(host, "HEAD", path);
      expect([head.status, head.text]).toEqual([200, ""]);
      expect(head.headers["content-length"]).toBe(String(answer.text.length));
    }
    expect((await ask(host, "GET", "/favicon.ico")).status).toBe(204);
    expect((await ask(host, "POST", "/")).status).toBe(404);
  });

  it("are refused under another host name", async () => {
    const { host } = (await startClient({ page })).workspace;
    for (const path of ["/", "/page.js", "/page/runs"]) {
      expect((await ask(host, "GET", path, { Host: "evil.example.com" })).status).toBe(403);
    }
  });

  it("are not made before somebody asks for them, and not at all where there is no page", async () => {
    const load = jest.fn(page);
    const { host } = (await startClient({ page: load })).workspace;
    expect(load).not.toHaveBeenCalled();
    await ask(host, "GET", "/");
    await ask(host, "GET", "/page.js");
    expect(load).toHaveBeenCalledTimes(1);

    const without = await startClient();
    expect((await without.ask("GET", "/")).status).toBe(404);
    expect((await without.ask("POST", "/local/page")).status).toBe(404);
  });
});

describe("the login of the page", () => {
  const logIn = (host: string, code: unknown): ReturnType<typeof ask> =>
    ask(host, "POST", "/page/session", JSON_TYPE, JSON.stringify({ code }));

  it("takes a code once, and refuses any other", async () => {
    const { workspace } = await startClient({ page });
    const code = await newCode(workspace);
    expect((await logIn(workspace.host, `${code}x`)).status).toBe(403);
    expect((await logIn(workspace.host, code.slice(1))).status).toBe(403);
    const first = await logIn(workspace.host, code);
    expect(first.status).toBe(200);
    expect(first.body.token).not.toBe(code);
    const again = await logIn(workspace.host, code);
    expect(again.status).toBe(403);
    expect(again.body).toMatchInlineSnapshot(`
      {
        "error_code": "PERMISSION_DENIED",
        "message": "This link was used before, is older than five minutes, or is of a workspace that was stopped since; run npx jobstrata local open for a new link.",
      }
    `);
    expect((await logIn(workspace.host, 1)).status).toBe(400);
  });

  it("takes no code that is five minutes old", async () => {
    const { client, clock } = await simulate([], { page });
    const { workspace } = client;
    const [early, late] = [await newCode(workspace), await newCode(workspace)];
    await clock.advance(5 * 60_000 - 1);
    expect((await logIn(workspace.host, early)).status).toBe(200);
    await clock.advance(1);
    expect((await logIn(workspace.host, late)).status).toBe(403);
  });

  it("is only handed out to the owner", async () => {
    const { client, visitor } = await visit();
    const { host } = client.workspace;
    expect((await ask(host, "POST", "/local/page")).status).toBe(401);
    const asVisitor = { Authorization: `Bearer ${visitor.token}` };
    expect((await ask(host, "POST", "/local/page", asVisitor)).status).toBe(403);
  });

  it("forgets the oldest of too many pages and of too many links", async () => {
    const { workspace } = await startClient({ page });
    const first = await Visitor.of(workspace);
    const unused = await newCode(workspace);
    for (let index = 0; index < 63; index++) await Visitor.of(workspace);
    expect((await first.ask("GET", "/page/runs")).status).toBe(200);
    await Visitor.of(workspace);
    expect((await first.ask("GET", "/page/runs")).status).toBe(401);
    for (let index = 0; index < 64; index++) await newCode(workspace);
    expect((await logIn(workspace.host, unused)).status).toBe(403);
  });
});

describe("the token of the page", () => {
  it("opens the page's endpoints only", async () => {
    const { client, visitor } = await visit();
    const { host, token } = client.workspace;
    for (const path of ["/page/hierarchy", "/page/runs"]) {
      expect((await visitor.ask("GET", path)).status).toBe(200);
      expect((await ask(host, "GET", path)).status).toBe(401);
      expect((await ask(host, "GET", path, { Authorization: `Bearer ${token}` })).status).toBe(401);
    }
    for (const path of ["/api/2.2/jobs/list", "/local/status", "/local/faults", "/page"]) {
      expect((await visitor.ask("GET", path)).status).toBe(403);
    }
    expect((await visitor.ask("POST", "/local/stop")).status).toBe(403);
    expect((await visitor.ask("GET", "/page/../local/status")).status).not.toBe(200);
    const refused = await ask(host, "GET", "/page/runs", { Authorization: "Bearer x" });
    expect(refused.body.message).toContain("npx jobstrata local open");
    expect(refused.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  it("is of no use to other pages", async () => {
    const { client, visitor } = await visit();
    const { host, port } = client.workspace;
    const statusWith = async (headers: Record<string, string>): Promise<number> =>
      (await visitor.ask("GET", "/page/runs", undefined, headers)).status;
    for (const Origin of [
      "https://evil.example.com",
      "null",
      "http://127.0.0.1:1",
      `https://127.0.0.1:${port}`,
      `http://localhost:${port}`,
    ]) {
      expect(await statusWith({ Origin })).toBe(403);
    }
    for (const site of ["cross-site", "same-site"])
      expect(await statusWith({ "Sec-Fetch-Site": site })).toBe(403);
    for (const site of ["same-origin", "none"])
      expect(await statusWith({ "Sec-Fetch-Site": site, Origin: host })).toBe(200);
    const local = `localhost:${port}`;
    expect(await statusWith({ Host: local, Origin: `http://${local}` })).toBe(200);
    const code = await newCode(client.workspace);
    const body = JSON.stringify({ code });
    const headers = { ...JSON_TYPE, Origin: "https://evil.example.com" };
    expect((await ask(host, "POST", "/page/session", headers, body)).status).toBe(403);
  });
});

describe("the jobs of the page", () => {
  it("come as hierarchies with what the policy finds, one for each environment", async () => {
    const { client, visitor } = await visit();
    const { host } = client.workspace;
    expect(await visitor.ok("GET", "/page/hierarchy")).toEqual({ environments: [] });
    const atomic = await client.createJob({
      name: "[dev] Alerting - Tables",
      tags: { job_level: "atomic" },
      tasks: [notebookTask("create_alert_tables")],
    });
    const composite = await client.createJob({
      name: "[dev] Alerting - Setup",
      tags: { job_level: "composite" },
      tasks: [{ task_key: "setup", run_job_task: { job_id: atomic } }, notebookTask("seed")],
    });
    await client.createJob({ name: "[prod] Alerting - Tables", tasks: [notebookTask("a")] });
    const { environments } = await visitor.ok("GET", "/page/hierarchy");
    expect(environments.map(({ environment }: Json) => environment)).toEqual(["dev", "prod"]);
    const [{ jobs, edges }] = environments;
    expect(jobs.map(({ id, level }: Json) => [id, level])).toEqual([
      [`${host}/jobs/${atomic}`, "atomic"],
      [`${host}/jobs/${composite}`, "composite"],
    ]);
    const ids = { from: `${host}/jobs/${composite}`, to: `${host}/jobs/${atomic}` };
    expect(edges).toEqual([{ kind: "run_job", ...ids, by: ids.from }]);
    expect(jobs[1].findings.map(({ rule }: Json) => rule)).toContain("notebook-in-one-job");
  });

  it("are read again when one is created, changed or deleted, and not otherwise", async () => {
    const hierarchy = jest.fn<
      ReturnType<WorkspacePage["hierarchy"]>,
      Parameters<WorkspacePage["hierarchy"]>
    >((host, jobs) => page().hierarchy(host, jobs));
    const { client } = await simulate([], { page: () => ({ ...page(), hierarchy }) });
    const visitor = await Visitor.of(client.workspace);
    const names = async (): Promise<string[]> =>
      (await visitor.ok("GET", "/page/hierarchy")).environments.flatMap(({ jobs }: Json) =>
        jobs.map(({ key }: Json) => key),
      );
    const job_id = await client.createJob({ name: "Tables", tasks: [notebookTask("a")] });
    await client.runNow(job_id);
    expect(await names()).toEqual(["Tables"]);
    expect(await names()).toEqual(["Tables"]);
    expect(hierarchy).toHaveBeenCalledTimes(1);
    await client.ok("POST", "/api/2.2/jobs/update", { job_id, new_settings: { name: "Seeds" } });
    expect(await names()).toEqual(["Seeds"]);
    await client.ok("POST", "/api/2.2/jobs/delete", { job_id });
    expect(await names()).toEqual([]);
    expect(hierarchy).toHaveBeenCalledTimes(3);
  });

  it("are drawn without findings if the configuration is invalid, with a message", async () => {
    const folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
    const before = process.cwd();
    try {
      process.chdir(folder);
      writeFileSync("jobstrata.config.json", "{");
      const { client, visitor } = await visit();
      await client.createJob({ name: "Tables", tasks: [notebookTask("a")] });
      const { environments, problem } = await visitor.ok("GET", "/page/hierarchy");
      expect(environments[0].jobs[0].findings).toEqual([]);
      expect(problem).toContain("jobstrata.config.json");
    } finally {
      process.chdir(before);
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the runs of the page", () => {
  it("come in pages, newest first, of all jobs or of one", async () => {
    const client = await startClient({ page, executor: immediate });
    const visitor = await Visitor.of(client.workspace);
    await client.putNotebook(NOTEBOOK);
    const many = { max_concurrent_runs: 1000, queue: { enabled: true } };
    const tables = await client.createJob({ name: "Tables", ...many, tasks: [notebookTask("a")] });
    const tasks = Array.from({ length: 20 }, (_, index) => ({
      task_key: `t${index}`,
      run_job_task: { job_id: tables },
    }));
    const setup = await client.createJob({ name: "Setup", ...many, tasks });
    const started = await Promise.all(Array.from({ length: 100 }, () => client.runNow(setup)));
    for (const runId of started) await client.finished(runId);

    const first = await visitor.ok("GET", "/page/runs");
    expect(first.runs).toHaveLength(100);
    const [run] = first.runs;
    expect(run).toEqual({
      run_id: expect.any(Number),
      job_id: tables,
      name: "Tables",
      status: { phase: "ended", state: "SUCCESS", message: "" },
      start_time: expect.any(Number),
      end_time: expect.any(Number),
      trigger: "RUN_JOB_TASK",
      parent_run_id: expect.any(Number),
    });
    expect(started).toContain(run.parent_run_id);
    const idsOf = async (query: string): Promise<number[]> => {
      const ids: number[] = [];
      for (let before = ""; ;) {
        const { runs, more } = await visitor.ok("GET", `/page/runs?limit=9999${query}${before}`);
        ids.push(...runs.map(({ run_id }: Json) => run_id));
        if (more === false) return ids;
        expect(runs).toHaveLength(500);
        before = `&before=${ids.at(-1)}`;
      }
    };
    const all = await idsOf("");
    expect(all).toEqual([...new Set(all)].sort((a, b) => b - a));
    expect(all).toHaveLength(2100);
    const newest = started.sort((a, b) => b - a);
    expect(await idsOf("&roots=true")).toEqual(newest);
    expect(await idsOf(`&job_id=${setup}`)).toEqual(newest);
    const two = await visitor.ok("GET", "/page/runs?roots=true&limit=2");
    expect(two.runs.map(({ run_id }: Json) => run_id)).toEqual(newest.slice(0, 2));
    expect((await visitor.ask("GET", "/page/runs?limit=x")).status).toBe(400);
    expect((await visitor.ask("GET", "/page/runs?sort=x")).status).toBe(400);
  });

  it("are filtered by outcome, name and start, however many lie between", async () => {
    const { client, clock, visitor } = await visit([{ taskKey: "bad", outcome: "failure" }]);
    const good = await client.createJob({
      name: "Tables",
      max_concurrent_runs: 1000,
      tasks: [notebookTask("a")],
    });
    const bad = await client.createJob({ name: "Ärger", tasks: [notebookTask("bad")] });
    const first = await client.runNow(bad);
    await clock.advance(10_000);
    for (let count = 0; count < 520; count++) {
      await client.runNow(good);
      if (count % 100 === 0) await clock.advance(1000);
    }
    await clock.advance(10_000);
    const last = await client.runNow(bad);
    await clock.advance(10_000);
    const ids = async (query: string): Promise<number[]> => {
      const { runs } = await visitor.ok("GET", `/page/runs?${query}`);
      return runs.map(({ run_id }: Json) => run_id);
    };
    expect(await ids("outcome=failed")).toEqual([last, first]);
    expect(await ids(`outcome=failed&before=${last}`)).toEqual([first]);
    expect(await ids(`name=${encodeURIComponent("äRG")}`)).toEqual([last, first]);
    const [{ start_time }] = (await visitor.ok("GET", "/page/runs?limit=1")).runs;
    expect(await ids(`since=${start_time}`)).toEqual([last]);
    expect(await ids("outcome=active")).toEqual([]);
    const { runs, more } = await visitor.ok("GET", "/page/runs?outcome=succeeded&limit=500");
    expect([runs.length, more]).toEqual([500, true]);
    expect((await visitor.ask("GET", "/page/runs?outcome=bad")).status).toBe(400);
  });

  it("are the last ones of each job, with the time of its next start", async () => {
    const { client, clock, visitor } = await visit();
    const tables = await client.createJob({ name: "Tables", tasks: [notebookTask("a")] });
    const seeds = await client.createJob({
      name: "Seeds",
      tasks: [notebookTask("a")],
      trigger: { periodic: { interval: 1, unit: "HOURS" } },
    });
    for (let count = 0; count < 25; count++) {
      await client.runNow(tables);
      await clock.advance(1000);
    }
    const { jobs } = await visitor.ok("GET", `/page/activity?job_ids=${tables},${seeds},999`);
    expect(jobs).toEqual([
      { job_id: tables, runs: expect.any(Array) },
      { job_id: seeds, runs: [], next_start: expect.any(Number) },
    ]);
    const listed = await visitor.ok("GET", `/page/runs?job_id=${tables}&limit=20`);
    expect(jobs[0].runs).toEqual(listed.runs);
    expect(jobs[1].next_start - clock.now()).toBe(3_600_000 - 25_000);
    for (const ids of ["", "a", "1,,2", "-1"])
      expect((await visitor.ask("GET", `/page/activity?job_ids=${ids}`)).status).toBe(400);
  });

  it("are trees with all below them, the errors and the outputs", async () => {
    const { client, clock, visitor } = await visit([
      { job: "Seeds", taskKey: "seed", outcome: "failure", error: "out of luck" },
    ]);
    const tables = await client.createJob({ name: "Tables", tasks: [notebookTask("create")] });
    const seeds = await client.createJob({ name: "Seeds", tasks: [notebookTask("seed")] });
    const setup = await client.createJob({
      name: "Setup",
      tasks: [
        { task_key: "tables", run_job_task: { job_id: tables } },
        {
          task_key: "seeds",
          run_job_task: { job_id: seeds },
          depends_on: [{ task_key: "tables" }],
        },
      ],
    });
    const runId = await client.runNow(setup);
    await clock.advance(6);
    const early: JobRunNode = await visitor.ok("GET", `/page/runs/${runId}`);
    expect(early.status.phase).toBe("active");
    expect(early.tasks.map(({ child }) => child?.status.phase)).toEqual(["ended", "active"]);
    await clock.advance(1000);
    const tree: JobRunNode = await visitor.ok("GET", `/page/runs/${runId}`);
    expect(tree).toMatchObject({ runId, jobId: setup, name: "Setup", status: { state: "FAILED" } });
    const [created, seeded] = tree.tasks.map(({ child }) => child?.tasks[0]);
    expect(created?.output).toMatchObject({ result: "[simulated] success" });
    expect(seeded?.output).toMatchObject({
      error: "out of luck",
      errorTrace: "[simulated] out of luck",
    });
    expect(await visitor.ok("GET", `/page/outputs/${seeded?.runId}`)).toEqual(seeded?.output);

    const ofTask: JobRunNode = await visitor.ok("GET", `/page/runs/${seeded?.runId}`);
    expect(ofTask.runId).toBe(tree.tasks[1]?.child?.runId);

    for (const path of [`runs/99999`, `outputs/${runId}`, `outputs/0`]) {
      const refused = await visitor.ask("GET", `/page/${path}`);
      expect([refused.status, refused.body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    }
    for (const path of ["runs/x", "runs/1/2", "runs/-1", "", "session"])
      expect((await visitor.ask("GET", `/page/${path}`)).status).toBe(404);
  });

  it("have only the ends of long logs, which can be had whole", async () => {
    const logs = `${"x".repeat(50_000)}end`;
    const client = await startClient({
      page,
      executor: { execute: () => Promise.resolve({ succeeded: false, error: "no", logs }) },
    });
    const visitor = await Visitor.of(client.workspace);
    await client.putNotebook(NOTEBOOK);
    const job = await client.createJob({ tasks: [notebookTask("a")] });
    const { run_id: runId } = await client.finished(await client.runNow(job));
    const tree: JobRunNode = await visitor.ok("GET", `/page/runs/${runId}`);
    const [task] = tree.tasks;
    expect(task?.output?.logs).toBe(logs.slice(-20_000));
    expect((await visitor.ok("GET", `/page/outputs/${task?.runId}`)).logs).toBe(logs);
  });

  it("have a thousand runs below them", async () => {
    const client = await startClient({ page, executor: immediate });
    const visitor = await Visitor.of(client.workspace);
    await client.putNotebook(NOTEBOOK);
    const job_id = await client.createJob({
      name: "Tables",
      max_concurrent_runs: 1000,
      tasks: [notebookTask("a")],
    });
    const tasks = Array.from({ length: 1000 }, (_, index) => ({
      task_key: `t${index}`,
      run_job_task: { job_id },
    }));
    const runId = await client.runNow(await client.createJob({ name: "Setup", tasks }));
    await client.finished(runId);
    const tree: JobRunNode = await visitor.ok("GET", `/page/runs/${runId}`);
    const states = tree.tasks.map(({ child }) => child?.tasks[0]?.status.state);
    expect(states).toEqual(Array(1000).fill("SUCCESS"));
  });

  it("have the states of the Jobs API", async () => {
    const { client, clock, visitor } = await visit([
      { taskKey: "bad", outcome: "failure" },
      { taskKey: "slow", duration: 1000 },
    ]);
    const job = (name: string, key: string, more: object = {}): Promise<number> =>
      client.createJob({ name, tasks: [notebookTask(key)], ...more });
    const slow = await job("Slow", "slow", { queue: { enabled: true } });
    await client.runNow(await job("Bad", "bad"));
    await client.runNow(await job("Good", "good"));
    await client.runNow(slow);
    await client.runNow(slow);
    await client.runNow(slow, { queue: { enabled: false } });
    const canceled = await client.runNow(await job("Canceled", "slow"));
    await clock.advance(100);
    await client.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: canceled });
    await clock.advance(1);
    const { runs } = await visitor.ok("GET", "/page/runs");
    expect(runs.map(({ status }: Json) => status.state).sort()).toEqual([
      "CANCELED",
      "FAILED",
      "MAXIMUM_CONCURRENT_RUNS_REACHED",
      "QUEUED",
      "RUNNING",
      "SUCCESS",
    ]);
    for (const { run_id, status } of runs) {
      expect(status).toEqual(statusOf(await client.run(run_id)));
    }
  });
});

describe("the alerts of the page", () => {
  it("carry their states, and their changes send an event", async () => {
    const query: TaskExecutor["query"] = (_request, onAnswer) => {
      onAnswer({ columns: [{ name: "cost", type: "double" }], rows: [[6000]], truncated: false });
      return Promise.resolve();
    };
    const client = await startClient({ executor: { ...immediate, query }, page });
    const visitor = await Visitor.of(client.workspace);
    expect(await visitor.ok("GET", "/page/alerts")).toEqual({ alerts: [] });
    const listener = await visitor.listen();
    const { id } = await client.ok("POST", "/api/2.0/alerts", {
      display_name: "COST-001",
      query_text: "SELECT 6000 AS cost",
      warehouse_id: LOCAL_WAREHOUSE_ID,
      evaluation: {
        comparison_operator: "GREATER_THAN",
        source: { name: "cost" },
        threshold: { value: { double_value: 5000 } },
      },
      schedule: { quartz_cron_schedule: "0 0 8 * * ?", timezone_id: "UTC" },
    });
    await client.ok("POST", "/local/alerts/evaluate", {});
    await listener.until(({ name }) => name === "alerts");
    listener.left.abort();
    const { alerts } = await visitor.ok("GET", "/page/alerts");
    expect(alerts).toMatchObject([
      { id, display_name: "COST-001", state: "TRIGGERED", condition: "cost > 5000", value: "6000" },
    ]);
  });
});

describe("the tables of a job", () => {
  it("are those that its runs read and wrote", async () => {
    const client = await startClient({ page });
    const visitor = await Visitor.of(client.workspace);
    expect(await visitor.ok("GET", "/page/tables?job_id=5")).toEqual({ reads: [], writes: [] });
    const request = { jobId: 5, jobName: "orders", jobRunId: 7, taskKey: "main" } as TaskRequest;
    const notebook = "/Shared/orders";
    const accesses = [
      { mode: "read", name: "dev.b" },
      { mode: "read", name: "dev.a" },
      { mode: "write", name: "/Volumes/dev/out" },
    ] as const;
    recordLineage(client.workspace.dataDir, request, notebook, accesses);
    recordLineage(client.workspace.dataDir, request, notebook, accesses);
    recordLineage(client.workspace.dataDir, { ...request, jobId: 6 }, notebook, [
      { mode: "read", name: "dev.c" },
    ]);
    expect(await visitor.ok("GET", "/page/tables?job_id=5")).toEqual({
      reads: ["dev.a", "dev.b"],
      writes: ["/Volumes/dev/out"],
    });
    expect((await visitor.ask("GET", "/page/tables")).status).toBe(400);
  });
});

describe("the events of the page", () => {
  it("tell a run from its start to its end", async () => {
    const { client, clock, visitor } = await visit([{ taskKey: "slow", duration: 1000 }]);
    const job = await client.createJob({
      name: "Tables",
      tasks: [notebookTask("a"), notebookTask("slow", ["a"])],
    });
    const listener = await visitor.listen();
    expect(listener.heard[0]).toEqual({
      name: "hello",
      data: { host: client.workspace.host, now: clock.now() },
    });
    const { run_id } = await visitor.ok("POST", "/page/run", { job_id: job });
    await clock.advance(300);
    const { data } = await listener.until(({ name }) => name === "run");
    expect(data).toMatchObject({ run_id, job_id: job, name: "Tables", trigger: "ONE_TIME" });
    expect(data.status.phase).toBe("active");
    await clock.advance(2000);
    await listener.until(({ name, data: run }) => name === "run" && run.status.phase === "ended");
    expect(listener.named("run").at(-1)).toEqual(
      (await visitor.ok("GET", "/page/runs")).runs.find((run: Json) => run.run_id === run_id),
    );
    listener.left.abort();
  });

  it("come once for all that happens to a run in 200 ms", async () => {
    const { client, clock, visitor } = await visit();
    const tasks = Array.from({ length: 50 }, (_, index) => notebookTask(`t${index}`));
    const tables = await client.createJob({ name: "Tables", tasks });
    const setup = await client.createJob({
      tasks: [{ task_key: "tables", run_job_task: { job_id: tables } }],
    });
    const listener = await visitor.listen();
    await client.runNow(setup);
    await clock.advance(199);
    await visitor.ok("GET", "/page/runs");
    expect(listener.named("run")).toEqual([]);
    await clock.advance(1);
    await listener.until(({ data }) => data.job_id === tables);
    // One for the run and one for the run below it, both over by then.
    const told = listener.named("run").map(({ job_id, status }) => [job_id, status.state]);
    expect(told).toEqual([
      [setup, "SUCCESS"],
      [tables, "SUCCESS"],
    ]);
    await clock.advance(1000);
    expect(listener.named("run")).toHaveLength(2);
    listener.left.abort();
  });

  it("tell of jobs once a second, of deleted runs, and that the stream lives", async () => {
    const { client, clock, visitor } = await visit();
    const listener = await visitor.listen();
    for (let index = 0; index < 5; index++) {
      await client.createJob({ name: `Tables ${index}`, tasks: [notebookTask("a")] });
      await clock.advance(100);
    }
    await clock.advance(500);
    await listener.until(({ name }) => name === "jobs");
    const runId = await client.runNow(1);
    await clock.advance(1000);
    await client.ok("POST", "/api/2.2/jobs/runs/delete", { run_id: runId });
    await clock.advance(200);
    await listener.until(({ name }) => name === "resync");
    expect(listener.named("jobs")).toEqual([{}]);
    const before = listener.comments;
    void clock.advance(15_000);
    while (listener.comments === before) await listener.more();
    listener.left.abort();
  });

  it("tell that findings are out of date when the configuration or its baseline changes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
    const before = process.cwd();
    try {
      process.chdir(folder);
      const { client, clock, visitor } = await visit();
      await client.createJob({ name: "Tables", tasks: [notebookTask("a")] });
      const findings = async (): Promise<number> => {
        const { environments } = await visitor.ok("GET", "/page/hierarchy");
        return environments[0].jobs[0].findings.length;
      };
      expect(await findings()).toBeGreaterThan(0);
      const listener = await visitor.listen();
      await clock.advance(2000);
      const change = async (file: string, text: string): Promise<void> => {
        writeFileSync(file, text);
        const heard = listener.named("jobs").length;
        await clock.advance(2000);
        while (listener.named("jobs").length === heard) await listener.more();
        await findings();
      };
      writeFileSync("kept.json", "{}");
      await clock.advance(2000);
      await change("jobstrata.config.json", '{"baseline":"kept.json"}');
      await change("kept.json", '{"version":1}');
      await clock.advance(10_000);
      expect(listener.named("jobs")).toHaveLength(2);
      listener.left.abort();
    } finally {
      process.chdir(before);
      rmSync(folder, { recursive: true });
    }
  });

  it("do not tell of thousands of runs one by one", async () => {
    const { client, clock, visitor } = await visit();
    const job_id = await client.createJob({
      max_concurrent_runs: 1000,
      tasks: [notebookTask("a")],
    });
    const tasks = Array.from({ length: 500 }, (_, index) => ({
      task_key: `t${index}`,
      run_job_task: { job_id },
    }));
    const setup = await client.createJob({ tasks });
    const listener = await visitor.listen();
    await client.runNow(setup);
    await clock.advance(200);
    await listener.until(({ name }) => name === "resync");
    expect(listener.named("run")).toEqual([]);
    listener.left.abort();
  });

  it("have a maximum number of listeners at a time", async () => {
    const { visitor } = await visit();
    const listeners = [];
    for (let index = 0; index < 32; index++) listeners.push(await visitor.listen());
    expect((await visitor.ask("GET", "/page/events")).status).toBe(429);
    listeners[0]?.left.abort();
    for (let another; another === undefined;)
      another = await visitor.listen().catch(() => undefined);
    for (const listener of listeners) listener.left.abort();
  });

  it("end when the workspace stops, without waiting for clients", async () => {
    const { client, visitor } = await visit();
    const listeners = await Promise.all([visitor.listen(), visitor.listen(), visitor.listen()]);
    await client.workspace.stop();
    // One that was cut off, since the workspace had waited for it, would have failed.
    const ends = await Promise.allSettled(listeners.map(({ over }) => over));
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
  });
});

describe("the actions of the page", () => {
  it("run a job, which waits where it has to, and cancel it", async () => {
    const { client, clock, visitor } = await visit([{ duration: 1000 }]);
    const job_id = await client.createJob({ tasks: [notebookTask("a")] });
    const { run_id } = await visitor.ok("POST", "/page/run", { job_id });
    const second = await visitor.ok("POST", "/page/run", { job_id });
    expect((await client.run(second.run_id)).state.life_cycle_state).toBe("QUEUED");
    expect(await visitor.ok("POST", "/page/cancel", { run_id })).toEqual({});
    await clock.advance(1);
    expect((await client.run(run_id)).state.result_state).toBe("CANCELED");
    expect((await client.run(second.run_id)).state.life_cycle_state).toBe("RUNNING");
  });

  it("repair a run as often as it fails", async () => {
    const { client, clock, visitor } = await visit([{ taskKey: "seed", outcome: "failure" }]);
    const job_id = await client.createJob({
      tasks: [
        notebookTask("create"),
        notebookTask("seed", ["create"]),
        notebookTask("x", ["seed"]),
      ],
    });
    const run_id = await client.runNow(job_id);
    const create = async (): Promise<number> =>
      (await client.run(run_id)).tasks.find((task: Json) => task.task_key === "create").run_id;
    await clock.advance(100);
    const before = await create();
    for (let index = 0; index < 3; index++) {
      expect(await visitor.ok("POST", "/page/repair", { run_id })).toEqual({ run_id });
      expect((await client.run(run_id)).state.life_cycle_state).not.toBe("TERMINATED");
      await clock.advance(100);
      expect((await client.run(run_id)).state.result_state).toBe("FAILED");
    }
    expect(await create()).toBe(before);
  });

  it("are refused with the errors of the API", async () => {
    const { client, clock, visitor } = await visit();
    const job_id = await client.createJob({ tasks: [notebookTask("a")] });
    const run_id = await client.runNow(job_id);
    await clock.advance(100);
    const refused = async (action: string, body: object): Promise<string> => {
      const answer = await visitor.ask("POST", `/page/${action}`, body);
      expect(answer.status).toBe(400);
      return `${answer.body.error_code}: ${answer.body.message}`;
    };
    expect(await refused("run", { job_id: 77 })).toMatchInlineSnapshot(
      `"INVALID_PARAMETER_VALUE: Job 77 does not exist."`,
    );
    expect(await refused("run", {})).toMatchInlineSnapshot(
      `"INVALID_PARAMETER_VALUE: Missing required field: job_id"`,
    );
    expect(await refused("cancel", { run_id: 7777 })).toMatchInlineSnapshot(
      `"INVALID_PARAMETER_VALUE: Run 7777 does not exist."`,
    );
    expect(await refused("repair", { run_id: 7777 })).toMatchInlineSnapshot(
      `"INVALID_PARAMETER_VALUE: Run 7777 does not exist."`,
    );
    expect(await refused("repair", { run_id })).toMatchInlineSnapshot(
      `"INVALID_PARAMETER_VALUE: Run ${run_id} has no task to repair."`,
    );
    expect(await refused("repair", { run_id, tasks: [] })).toContain('unknown field "tasks"');
  });

  it("are taken as JSON alone, and no more of it than they need", async () => {
    const { client, visitor } = await visit();
    const job_id = await client.createJob({ tasks: [notebookTask("a")] });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", ""]) {
      const more = { "Content-Type": type };
      expect((await visitor.ask("POST", "/page/run", { job_id }, more)).status).toBe(415);
    }
    expect((await visitor.ask("GET", `/page/run?job_id=${job_id}`)).status).toBe(404);
    const large = { job_id, x: "x".repeat(5000) };
    expect((await visitor.ask("POST", "/page/run", large)).status).toBe(413);
    expect((await visitor.ok("GET", "/page/runs")).runs).toEqual([]);
  });
});
