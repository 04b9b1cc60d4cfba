import { type Command, InvalidArgumentError } from "commander";
import type { Io } from "../io";
import type { JobStates } from "./job-states";
import { type Compared, isStateSelector, parseState, type StateOptions } from "./selectors";

/**
 * Compares jobs with the base of `--state` if a selector needs it. Loads the comparison lazily.
 *
 * @returns the exit code after Ctrl-C; undefined without these options
 * @throws {JobstrataError} `config` if only one of the two options is given
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

/** The `--state` option, for commands with their own selectors. */
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

/** Parses `--select` for commands that support only `state:` selectors. */
function collectSelectors(value: string, before: readonly string[] = []): string[] {
  const atoms = value.split(/[\s,]+/).filter(Boolean);
  if (atoms.length > 0 && atoms.every((atom) => parseState(atom) !== undefined))
    return [...before, value];
  throw new InvalidArgumentError(
    "Selectors are state:modified, state:new and state:removed, each optionally followed by +.",
  );
}
