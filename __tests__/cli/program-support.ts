import { CommanderError } from "commander";
import { createProgram } from "../../src/cli/program";
import { JobstrataError } from "../../src/core/errors";

// Who runs the tests may watch them in a terminal.
Object.assign(process.env, { NO_COLOR: "1", TERM: "dumb", LC_ALL: "C.UTF-8" });

/** What a command said and how it ended. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process, in the folder of the project, as the program would. */
export async function jobstrata(...args: string[]): Promise<Said> {
  let out = "";
  let err = "";
  const io = {
    out: (line: string) => (out += `${line}\n`),
    err: (line: string) => (err += `${line}\n`),
    exitCode: 0,
  };
  try {
    const program = createProgram(io);
    for (const command of program.commands)
      command.configureOutput({
        writeErr: (text) => (err += text),
        writeOut: (text) => (out += text),
      });
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof JobstrataError) io.err(error.message);
    else if (!(error instanceof CommanderError)) throw error;
    io.exitCode = 2;
  }
  return { code: io.exitCode, out, err };
}
