import { CommanderError } from "commander";
import { main } from "../../src/cli/main";
import { createProgram } from "../../src/cli/program";
import { JobstrataError } from "../../src/core/errors";
import type { Ended } from "../e2e/support/processes";

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

/** The folder and the whole environment of a command. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Runs a command line as the program does, from its arguments to the exit code, in this process: a process of its own costs
 * a second. For commands that end by themselves; signals, terminals and pipes need the real program.
 */
export async function commandLine(
  args: readonly string[],
  { cwd, env }: Surroundings,
): Promise<Ended> {
  const before = { cwd: process.cwd(), env: process.env };
  let stdout = "";
  let stderr = "";
  const io = {
    out: (line: string) => (stdout += `${line}\n`),
    err: (line: string) => (stderr += `${line}\n`),
    exitCode: 0,
  };
  process.chdir(cwd);
  process.env = { ...env };
  try {
    await main(args, io);
  } finally {
    process.chdir(before.cwd);
    process.env = before.env;
  }
  return { code: io.exitCode, signal: null, stdout, stderr, text: stdout + stderr };
}
