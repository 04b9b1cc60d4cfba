/**
 * Measures notebooks that are executed for real in the local workspace, and prints the figures as JSON:
 * `node -r tsx/cjs notebooks.ts`. Needs Terraform and what the notebook engine needs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../src/local/exec";
import { engineFolder, ensureEngine } from "../src/local/execute/engine";
import { makeSampleData } from "../src/local/execute/query";
import { type LocalSession, openSession } from "../src/local/session";
import type { JobRunNode } from "../src/core/model/run-tree";
import { tokenLogin, WorkspaceHttp } from "../src/run/http";
import { JobsClient } from "../src/run/jobs-client";
import { RunSession } from "../src/run/run-session";
import { median, ROOT } from "./figures";

const REPETITIONS = 5;
const SEEDED = 10_000;
const SYNCED = 1_000;

/** What {@link measureNotebooks} finds. Times in milliseconds, medians where something is repeated. */
export interface NotebookFigures {
  /** A task whose notebook does nothing, from its start to its end. */
  readonly emptyMs: number;
  /** A task whose notebook asks Spark for one row. */
  readonly sparkMs: number;
  /** All five jobs of the alerting layer, the first time and with everything there already. */
  readonly orchestratorColdMs: number;
  readonly orchestratorWarmMs: number;
  readonly seeded: number;
  readonly seedMs: number;
  readonly synced: number;
  /** The job that deploys alerts, when all of them are new and when none has changed. */
  readonly syncNewMs: number;
  readonly syncUnchangedMs: number;
}

const SEED = `# Databricks notebook source
import time
from alerting.definitions import Definitions, add_alerts
from alerting.names import Target
from alerting.seeding import seed_alerts
from alerting.tables import create_tables

count = int(dbutils.widgets.get("count"))
target = Target("main", f"bench_{count}")
create_tables(spark, target)
definitions = Definitions()
add_alerts(definitions, ((str(n), {
    "alert_id": f"COST-{n:03}", "alert_name": f"Alert {n}", "agent_domain": "COST", "severity": "INFO",
    "alert_query_template": "SELECT 1 AS value, '' AS alert_message", "threshold_column": "value",
    "threshold_operator": ">", "threshold_value": 0, "schedule_cron": "0 0 8 * * ?",
    "notification_channels": ["a@example.com"],
}) for n in range(1, count + 1)))
started = time.perf_counter()
report = seed_alerts(spark, target, definitions)
assert len(report.inserted) == count
dbutils.notebook.exit(str(round((time.perf_counter() - started) * 1000)))
`;

class Bench {
  readonly #client: JobsClient;

  readonly #session: LocalSession;

  public constructor(session: LocalSession) {
    this.#session = session;

    this.#client = new JobsClient(new WorkspaceHttp(tokenLogin(session.host, session.token)));
  }

  public async api<T>(method: "GET" | "POST", path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#session.host}/api/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#session.token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Waits for a run that must succeed, and gives how long it took. */
  public async time(runId: number): Promise<{ ms: number; run: JobRunNode }> {
    const run = await new RunSession(this.#client, runId, { pollMs: 20 }).follow();
    if (run?.status.state !== "SUCCESS")
      throw new Error(`run ${runId}: ${run?.status.state ?? "lost"}`);
    return { ms: (run.endTime ?? 0) - (run.startTime ?? 0), run };
  }

  public async runJob(name: string, parameters: Record<string, string> = {}): Promise<number> {
    for await (const { job_id, settings } of this.#client.listJobs()) {
      if (settings?.name !== `[local] Health Monitor - ${name}`) continue;
      const body = { job_id, notebook_params: parameters };
      const { run_id } = await this.api<{ run_id: number }>("POST", "2.2/jobs/run-now", body);
      return (await this.time(run_id)).ms;
    }
    throw new Error(`no job ${name}`);
  }

  /** Runs a notebook that stands beside those of the alerting layer. */
  public async runNotebook(
    source: string,
    parameters: Record<string, string> = {},
  ): Promise<{ ms: number; result: string }> {
    const path = "/Shared/jobstrata/local/src/alerting/bench";
    const content = Buffer.from(source).toString("base64");
    await this.api("POST", "2.0/workspace/import", {
      ...{ path, content, language: "PYTHON", format: "SOURCE", overwrite: true },
    });
    const task = {
      task_key: "bench",
      notebook_task: { notebook_path: path, base_parameters: { catalog: "main", ...parameters } },
    };
    const body = { run_name: "bench", tasks: [task] };
    const { run_id } = await this.api<{ run_id: number }>("POST", "2.2/jobs/runs/submit", body);
    const { ms } = await this.time(run_id);
    const { notebook_output } = await this.#client.getOutput(run_id);
    return { ms, result: notebook_output?.result ?? "" };
  }
}

async function repeat(measure: () => Promise<number>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) values.push(await measure());
  return median(values);
}

async function measureNotebooks(data: string): Promise<NotebookFigures> {
  const { python } = await ensureEngine(engineFolder(join(ROOT, ".jobstrata", "local")), (line) => {
    console.error(line);
  });
  process.env.JOBSTRATA_ENGINE_DIR ??= engineFolder(join(ROOT, ".jobstrata", "local"));
  const session = await openSession({ data, executor: "local" });
  try {
    const cdktf = join(ROOT, "node_modules", ".bin", "cdktf");
    const env = { ...session.env, CI: "true" };
    const deploy = [cdktf, "deploy", "alerting-local-*", "--auto-approve"];
    let log = "";
    const code = await runCommand(deploy, { env, onOutput: (text) => (log += text) });
    if (code !== 0) throw new Error(log);
    await makeSampleData(python, data, [{ catalog: "main", schema: "gold" }]);

    const bench = new Bench(session);
    const orchestrator = "Alerting Layer Setup";
    const orchestratorColdMs = await bench.runJob(orchestrator);
    const orchestratorWarmMs = await repeat(() => bench.runJob(orchestrator));
    const notebook = "# Databricks notebook source\n";
    const emptyMs = await repeat(async () => (await bench.runNotebook(`${notebook}1 + 1\n`)).ms);
    const sparkMs = await repeat(
      async () => (await bench.runNotebook(`${notebook}spark.sql("SELECT 1").collect()\n`)).ms,
    );
    const seed = await bench.runNotebook(SEED, { count: String(SEEDED) });
    await bench.runNotebook(SEED, { count: String(SYNCED) });
    const deployment = { gold_schema: `bench_${SYNCED}` };
    const syncNewMs = await bench.runJob("Alerting Deployment", deployment);
    const syncUnchangedMs = await bench.runJob("Alerting Deployment", deployment);
    return {
      emptyMs,
      sparkMs,
      orchestratorColdMs,
      orchestratorWarmMs,
      seeded: SEEDED,
      seedMs: Number(seed.result),
      synced: SYNCED,
      syncNewMs,
      syncUnchangedMs,
    };
  } finally {
    await session.stop();
  }
}

const data = mkdtempSync(join(tmpdir(), "jobstrata-bench-"));
void measureNotebooks(data)
  .then((figures) => {
    console.log(JSON.stringify(figures));
  })
  .finally(() => {
    rmSync(data, { recursive: true });
  });
