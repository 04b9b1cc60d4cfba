import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspace } from "../../src/local";
import { findRunning, reset, start, status, stop } from "../../src/local/commands";
import { LOCAL_WAREHOUSE_ID } from "../../src/core/model/markers";
import { readState } from "../../src/local/state-file";
import { Client, notebookTask, NOTEBOOK, startClient, stopAll } from "./support";
import { TYPESCRIPT } from "../e2e/support/processes";

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});

const SERVE = join(__dirname, "../../src/local/serve.ts");

/** A server in a process of its own, killed after the test at the latest. */
async function spawnServer(): Promise<{ child: ChildProcess; client: Client }> {
  const options = JSON.stringify({ dataDir: folder, port: 0, ephemeral: false });
  const child = spawn(process.execPath, [...TYPESCRIPT, SERVE, options], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  children.push(child);
  const message = await new Promise((resolve) => child.once("message", resolve));
  expect(message).toHaveProperty("ready");
  const state = readState(folder);
  if (state === undefined) throw new Error("no state");
  return {
    child,
    client: new Client({
      ...state,
      url: state.host,
      endpoints: [],
      dataDir: folder,
      stop: () => Promise.resolve(),
    }),
  };
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

describe("a server that is killed", () => {
  it("has kept every write that it acknowledged", async () => {
    const { child, client } = await spawnServer();
    await client.putNotebook(NOTEBOOK);
    const acknowledged: number[] = [];
    let many = (): void => undefined;
    const underWay = new Promise<void>((resolve) => (many = resolve));
    // Several at a time, so that the kill falls between them.
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let index = 0; index < 1000; index++) {
        acknowledged.push(
          await client.createJob({ name: `${writer}/${index}`, tasks: [notebookTask("a")] }),
        );
        if (acknowledged.length === 100) many();
      }
    });
    await underWay;
    await killed(child);
    await Promise.allSettled(writers);
    expect(acknowledged.length).toBeLessThan(4000);
    const after = await startClient({ dataDir: folder });
    for (const job of acknowledged.slice(-50))
      await after.ok("GET", `/api/2.2/jobs/get?job_id=${job}`);
    expect((await after.ok("GET", "/local/status")).jobs).toBeGreaterThanOrEqual(
      acknowledged.length,
    );
    expect(
      (await after.ok("GET", `/api/2.0/workspace/get-status?path=${NOTEBOOK}`)).object_type,
    ).toBe("NOTEBOOK");
  });

  it("has kept alerts, notification destinations and secrets", async () => {
    const { child, client } = await spawnServer();
    const { id: destination_id } = await client.ok("POST", "/api/2.0/notification-destinations", {
      display_name: "FinOps",
      config: { email: { addresses: ["finops@example.com"] } },
    });
    const alert = await client.ok("POST", "/api/2.0/alerts", {
      display_name: "COST-001 Daily cost",
      query_text: "SELECT 1 AS always_trigger",
      warehouse_id: LOCAL_WAREHOUSE_ID,
      evaluation: {
        comparison_operator: "GREATER_THAN",
        source: { name: "always_trigger" },
        threshold: { value: { double_value: 0 } },
        notification: { subscriptions: [{ destination_id }] },
      },
      schedule: { quartz_cron_schedule: "0 0 8 * * ?", timezone_id: "UTC" },
    });
    await client.ok("POST", "/api/2.0/secrets/scopes/create", { scope: "alerting" });
    await client.ok("POST", "/api/2.0/secrets/put", {
      scope: "alerting",
      key: "slack-url",
      string_value: "https://hooks.example.com/1",
    });
    await killed(child);

    const after = await startClient({ dataDir: folder });
    expect(await after.ok("GET", `/api/2.0/alerts/${alert.id}`)).toEqual(alert);
    const { results } = await after.ok("GET", "/api/2.0/notification-destinations");
    expect(results).toEqual([
      { id: destination_id, display_name: "FinOps", destination_type: "EMAIL" },
    ]);
    const secret = await after.ok("GET", "/api/2.0/secrets/get?scope=alerting&key=slack-url");
    expect(Buffer.from(secret.value, "base64").toString()).toBe("https://hooks.example.com/1");
  });

  it("starts nothing a second time for a time that has started it", async () => {
    const { child, client } = await spawnServer();
    await client.putNotebook(NOTEBOOK);
    const job = await client.createJob({
      tasks: [notebookTask("a")],
      max_concurrent_runs: 1000,
      schedule: { quartz_cron_expression: "* * * * * ?", timezone_id: "UTC" },
    });
    const triggerOf = async (server: Client): Promise<{ since: number; last_fired: number }> =>
      (await server.ok("GET", "/local/triggers")).triggers[0];
    const countOf = async (server: Client): Promise<number> =>
      (await server.ok("GET", `/api/2.2/jobs/runs/list?job_id=${job}&limit=25`)).runs?.length ?? 0;
    const until = async (server: Client, count: number): Promise<void> => {
      while ((await countOf(server)) < count) await new Promise((done) => setTimeout(done, 50));
    };
    await until(client, 2);
    await killed(child);
    const after = await startClient({ dataDir: folder });
    await until(after, (await countOf(after)) + 2);
    await after.ok("POST", "/api/2.2/jobs/update", { job_id: job, new_settings: { name: "x" } });
    const { since, last_fired } = await triggerOf(after);
    expect(await countOf(after)).toBeLessThanOrEqual(Math.floor((last_fired - since) / 1000) + 1);
  });

  it("leaves runs that the next process closes, or resumes from the queue", async () => {
    const { child, client } = await spawnServer();
    await client.putNotebook(NOTEBOOK);
    const slow = {
      task_key: "slow",
      depends_on: [],
      notebook_task: { notebook_path: NOTEBOOK },
      max_retries: 9,
      min_retry_interval_millis: 3_600_000,
    };
    await client.ok("PUT", "/local/faults", { tasks: [{ failures: 1 }] });
    const job = await client.createJob({ tasks: [slow, notebookTask("later", ["slow"])] });
    const interrupted = await client.runNow(job, { idempotency_token: "once" });
    const queued = await client.runNow(job);
    await killed(child);

    const after = await startClient({ dataDir: folder });
    expect(await after.runNow(job, { idempotency_token: "once" })).toBe(interrupted);
    const run = await after.run(interrupted);
    expect(run.state).toMatchObject({ life_cycle_state: "INTERNAL_ERROR", result_state: "FAILED" });
    expect(run.state.state_message).toContain("stopped while the run was active");
    expect(
      run.tasks.every((task: { status: { state: string } }) => task.status.state === "TERMINATED"),
    ).toBe(true);
    const taken = await after.finished(queued);
    expect(taken.state.result_state).toBe("SUCCESS");
    expect(taken.tasks).toHaveLength(2);
    expect(await after.runNow(job)).toBeGreaterThan(queued);
  });
});

describe("a second server on the same data", () => {
  it("is refused in plain words, in this process and in another", async () => {
    const { child } = await spawnServer();
    await expect(startLocalWorkspace({ dataDir: folder })).rejects.toThrow(
      /Another local workspace is using .*give this one a folder of its own with --data/,
    );
    await killed(child);
    await startClient({ dataDir: folder });
    await expect(startLocalWorkspace({ dataDir: folder })).rejects.toThrow(
      "Another local workspace",
    );
  });

  it("is refused a port that is in use", async () => {
    const { port } = (await startClient()).workspace;
    await expect(startLocalWorkspace({ ephemeral: true, port })).rejects.toThrow(
      `port ${port} is in use`,
    );
  });
});

describe("the commands", () => {
  it("start, find, stop and reset a workspace", async () => {
    const data = join(folder, "data");
    expect(await status({ data })).toEqual({ running: false, dataDir: data });
    process.env.AWS_SECRET_ACCESS_KEY = "secret-of-the-shell";
    const state = await start({ data });
    delete process.env.AWS_SECRET_ACCESS_KEY;
    try {
      // Notebooks can read the environment of the server that started them.
      if (process.platform === "linux")
        expect(readFileSync(`/proc/${state.pid}/environ`, "utf8")).not.toContain("secret-of");
      expect((statSync(join(data, "server.json")).mode & 0o777).toString(8)).toBe("600");
      expect(await findRunning(data)).toEqual(state);
      const shown = await status({ data });
      expect(shown).toMatchObject({
        running: true,
        host: state.host,
        pid: state.pid,
        jobs: 0,
        activeRuns: 0,
      });
      expect(JSON.stringify(shown)).not.toContain(state.token);
      await expect(start({ data })).rejects.toThrow("is running for");
    } finally {
      expect(await stop({ data })).toBe(true);
    }
    expect(existsSync(join(data, "server.json"))).toBe(false);
    expect(await stop({ data })).toBe(false);
    expect(readFileSync(join(data, "server.log"), "utf8")).toBe("");
    await reset({ data });
    expect(existsSync(data)).toBe(false);
  });

  it("reset deletes only a workspace's data folder", async () => {
    await expect(reset({ data: __dirname })).rejects.toThrow("does not hold a local workspace");
  });

  it("start says why it could not", async () => {
    const { port } = (await startClient()).workspace;
    await expect(start({ data: join(folder, "data"), port })).rejects.toThrow(
      `did not start: port ${port} is in use; choose another one with --port`,
    );
  });
});
