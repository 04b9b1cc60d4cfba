import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { addAddCommand } from "./add/command";
import { addCheckCommand } from "./check/command";
import { addDocsCommand } from "./docs/command";
import { addExportCommand } from "./export/command";
import { addGraphCommand } from "./graph/command";
import { addImportCommand } from "./import/command";
import { addInitCommand } from "./init/command";
import { addLocalCommand } from "./local/command";
import { addRepairCommand } from "./repair/command";
import { addRulesCommand } from "./rules/command";
import { addRunCommand } from "./run/command";
import { addRunsCommand } from "./runs/command";
import { addTestCommand } from "./test/command";
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
  addImportCommand(program, io);
  addExportCommand(program, io);
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
