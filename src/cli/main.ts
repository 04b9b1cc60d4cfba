import { CommanderError } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote, systemReason } from "@jobstrata/core/model";
import { helpTopics, topicText } from "./help-text";
import type { Io } from "./io";
import { COMMAND_NAMES, createProgram } from "./program";
import { guardedIo } from "./runner-commands";

/** Runs a command line. Leaves the exit code in `io`. */
export async function main(line: readonly string[], io: Io): Promise<void> {
  const { args, isQuiet } = withoutQuiet(line);
  const guarded = guardedIo(io, process.env);
  const held: string[] = [];
  const heard: Io = isQuiet
    ? {
        out: (text) => {
          guarded.out(text);
        },
        err: (text) => held.push(text),
        exitCode: 0,
      }
    : guarded;
  try {
    await parse(args, heard);
  } catch (error) {
    const message = messageOf(error);
    if (message === undefined) throw error;
    if (message !== "") heard.err(message);
    heard.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
  }
  io.exitCode = heard.exitCode;
  if (io.exitCode !== 0) for (const text of held) guarded.err(text);
}

/** `--quiet` before or among a command's options; arguments after `--` are not ours. */
function withoutQuiet(line: readonly string[]): { args: string[]; isQuiet: boolean } {
  const end = line.includes("--") ? line.indexOf("--") : line.length;
  const own = line.slice(0, end).filter((word) => word !== "--quiet");
  return { args: [...own, ...line.slice(end)], isQuiet: own.length < end };
}

async function parse(args: readonly string[], io: Io): Promise<void> {
  const [first, second, ...others] = args;
  if (first === "help" && second !== undefined) {
    if (helpTopics().includes(second) || !COMMAND_NAMES.includes(second)) {
      io.out(topicText(second, COMMAND_NAMES));
      return;
    }
    await createProgram(io, second).parseAsync([second, ...others, "--help"], { from: "user" });
    return;
  }
  if (first === undefined || first === "help") return parse(["--help"], io);
  if (first === "version") return parse(["--version", ...args.slice(1)], io);
  await createProgram(io, first).parseAsync(args, { from: "user" });
}

/** The message of an error: empty if already shown, undefined for a bug. */
function messageOf(error: unknown): string | undefined {
  if (error instanceof CommanderError) return "";
  if (error instanceof JobstrataError) return error.message;
  const reason = systemReason(error);
  // A system error: a folder that cannot be written, a full disk.
  if (reason === undefined) return undefined;
  const { path, syscall = "" } = error as NodeJS.ErrnoException;
  return `${path === undefined ? syscall : quote(path)}: ${reason}`;
}
