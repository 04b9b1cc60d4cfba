import type { Command, Option } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import { type JobGraph, leafTasks } from "@jobstrata/core/model";
import { RULES } from "@jobstrata/core/policy";
import { helpTopics } from "../help-text";
import type { Io } from "../io";
import { readSources } from "../sources/options";
import { SCRIPTS } from "./scripts";

const SILENT: Io = { out: () => undefined, err: () => undefined, exitCode: 0 };

/** Commands that take job keys as arguments. */
const TAKES_JOBS: readonly string[] = ["run", "runs", "repair", "test", "graph", "split"];

const STATE_SELECTORS = ["state:modified", "state:modified+", "state:new", "state:removed"];

/** Creates the program with one command loaded; all others are known by name only. */
export type CreateProgram = (io: Io, wanted?: string) => Command;

/**
 * Completes the last word of a command line.
 *
 * @param words the words after the program's name; the last may be empty or unfinished
 */
export async function candidates(
  words: readonly string[],
  create: CreateProgram,
): Promise<string[]> {
  const before = words.slice(0, -1);
  const word = words.at(-1) ?? "";
  const found = await possible(before, word, create);
  return [...new Set(found)].filter((each) => each.startsWith(word) && !each.includes("\n"));
}

async function possible(
  before: readonly string[],
  word: string,
  create: CreateProgram,
): Promise<readonly string[]> {
  const [name] = before;
  const program = create(SILENT, name ?? "");
  const names = program.commands.map((each) => each.name());
  if (name === undefined)
    return word.startsWith("-")
      ? ["--help", "--version", "--quiet"]
      : [...names, "help", "version"];
  if (name === "help") return before.length === 1 ? [...helpTopics(), ...names] : [];
  if (name === "completion") return before.length === 1 ? Object.keys(SCRIPTS) : [];
  const command = commandOf(before, program);
  if (command === undefined) return [];
  const last = before.at(-1) ?? "";
  const option = command.options.find(({ long, short }) => last === long || last === short);
  if (option?.required === true) return valuesOf(option, before);
  if (word.startsWith("-"))
    return [...command.options.flatMap(({ long }) => long ?? []), "--help", "--quiet"];
  if (command.commands.length > 0) return command.commands.map((each) => each.name());
  if (command.name() === "rules") return RULES.map((rule) => rule.name);
  if (!TAKES_JOBS.includes(command.name())) return [];
  return (await graphs(environmentIn(before))).flatMap(({ jobs }) => jobs.map(({ key }) => key));
}

/** The typed command or subcommand. */
function commandOf(before: readonly string[], program: Command): Command | undefined {
  const [name, ...others] = before;
  let command = program.commands.find((each) => each.name() === name);
  for (const word of others) {
    const next = command?.commands.find((each) => each.name() === word);
    if (next !== undefined) command = next;
  }
  return command;
}

async function valuesOf(option: Option, before: readonly string[]): Promise<readonly string[]> {
  if (option.argChoices !== undefined) return option.argChoices;
  const [name = ""] = before;
  // Other commands select by changes only.
  if (option.long === "--select" && name !== "run") return STATE_SELECTORS;
  switch (option.long) {
    case "--target":
      return (await graphs()).map(({ environment }) => environment);
    case "--only":
    case "--select":
    case "--exclude":
    case "--task": {
      const all = (await graphs(environmentIn(before))).flatMap(({ jobs }) => jobs);
      const named = all.filter(({ key }) => before.includes(key));
      return (named.length > 0 ? named : all).flatMap((job) =>
        leafTasks(job).map(({ taskKey }) => taskKey),
      );
    }
    default:
      return [];
  }
}

function environmentIn(before: readonly string[]): string | undefined {
  const at = before.findIndex((word) => word === "-t" || word === "--target");
  return at < 0 ? undefined : before[at + 1];
}

/** The environments of the working folder, or one of them; empty if nothing can be read. */
async function graphs(environment?: string): Promise<readonly JobGraph[]> {
  try {
    const readings = await readSources([], {}, [], SILENT);
    const all = readings.flatMap((reading) => reading.graphs);
    const chosen = all.filter((graph) => graph.environment === environment);
    return chosen.length > 0 ? chosen : all;
  } catch (error) {
    if (error instanceof JobstrataError) return [];
    throw error;
  }
}
