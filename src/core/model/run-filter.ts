import { didNotRun, type RunStatus, succeeded } from "./run-tree";

/** Outcome filter of runs. `active` includes waiting runs; `skipped` means ended without starting. */
export type RunOutcome = "active" | "failed" | "skipped" | "succeeded";

export const RUN_OUTCOMES = ["active", "failed", "skipped", "succeeded"] as const;

/** A run with tolerated failures counts as succeeded. */
export function outcomeOf(run: { readonly status: RunStatus }): RunOutcome {
  const { phase, state } = run.status;
  if (phase !== "ended") return "active";
  if (didNotRun(run)) return "skipped";
  return succeeded(run) || state === "SUCCESS_WITH_FAILURES" ? "succeeded" : "failed";
}

/** Filter of runs. */
export interface RunConditions {
  readonly outcome?: RunOutcome;
  /** Part of the name, ignoring case. */
  readonly name?: string;
  /** Earliest start; milliseconds since 1970. */
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
