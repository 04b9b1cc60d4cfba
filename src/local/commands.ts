import { fork } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JobstrataError } from "@jobstrata/core/errors";
import { createExecutor, type ExecutorKind } from "./execute/choose";
import { DEFAULT_DATA_DIR } from "@jobstrata/core/model";
import { engineFolder } from "./execute/engine";
import { readFaultPlan } from "./faults";
import type { WorkspacePage } from "./page/workspace-page";
import type { ServeMessage, ServeOptions } from "./serve";
import { readState, removeState, writeState, type WorkspaceState } from "./state-file";
import { type LocalWorkspace, makeDataDir, startLocalWorkspace } from "./workspace";

/** What a workspace serves beside its API. */
export interface ServingOptions {
  /** Makes what the page shows, when it is first asked for. @default there is no page */
  page?: () => WorkspacePage;
  /** The program of a server process, which calls `serve` with the same. @default one without a page */
  program?: string;
}

export interface StartOptions extends ServingOptions {
  /** @default `.jobstrata/local` in the current folder */
  data?: string;
  /** @default the last one of the folder, else any that is free */
  port?: number;
  /** Remembers nothing once it is stopped. @default false */
  ephemeral?: boolean;
  /** A file, JSON or YAML, that says what is to go wrong. */
  faults?: string;
  /** @default local where the engine can be had, else simulated */
  executor?: ExecutorKind;
  /** Whether the limits of the service are kept. @default true */
  limits?: boolean;
}

interface WorkspaceStatus {
  running: boolean;
  dataDir: string;
  host?: string;
  pid?: number;
  /** The first and the last characters of the token, for a person to tell two apart. */
  token?: string;
  jobs?: number;
  activeRuns?: number;
}

/** A process that was asked to start or to stop is given this long; milliseconds. */
const PATIENCE = 15_000;
const ASK_TIMEOUT = 5_000;

/** Where the data of a workspace is, from what the user gave. */
export const dataFolder = (data?: string): string => resolve(data ?? DEFAULT_DATA_DIR);

/** What a server needs of the environment. */
const SERVER_ENV =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TMP|TEMP|TZ|LANG|LC_\w+|JOBSTRATA_\w+|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT)$/i;

/** Notebooks can read the environment of the server in `/proc`: no secret of the user's shell may be in it. */
const serverEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => SERVER_ENV.test(name)));

/**
 * Starts a workspace in a process of its own, which outlives this one.
 * @throws {JobstrataError} when one runs for the folder already, or it cannot start
 */
export async function start(options: StartOptions = {}): Promise<WorkspaceState> {
  const dataDir = dataFolder(options.data);
  const { faults } = options;
  if (faults !== undefined) readFaultPlan(faults);
  if (await running(dataDir)) {
    throw new JobstrataError(
      "local-workspace",
      `A local workspace is running for ${dataDir} already; see "jobstrata local status".`,
    );
  }
  makeDataDir(dataDir);
  const serve: ServeOptions = {
    dataDir,
    ...(options.port === undefined ? {} : { port: options.port }),
    engineDir: engineFolder(dataDir),
    ephemeral: options.ephemeral ?? false,
    ...(options.limits === false ? { limits: false } : {}),
    ...(options.executor === undefined ? {} : { executor: options.executor }),
    ...(faults === undefined ? {} : { faultsFile: resolve(faults) }),
  };
  const log = openSync(join(dataDir, "server.log"), "a", 0o600);
  // Beside this file is the one to run. Both are TypeScript in a checkout, which needs its loader.
  const fromSource = __filename.endsWith(".ts");
  const { program = join(__dirname, fromSource ? "serve.ts" : "serve.js") } = options;
  const child = fork(program, [JSON.stringify(serve)], {
    detached: true,
    execArgv: fromSource ? ["-r", join(__dirname, "../../packaging/typescript.js")] : [],
    stdio: ["ignore", log, log, "ipc"],
    env: serverEnv(process.env),
  });
  closeSync(log);
  const message = await new Promise<ServeMessage>((done) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      done({ failed: `it was not ready after ${PATIENCE / 1000} seconds` });
    }, PATIENCE);
    const finish = (result: ServeMessage): void => {
      clearTimeout(timer);
      done(result);
    };
    child.once("message", (received) => {
      finish(received as ServeMessage);
    });
    child.once("error", (error) => {
      finish({ failed: error.message });
    });
    child.once("exit", (code) => {
      finish({
        failed: `it exited with code ${code ?? "none"}; see ${join(dataDir, "server.log")}`,
      });
    });
  });
  child.unref();
  if (child.connected) child.disconnect();
  const state = readState(dataDir);
  if ("failed" in message || state === undefined) {
    const why = "failed" in message ? message.failed : "it left no state";
    throw new JobstrataError("local-workspace", `The local workspace did not start: ${why}`);
  }
  return state;
}

/**
 * Starts a workspace in this process, for as long as that lives, and lets other processes find it.
 * @throws {JobstrataError} as `startLocalWorkspace`
 */
async function startInProcess(options: StartOptions = {}): Promise<LocalWorkspace> {
  const dataDir = dataFolder(options.data);
  const workspace = await startLocalWorkspace({
    dataDir,
    ephemeral: options.ephemeral ?? false,
    ...(options.limits === false ? { limits: false } : {}),
    ...(options.page === undefined ? {} : { page: options.page }),
    executor: (folder) => createExecutor(options.executor, folder, engineFolder(dataDir)),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.faults === undefined ? {} : { faults: readFaultPlan(options.faults) }),
    onStop: () => {
      removeState(workspace.dataDir);
    },
  });
  const { host, port, token } = workspace;
  writeState(workspace.dataDir, { host, port, pid: process.pid, token });
  return {
    ...workspace,
    stop: async () => {
      removeState(workspace.dataDir);
      await workspace.stop();
    },
  };
}

/** A workspace to talk to: the one that runs for the folder, or one that lasts until `stop`. */
export interface WorkspaceInUse {
  readonly host: string;
  readonly token: string;
  readonly dataDir: string;
  /** Stops it if it was started for this use. */
  stop(): Promise<void>;
}

/** Finds the workspace of the folder, or starts one in this process. @throws {JobstrataError} as `startInProcess` */
export async function useWorkspace(options: StartOptions = {}): Promise<WorkspaceInUse> {
  const running = options.ephemeral === true ? undefined : await findRunning(options.data);
  if (running === undefined) return startInProcess(options);
  const { host, token } = running;
  return { host, token, dataDir: dataFolder(options.data), stop: () => Promise.resolve() };
}

export async function status(options: { data?: string } = {}): Promise<WorkspaceStatus> {
  const dataDir = dataFolder(options.data);
  const state = readState(dataDir);
  const answer = state === undefined ? undefined : await ask(state, "GET", "/local/status");
  if (state === undefined || answer === undefined) return { running: false, dataDir };
  return {
    running: true,
    dataDir,
    host: state.host,
    pid: state.pid,
    token: `${state.token.slice(0, 6)}…${state.token.slice(-2)}`,
    jobs: Number(answer.jobs),
    activeRuns: Number(answer.active_runs),
  };
}

/** Stops the workspace of the folder and waits until it is gone. False when there was none. */
export async function stop(options: { data?: string } = {}): Promise<boolean> {
  const dataDir = dataFolder(options.data);
  const state = readState(dataDir);
  if (state === undefined) return false;
  // Asked over its port and with its token, so that no other process that has its id by now is ended.
  const answer = await ask(state, "POST", "/local/stop");
  if (answer !== undefined) {
    const end = Date.now() + PATIENCE;
    while (alive(state.pid)) {
      if (Date.now() > end) {
        throw new JobstrataError(
          "local-workspace",
          `The local workspace (process ${state.pid}) does not stop.`,
        );
      }
      await sleep(25);
    }
  }
  removeState(dataDir);
  return answer !== undefined;
}

/** Stops the workspace of the folder and deletes all that it remembers. */
export async function reset(options: { data?: string } = {}): Promise<void> {
  const dataDir = dataFolder(options.data);
  await stop(options);
  if (!existsSync(dataDir)) return;
  const entries = readdirSync(dataDir);
  if (
    !entries.some((entry) => ["workspace.db", "server.log", "engine"].includes(entry)) &&
    entries.length > 0
  ) {
    throw new JobstrataError(
      "local-workspace",
      `${dataDir} does not hold a local workspace, so it was not deleted.`,
    );
  }
  // The engine is not data of the workspace, and takes a while to install.
  const deleted = entries.filter((entry) => entry !== "engine");
  for (const entry of deleted) rmSync(join(dataDir, entry), { recursive: true, force: true });
  if (deleted.length === entries.length) rmSync(dataDir, { recursive: true, force: true });
}

/** The workspace that runs for the folder, if one does and answers. */
export async function findRunning(data?: string): Promise<WorkspaceState | undefined> {
  const dataDir = dataFolder(data);
  return (await running(dataDir)) ? readState(dataDir) : undefined;
}

async function running(dataDir: string): Promise<boolean> {
  const state = readState(dataDir);
  return state !== undefined && (await ask(state, "GET", "/local/status")) !== undefined;
}

/**
 * A link to the page of the workspace that runs for the folder. It works once, for five minutes.
 * @throws {JobstrataError} when none runs, or it has no page
 */
export async function newPageLink(data?: string): Promise<string> {
  const state = readState(dataFolder(data));
  const answer = state === undefined ? undefined : await ask(state, "POST", "/local/page");
  if (typeof answer?.url === "string") return answer.url;
  throw new JobstrataError(
    "local-workspace",
    state === undefined
      ? `No local workspace runs for ${dataFolder(data)}.`
      : "The local workspace that runs has no page; stop it, so that this version starts one that has.",
  );
}

/** What the workspace answers; `undefined` when it is not there, or is not the one that left the state. */
function ask(
  { host, token }: WorkspaceState,
  method: "GET" | "POST",
  path: string,
): Promise<Record<string, unknown> | undefined> {
  return new Promise((done) => {
    const options = {
      method,
      agent: false,
      timeout: ASK_TIMEOUT,
      headers: { Authorization: `Bearer ${token}` },
    };
    const request = httpRequest(`${host}${path}`, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        done(
          response.statusCode === 200 ? (JSON.parse(text) as Record<string, unknown>) : undefined,
        );
      });
    });
    request.on("timeout", () => request.destroy(new Error("timeout")));
    request.on("error", () => {
      done(undefined);
    });
    request.end();
  });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
