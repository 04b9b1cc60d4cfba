import type { Reading } from "@jobstrata/core/readers";
import type { SourcesOptions } from "../sources/options";

/** Options by which commands select jobs by what has changed. */
export interface StateOptions {
  /** Selectors such as `state:modified+`. */
  readonly select?: readonly string[] | undefined;
  /** The base of the comparison. */
  readonly state?: string | undefined;
}

/** The jobs that are compared. */
export interface Compared extends Pick<SourcesOptions, "source" | "python" | "config"> {
  /** They have been read already. @default - they are read from the path */
  readonly readings?: readonly Reading[];
  /** @default "." */
  readonly path?: string | undefined;
  /** Environments. @default - all */
  readonly target?: readonly string[];
}

/** Whether a selector asks for what has changed. */
export const isStateSelector = (selector: string): boolean => /\bstate:/.test(selector);

/** `state:modified+`. */
const ATOM = /^state:(modified|new|removed)(\+)?$/;

/** The state that a selector names, and whether it asks for what follows, too; undefined for another selector. */
export function parseState(
  atom: string,
): { readonly state: "modified" | "new" | "removed"; readonly isDownstream: boolean } | undefined {
  const [, state, plus] = ATOM.exec(atom) ?? [];
  if (state === undefined) return undefined;
  return { state: state as "modified" | "new" | "removed", isDownstream: plus !== undefined };
}
