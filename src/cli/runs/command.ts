import { type Command } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import { type RunId, failed, quote } from "@jobstrata/core/model";
import {
  formatDuration,
  runJson,
  failuresJson,
  logLines,
  treeLines,
  formatTable,
} from "@jobstrata/core/report";
import { statusOf, latestRuns, type ApiRun, RunFollower } from "@jobstrata/run";
import { type Io, parseCount, parseRunId, writeJson } from "../io";
import { type Format } from "../run/execution";
import { styleFor, terminalOf } from "../terminal";
import { reportingErrors } from "../workspace/errors";
import { type TargetOptions, WorkspaceTarget } from "../workspace/target";
import { addTargetOptions, formatOption } from "../run/command";

/** Options of `jobstrata runs`. */
interface RunsOptions extends TargetOptions {
  readonly limit: number;
  readonly format: Format;
}

/** Adds `jobstrata runs`. */
export function addRunsCommand(program: Command, io: Io): void {
  addTargetOptions(program.command("runs"))
    .description("list the latest runs, or show one with all outputs")
    .argument("[job-or-run-id]", "key of a job, or id of a run")
    .option("--limit <count>", "maximum runs to list", parseCount, 20)
    .addOption(formatOption())
    .action(async (what: string | undefined, options: RunsOptions) => {
      io.exitCode = await reportingErrors(options.format, "runs", io, () =>
        showRuns(what, options, io),
      );
    });
}

/** Lists runs, or shows one. @throws {JobstrataError | WorkspaceError} if that is not possible */
async function showRuns(what: string | undefined, options: RunsOptions, io: Io): Promise<number> {
  // Nothing is run, so that no engine is installed.
  const target = await WorkspaceTarget.open({ executor: "simulated", ...options }, io);
  try {
    // Job keys begin with a letter.
    if (what !== undefined && /^\d+$/.test(what))
      await showRun(target, parseRunId(what), options.format, io);
    else await listRuns(target, what, options, io);
    return 0;
  } finally {
    await target.close();
  }
}

/** Shows a run with all of its outputs. @throws {WorkspaceError} if it cannot be read */
export async function showRun(
  target: WorkspaceTarget,
  runId: RunId,
  format: Format,
  io: Io,
): Promise<void> {
  if (target.environment !== undefined) await target.jobIds().catch(() => undefined);
  const run = await new RunFollower(target.client, runId, target.keys, true).lookAtAll();
  const now = target.client.http.now();
  if (format !== "text") {
    const report = { version: 1, run: runJson(run, now), failures: failuresJson(run) };
    writeJson(io, format, report);
    return;
  }
  const style = styleFor();
  const width = terminalOf()?.columns;
  for (const line of treeLines(run, { now, style, ...(width !== undefined && { width }) }))
    io.out(line);
  io.out("");
  for (const line of logLines(run, now, style)) io.out(line);
}

async function listRuns(
  target: WorkspaceTarget,
  key: string | undefined,
  { limit, format }: RunsOptions,
  io: Io,
): Promise<void> {
  if (target.environment === undefined) {
    throw new JobstrataError(
      "run",
      `use -t to name the environment of the runs, or give the id of a run${key === undefined ? "" : ` instead of ${quote(key)}`}`,
    );
  }
  const { client, keys } = target;
  const jobId = key === undefined ? undefined : await target.jobId(key);
  if (jobId === undefined) await target.jobIds();
  const { runs, complete } = await latestRuns(
    client,
    jobId === undefined ? {} : { jobId },
    limit,
    ({ job_id = 0 }) => jobId !== undefined || keys.has(job_id),
  );
  if (!complete)
    io.err("The workspace has too many runs to look through all of them; name a job to see more");
  const now = client.http.now();
  if (format !== "text") {
    const listed = runs.map((run) => listedJson(run, keys.get(run.job_id ?? 0), now));
    if (format === "json") writeJson(io, format, { version: 1, runs: listed });
    else for (const run of listed) writeJson(io, format, run);
    return;
  }
  if (runs.length === 0) {
    io.err(`No run of ${key === undefined ? "any of its jobs" : quote(key)} is known.`);
    return;
  }
  const style = styleFor();
  const rows = runs.map((run) => [
    String(run.run_id),
    keys.get(run.job_id ?? 0) ?? run.run_name ?? "",
    statusOf(run).state,
    run.start_time === undefined ? "" : new Date(run.start_time).toISOString().slice(0, 19) + "Z",
    formatDuration(durationOfRun(run, now)).padStart(12),
    run.trigger ?? "",
  ]);
  const lines = formatTable(["run", "job", "state", "started", "duration", "trigger"], rows);
  for (const [at, line] of lines.entries()) {
    const run = runs[at - 2];
    const bad = run !== undefined && failed({ status: statusOf(run) });
    io.out(bad ? style.bad(line) : line);
  }
}

const durationOfRun = ({ start_time = 0, end_time = 0 }: ApiRun, now: number): number =>
  start_time === 0 ? 0 : Math.max(0, (end_time === 0 ? now : end_time) - start_time);

function listedJson(run: ApiRun, key: string | undefined, now: number): object {
  const { phase, state } = statusOf(run);
  return {
    run_id: run.run_id,
    job_id: run.job_id,
    ...(key !== undefined && { job_key: key }),
    run_name: run.run_name,
    phase,
    state,
    start_time: run.start_time,
    ...(phase === "ended" && { end_time: run.end_time }),
    duration_ms: durationOfRun(run, now),
    trigger: run.trigger,
    run_page_url: run.run_page_url,
  };
}
