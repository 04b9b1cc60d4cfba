import { systemReason } from "@jobstrata/core/model";
import { stopAtInterrupt } from "./interrupts";
import type { Io } from "./io";
import { main } from "./main";

const io: Io = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  exitCode: 0,
};

// A reader that closes the pipe early, such as head, must not end the command.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") return;
    // A full disk, for example. The findings of a check that nobody can read must not look like a result.
    if (stream === process.stdout)
      io.err(`the output cannot be written: ${systemReason(error) ?? error.message}`);
    process.exit(2);
  });
}

const args = process.argv.slice(2);
stopAtInterrupt(args, io);
void main(args, io).then(() => {
  process.exitCode = io.exitCode;
});
