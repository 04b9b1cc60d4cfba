import { nearest } from "./nearest";
import { quote } from "./model/text";
import { sourceOf } from "./source-location";

/** Stable codes of errors that users can cause. */
export type ErrorCode =
  | "authentication"
  | "config"
  | "duplicate-job-key"
  | "duplicate-task-key"
  | "foreign-job"
  | "foreign-task"
  | "invalid-environment"
  | "invalid-job"
  | "invalid-job-key"
  | "invalid-notebook"
  | "invalid-policy"
  | "invalid-stack"
  | "invalid-suppression"
  | "invalid-task"
  | "invalid-workspace-folder"
  | "local-workspace"
  | "no-environment"
  | "policy-violated"
  | "run"
  | "source"
  | "tag-conflict"
  | "terraform"
  | "unknown-variable";

/** Codes of errors without a location in the user's code. */
const WITHOUT_SOURCE: readonly ErrorCode[] = [
  "authentication",
  "config",
  "local-workspace",
  "policy-violated",
  "run",
  "source",
  "terraform",
];

/**
 * An error caused by the user, or by policy findings. The message is complete: the problem, the value, the fix, and the
 * `file:line` in the user's code. It has no stack trace, which would add nothing.
 */
export class JobstrataError extends Error {
  public constructor(
    public readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
    this.name = "JobstrataError";
    const source = WITHOUT_SOURCE.includes(code)
      ? undefined
      : sourceOf(this.stack?.split("\n") ?? []);
    if (source !== undefined) this.message = `${message} (${source})`;
    this.stack = `${this.name}: ${this.message}`;
  }
}

/** Quotes `name` with the {@link nearest} candidate: `"catlog" (did you mean "catalog"?)`. */
export function quoteWithSuggestion(name: string, candidates: Iterable<string>): string {
  const best = nearest(name, candidates);
  return quote(name) + (best === undefined ? "" : ` (did you mean ${quote(best)}?)`);
}
