import { type Command, InvalidArgumentError } from "commander";
import type { Reading } from "@jobstrata/core/readers";
import type { Io } from "../io";
import type { SourcesOptions } from "../sources/options";
import type { JobStates } from "./job-states";

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

/**
 * Compares jobs with the base of `--state`, if a selector asks for it. What does that is loaded for nobody else.
 *
 * @returns the exit code after Ctrl-C; undefined without these options
 * @throws {JobstrataError} `config` if only one of the two options is there
 */
export async function findStates(
  options: StateOptions,
  compared: Compared,
  io: Io,
): Promise<JobStates | number | undefined> {
  const { select, state } = options;
  if (state === undefined && select?.some(isStateSelector) !== true) return undefined;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { JobStates: States } = require("./job-states") as typeof import("./job-states");
  return States.find(options, compared, io);
}

/** The option of the base, for commands that have selectors of their own. */
export const STATE_OPTION = [
  "--state <base>",
  "base of state: selectors: a git revision, a folder, the JSON of a plan or state, or workspace",
] as const;

/** Adds {@link StateOptions}. */
export function addStateOptions(command: Command): Command {
  return command
    .option(
      "--select <selector>",
      "only jobs that differ from the base of --state, such as state:modified+",
      collectSelectors,
    )
    .option(...STATE_OPTION);
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

/** Of commands that know no other selectors. */
function collectSelectors(value: string, before: readonly string[] = []): string[] {
  const atoms = value.split(/[\s,]+/).filter(Boolean);
  if (atoms.length > 0 && atoms.every((atom) => parseState(atom) !== undefined))
    return [...before, value];
  throw new InvalidArgumentError(
    "Selectors are state:modified, state:new and state:removed, each with or without + behind it.",
  );
}
