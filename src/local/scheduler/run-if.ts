import type { RunIf } from "@jobstrata/core/model";
import { type Ending, EXCLUDED, UPSTREAM_CANCELED, UPSTREAM_FAILED, type Verdict } from "./states";

/**
 * Whether a task runs, given what each of its dependencies came to; `undefined` means that it does, else the ending it
 * gets without having run. An excluded dependency counts as a success, but a task whose dependencies are all excluded
 * is excluded too; a canceled one counts as a failure, so that a task that cleans up runs.
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
