import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addAddCommand } from "./commands/add";
import { addCheckCommand } from "./commands/check";
import { addDocsCommand } from "./commands/docs";
import { addGraphCommand } from "./commands/graph";
import { addInitCommand } from "./commands/init";
import { addLocalCommand } from "./commands/local";
import { addRepairCommand } from "./commands/repair";
import { addRulesCommand } from "./commands/rules";
import { addRunCommand } from "./commands/run";
import { addRunsCommand } from "./commands/runs";
import { addTestCommand } from "./commands/test";
import type { Io } from "./io";
import { PACKAGE_FOLDER, packageVersion } from "./package-folder";

/** What `--help` prints. In a checkout it lies beside the README. */
const HELP = [join(PACKAGE_FOLDER, "help"), join(PACKAGE_FOLDER, "..", "..", "help")];

/** The command line of `jobstrata`. Parsing throws a CommanderError, having said what is wrong, instead of exiting. */
export function createProgram(io: Io): Command {
  const program = new Command("jobstrata")
    .version(packageVersion())
    .showHelpAfterError("Try jobstrata --help")
    .enablePositionalOptions()
    .exitOverride();
  addInitCommand(program, io);
  addAddCommand(program, io);
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
