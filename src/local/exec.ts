import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { openSession, type SessionOptions } from "./session";

/** How a child process is run. */
export interface RunOptions {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Called with what the child prints; without it, the child has this process's own terminal. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Runs a command in the local workspace.
 *
 * @param command the program and its arguments
 * @returns the command's exit code; 128 and the number of the signal that ended it
 * @throws {JobstrataError} as {@link openSession}, or if there is no such program
 */
export async function exec(
  command: readonly string[],
  options: SessionOptions = {},
): Promise<number> {
  const session = await openSession(options);
  try {
    return await runCommand(command, { env: session.env });
  } finally {
    await session.stop();
  }
}

/** Runs a program to its end, handing on the signals that this process gets meanwhile. */
export async function runCommand(
  [program = "", ...args]: readonly string[],
  options: RunOptions,
): Promise<number> {
  const { env, onOutput } = options;
  const ownGroup = !hasTerminal();
  const child = spawn(program, args, {
    env,
    detached: ownGroup,
    stdio: onOutput === undefined ? "inherit" : ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => onOutput?.(text));
  }
  const handOn = (signal: NodeJS.Signals): void => {
    // A signal must come once, since a second SIGINT makes Terraform give up its state. Ctrl-C reaches every process of
    // a terminal by itself. Without one the child has a group of its own, which is sent what comes here.
    if (!ownGroup) {
      if (signal !== "SIGINT") child.kill(signal);
      return;
    }
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has just ended.
    }
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, handOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => {
        const why =
          error.code === "ENOENT" ? "is not on the PATH" : `cannot be started: ${error.message}`;
        reject(new JobstrataError("local-workspace", `${quote(program)} ${why}`));
      });
      child.once("close", (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    for (const signal of signals) process.off(signal, handOn);
  }
}

/** Whether this process belongs to a terminal, even where its input comes from elsewhere. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
