import type { Reading } from "@jobstrata/core/readers";
import type { SourcesOptions } from "../sources/options";

/** Options that select jobs by their changes. */
export interface StateOptions {
  /** Selectors such as `state:modified+`. */
  readonly select?: readonly string[] | undefined;
  /** The base of the comparison. */
  readonly state?: string | undefined;
}

/** The jobs to compare. */
export interface Compared extends Pick<SourcesOptions, "source" | "python" | "config"> {
  /** Readings that are already available. @default - the path is read */
  readonly readings?: readonly Reading[];
  /** @default "." */
  readonly path?: string | undefined;
  /** Environments. @default - all */
  readonly target?: readonly string[];
}

/** Whether a selector contains `state:`. */
export const isStateSelector = (selector: string): boolean => /\bstate:/.test(selector);

/** `state:modified+`. */
const ATOM = /^state:(modified|new|removed)(\+)?$/;

/** Parses a `state:` selector: its state, and whether it includes downstream jobs; undefined for other selectors. */
export function parseState(
  atom: string,
): { readonly state: "modified" | "new" | "removed"; readonly isDownstream: boolean } | undefined {
  const [, state, plus] = ATOM.exec(atom) ?? [];
  if (state === undefined) return undefined;
  return { state: state as "modified" | "new" | "removed", isDownstream: plus !== undefined };
}
