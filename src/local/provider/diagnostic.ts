import { errorText } from "@jobstrata/core/model";
import { ValueError, type Path } from "./cty";
import { ApiError } from "./workspace";

/** What Terraform prints to its user: an error stops it, a warning does not. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** One line: what is wrong. */
  readonly summary: string;
  /** How to fix it, or what the workspace said; may be empty. */
  readonly detail: string;
  /** The argument it is about; empty for the resource as a whole. */
  readonly path: Path;
}

export function error(summary: string, detail = "", path: Path = []): Diagnostic {
  return { severity: "error", summary, detail, path };
}

export function warning(summary: string, detail = "", path: Path = []): Diagnostic {
  return { severity: "warning", summary, detail, path };
}

/** A mistake in the configuration that shows only when it is planned or applied. */
export class ConfigurationError extends Error {
  public constructor(
    message: string,
    public readonly path: Path = [],
  ) {
    super(message);
  }
}

/**
 * What `thrown` means to the user of Terraform.
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
