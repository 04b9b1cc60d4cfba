import { errorText } from "@jobstrata/core/model";
import { ValueError, type Path } from "./cty";
import { ApiError } from "./workspace";

/** A message that Terraform prints. An error stops Terraform, a warning does not. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** The problem, in one line. */
  readonly summary: string;
  /** How to fix it, or the workspace's message; may be empty. */
  readonly detail: string;
  /** The affected argument; empty for the whole resource. */
  readonly path: Path;
}

export function error(summary: string, detail = "", path: Path = []): Diagnostic {
  return { severity: "error", summary, detail, path };
}

export function warning(summary: string, detail = "", path: Path = []): Diagnostic {
  return { severity: "warning", summary, detail, path };
}

/** An error in the configuration that is detected only during plan or apply. */
export class ConfigurationError extends Error {
  public constructor(
    message: string,
    public readonly path: Path = [],
  ) {
    super(message);
  }
}

/**
 * Converts an exception to a diagnostic.
 * @param action - what failed, such as "create job"
 */
export function fromThrown(action: string, thrown: unknown): Diagnostic {
  const message = errorText(thrown);
  if (thrown instanceof ApiError) {
    return error(`cannot ${action}: ${message}`, thrown.detail);
  }
  if (thrown instanceof ValueError || thrown instanceof ConfigurationError) {
    return error(`cannot ${action}: ${message}`, "", thrown.path);
  }
  const trace = thrown instanceof Error ? (thrown.stack ?? "") : "";
  return error(`cannot ${action}: ${message}`, `A bug in the stand-in provider.\n${trace}`);
}
