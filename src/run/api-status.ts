import type { RunStatus } from "@jobstrata/core/model";
import type { ApiState, ApiStatus } from "./jobs-client";

/** Life cycle states of the Jobs API; any other counts as active. */
const ENDED: ReadonlySet<string> = new Set(["TERMINATED", "SKIPPED", "INTERNAL_ERROR"]);
const WAITING: ReadonlySet<string> = new Set(["BLOCKED", "QUEUED", "WAITING", "WAITING_FOR_RETRY"]);

/** Results by termination code of the newer `status`, where the two differ. */
const RESULT_OF_CODE: Readonly<Record<string, string>> = {
  USER_CANCELED: "CANCELED",
  RUN_EXECUTION_ERROR: "FAILED",
  INTERNAL_ERROR: "FAILED",
  MAX_CONCURRENT_RUNS_EXCEEDED: "MAXIMUM_CONCURRENT_RUNS_REACHED",
};

/**
 * The state of a run. Success depends on the result, not on the life cycle state: a canceled run is TERMINATED too. An
 * unknown result is kept as it is and does not count as success.
 */
export function statusOf({ state, status }: { state?: ApiState; status?: ApiStatus }): RunStatus {
  const life = state?.life_cycle_state;
  const details = status?.termination_details;
  const message =
    [
      state?.state_message,
      details?.message,
      state?.queue_reason,
      status?.queue_details?.message,
    ].find((text) => text !== undefined && text !== "") ?? "";
  if ((life !== undefined && ENDED.has(life)) || status?.state === "TERMINATED") {
    const code = details?.code;
    const result = state?.result_state ?? (code && (RESULT_OF_CODE[code] ?? code));
    return {
      phase: "ended",
      state: result ?? life ?? "TERMINATED",
      message,
      ...(life === "SKIPPED" && { skipped: true }),
    };
  }
  const place = life ?? status?.state ?? "UNKNOWN";
  return { phase: WAITING.has(place) ? "waiting" : "active", state: place, message };
}
