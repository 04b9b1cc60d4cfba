import { type JobRunNode, type RunId, durationOf, failed, printable } from "@jobstrata/core/model";
import {
  formatDuration,
  failureLines,
  failuresJson,
  runJson,
  type RunReport,
  type StepReport,
  treeLines,
} from "@jobstrata/core/report";
import {
  jobLabel,
  usualDurations,
  type RunStep,
  Runner,
  type RunnerOptions,
  type StepResult,
  WorkspaceError,
} from "@jobstrata/run";
import { Interrupts } from "../interrupts";
import { type Io, writeJson } from "../io";
import { EventsView, LinesView, LiveView, QuietView, type RunView, stepName } from "./view";
import { styleFor, terminalOf } from "../terminal";
import { WORTH_A_WORD, type WorkspaceTarget } from "../workspace/target";

export const FORMATS = ["text", "json", "jsonl"] as const;
export type Format = (typeof FORMATS)[number];

/** How a command runs jobs. */
export interface ExecutionOptions {
  /** Such as `run`, for reports. */
  readonly command: string;
  readonly format: Format;
  readonly allowPartial?: boolean;
  readonly wait?: boolean;
  readonly parallel?: number;
  readonly keepGoing?: boolean;
  /** After this what runs is canceled; milliseconds. */
  readonly timeoutMs?: number;
  /** Whether the first Ctrl-C leaves what runs instead of canceling it. */
  readonly leaveOnInterrupt?: boolean;
}

/** What every command that runs jobs takes from its options. */
export const executionOf = (
  command: string,
  options: { readonly format: Format; readonly allowPartial?: boolean; readonly timeout?: number },
): ExecutionOptions => ({
  command,
  format: options.format,
  ...(options.allowPartial === true && { allowPartial: true }),
  ...(options.timeout !== undefined && { timeoutMs: options.timeout }),
});

/** A run that goes on already, instead of one that is to be started. */
export interface Ongoing {
  readonly runId: RunId;
  /** How it stood before it was repaired. */
  readonly before?: JobRunNode;
}

/** What came of it all. */
export interface Execution {
  readonly results: readonly StepResult[];
  /**
   * 0 all succeeded, or were left as asked; 1 a run was no success; 2 one could not be started or followed; 3 timed out;
   * 130 after Ctrl-C.
   */
  readonly exitCode: number;
}

/** Runs steps, or follows what runs already, and shows it. The end is shown by {@link showEnd}. */
export async function execute(
  target: WorkspaceTarget,
  steps: readonly RunStep[],
  options: ExecutionOptions,
  io: Io,
  ongoing?: Ongoing,
): Promise<Execution> {
  const { client } = target;
  const view = viewFor(options.format, target, io);
  const { wait, parallel, keepGoing, allowPartial } = options;
  let retrying = false;
  const settings: RunnerOptions<RunStep> = {
    // A workspace on this machine has nobody else to serve.
    pollMs: isLoopback(client.http.host) ? 250 : 1000,
    keys: target.keys,
    ready: target.keysRead,
    ...(wait !== undefined && { wait }),
    ...(parallel !== undefined && { parallel }),
    ...(keepGoing !== undefined && { keepGoing }),
    ...(allowPartial !== undefined && { allowPartial }),
    onStart: (step, runId) => {
      view.started(step, runId);
      if (wait !== false) tellUsual(target, step, runId, view);
    },
    onLook: (step, run) => {
      if (retrying) view.outage(step, undefined, 0);
      retrying = false;
      view.looked(step, run);
    },
    onOutage: (step, error, sinceMs) => {
      view.outage(step, error, sinceMs);
    },
  };
  // Retries that succeed are reported only if they take a while.
  const before = client.http.onRetry;
  client.http.onRetry = (error, _, sinceMs) => {
    const [step] = steps;
    if (sinceMs < WORTH_A_WORD || step === undefined) return;
    retrying = true;
    view.outage(step, error, sinceMs);
  };
  const runner = new Runner<RunStep>(client, settings);
  const cancel = (): void => {
    runner.cancel().catch((error: unknown) => {
      if (!(error instanceof WorkspaceError)) throw error;
      view.note(`It could not be canceled: ${error.message}`);
    });
  };
  const interrupts = new Interrupts(
    () => {
      if (options.leaveOnInterrupt === true) {
        runner.leave();
        return;
      }
      view.note("Canceling, and waiting for the end; Ctrl-C again leaves at once");
      cancel();
    },
    (exitCode) => {
      view.close();
      for (const runId of runner.runIds) io.err(leftText(target, runId));
      if (runner.isStarting) io.err("A run was being started; whether it goes on is not known");
      process.exit(exitCode);
    },
  );
  const time = { isUp: false };
  const { timeoutMs } = options;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          time.isUp = true;
          view.note("The time is up: canceling, and waiting for the end");
          cancel();
        }, timeoutMs);
  try {
    const [first] = steps;
    if (ongoing?.before !== undefined && first !== undefined) view.before(first, ongoing.before);
    const results =
      ongoing === undefined || first === undefined
        ? await runner.run(steps)
        : [await runner.watch(first, ongoing.runId, ongoing.before?.endTime)];
    const interrupted = interrupts.exitCode;
    const exitCode = exitCodeOf(results, wait);
    // What has succeeded in the last moment has not been too late.
    return { results, exitCode: interrupted ?? (time.isUp && exitCode !== 0 ? 3 : exitCode) };
  } finally {
    client.http.onRetry = before;
    clearTimeout(timer);
    interrupts.stop();
    view.close();
  }
}

function exitCodeOf(results: readonly StepResult[], wait = true): number {
  const has = (outcome: StepResult["outcome"]): boolean =>
    results.some((result) => result.outcome === outcome);
  if (has("lost")) return 2;
  if (has("failed") || has("not-run")) return 1;
  return has("left") && wait ? 1 : 0;
}

function viewFor(format: Format, target: WorkspaceTarget, io: Io): RunView {
  const now = (): number => target.client.http.now();
  if (format === "json") return new QuietView(io);
  if (format === "jsonl") return new EventsView(io, now);
  const terminal = terminalOf();
  const style = styleFor();
  return terminal === undefined
    ? new LinesView(io, style, now)
    : new LiveView(terminal, style, now);
}

/** Asked for beside everything else: a run does not wait for it, nor fail because of it. */
function tellUsual({ client }: WorkspaceTarget, step: RunStep, runId: RunId, view: RunView): void {
  if (step.only !== undefined) return;
  usualDurations(client, step.job.jobId, runId).then(
    (durations) => {
      view.usual(step, durations);
    },
    () => undefined,
  );
}

/** How to come back to a run. */
function leftText(target: WorkspaceTarget, runId: RunId): string {
  return `Run ${runId} goes on. Watch it: ${target.command("run")} --watch ${runId}`;
}

/** Lines of a final tree that people still read. */
const MAX_FINAL = 200;

/** Shows how everything ended, in the format that was asked for, and gives the exit code. */
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
    io.out(`Everything that it left: ${target.command("runs")} ${run.runId}`);
    // A run that failed before it had tasks leaves nothing to keep.
    if (run.tasks.some(failed))
      io.out(
        `To run again what failed, and keep the rest: ${target.command("repair")} ${run.runId}`,
      );
  }
}

/** The report of a command, with the tree of every run. */
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

/** The events have told the rest. */
function withoutTrees(report: RunReport): object {
  return {
    ...report,
    runs: report.runs.map(({ run, ...step }) => ({
      ...step,
      ...(run && { run_id: (run as { run_id: RunId }).run_id }),
    })),
  };
}

const isLoopback = (host: string): boolean =>
  /^https?:\/\/(127\.|localhost[:/]?|\[::1\])/.test(host);

/** A run as a step of its own, for what was not started here. */
export function stepOf(run: Pick<JobRunNode, "jobId" | "name">, key: string | undefined): RunStep {
  return {
    job: {
      jobId: run.jobId,
      label: jobLabel(run.jobId, key, run.name),
      ...(key !== undefined && { key }),
      name: run.name,
      tags: {},
      parameters: new Map(),
      tasks: [],
    },
    path: [],
    after: [],
  };
}
