import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalExecutor, type LocalExecutorOptions } from "../../../src/local/execute/local";
import { sharedEngine } from "../../support/engine";
import { Client, type Json, startClient, stopAll } from "../support";

/** What a task came to, as the API tells it. */
export interface Outcome {
  state: string;
  result?: string;
  logs: string;
  error?: string;
  trace?: string;
}

/** How a notebook is run. */
export interface Run {
  language?: "PYTHON" | "SQL" | "SCALA" | "R";
  path?: string;
  task?: object;
  job?: object;
  now?: object;
}

const folders: string[] = [];

/** A workspace that executes notebooks for real. */
export async function startNotebooks(
  options: Partial<LocalExecutorOptions> = {},
): Promise<NotebookClient> {
  const dataDir = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
  folders.push(dataDir);
  const client = await startClient({
    dataDir,
    executor: (folder) => new LocalExecutor({ dataDir: folder, engine: sharedEngine, ...options }),
  });
  return new NotebookClient(client.workspace);
}

export async function stopNotebooks(): Promise<void> {
  await stopAll();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export class NotebookClient extends Client {
  /** Puts a notebook into the workspace; `lines` are its cells, without the separators. */
  public async put(
    path: string,
    cells: readonly string[],
    language: Run["language"] = "PYTHON",
  ): Promise<void> {
    const mark = language === "SQL" ? "--" : language === "SCALA" ? "//" : "#";
    await this.import(
      path,
      [
        `${mark} Databricks notebook source`,
        ...cells.join(`\n\n${mark} COMMAND ----------\n\n`).split("\n"),
      ].join("\n"),
      { format: "SOURCE", language },
    );
  }

  public async import(path: string, content: string, how: object): Promise<void> {
    const parent = path.slice(0, path.lastIndexOf("/"));
    await this.ok("POST", "/api/2.0/workspace/mkdirs", { path: parent });
    const body = { path, overwrite: true, content: Buffer.from(content).toString("base64") };
    await this.ok("POST", "/api/2.0/workspace/import", { ...body, ...how });
  }

  /** Runs a notebook of these cells as the only task of a job. */
  public async runCells(cells: readonly string[], run: Run = {}): Promise<Outcome> {
    const path = run.path ?? "/Shared/alerts/notebook";
    await this.put(path, cells, run.language);
    return this.runPath(path, run);
  }

  public async runPath(path: string, run: Run = {}): Promise<Outcome> {
    const job = await this.createJob({
      ...run.job,
      tasks: [{ task_key: "main", notebook_task: { notebook_path: path }, ...run.task }],
    });
    const done = await this.finished(await this.runNow(job, run.now));
    return this.outcome(done.tasks.at(-1));
  }

  public async outcome(task: Json): Promise<Outcome> {
    const output = await this.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${task.run_id}`);
    return {
      state: task.state.result_state,
      logs: output.logs ?? "",
      ...(output.notebook_output?.result !== undefined && {
        result: output.notebook_output.result,
      }),
      ...(output.error !== undefined && { error: output.error }),
      ...(output.error_trace !== undefined && { trace: output.error_trace }),
    };
  }
}
