import { CommanderError } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import type { Io } from "./io";
import { createProgram } from "./program";

const io: Io = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  exitCode: 0,
};

// A reader that closes the pipe early, such as head, does not end the command.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

async function main(args: readonly string[]): Promise<void> {
  try {
    await createProgram(io).parseAsync(args.length === 0 ? ["--help"] : args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has said what is wrong already.
      io.exitCode = error.exitCode === 0 ? 0 : 2;
    } else if (error instanceof JobstrataError) {
      io.err(error.message);
      io.exitCode = 2;
    } else throw error;
  }
  process.exitCode = io.exitCode;
}

void main(process.argv.slice(2));
