import { nearest } from "./nearest";
import { quote } from "./model/text";
import { sourceOf } from "./source-location";

/** The stable code of every error that a user of this library can cause; the message says the rest. */
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

/** The errors that no line of the user's code has caused. */
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
 * A mistake in what the user wrote, or in what the policy found in it. Its message is complete: what is wrong, the value
 * got, how to fix it, and the `file:line` of the user's code that did it. There is nothing more to learn from a stack
 * trace, so it carries none.
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

/** `name`, and the {@link nearest} of `candidates`: `"catlog" (did you mean "catalog"?)`. */
export function quoteWithSuggestion(name: string, candidates: Iterable<string>): string {
  const best = nearest(name, candidates);
  return quote(name) + (best === undefined ? "" : ` (did you mean ${quote(best)}?)`);
}
