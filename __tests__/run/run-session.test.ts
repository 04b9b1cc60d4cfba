import { afterAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type JobRunNode, tasksBelow } from "../../src/core/model/run-tree";
import { failuresOf } from "../../src/core/report/run-failures";
import { startRepair } from "../../src/run/repair";
import { RunFollower } from "../../src/run/run-follower";
import { type FollowOptions, RunSession } from "../../src/run/run-session";
import { Runner } from "../../src/run/runner";
import { stepOf } from "../../src/cli/run/execution";
import { treeLines } from "../../src/core/report/run-tree";
import { notebookTask, simulate } from "../local/support";
import { clientOf, fakeServer, refuse } from "./support";
import { RunWorkspace, stopAll } from "./workspace";

/** Every task below a run, with its state. */
const states = (run: JobRunNode | undefined): Record<string, string> =>
  run === undefined
    ? {}
    : Object.fromEntries(
        [...tasksBelow(run)].map(({ path, task }) => [path.join("/"), task.status.state]),
      );

let workspace: RunWorkspace;
beforeEach(async () => {
  workspace = await RunWorkspace.open();
});
afterAll(stopAll);

function follow(runId: number, options: FollowOptions = {}): Promise<JobRunNode | undefined> {
  return new RunSession(clientOf(workspace), runId, { pollMs: 10, ...options }).follow();
}

describe("RunSession", () => {
  it("sees inside a composite job, to any depth, while it runs", async () => {
    const { setup } = await workspace.setup();
    const top = await workspace.composite("platform", { alerting: [setup] });
    workspace.gates.hold("seed");
    const runId = await workspace.client.runNow(top);
    const looks: Record<string, string>[] = [];
    const following = follow(runId, { onLook: (run) => looks.push(states(run)) });
    await workspace.until(() => looks.at(-1)?.["alerting/sync/only"] === "SUCCESS");
    expect(looks.at(-1)).toEqual({
      alerting: "RUNNING",
      "alerting/tables": "SUCCESS",
      "alerting/tables/only": "SUCCESS",
      "alerting/seed": "RUNNING",
      "alerting/seed/only": "RUNNING",
      "alerting/sync": "SUCCESS",
      "alerting/sync/only": "SUCCESS",
      "alerting/deploy": "BLOCKED",
    });
    workspace.gates.release("seed");
    const run = await following;
    expect(run).toMatchObject({
      runId,
      jobId: top,
      name: "platform",
      status: { state: "SUCCESS" },
    });
    expect(new Set(Object.values(states(run)))).toEqual(new Set(["SUCCESS"]));
    const [alerting] = run?.tasks ?? [];
    expect(alerting?.child).toMatchObject({ jobId: setup, name: "setup" });
    expect(alerting?.child?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#job\//);
    expect(alerting?.child?.tasks.map(({ taskKey }) => taskKey)).toEqual([
      "tables",
      "seed",
      "sync",
      "deploy",
    ]);
    expect(alerting?.child?.tasks[0]?.child?.tasks[0]?.output?.result).toBe("done");
  });

  it("reports the failed notebook, the error and the tasks that did not run", async () => {
    const { setup } = await workspace.setup();
    const top = await workspace.composite("platform", {
      alerting: [setup],
      report: [setup, "alerting"],
    });
    workspace.gates.fail("seed", "no such table");
    const run = await follow(await workspace.client.runNow(top));
    expect(run?.status.state).toBe("FAILED");
    const [failure, ...others] = run === undefined ? [] : failuresOf(run);
    expect(others).toEqual([]);
    expect(failure).toMatchObject({
      path: ["alerting", "seed", "only"],
      task: {
        notebookPath: "/Shared/setup_alerting_tables",
        output: { error: "no such table", logs: "some output\n" },
      },
      run: { name: "seed" },
      kept: [["alerting", "deploy"], ["report"]],
    });
  });

  it("counts retries, and shows the attempt that counts", async () => {
    const job = await workspace.atomic("flaky", { max_retries: 2 });
    await workspace.faults({ tasks: [{ job: "flaky", failures: 2, error: "out of luck" }] });
    const run = await follow(await workspace.client.runNow(job));
    expect(run).toMatchObject({
      status: { state: "SUCCESS" },
      tasks: [{ retries: 2, status: { state: "SUCCESS" } }],
    });
  });

  it("shows how the iterations of a for-each task stand, and which of them failed", async () => {
    const each = (key: string): object => ({
      task_key: key,
      for_each_task: { inputs: "[1, 2, 3]", task: notebookTask("each") },
    });
    const job = await workspace.client.createJob({ name: "loop", tasks: [each("loop")] });
    await workspace.faults({ tasks: [{ task_key: "each", failures: 1, error: "bad input" }] });
    const run = await follow(await workspace.client.runNow(job));
    expect(run?.tasks).toMatchObject([
      {
        status: { state: "FAILED" },
        iterations: { total: 3, succeeded: 2, failed: 1 },
        iterationRuns: [{ taskKey: "each", output: { error: "bad input" } }],
      },
    ]);
    expect(run === undefined ? [] : failuresOf(run)).toMatchObject([
      { path: ["loop"], task: { taskKey: "each" } },
    ]);
  });

  it("follows 1000 tasks, and asks for a page of them at a time", async () => {
    const tasks = Array.from({ length: 1000 }, (_, at) =>
      notebookTask(`t${String(at).padStart(3, "0")}`, at === 0 ? [] : ["t000"]),
    );
    const job = await workspace.client.createJob({ name: "wide", tasks });
    const run = await follow(await workspace.client.runNow(job));
    expect(run?.tasks).toHaveLength(1000);
    expect(run?.tasks.every(({ status }) => status.state === "SUCCESS")).toBe(true);
  });

  it("asks once for a tree, and not for every run in it", async () => {
    const jobs = await Promise.all(
      Array.from({ length: 60 }, (_, at) => workspace.atomic(`load ${at}`)),
    );
    for (let at = 0; at < 60; at++) workspace.gates.hold(`load ${at}`);
    const parts = Object.fromEntries(jobs.map((jobId, at) => [`t${at}`, [jobId] as const]));
    const job = await workspace.composite("all", parts);
    const runId = await workspace.client.runNow(job);
    await workspace.until(() => workspace.gates.isWaiting("load 59"));
    const client = clientOf(workspace);
    const follower = new RunFollower(client, runId);
    const run = await follower.look();
    expect([...tasksBelow(run)]).toHaveLength(120);
    // One for the run, and one for each 25 of the 61 runs.
    expect(client.http.requests).toBe(4);
    for (let at = 0; at < 60; at++) workspace.gates.release(`load ${at}`);
  });

  it("does not go through everything that has run since, to show a run of the past", async () => {
    const { client, clock } = await simulate();
    const atomic = await client.createJob({
      name: "tables",
      max_concurrent_runs: 100,
      tasks: [notebookTask("only")],
    });
    const tasks = [{ task_key: "tables", run_job_task: { job_id: atomic } }];
    const job = await client.createJob({ name: "setup", tasks });
    const runId = await client.runNow(job);
    await clock.advance(3_600_000);
    for (let at = 0; at < 60; at++) await client.runNow(atomic);
    await clock.advance(3_600_000);
    const jobs = clientOf(client.workspace);
    const run = await new RunFollower(jobs, runId, new Map(), true).lookAtAll();
    expect(states(run)).toEqual({ tables: "SUCCESS", "tables/only": "SUCCESS" });
    // The run, one page of the list, and one output.
    expect(jobs.http.requests).toBe(3);
  });

  it("finds child runs that the list of runs lacks", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.fail("sync");
    const runId = await workspace.client.runNow(setup);
    await workspace.client.finished(runId);
    // An older service, whose runs do not say what has started them.
    const old = await fakeServer((request, response) => {
      void fetch(workspace.host + request.url, {
        headers: { Authorization: `Bearer ${workspace.token}` },
      })
        .then((answer) => answer.text())
        .then((text) => response.end(text.replace(/,"trigger_info":\{[^}]*\}/g, "")));
    });
    const run = await new RunSession(clientOf({ host: old.host, token: "x" }), runId, {
      pollMs: 10,
    }).follow();
    expect(states(run)).toMatchObject({
      "tables/only": "SUCCESS",
      "sync/only": "FAILED",
      deploy: "UPSTREAM_FAILED",
    });
    await old.close();
  });

  it("survives everything that happens to requests, and starts no run twice", async () => {
    const { setup } = await workspace.setup();
    await workspace.faults({
      seed: 4,
      requests: [
        { match: "POST /api/2.2/jobs/run-now", fault: "drop", times: 1, carried_out: true },
        {
          match: "POST /api/2.2/jobs/run-now",
          fault: 503,
          times: 1,
          carried_out: true,
          retry_after: 0,
        },
        { match: "*", fault: 429, rate: 0.1, retry_after: 0 },
        { match: "*", fault: 500, rate: 0.1 },
        { match: "*", fault: "drop", rate: 0.1 },
        { match: "*", fault: "half", rate: 0.1 },
        { match: "*", fault: "latency", milliseconds: 20, rate: 0.1 },
      ],
    });
    const runner = new Runner(clientOf(workspace), { pollMs: 5 });
    const [result] = await runner.run([stepOf({ jobId: setup, name: "setup" }, undefined)]);
    const struck = await workspace.faults();
    expect(struck.slice(0, 2)).toEqual([1, 1]);
    expect(struck.slice(2).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
    expect(result).toMatchObject({ outcome: "succeeded", run: { status: { state: "SUCCESS" } } });
    const { runs } = await workspace.client.ok("GET", `/api/2.2/jobs/runs/list?job_id=${setup}`);
    expect(runs).toHaveLength(1);
  });

  it("keeps following while the workspace does not respond for a while", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.hold("seed");
    const runId = await workspace.client.runNow(setup);
    const outages: (string | undefined)[] = [];
    const client = clientOf(workspace, { budgetMs: 30 });
    const following = new RunSession(client, runId, {
      pollMs: 10,
      onOutage: (error) => outages.push(error?.message),
    }).follow();
    await workspace.until(() => workspace.gates.isWaiting("seed"));
    await workspace.faults({ requests: [{ match: "GET /api/*", fault: 503, retry_after: 0 }] });
    await workspace.until(() => outages.length >= 3);
    await workspace.faults();
    workspace.gates.release("seed");
    expect((await following)?.status.state).toBe("SUCCESS");
    expect(outages[0]).toMatch(/^GET 2\.2\/jobs\/runs\/.*: 503/);
    expect(outages.at(-1)).toBeUndefined();
  });

  it("stops following after the timeout and leaves the run running", async () => {
    const job = await workspace.atomic("long");
    workspace.gates.hold("long");
    const runId = await workspace.client.runNow(job);
    await workspace.faults({ requests: [{ match: "GET /api/*", fault: "drop" }] });
    const session = new RunSession(clientOf(workspace, { budgetMs: 20 }), runId, {
      pollMs: 10,
      patienceMs: 100,
    });
    await expect(session.follow()).rejects.toThrow(/no answer from http:\/\/127\.0\.0\.1/);
    await workspace.faults();
    expect((await workspace.client.run(runId)).state.life_cycle_state).toBe("RUNNING");
    workspace.gates.release("long");
  });

  it("ends at once on a permanent error", async () => {
    const job = await workspace.atomic("long");
    workspace.gates.hold("long");
    const runId = await workspace.client.runNow(job);
    await workspace.faults({ requests: [{ match: "GET /api/*/jobs/runs/get", fault: 403 }] });
    await expect(follow(runId)).rejects.toThrow(
      /403 PERMISSION_DENIED.*watching requires CAN VIEW/,
    );
    await workspace.faults();
    workspace.gates.release("long");
  });

  it("reports a run that has disappeared", async () => {
    const job = await workspace.atomic("tables");
    const runId = await workspace.client.runNow(job);
    await workspace.client.finished(runId);
    await workspace.client.ok("POST", "/api/2.2/jobs/runs/delete", { run_id: runId });
    await expect(follow(runId)).rejects.toThrow(`Run ${runId} does not exist`);
  });

  it("continues when a nested run disappears", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.hold("seed");
    const runId = await workspace.client.runNow(setup);
    let run: JobRunNode | undefined;
    const following = follow(runId, { onLook: (seen) => (run = seen) });
    await workspace.until(() => workspace.gates.isWaiting("seed"));
    await workspace.until(() => run?.tasks[0]?.child?.status.state === "SUCCESS");
    const gone = run?.tasks[0]?.child?.runId;
    await workspace.client.ok("POST", "/api/2.2/jobs/runs/delete", { run_id: gone });
    workspace.gates.release("seed");
    expect((await following)?.status.state).toBe("SUCCESS");
  });

  it("shows the end of a run whose job is deleted in the middle", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.hold("seed");
    const runId = await workspace.client.runNow(setup);
    const following = follow(runId);
    await workspace.until(() => workspace.gates.isWaiting("seed"));
    await workspace.client.ok("POST", "/api/2.2/jobs/delete", { job_id: setup });
    expect((await following)?.status.state).toBe("CANCELED");
  });

  it("treats an unknown state as active and an unknown result as a failure", async () => {
    let looks = 0;
    const server = await fakeServer((request, response) => {
      if (!request.url.includes("/runs/get?")) {
        refuse(response, 400, { error_code: "INVALID_PARAMETER_VALUE", message: "no" });
        return;
      }
      const state =
        looks++ < 2
          ? { life_cycle_state: "HIBERNATING" }
          : { life_cycle_state: "TERMINATED", result_state: "MOSTLY_FINE" };
      response.end(JSON.stringify({ run_id: 1, job_id: 2, state, start_time: 1 }));
    });
    const seen: string[] = [];
    const session = new RunSession(clientOf({ host: server.host, token: "x" }), 1, {
      pollMs: 5,
      onLook: ({ status }) => seen.push(status.state),
    });
    await session.follow();
    expect(seen).toEqual(["HIBERNATING", "HIBERNATING", "MOSTLY_FINE"]);
    await server.close();
  });

  it("cancels the run and what runs below it, and waits for their ends", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.hold("seed").hold("sync");
    const runId = await workspace.client.runNow(setup);
    const session = new RunSession(clientOf(workspace), runId, { pollMs: 10 });
    const following = session.follow();
    await workspace.until(
      () => workspace.gates.isWaiting("seed") && workspace.gates.isWaiting("sync"),
    );
    await session.cancel();
    expect(states(await following)).toMatchObject({
      tables: "SUCCESS",
      "seed/only": "CANCELED",
      "sync/only": "CANCELED",
      deploy: "CANCELED",
    });
    expect((await workspace.client.ok("GET", "/local/status")).active_runs).toBe(0);
  });

  it("leaves the run running on request", async () => {
    const job = await workspace.atomic("long");
    workspace.gates.hold("long");
    const runId = await workspace.client.runNow(job);
    const session = new RunSession(clientOf(workspace), runId, { pollMs: 100_000 });
    const following = session.follow();
    await workspace.until(() => workspace.gates.isWaiting("long"));
    session.leave();
    expect(await following).toBeUndefined();
    expect((await workspace.client.run(runId)).state.life_cycle_state).toBe("RUNNING");
    workspace.gates.release("long");
  });

  it("waits for its turn where a job has as many runs as it may have", async () => {
    const job = await workspace.client.createJob({ name: "one", tasks: [notebookTask("only")] });
    workspace.gates.hold("one");
    const first = await workspace.client.runNow(job);
    const seen: string[] = [];
    const runner = new Runner(clientOf(workspace), {
      pollMs: 5,
      onLook: (_, { status }) => seen.push(`${status.phase} ${status.state}`),
    });
    const running = runner.run([stepOf({ jobId: job, name: "one" }, undefined)]);
    await workspace.until(() => seen.includes("waiting QUEUED"));
    workspace.gates.release("one");
    await workspace.client.finished(first);
    expect(await running).toMatchObject([{ outcome: "succeeded" }]);
    expect(seen[0]).toBe("waiting QUEUED");
  });

  it("follows a run of 30 hours", async () => {
    const { client, clock } = await simulate([{ duration: 30 * 3_600_000 }]);
    const job = await client.createJob({ name: "long", tasks: [notebookTask("only")] });
    const runId = await client.runNow(job);
    let looks = 0;
    const following = new RunSession(clientOf(client.workspace), runId, {
      pollMs: 5,
      onLook: () => looks++,
    }).follow();
    for (let hour = 0; hour < 30; hour++) {
      const before = looks;
      await workspace.until(() => looks > before);
      await clock.advance(3_600_000);
    }
    const run = await following;
    expect(run?.status.state).toBe("SUCCESS");
    expect(run === undefined ? [] : treeLines(run, { now: 0 })[0]).toContain("30 h 00 min");
  });

  it("shows elapsed time by the clock of the workspace", async () => {
    const client = clientOf(workspace);
    const run = await follow(await workspace.client.runNow(await workspace.atomic("tables")));
    expect(Math.abs((run?.startTime ?? 0) - client.http.now())).toBeLessThan(5000);
    expect((run?.endTime ?? 0) - (run?.startTime ?? 0)).toBeGreaterThanOrEqual(0);
  });
});

describe("startRepair", () => {
  it("starts one repair, whatever happens to the request", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.fail("seed");
    const runId = await workspace.client.runNow(setup);
    await workspace.client.finished(runId);
    workspace.gates.succeed("seed");
    for (const fault of [
      { fault: "drop", carried_out: true },
      { fault: 500, carried_out: true },
      { fault: "half" },
      { fault: "drop" },
      { fault: 429, retry_after: 0 },
    ] as const) {
      const history = await workspace.client.run(runId, "&include_history=true");
      const before = Number(history.repair_history?.length ?? 1);
      await workspace.faults({
        requests: [{ match: "POST /api/2.2/jobs/runs/repair", times: 1, ...fault }],
      });
      await startRepair(clientOf(workspace), runId, ["seed", "deploy"]);
      expect(await workspace.faults()).toEqual([1]);
      const run = await workspace.client.finished(runId);
      expect(run.state.result_state).toBe("SUCCESS");
      const { repair_history } = await workspace.client.run(runId, "&include_history=true");
      expect(repair_history).toHaveLength(before + 1);
    }
  });

  it("does not take the end of before for the end of the repair", async () => {
    const job = await workspace.atomic("seed");
    workspace.gates.fail("seed");
    const runId = await workspace.client.runNow(job);
    const before = await follow(runId);
    workspace.gates.succeed("seed");
    workspace.gates.hold("seed");
    // As a service whose answers are a little behind: the old end is seen first.
    const late = new RunSession(clientOf(workspace), runId, {
      pollMs: 10,
      ...(before?.endTime !== undefined && { staleEndTime: before.endTime }),
    });
    const following = late.follow();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await startRepair(clientOf(workspace), runId, ["only"]);
    await workspace.until(() => workspace.gates.isWaiting("seed"));
    workspace.gates.release("seed");
    expect((await following)?.status.state).toBe("SUCCESS");
  });
});
