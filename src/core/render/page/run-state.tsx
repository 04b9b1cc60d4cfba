import { durationOf, didNotRun, type RunStatus, succeeded } from "../../model/run-tree";
import { printable } from "../../model/text";
import { formatDuration, formatElapsed } from "../../report/duration";
import type { JobState } from "./drawing";

interface Stateful {
  readonly status: RunStatus;
}

/** The class of a state: `good`, `bad`, `active`, `waiting` or `skipped`. */
export function classOf(run: Stateful): string {
  const { phase, state } = run.status;
  if (phase !== "ended") return phase;
  if (didNotRun(run)) return "skipped";
  return succeeded(run) || state === "SUCCESS_WITH_FAILURES" ? "good" : "bad";
}

const MARKS: Readonly<Record<string, string>> = {
  good: "✔",
  bad: "✖",
  active: "●",
  waiting: "○",
  skipped: "–",
};

/** A state in a word and a mark. */
export function RunState(run: Stateful) {
  const name = classOf(run);
  return (
    <span class={`run-state ${name}`}>
      <span aria-hidden="true">{MARKS[name]}</span> {printable(run.status.state)}
    </span>
  );
}

/** What a drawing shows of a run; nothing of one that did not run. */
export function jobStateOf(run: Stateful): JobState | undefined {
  const { phase, state } = run.status;
  const name = classOf(run);
  return name === "skipped" ? undefined : { phase, state, good: name === "good" };
}

/** How long it took, or has taken until `now`; empty for what has not begun. */
export function durationText(
  run: Stateful & { readonly startTime?: number; readonly endTime?: number },
  now: number,
): string {
  if (run.startTime === undefined || run.status.phase === "waiting") return "";
  const duration = durationOf(run, now);
  return run.status.phase === "ended" ? formatDuration(duration) : formatElapsed(duration);
}
