import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { terraformBinary } from "@jobstrata/core/terraform-binary";
import { settleExecutor } from "./commands";
import { openSession, type SessionOptions } from "./session";

/** Options of {@link runCommand}. */
export interface RunOptions {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Called with the child's output. @default the child uses this process's terminal */
  readonly onOutput?: (text: string) => void;
}

/**
 * Runs a command in the local workspace.
 *
 * @param command the program and its arguments
 * @returns the command's exit code, or 128 plus the number of the signal that ended it
 * @throws {JobstrataError} as {@link openSession}, or if the program does not exist
 */
export async function exec(
  command: readonly string[],
  options: SessionOptions = {},
): Promise<number> {
  // Fail before anything is remembered.
  terraformBinary();
  await settleExecutor(options);
  const session = await openSession(options);
  try {
    return await runCommand(command, { env: session.env });
  } finally {
    await session.stop();
  }
}

/** Runs a program and forwards signals to it. */
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
    // Deliver each signal once: a second SIGINT makes Terraform abandon its state. In a terminal, Ctrl-C reaches all
    // processes anyway. Without a terminal, the child has its own process group, which gets the signal here.
    if (!ownGroup) {
      if (signal !== "SIGINT") child.kill(signal);
      return;
    }
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The child has just ended.
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

/** Whether this process has a controlling terminal, even if its input is redirected. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
