import type { RunStatus } from "@jobstrata/core/model";

/** The life cycle state of a run in the Jobs API. */
type LifeCycleState =
  | "QUEUED"
  | "PENDING"
  | "RUNNING"
  | "TERMINATING"
  | "TERMINATED"
  | "SKIPPED"
  | "INTERNAL_ERROR"
  | "BLOCKED"
  | "WAITING_FOR_RETRY";

export type ResultState =
  | "SUCCESS"
  | "FAILED"
  | "TIMEDOUT"
  | "CANCELED"
  | "MAXIMUM_CONCURRENT_RUNS_REACHED"
  | "EXCLUDED"
  | "SUCCESS_WITH_FAILURES"
  | "UPSTREAM_FAILED"
  | "UPSTREAM_CANCELED"
  | "DISABLED";

/** Why a run ended, in the newer `status` object. */
type TerminationCode =
  | "SUCCESS"
  | "SUCCESS_WITH_FAILURES"
  | "RUN_EXECUTION_ERROR"
  | "INTERNAL_ERROR"
  | "INVALID_RUN_CONFIGURATION"
  | "RESOURCE_NOT_FOUND"
  | "MAX_CONCURRENT_RUNS_EXCEEDED"
  | "MAX_JOB_QUEUE_SIZE_EXCEEDED"
  | "USER_CANCELED"
  | "CANCELED"
  | "SKIPPED"
  | "DISABLED";

/** The stored state of a run; the API shows it as `state` and `status`. */
export interface Phase {
  life: LifeCycleState;
  result?: ResultState;
  message: string;
  code?: TerminationCode;
  /** The reason why a run is queued. */
  queue_code?: "ACTIVE_RUNS_LIMIT_REACHED" | "MAX_CONCURRENT_RUNS_REACHED";
}

/** How a run ended. */
export interface Ending extends Phase {
  life: "TERMINATED" | "SKIPPED" | "INTERNAL_ERROR";
  result: ResultState;
  code: TerminationCode;
}

export const isOver = ({ life }: Phase): boolean =>
  life === "TERMINATED" || life === "SKIPPED" || life === "INTERNAL_ERROR";

export const ended = (
  result: ResultState,
  code: TerminationCode,
  message = "",
  life: Ending["life"] = "TERMINATED",
): Ending => ({ life, result, code, message });

export const SUCCEEDED = ended("SUCCESS", "SUCCESS");
export const EXCLUDED = ended(
  "EXCLUDED",
  "SKIPPED",
  "The run-if condition was not met.",
  "SKIPPED",
);
export const UPSTREAM_FAILED = ended(
  "UPSTREAM_FAILED",
  "SKIPPED",
  "An upstream task failed.",
  "SKIPPED",
);
export const UPSTREAM_CANCELED = ended(
  "UPSTREAM_CANCELED",
  "SKIPPED",
  "An upstream task was canceled.",
  "SKIPPED",
);
export const DISABLED = ended("DISABLED", "DISABLED", "The task is disabled.", "SKIPPED");
export const CANCELED = ended("CANCELED", "USER_CANCELED", "Run cancelled.");
export const TASK_TIMED_OUT = ended("TIMEDOUT", "CANCELED", "The task exceeded its timeout.");
export const RUN_TIMED_OUT = ended(
  "TIMEDOUT",
  "CANCELED",
  "The run exceeded the timeout of the job.",
);
export const TOO_MANY_RUNS = ended(
  "MAXIMUM_CONCURRENT_RUNS_REACHED",
  "MAX_CONCURRENT_RUNS_EXCEEDED",
  "Skipped: the maximum number of concurrent runs of the job was reached.",
  "SKIPPED",
);
export const INTERRUPTED = ended(
  "FAILED",
  "INTERNAL_ERROR",
  "The local workspace was stopped while the run was active.",
  "INTERNAL_ERROR",
);

/** How a finished task counts for its dependents and its run's result. */
export type Verdict = "succeeded" | "failed" | "canceled" | "excluded";

export function verdict({ result }: Phase): Verdict {
  switch (result) {
    case "SUCCESS":
    case "SUCCESS_WITH_FAILURES":
      return "succeeded";
    case "EXCLUDED":
    case "DISABLED":
      return "excluded";
    case "CANCELED":
    case "UPSTREAM_CANCELED":
      return "canceled";
    default:
      return "failed";
  }
}

/** The state of a run in one word, as clients derive it from `state`. */
export function briefly(phase: Phase): RunStatus {
  const { life, result, message } = phase;
  const waits = life === "QUEUED" || life === "BLOCKED" || life === "WAITING_FOR_RETRY";
  const over = isOver(phase);
  return {
    phase: over ? "ended" : waits ? "waiting" : "active",
    state: over ? (result ?? life) : life,
    message,
    ...(life === "SKIPPED" && { skipped: true }),
  };
}

/** The deprecated but still widely used `state` of a run. */
export function apiState({ life, result, message }: Phase): Record<string, unknown> {
  return {
    life_cycle_state: life,
    ...(result === undefined ? {} : { result_state: result }),
    state_message: message,
    user_cancelled_or_timedout: result === "CANCELED" || result === "TIMEDOUT",
    ...(life === "QUEUED" ? { queue_reason: message } : {}),
  };
}

/** The newer `status` of a run. */
export function apiStatus(phase: Phase): Record<string, unknown> {
  if (isOver(phase)) {
    const { code = "INTERNAL_ERROR", message } = phase;
    return {
      state: "TERMINATED",
      termination_details: { code, type: terminationType(phase), message },
    };
  }
  if (phase.life === "QUEUED") {
    return {
      state: "QUEUED",
      queue_details: {
        code: phase.queue_code ?? "MAX_CONCURRENT_RUNS_REACHED",
        message: phase.message,
      },
    };
  }
  return { state: phase.life === "WAITING_FOR_RETRY" ? "WAITING" : phase.life };
}

function terminationType({ code, result }: Phase): string {
  if (code === "INTERNAL_ERROR") return "INTERNAL_ERROR";
  const fine: unknown[] = ["SUCCESS", "SUCCESS_WITH_FAILURES", "EXCLUDED", "DISABLED"];
  return fine.includes(result) ? "SUCCESS" : "CLIENT_ERROR";
}
