import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addCheckCommand } from "./commands/check";
import { addDocsCommand } from "./commands/docs";
import { addGraphCommand } from "./commands/graph";
import { addLocalCommand } from "./commands/local";
import { addRepairCommand } from "./commands/repair";
import { addRulesCommand } from "./commands/rules";
import { addRunCommand } from "./commands/run";
import { addRunsCommand } from "./commands/runs";
import { addTestCommand } from "./commands/test";
import type { Io } from "./io";

/** Folder of the package: this one in a checkout, the one around `lib` in what is published. */
const PACKAGE = existsSync(join(__dirname, "package.json")) ? __dirname : join(__dirname, "..");

/** What `--help` prints. In a checkout it lies beside the README. */
const HELP = [join(PACKAGE, "help"), join(PACKAGE, "..", "..", "help")];

/** The command line of `jobstrata`. Parsing throws a CommanderError, having said what is wrong, instead of exiting. */
export function createProgram(io: Io): Command {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as {
    version: string;
  };
  const program = new Command("jobstrata")
    .version(version)
    .showHelpAfterError("Try jobstrata --help")
    .enablePositionalOptions()
    .exitOverride();
  addCheckCommand(program, io);
  addRulesCommand(program, io);
  addGraphCommand(program, io);
  addDocsCommand(program, io);
  addRunCommand(program, io);
  addRepairCommand(program, io);
  addTestCommand(program, io);
  addRunsCommand(program, io);
  addLocalCommand(program, io);
  program.helpInformation = () => readFileSync(HELP.find(existsSync) ?? "", "utf8");
  return program;
}
