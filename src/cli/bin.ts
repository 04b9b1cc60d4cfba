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
    if (error.code !== "EPIPE") throw error;
  });
}

const args = process.argv.slice(2);
stopAtInterrupt(args, io);
void main(args, io).then(() => {
  process.exitCode = io.exitCode;
});
