import { outcomeOf, type RunOutcome } from "../../model/run-filter";
import { durationOf, type RunStatus } from "../../model/run-tree";
import { printable } from "../../model/text";
import type { PageRun } from "../../model/page-answers";
import { formatDuration, formatElapsed } from "../../report/duration";

interface Stateful {
  readonly status: RunStatus;
}

/** The state of a job's last run. */
export interface JobState {
  readonly phase: "waiting" | "active" | "ended";
  /** Jobs API name of the state. */
  readonly state: string;
  readonly good: boolean;
}

/** CSS class of a state. */
export type RunClass = "good" | "bad" | "active" | "waiting" | "skipped";

export function classOf(run: Stateful): RunClass {
  const { phase } = run.status;
  if (phase !== "ended") return phase;
  return CLASSES[outcomeOf(run)];
}

const CLASSES: Readonly<Record<RunOutcome, RunClass>> = {
  active: "active",
  failed: "bad",
  skipped: "skipped",
  succeeded: "good",
};

const MARKS: Readonly<Record<RunClass, string>> = {
  good: "✔",
  bad: "✖",
  active: "●",
  waiting: "○",
  skipped: "–",
};

/** A state with its mark. */
export function RunState(run: Stateful) {
  const name = classOf(run);
  return (
    <span class={`run-state ${name}`}>
      <span aria-hidden="true">{MARKS[name]}</span> {printable(run.status.state)}
    </span>
  );
}

/** The state to draw for a run; undefined for a skipped one. */
export function jobStateOf(run: Stateful): JobState | undefined {
  const { phase, state } = run.status;
  const name = classOf(run);
  return name === "skipped" ? undefined : { phase, state, good: name === "good" };
}

/** Duration so far or in total; empty before the start. */
export function durationText(
  run: Stateful & { readonly startTime?: number; readonly endTime?: number },
  now: number,
): string {
  if (run.startTime === undefined || run.status.phase === "waiting") return "";
  const duration = durationOf(run, now);
  return run.status.phase === "ended" ? formatDuration(duration) : formatElapsed(duration);
}

/** Status, start and end of a listed run. */
export const runTimes = ({ status, start_time: startTime, end_time: endTime }: PageRun) => ({
  status,
  startTime,
  ...(endTime !== undefined && { endTime }),
});

const UNITS = [
  [60, "s"],
  [60, "min"],
  [24, "h"],
  [7, "days"],
] as const;

/** A future time: `in 3 min`; after a day, the date. */
export function inText(time: number, now: number): string {
  const minutes = Math.ceil((time - now) / 60_000);
  if (minutes <= 1) return "in a minute";
  if (minutes < 60) return `in ${minutes} min`;
  if (minutes < 24 * 60) return `in ${Math.round(minutes / 60)} h`;
  return new Date(time).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
}

/** A past time: `just now`, `3 min ago`; after a week, the date. */
export function agoText(time: number, now: number): string {
  let count = Math.floor((now - time) / 1000);
  if (count < 5) return "just now";
  for (const [next, unit] of UNITS) {
    if (count < next) return `${count} ${count === 1 && unit === "days" ? "day" : unit} ago`;
    count = Math.floor(count / next);
  }
  return new Date(time).toLocaleDateString(undefined, { dateStyle: "medium" });
}
