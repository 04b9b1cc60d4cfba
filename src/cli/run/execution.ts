import type { JobRunNode, RunId } from "@jobstrata/core/model";
import {
  jobLabel,
  usualDurations,
  type RunStep,
  Runner,
  type RunnerOptions,
  type StepResult,
  WorkspaceError,
  type WorkspaceHttp,
} from "@jobstrata/run";
import { Interrupts } from "../interrupts";
import type { Io } from "../io";
import { EventsView, LinesView, LiveView, QuietView, type RunView } from "./view";
import { styleFor, terminalOf } from "../terminal";
import { WORTH_A_WORD } from "../workspace/retries";
import type { WorkspaceTarget } from "../workspace/target";

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
  /** Time limit after which runs are canceled; milliseconds. */
  readonly timeoutMs?: number;
  /** Whether the first Ctrl-C detaches from runs instead of canceling them. */
  readonly leaveOnInterrupt?: boolean;
}

/** The common options of commands that run jobs. */
export const executionOf = (
  command: string,
  options: { readonly format: Format; readonly allowPartial?: boolean; readonly timeout?: number },
): ExecutionOptions => ({
  command,
  format: options.format,
  ...(options.allowPartial === true && { allowPartial: true }),
  ...(options.timeout !== undefined && { timeoutMs: options.timeout }),
});

/** A run that has already started. */
interface Ongoing {
  readonly runId: RunId;
  /** Its state before it was repaired. */
  readonly before?: JobRunNode;
}

/** The outcome of all steps. */
export interface Execution {
  readonly results: readonly StepResult[];
  /**
   * 0: all succeeded, or were detached on request; 1: a run failed; 2: a run could not be started or followed; 3: timed out; 130:
   * Ctrl-C.
   */
  readonly exitCode: number;
}

/** Runs steps, or follows existing runs, and shows their progress. `showEnd` shows the result. */
export async function execute(
  target: WorkspaceTarget,
  steps: readonly RunStep[],
  options: ExecutionOptions,
  io: Io,
  ongoing?: Ongoing,
): Promise<Execution> {
  await target.prepare();
  const [first] = steps;
  const view = viewFor(options.format, target, io);
  const retries = new RetryNotice(target.client.http, view, first);
  const runner = new Runner<RunStep>(target.client, runnerOptions(target, view, retries, options));
  const cancel = canceling(runner, view);
  const interrupts = interruptsOf(runner, view, options, cancel, () => {
    for (const runId of runner.runIds) io.err(leftText(target, runId));
    if (runner.isStarting) io.err("A run was being started; it may have started");
  });
  const limit = new TimeLimit(options.timeoutMs, () => {
    view.note("The timeout expired: canceling, and waiting for the end");
    cancel();
  });
  try {
    if (ongoing?.before !== undefined && first !== undefined) view.before(first, ongoing.before);
    const results =
      ongoing === undefined || first === undefined
        ? await runner.run(steps)
        : [await runner.watch(first, ongoing.runId, ongoing.before?.endTime)];
    const interrupted = interrupts.exitCode;
    const exitCode = exitCodeOf(results, options.wait);
    // A run that succeeded just before the timeout is on time.
    return { results, exitCode: interrupted ?? (limit.isUp && exitCode !== 0 ? 3 : exitCode) };
  } finally {
    retries.stop();
    limit.stop();
    interrupts.stop();
    view.close();
  }
}

/** How runs are polled, and what is shown of them. */
function runnerOptions(
  target: WorkspaceTarget,
  view: RunView,
  retries: RetryNotice,
  { wait, parallel, keepGoing, allowPartial }: ExecutionOptions,
): RunnerOptions<RunStep> {
  return {
    // A local workspace has no other clients to protect.
    pollMs: isLoopback(target.client.http.host) ? 250 : 1000,
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
      retries.succeeded(step);
      view.looked(step, run);
    },
    onOutage: (step, error, sinceMs) => {
      view.outage(step, error, sinceMs);
    },
  };
}

/** Reports retried requests if they take a while, until one succeeds. */
class RetryNotice {
  readonly #before: WorkspaceHttp["onRetry"];
  #isShown = false;

  readonly #http: WorkspaceHttp;
  readonly #view: RunView;

  public constructor(http: WorkspaceHttp, view: RunView, step: RunStep | undefined) {
    this.#http = http;
    this.#view = view;

    this.#before = http.onRetry;
    http.onRetry = (error, _, sinceMs) => {
      if (sinceMs < WORTH_A_WORD || step === undefined) return;
      this.#isShown = true;
      view.outage(step, error, sinceMs);
    };
  }

  public succeeded(step: RunStep): void {
    if (this.#isShown) this.#view.outage(step, undefined, 0);
    this.#isShown = false;
  }

  public stop(): void {
    this.#http.onRetry = this.#before;
  }
}

/** Calls back after a time limit. */
class TimeLimit {
  readonly #timer: NodeJS.Timeout | undefined;
  #isUp = false;

  /** @param timeoutMs milliseconds; undefined means no limit */
  public constructor(timeoutMs: number | undefined, onUp: () => void) {
    if (timeoutMs === undefined) return;
    this.#timer = setTimeout(() => {
      this.#isUp = true;
      onUp();
    }, timeoutMs);
  }

  public get isUp(): boolean {
    return this.#isUp;
  }

  public stop(): void {
    clearTimeout(this.#timer);
  }
}

function canceling(runner: Runner, view: RunView): () => void {
  return () => {
    runner.cancel().catch((error: unknown) => {
      if (!(error instanceof WorkspaceError)) throw error;
      view.note(`It could not be canceled: ${error.message}`);
    });
  };
}

/** The first Ctrl-C cancels or detaches; the second ends this process at once. */
function interruptsOf(
  runner: Runner,
  view: RunView,
  { leaveOnInterrupt }: ExecutionOptions,
  cancel: () => void,
  sayLeft: () => void,
): Interrupts {
  return new Interrupts(
    () => {
      if (leaveOnInterrupt === true) {
        runner.leave();
        return;
      }
      view.note("Canceling, and waiting for the end; Ctrl-C again exits at once");
      cancel();
    },
    (exitCode) => {
      view.close();
      sayLeft();
      process.exit(exitCode);
    },
  );
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

/** Requested concurrently: a run neither waits for it nor fails because of it. */
function tellUsual({ client }: WorkspaceTarget, step: RunStep, runId: RunId, view: RunView): void {
  if (step.only !== undefined) return;
  usualDurations(client, step.job.jobId, runId).then(
    (durations) => {
      view.usual(step, durations);
    },
    () => undefined,
  );
}

/** How to get back to a run. */
export function leftText(target: WorkspaceTarget, runId: RunId): string {
  return `Run ${runId} continues. Watch it: ${target.command("run")} --watch ${runId}`;
}

const isLoopback = (host: string): boolean =>
  /^https?:\/\/(127\.|localhost[:/]?|\[::1\])/.test(host);

/** A step for a run that was not started here. */
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
