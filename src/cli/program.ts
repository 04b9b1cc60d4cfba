import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";

/** Folder of the package: `src` and `lib`, which it is compiled to, lie side by side in it. */
const PACKAGE = join(__dirname, "..", "..");

/** The command line of `jobstrata`. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as {
    version: string;
  };
  const program = new Command("jobstrata");
  program
    .version(version)
    .showHelpAfterError("Try jobstrata --help")
    .allowExcessArguments(false)
    .action(() => {
      program.outputHelp();
    });
  program.helpInformation = () => readFileSync(join(PACKAGE, "help"), "utf8");
  return program;
}
