import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { usesStandIn } from "./terraform";

/** Folder of the project. */
export const ROOT = resolve(__dirname, "..", "..", "..");

/** Options of Node that run a TypeScript file from any folder. */
export const TYPESCRIPT = ["-r", join(ROOT, "packaging", "typescript.js")];

/** Node with them. */
export const NODE_TS = [process.execPath, ...TYPESCRIPT];

/** The CDKTF CLI. */
export const CDKTF = [process.execPath, cdktfProgram()];

/** How a program ended. */
export interface Ended {
  /** 128 and the number of the signal, if one ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, without colours. */
  readonly text: string;
}

export interface StartedProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves as soon as it has printed `pattern`; rejects if it ends before. */
  readonly printed: (pattern: RegExp) => Promise<void>;
}

export interface ProcessOptions {
  readonly cwd: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** A process group of its own, as a shell gives it to a command. @default false */
  readonly group?: boolean;
}

/** Starts a program without a terminal. */
export function start(command: readonly string[], options: ProcessOptions): StartedProcess {
  const [program = "", ...args] = command;
  const { cwd, env, group = false } = options;
  const child = spawn(program, args, {
    cwd,
    env,
    detached: group,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    heard();
  });
  const ended = new Promise<Ended>((done, failed) => {
    child.once("error", failed);
    child.once("close", (code, signal) => {
      done({ code, signal, stdout, stderr, text: plain(`${stdout}${stderr}`) });
    });
  });
  const printed = (pattern: RegExp): Promise<void> =>
    new Promise((done, failed) => {
      const look = (): void => {
        if (!pattern.test(plain(`${stdout}${stderr}`))) return;
        listeners.delete(look);
        done();
      };
      listeners.add(look);
      look();
      void ended.then(({ text }) => {
        failed(new Error(`ended without printing ${String(pattern)}:\n${text}`));
      }, failed);
    });
  return { child, ended, printed };
}

/** Runs a program to its end. */
export function run(command: readonly string[], options: ProcessOptions): Promise<Ended> {
  return start(command, options).ended;
}

/** The command line of this project, with the provider that the tests are to use. */
export function jobstrata(...args: string[]): string[] {
  const [command, subcommand, ...rest] = args;
  const provider =
    !usesStandIn && command === "local" && ["exec", "try"].includes(subcommand ?? "")
      ? ["--provider", "registry"]
      : [];
  return [
    ...NODE_TS,
    join(ROOT, "src", "cli", "bin.ts"),
    command,
    subcommand,
    ...provider,
    ...rest,
  ].filter((part) => part !== undefined);
}

/** The processes whose command line holds `text`. */
export function processesWith(text: string): string[] {
  return execFileSync("ps", ["-A", "-o", "pid=,args="], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(text));
}

/** Without colours and the other codes of a terminal. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- finding them is the point
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}

function cdktfProgram(): string {
  const manifest = require.resolve("cdktf-cli/package.json");
  const { bin } = JSON.parse(readFileSync(manifest, "utf8")) as { bin: { cdktf: string } };
  return join(dirname(manifest), bin.cdktf);
}
