import {
  type JobRunNode,
  type RunId,
  durationOf,
  printable,
  stringifyJson,
} from "@jobstrata/core/model";
import {
  formatDuration,
  formatElapsed,
  textLines,
  type RunChange,
  RunChanges,
  fit,
  treeLines,
  type Style,
} from "@jobstrata/core/report";
import type { RunStep, WorkspaceError } from "@jobstrata/run";
import type { Io } from "../io";
import { LiveScreen, type Terminal } from "../live-screen";

/** Shows runs while they last. */
export interface RunView {
  started(step: RunStep, runId: RunId): void;
  /** The state before a run continued, for example before a repair; not reported as a change. */
  before(step: RunStep, run: JobRunNode): void;
  looked(step: RunStep, run: JobRunNode): void;
  outage(step: RunStep, error: WorkspaceError | undefined, sinceMs: number): void;
  /** Previous durations of a step's job; milliseconds by task key. */
  usual(step: RunStep, durations: ReadonlyMap<string, number>): void;
  /** Prints a message without disturbing the display. */
  note(text: string): void;
  close(): void;
}

/** `alerting_seed_job`, followed by its tasks if only some run. */
export function stepName({ job, only }: RunStep): string {
  const some = only === undefined ? "" : ` (only ${only.map(printable).join(", ")})`;
  return `${printable(job.label)}${some}`;
}

/** Trees that are updated in place. */
export class LiveView implements RunView {
  readonly #runs = new Map<RunStep, JobRunNode>();
  readonly #usual = new Map<RunStep, ReadonlyMap<string, number>>();
  readonly #screen: LiveScreen;
  readonly #timer: NodeJS.Timeout;
  #note = "";
  #outage = "";
  #closed = false;

  readonly #style: Style;
  readonly #now: () => number;

  /** @param now the workspace's clock */
  public constructor(terminal: Terminal, style: Style, now: () => number) {
    this.#style = style;
    this.#now = now;

    this.#screen = new LiveScreen(terminal, (columns, rows) => this.#draw(columns, rows));
    // Keeps elapsed times moving between polls.
    this.#timer = setInterval(() => {
      this.#screen.update();
    }, 1000);
  }

  public started(): void {
    this.#screen.update();
  }

  public before(): void {
    // The tree already shows everything.
  }

  public looked(step: RunStep, run: JobRunNode): void {
    this.#runs.set(step, run);
    this.#screen.update();
  }

  public outage(_: RunStep, error: WorkspaceError | undefined, sinceMs: number): void {
    this.#outage = error === undefined ? "" : outageText(error, sinceMs);
    this.#screen.update();
  }

  public usual(step: RunStep, durations: ReadonlyMap<string, number>): void {
    this.#usual.set(step, durations);
  }

  public note(text: string): void {
    this.#note = text;
    this.#screen.update();
  }

  public close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#screen.close();
  }

  #draw(columns: number, rows: number): string[] {
    const style = this.#style;
    const notes = [this.#outage, this.#note]
      .filter((text) => text !== "")
      .map((text) => fit(style.busy(text), columns, style));
    const runs = [...this.#runs];
    // Finished runs take one line each, the others share the remaining rows.
    const isOver = ({ status }: JobRunNode): boolean => runs.length > 1 && status.phase === "ended";
    const over = runs.filter(([, run]) => isOver(run)).length;
    const room = (rows - notes.length - over) / Math.max(1, runs.length - over);
    const now = this.#now();
    return [
      ...runs.flatMap(([step, run]) => {
        const usual = this.#usual.get(step);
        const height = isOver(run) ? 1 : Math.max(1, Math.floor(room));
        return treeLines(run, { now, style, width: columns, height, ...(usual && { usual }) });
      }),
      ...notes,
    ].slice(-rows);
  }
}

/** Prints a line for every event. */
export class LinesView implements RunView {
  readonly #changes = new Map<RunStep, RunChanges>();
  #outage = false;

  readonly #io: Io;
  readonly #style: Style;
  readonly #now: () => number;

  public constructor(io: Io, style: Style, now: () => number) {
    this.#io = io;
    this.#style = style;
    this.#now = now;
  }

  public started(step: RunStep, runId: RunId): void {
    this.#line("STARTED", [], step, `run ${runId}`, this.#style.busy);
  }

  public before(step: RunStep, run: JobRunNode): void {
    changesOf(this.#changes, step).since(run);
  }

  public looked(step: RunStep, run: JobRunNode): void {
    for (const change of changesOf(this.#changes, step).since(run)) this.#change(step, change);
  }

  public outage(_: RunStep, error: WorkspaceError | undefined, sinceMs: number): void {
    if (error === undefined) {
      if (!this.#outage) return;
      this.#outage = false;
      this.#io.err("The workspace answers again");
    } else if (!this.#outage) {
      this.#outage = true;
      this.#io.err(outageText(error, sinceMs));
    }
  }

  public usual(step: RunStep, durations: ReadonlyMap<string, number>): void {
    const whole = durations.get("");
    if (whole !== undefined)
      this.#line("USUALLY TAKES", [], step, formatDuration(whole), this.#style.faint);
  }

  public note(text: string): void {
    this.#io.err(text);
  }

  public close(): void {
    // Every line has already been printed.
  }

  #change(step: RunStep, { kind, path, node }: RunChange): void {
    const style = this.#style;
    const child = "child" in node ? node.child : undefined;
    const { runId, url = "" } = child ?? node;
    const runs =
      child === undefined ? "" : `${style.marks.arrow} ${printable(child.key ?? child.name)}`;
    const notes = [runs, `run ${runId}`, printable(url)].filter(Boolean).join("  ");
    if (kind === "retried" && "retries" in node) {
      this.#line(`RETRY ${node.retries}`, path, step, notes, style.busy);
    } else if (kind === "started") {
      // The start of the run itself has been reported.
      if (path.length > 0) this.#line("RUNNING", path, step, notes, style.busy);
    } else if (kind === "ended") {
      const good = node.status.state === "SUCCESS";
      const took =
        node.startTime === undefined ? "" : formatDuration(durationOf(node, this.#now()));
      this.#line(printable(node.status.state), path, step, took, good ? style.good : style.bad);
      if (!good && "taskKey" in node && child === undefined && node.startTime !== undefined) {
        // Everything is reported at the end.
        const { error, errorTrace } = node.output ?? {};
        const [reason] = textLines(error ?? errorTrace ?? node.status.message);
        if (reason !== undefined) this.#io.out(`    ${reason}`);
      }
    }
  }

  #line(
    what: string,
    path: readonly string[],
    step: RunStep,
    rest: string,
    tint: (text: string) => string,
  ): void {
    const time = new Date(this.#now()).toISOString().slice(11, 19);
    const name = [stepName(step), ...path.map(printable)].join(" > ");
    this.#io.out(
      `${this.#style.faint(time)}  ${tint(what.padEnd(16))}  ${name}${rest === "" ? "" : `  ${rest}`}`,
    );
  }
}

/** Reports only problems, on stderr: the result comes at the end. */
export class QuietView implements RunView {
  #outage = false;

  readonly #io: Io;

  public constructor(io: Io) {
    this.#io = io;
  }

  public started(step: RunStep, runId: RunId): void {
    this.#io.err(`${stepName(step)}: run ${runId}`);
  }

  public before(): void {
    // Shown at the end.
  }

  public looked(): void {
    // Shown at the end.
  }

  public outage(_: RunStep, error: WorkspaceError | undefined, sinceMs: number): void {
    if (error !== undefined && !this.#outage) this.#io.err(outageText(error, sinceMs));
    this.#outage = error !== undefined;
  }

  public usual(): void {
    // Nobody watches a screen.
  }

  public note(text: string): void {
    this.#io.err(text);
  }

  public close(): void {
    // Nothing is open.
  }
}

/** Prints a JSON object on a line for every event. */
export class EventsView implements RunView {
  readonly #changes = new Map<RunStep, RunChanges>();

  readonly #io: Io;
  readonly #now: () => number;

  public constructor(io: Io, now: () => number) {
    this.#io = io;
    this.#now = now;
  }

  public started({ job, only, path }: RunStep, runId: RunId): void {
    const { jobId, key } = job;
    this.emit({
      event: "run_started",
      run_id: runId,
      job_id: jobId,
      ...(key !== undefined && { job_key: key }),
      job_path: path,
      ...(only && { only }),
    });
  }

  public before(step: RunStep, run: JobRunNode): void {
    changesOf(this.#changes, step).since(run);
  }

  public looked(step: RunStep, run: JobRunNode): void {
    for (const { kind, path, node } of changesOf(this.#changes, step).since(run)) {
      if (path.length === 0 && kind !== "ended") continue;
      const child = "child" in node ? node.child : undefined;
      this.emit({
        event: path.length === 0 ? "run_ended" : `task_${kind}`,
        root_run_id: run.runId,
        path,
        run_id: node.runId,
        state: node.status.state,
        ...(node.startTime !== undefined && { start_time: node.startTime }),
        ...(node.endTime !== undefined && { end_time: node.endTime }),
        ...("retries" in node && { retries: node.retries }),
        ...(child && { child_run_id: child.runId, child_job_id: child.jobId }),
        ...(node.url !== undefined && { run_page_url: node.url }),
        ...("output" in node && node.output.error !== undefined && { error: node.output.error }),
        ...(node.status.message !== "" && { state_message: node.status.message }),
      });
    }
  }

  public outage(_: RunStep, error: WorkspaceError | undefined, sinceMs: number): void {
    this.emit({
      event: error === undefined ? "outage_ended" : "outage",
      since_ms: sinceMs,
      ...(error && { error: error.message }),
    });
  }

  public usual(): void {
    // Derived from the events.
  }

  public note(text: string): void {
    this.#io.err(text);
  }

  public close(): void {
    // Every line has already been printed.
  }

  public emit(event: object): void {
    this.#io.out(stringifyJson({ time: this.#now(), ...event }));
  }
}

function changesOf(known: Map<RunStep, RunChanges>, step: RunStep): RunChanges {
  const changes = known.get(step) ?? new RunChanges();
  known.set(step, changes);
  return changes;
}

function outageText(error: WorkspaceError, sinceMs: number): string {
  const since = sinceMs < 1000 ? "" : ` for ${formatElapsed(sinceMs)}`;
  return `The workspace has not responded${since}; the run continues, retrying (${error.message})`;
}
