import type { RunIf } from "@jobstrata/core/model";
import { type Ending, EXCLUDED, UPSTREAM_CANCELED, UPSTREAM_FAILED, type Verdict } from "./states";

/**
 * Evaluates a task's run-if condition: undefined if the task runs, otherwise the ending that it gets without running.
 * An excluded dependency counts as a success, but a task is excluded if all its dependencies are. A canceled dependency
 * counts as a failure, so that cleanup tasks run.
 */
export function decide(runIf: RunIf, dependencies: readonly Verdict[]): Ending | undefined {
  if (dependencies.length === 0) return undefined;
  if (dependencies.every((each) => each === "excluded")) return EXCLUDED;
  const bad = (each: Verdict): boolean => each === "failed" || each === "canceled";
  const unmet = dependencies.includes("failed") ? UPSTREAM_FAILED : UPSTREAM_CANCELED;
  switch (runIf) {
    case "ALL_SUCCESS":
    case "NONE_FAILED":
      return dependencies.some(bad) ? unmet : undefined;
    case "AT_LEAST_ONE_SUCCESS":
      return dependencies.every(bad) ? unmet : undefined;
    case "ALL_DONE":
      return undefined;
    case "AT_LEAST_ONE_FAILED":
      return dependencies.some(bad) ? undefined : EXCLUDED;
    case "ALL_FAILED":
      return dependencies.every(bad) ? undefined : EXCLUDED;
  }
}
