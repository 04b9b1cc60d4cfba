import { type RunId, durationOf, failed, printable } from "@jobstrata/core/model";
import {
  formatDuration,
  failureLines,
  failuresJson,
  runJson,
  type RunReport,
  type StepReport,
  treeLines,
} from "@jobstrata/core/report";
import type { StepResult } from "@jobstrata/run";
import { type Io, writeJson } from "../io";
import { styleFor, terminalOf } from "../terminal";
import type { WorkspaceTarget } from "../workspace/target";
import { type Execution, type ExecutionOptions, leftText } from "./execution";
import { EventsView, stepName } from "./view";

/** Maximum lines of a final tree that people still read. */
const MAX_FINAL = 200;

/** Shows the final result in the requested format. @returns the exit code */
export function showEnd(
  target: WorkspaceTarget,
  { results, exitCode }: Execution,
  options: ExecutionOptions,
  io: Io,
): number {
  if (options.format === "text") showText(target, results, options, io);
  else {
    const report = reportOf(target, { results, exitCode }, options.command);
    if (options.format === "json") writeJson(io, "json", report);
    else
      new EventsView(io, () => target.client.http.now()).emit({
        event: "end",
        ...withoutTrees(report),
      });
  }
  return exitCode;
}

function showText(
  target: WorkspaceTarget,
  results: readonly StepResult[],
  options: ExecutionOptions,
  io: Io,
): void {
  const style = styleFor();
  const now = target.client.http.now();
  for (const { step, run, runId, outcome, error } of results) {
    if (run !== undefined) {
      io.out("");
      const width = terminalOf()?.columns;
      const shape = { now, style, height: MAX_FINAL, ...(width !== undefined && { width }) };
      for (const line of treeLines(run, shape)) io.out(line);
      for (const line of failureLines(run, style)) io.out(line);
    }
    if (outcome === "not-run") io.out(`${style.marks.skipped} ${stepName(step)}  was not run`);
    if (error !== undefined) io.err(`${stepName(step)}: ${error.message}`);
    if (outcome === "lost" && runId !== undefined) io.err(leftText(target, runId));
    if (outcome === "left" && runId !== undefined) {
      if (run === undefined && options.wait === false) io.out(`${stepName(step)}: run ${runId}`);
      io.out(leftText(target, runId));
    }
  }
  io.out("");
  for (const { step, run, outcome } of results) {
    if (run?.status.phase !== "ended") continue;
    const url = run.url === undefined ? "" : `  ${style.link(printable(run.url), run.url)}`;
    const took = formatDuration(durationOf(run, now));
    const which = results.length > 1 ? `${stepName(step)}: ` : "";
    io.out(`${which}${style.strong(printable(run.status.state))} in ${took}${url}`);
    if (outcome !== "failed") continue;
    io.out(`All outputs: ${target.command("runs")} ${run.runId}`);
    // A run that failed before it had tasks leaves nothing to keep.
    if (run.tasks.some(failed))
      io.out(`To rerun what failed and keep the rest: ${target.command("repair")} ${run.runId}`);
  }
}

/** A command's report, with the tree of every run. */
function reportOf(
  target: WorkspaceTarget,
  { results, exitCode }: Execution,
  command: string,
): RunReport {
  const now = target.client.http.now();
  const worst = results.find(({ outcome }) => outcome !== "succeeded");
  const error = results.find((result) => result.error !== undefined)?.error?.message;
  return {
    version: 1,
    command,
    ...(target.environment !== undefined && { environment: target.environment }),
    result: exitCode === 3 ? "TIMED_OUT" : worst === undefined ? "SUCCESS" : resultOf(worst),
    exit_code: exitCode,
    ...(error !== undefined && { error }),
    runs: results.map((result) => stepReport(result, now)),
  };
}

function resultOf({ outcome, run }: StepResult): string {
  if (outcome === "failed") return run?.status.state ?? "FAILED";
  return { succeeded: "SUCCESS", lost: "LOST", left: "LEFT", "not-run": "NOT_STARTED" }[outcome];
}

function stepReport({ step, runId, run, outcome, error }: StepResult, now: number): StepReport {
  const failures = run === undefined ? [] : failuresJson(run);
  return {
    job: step.job.label,
    job_id: step.job.jobId,
    ...(step.only && { only: step.only }),
    outcome: outcome.replace("-", "_"),
    ...(error && { error: error.message }),
    ...(run !== undefined
      ? { run: runJson(run, now) }
      : runId !== undefined && { run: { run_id: runId } }),
    ...(failures.length > 0 && { failures }),
  };
}

/** The rest is in the events. */
function withoutTrees(report: RunReport): object {
  return {
    ...report,
    runs: report.runs.map(({ run, ...step }) => ({
      ...step,
      ...(run && { run_id: (run as { run_id: RunId }).run_id }),
    })),
  };
}
