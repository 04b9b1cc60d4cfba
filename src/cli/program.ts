import { Command } from "commander";
import type { Io } from "./io";
import { helpText } from "./help-text";
import { packageVersion } from "./package-folder";

type AddCommand = (program: Command, io: Io) => void;

/* eslint-disable @typescript-eslint/no-require-imports -- commands are loaded on demand: others cost nothing */
/** All commands in the order of the help, with the function that adds them. */
const COMMANDS: Readonly<Record<string, () => AddCommand>> = {
  init: () => (require("./init/command") as typeof import("./init/command")).addInitCommand,
  add: () => (require("./add/command") as typeof import("./add/command")).addAddCommand,
  import: () => (require("./import/command") as typeof import("./import/command")).addImportCommand,
  export: () => (require("./export/command") as typeof import("./export/command")).addExportCommand,
  check: () => (require("./check/command") as typeof import("./check/command")).addCheckCommand,
  review: () => (require("./review/command") as typeof import("./review/command")).addReviewCommand,
  split: () => (require("./split/command") as typeof import("./split/command")).addSplitCommand,
  rules: () => (require("./rules/command") as typeof import("./rules/command")).addRulesCommand,
  graph: () => (require("./graph/command") as typeof import("./graph/command")).addGraphCommand,
  lineage: () =>
    (require("./lineage/command") as typeof import("./lineage/command")).addLineageCommand,
  changed: () =>
    (require("./changed/command") as typeof import("./changed/command")).addChangedCommand,
  docs: () => (require("./docs/command") as typeof import("./docs/command")).addDocsCommand,
  drift: () => (require("./drift/command") as typeof import("./drift/command")).addDriftCommand,
  run: () => (require("./run/command") as typeof import("./run/command")).addRunCommand,
  repair: () => (require("./repair/command") as typeof import("./repair/command")).addRepairCommand,
  test: () => (require("./test/command") as typeof import("./test/command")).addTestCommand,
  runs: () => (require("./runs/command") as typeof import("./runs/command")).addRunsCommand,
  local: () => (require("./local/command") as typeof import("./local/command")).addLocalCommand,
  completion: () => (program, io) => {
    const { addCompletionCommand } =
      require("./completion/command") as typeof import("./completion/command");
    addCompletionCommand(program, io, createProgram);
  },
};
/* eslint-enable @typescript-eslint/no-require-imports */

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/**
 * The command line of `jobstrata`. Parsing reports errors and throws a CommanderError instead of exiting.
 *
 * @param wanted the only command to load; others are known by name. @default - all are loaded
 */
export function createProgram(io: Io, wanted?: string): Command {
  const program = new Command("jobstrata")
    .version(packageVersion())
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => {
        io.out(text.trimEnd());
      },
      writeErr: (text) => {
        io.err(text.trimEnd());
      },
    })
    .exitOverride();
  for (const [name, load] of Object.entries(COMMANDS)) {
    if (wanted === undefined || wanted === name) load()(program, io);
    else program.command(name);
  }
  program.helpInformation = () => helpText();
  program.hook("preAction", (_, command) => {
    refuseEmpty(command);
  });
  pointAtOwnHelp(program, "jobstrata");
  return program;
}

/** Refuses empty paths and names, which scripts pass when a variable is not set. A default of "" permits it. */
function refuseEmpty(command: Command): void {
  const options: Record<string, unknown> = command.opts();
  for (const option of command.options)
    if (option.required && options[option.attributeName()] === "")
      command.error(`error: option '${option.flags}' argument '' is empty.`);
  for (const [at, argument] of command.registeredArguments.entries())
    if (!argument.variadic && argument.defaultValue !== "" && command.args[at] === "")
      command.error(`error: the argument '${argument.name()}' is empty.`);
}

/** After a usage error, every command refers to its own help. */
function pointAtOwnHelp(command: Command, path: string): void {
  command.showHelpAfterError(`Try ${path} --help`);
  for (const each of command.commands) pointAtOwnHelp(each, `${path} ${each.name()}`);
}
