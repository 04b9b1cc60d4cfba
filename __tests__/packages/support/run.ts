import { spawn } from "node:child_process";

export interface Ended {
  /** Null if it was ended by a signal, as when it takes too long. */
  readonly code: number | null;
  readonly stdout: string;
  /** Both outputs. */
  readonly text: string;
}

/** Runs a program to its end, as from a shell outside of this repository. */
export function run(
  [program = "", ...args]: readonly string[],
  {
    cwd,
    env = {},
    timeoutMs,
  }: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly timeoutMs?: number },
): Promise<Ended> {
  const own = Object.entries(process.env).filter(
    // What npm, jest and this repository's tests tell their own processes.
    ([name]) => !/^(npm_|INIT_CWD$|NODE_|JEST_|JOBSTRATA_|CDKTF_)/i.test(name),
  );
  return new Promise((done, failed) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...Object.fromEntries(own), CHECKPOINT_DISABLE: "1", NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(timeoutMs !== undefined && { timeout: timeoutMs, killSignal: "SIGKILL" }),
    });
    let stdout = "";
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      text += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.once("error", failed);
    child.once("close", (code) => {
      done({ code, stdout, text });
    });
  });
}
