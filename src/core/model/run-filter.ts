import { didNotRun, type RunStatus, succeeded } from "./run-tree";

/** How a run stands, for those who look for one: `active` is also what waits; `skipped` ended without having begun. */
export type RunOutcome = "active" | "failed" | "skipped" | "succeeded";

export const RUN_OUTCOMES = ["active", "failed", "skipped", "succeeded"] as const;

/** A run with failures that its job allows has succeeded. */
export function outcomeOf(run: { readonly status: RunStatus }): RunOutcome {
  const { phase, state } = run.status;
  if (phase !== "ended") return "active";
  if (didNotRun(run)) return "skipped";
  return succeeded(run) || state === "SUCCESS_WITH_FAILURES" ? "succeeded" : "failed";
}

/** Which runs to list. */
export interface RunConditions {
  readonly outcome?: RunOutcome;
  /** A part of the name, in any case. */
  readonly name?: string;
  /** The earliest start; milliseconds since 1970. */
  readonly since?: number;
}

export function meets(
  run: { readonly status: RunStatus; readonly name: string; readonly start_time: number },
  { outcome, name, since }: RunConditions,
): boolean {
  return (
    (outcome === undefined || outcomeOf(run) === outcome) &&
    (since === undefined || run.start_time >= since) &&
    (name === undefined || run.name.toLowerCase().includes(name.toLowerCase()))
  );
}
