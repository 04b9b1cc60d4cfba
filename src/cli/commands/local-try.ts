import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { join } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "../../errors";
import { runCommand } from "../../local/exec";
import {
  type LocalSession,
  openSession,
  type SessionOptions,
  terraformBinary,
} from "../../local/session";
import { jobOutputName } from "../../model/job-spec";
import { printable, quote } from "../../model/text";
import { formatTable } from "../../report/table";
import { followRun, resultState, type TaskResult } from "../../run/follow-run";
import { JobsClient, WorkspaceError } from "../../run/jobs-client";
import type { Io } from "../io";
import { enginePython, prepareExecutor } from "./local-executor";
import { outputLines } from "./local-logs";
import { sampleData } from "./local-samples";
import { runSql } from "./local-sql";

/** Options of {@link tryStacks}. */
export interface TryOptions extends SessionOptions {
  /** Key of the job to run. */
  readonly run?: string;
  /** Makes the sample tables before the run. */
  readonly sampleData?: boolean;
  /** File with the SQL whose answers are shown after the run. */
  readonly sql?: string;
}

/**
 * Deploys stacks into the local workspace with the CDKTF CLI, which proves their hierarchy first, and runs a job there.
 *
 * @returns 0 if everything went well, 1 if the policy, the deployment or the run failed
 * @throws JobstrataError `local-workspace` if it could not be tried
 */
export async function tryStacks(
  stacks: readonly string[],
  { run, sampleData: withSamples = false, sql, ...options }: TryOptions,
  io: Io,
): Promise<number> {
  // Before anything that takes a while.
  terraformBinary();
  const executor = await prepareExecutor(options, io);
  const session = await openSession({ ...options, executor });
  try {
    io.out(`Local workspace at ${session.host}, data in ${printable(session.dataDir)}`);
    const outputs = await deploy(session, stacks, io);
    if (outputs === undefined) return 1;
    if (executor === "simulated" && (withSamples || sql !== undefined))
      io.err("Sample data and queries are left out: they need the notebook engine");
    if (withSamples && executor === "local") {
      io.out("\nSample data");
      await sampleData(session, await enginePython(options.data, io), io);
    }
    const code = run === undefined ? 0 : await runJob(session, run, outputs, io);
    if (code === 0 && sql !== undefined && executor === "local") {
      io.out("");
      const { dataDir } = session;
      const query = { ...options, dataDir, file: sql, format: "table", limit: 100 } as const;
      return await runSql(undefined, query, io);
    }
    return code;
  } finally {
    await session.stop();
  }
}

/** Outputs of all stacks by name; undefined if the deployment failed. */
async function deploy(
  { env, dataDir }: LocalSession,
  stacks: readonly string[],
  io: Io,
): Promise<Map<string, unknown> | undefined> {
  io.out(`\nDeploy ${stacks.map(printable).join(" ")}: policy, then terraform apply`);
  const folder = mkdtempSync(join(dataDir, "deploy-"));
  const outputsFile = join(folder, "outputs.json");
  let log = "";
  try {
    const command = [
      process.execPath,
      cdktf(),
      "deploy",
      ...stacks,
      "--auto-approve",
      "--outputs-file",
      outputsFile,
    ];
    const started = Date.now();
    const code = await runCommand(command, {
      env: { ...env, CI: "true", FORCE_COLOR: "0" },
      onOutput: (text) => (log += text),
    });
    const text = plain(log);
    if (code !== 0) {
      io.err(text);
      io.err(`The deployment failed with exit code ${code}.`);
      return undefined;
    }
    for (const [stack, counts] of applied(text)) io.out(`  ${stack.padEnd(30)} ${counts}`);
    io.out(`  done in ${seconds(Date.now() - started)}`);
    if (!existsSync(outputsFile)) return new Map();
    const byStack = JSON.parse(readFileSync(outputsFile, "utf8")) as Record<
      string,
      Record<string, unknown>
    >;
    return new Map(Object.values(byStack).flatMap((outputs) => Object.entries(outputs)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What Terraform did in each stack. The CLI puts the name of the stack before the first line of each piece of output, and as
 * much space before the others.
 */
export function applied(log: string): [stack: string, counts: string][] {
  const found: [string, string][] = [];
  let stack = "";
  for (const line of log.split("\n")) {
    stack = /^(\S+) {2}/.exec(line)?.[1] ?? stack;
    const counts = /Apply complete! Resources: (\d+ added, \d+ changed, \d+ destroyed)/.exec(line);
    if (counts?.[1] !== undefined) found.push([stack, counts[1]]);
  }
  return found;
}

async function runJob(
  session: LocalSession,
  key: string,
  outputs: ReadonlyMap<string, unknown>,
  io: Io,
): Promise<number> {
  const jobId = Number(outputs.get(jobOutputName(key, "id")));
  if (Number.isNaN(jobId)) {
    const jobs = [...outputs.keys()].filter((name) => name.endsWith("_job_id"));
    const keys = jobs.map((name) => name.replace(/_id$/, ""));
    throw new JobstrataError(
      "local-workspace",
      `no deployed stack has a job ${quoteWithSuggestion(key, keys)}; there are ${keys.map(quote).join(", ")}`,
    );
  }
  const client = new JobsClient(session.host, session.token);
  try {
    const starting = client.runNow(jobId);
    const interrupted = cancelOnSignal(client, starting, io);
    const runId = await starting;
    io.out(`\nRun ${printable(key)} (job ${jobId}, run ${runId})`);
    const tasks: TaskResult[] = [];
    const run = await followRun(client, runId, (task) => {
      tasks.push(task);
      for (const line of taskLines(task)) io.out(line);
    });
    const signal = interrupted();
    const result = resultState(run);
    io.out("");
    for (const line of summary(tasks)) io.out(`  ${line}`);
    io.out(`\n${result} in ${seconds((run.end_time ?? 0) - (run.start_time ?? 0))}`);
    if (result !== "SUCCESS") io.out(`npx jobstrata local logs ${runId} shows all of it`);
    if (signal !== undefined) return 128 + constants.signals[signal];
    return result === "SUCCESS" ? 0 : 1;
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    io.err(printable(error.message));
    return 1;
  }
}

/**
 * Cancels the run at the first signal to end; a second one ends this process as ever.
 *
 * @returns what puts an end to that and gives the signal that came
 */
function cancelOnSignal(
  client: JobsClient,
  starting: Promise<number>,
  io: Io,
): () => "SIGINT" | "SIGTERM" | undefined {
  let came: "SIGINT" | "SIGTERM" | undefined;
  const cancel = (signal: NodeJS.Signals): void => {
    came = signal === "SIGTERM" ? signal : "SIGINT";
    stop();
    io.err("Canceling the run; once more leaves at once");
    starting
      .then((runId) => client.cancelRun(runId))
      .catch((error: unknown) => {
        io.err(printable(error instanceof Error ? error.message : String(error)));
      });
  };
  const stop = (): void => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, cancel);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, cancel);
  return () => {
    stop();
    return came;
  };
}

/** A line for each task, with the job that it ran if it ran one. */
function summary(tasks: readonly TaskResult[]): string[] {
  return formatTable(
    ["task", "job", "result", "duration", "exit value"],
    tasks.map(({ taskKey, child, result, durationMs, output }) => [
      taskKey,
      child?.run_name ?? "",
      result,
      seconds(durationMs).padStart(8),
      output?.notebook_output?.result ?? "",
    ]),
  );
}

function taskLines({ taskKey, result, durationMs, child, output, message }: TaskResult): string[] {
  const job = child?.run_name === undefined ? "" : `  ${printable(child.run_name)}`;
  const lines = [
    `  ${result.padEnd(16)} ${printable(taskKey).padEnd(32)} ${seconds(durationMs).padStart(7)}${job}`,
  ];
  for (const line of outputLines(output ?? {})) lines.push(`    ${line}`);
  if (result !== "SUCCESS" && output?.error === undefined && message !== "")
    lines.push(`    ${printable(message)}`);
  return lines;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The program of the CDKTF CLI that the project has installed. */
function cdktf(): string {
  const require = createRequire(join(process.cwd(), "package.json"));
  try {
    const manifest = require.resolve("cdktf-cli/package.json");
    const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: { cdktf: string } };
    return join(manifest, "..", bin.cdktf);
  } catch {
    throw new JobstrataError(
      "local-workspace",
      "cdktf-cli is not installed in this project; npm install --save-dev cdktf-cli",
    );
  }
}

/** What the CLI printed, without its animation and the codes by which it draws over what it printed before. */
function plain(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- finding them is the point
      .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")
      .replace(/^[\u2800-\u28ff] .*$/gm, "")
      .replace(/\n\s*\n(\s*\n)+/g, "\n\n")
      .trim()
  );
}
