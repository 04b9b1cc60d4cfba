import { type ChildProcess, fork } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { JobstrataError } from "@jobstrata/core/errors";
import { createExecutor, type ExecutorKind } from "./execute/choose";
import { DEFAULT_DATA_DIR } from "@jobstrata/core/model";
import { engineFolder } from "./execute/engine";
import { readFaultPlan } from "./faults";
import type { WorkspacePage } from "./page/page-parts";
import type { ServeMessage, ServeOptions } from "./serve";
import {
  readExecutor,
  readState,
  removeState,
  writeExecutor,
  writeState,
  type WorkspaceState,
} from "./state-file";
import { type LocalWorkspace, makeDataDir, startLocalWorkspace } from "./workspace";

/** Options of the workspace page. */
export interface ServingOptions {
  /** Creates the page on its first request. @default there is no page */
  page?: () => WorkspacePage;
  /** The server program, which calls `serve` with the same page. @default a server without a page */
  program?: string;
}

export interface StartOptions extends ServingOptions {
  /** @default `.jobstrata/local` in the current folder */
  data?: string;
  /** @default the last port of the data folder, or any free port */
  port?: number;
  /** Deletes all data when the workspace stops. @default false */
  ephemeral?: boolean;
  /** Path of a fault plan, as JSON or YAML. */
  faults?: string;
  /** @default local if the engine is available, otherwise simulated */
  executor?: ExecutorKind;
  /** Whether to enforce Databricks' limits. @default true */
  limits?: boolean;
}

interface WorkspaceStatus {
  running: boolean;
  dataDir: string;
  host?: string;
  pid?: number;
  /** The first and last characters of the token, enough to tell two apart. */
  token?: string;
  jobs?: number;
  activeRuns?: number;
}

/** Timeout for the server process to start or stop; milliseconds. */
const PATIENCE = 15_000;
const ASK_TIMEOUT = 5_000;

/** The absolute path of a data folder. */
export const dataFolder = (data?: string): string => resolve(data ?? DEFAULT_DATA_DIR);

/** The environment variables that a server needs. */
const SERVER_ENV =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TMPDIR|TMP|TEMP|TZ|LANG|LC_\w+|JOBSTRATA_\w+|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT)$/i;

/**
 * Drops all other variables: notebooks can read the server's environment in `/proc`, so it must hold no secret of the
 * user's shell.
 */
const serverEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => SERVER_ENV.test(name)));

/** @throws {JobstrataError} if a workspace already runs for the folder, or the fault plan is invalid */
export async function checkStart({ data, faults }: StartOptions): Promise<void> {
  const dataDir = dataFolder(data);
  if (faults !== undefined) readFaultPlan(faults);
  if (await running(dataDir)) {
    throw new JobstrataError(
      "local-workspace",
      `A local workspace is running for ${dataDir} already; see "jobstrata local status".`,
    );
  }
}

/**
 * Starts a workspace in a detached process.
 * @throws {JobstrataError} if a workspace already runs for the folder, or cannot start
 */
export async function start(options: StartOptions = {}): Promise<WorkspaceState> {
  const dataDir = dataFolder(options.data);
  const { faults } = options;
  await checkStart(options);
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
  // The program is next to this file. In a checkout both are TypeScript, which needs a loader.
  const fromSource = __filename.endsWith(".ts");
  const { program = join(__dirname, fromSource ? "serve.ts" : "serve.js") } = options;
  const child = fork(program, [JSON.stringify(serve)], {
    detached: true,
    execArgv: fromSource ? ["-r", join(__dirname, "../../packaging/typescript.js")] : [],
    stdio: ["ignore", log, log, "ipc"],
    env: serverEnv(process.env),
  });
  closeSync(log);
  const message = await firstMessage(child, join(dataDir, "server.log"));
  child.unref();
  if (child.connected) child.disconnect();
  const state = readState(dataDir);
  if ("failed" in message || state === undefined) {
    const why = "failed" in message ? message.failed : "it left no state";
    throw new JobstrataError("local-workspace", `The local workspace did not start: ${why}`);
  }
  return state;
}

/** Waits until a server process reports that it is ready or has failed; kills it if it takes too long. */
function firstMessage(child: ChildProcess, log: string): Promise<ServeMessage> {
  return new Promise((done) => {
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
      finish({ failed: `it exited with code ${code ?? "none"}; see ${log}` });
    });
  });
}

/**
 * Starts a workspace in this process and lets other processes find it.
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

/** The running workspace of a folder, or one that runs until `stop`. */
export interface WorkspaceInUse {
  readonly host: string;
  readonly token: string;
  readonly dataDir: string;
  /** Stops the workspace if `useWorkspace` started it. */
  stop(): Promise<void>;
}

/**
 * Returns the running workspace of a folder, or starts one in this process. @throws {JobstrataError} as
 * `startInProcess`
 */
export async function useWorkspace(options: StartOptions = {}): Promise<WorkspaceInUse> {
  const running = options.ephemeral === true ? undefined : await findRunning(options.data);
  if (running === undefined) return startInProcess(options);
  const { host, token } = running;
  return { host, token, dataDir: dataFolder(options.data), stop: () => Promise.resolve() };
}

/** The executor that was last chosen for a folder; undefined for the default. */
export const lastExecutor = (data?: string): ExecutorKind | undefined =>
  readExecutor(dataFolder(data));

/**
 * The executor of the workspace that a session will use: that of the running one or, if there is none, the option, which is
 * remembered for commands that use the folder later.
 *
 * @throws {JobstrataError} if the data folder cannot be created
 */
export async function settleExecutor({
  data,
  executor,
  ephemeral = false,
}: StartOptions): Promise<ExecutorKind | undefined> {
  if (ephemeral) return executor;
  const dataDir = dataFolder(data);
  if (await running(dataDir)) return readExecutor(dataDir);
  makeDataDir(dataDir);
  writeExecutor(dataDir, executor);
  return executor;
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

/** Stops the workspace of a folder and waits for its end. @returns false if none was running */
export async function stop(options: { data?: string } = {}): Promise<boolean> {
  const dataDir = dataFolder(options.data);
  const state = readState(dataDir);
  if (state === undefined) return false;
  // Stop it through its API, not by process id: another process may have the id by now.
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

/** Stops the workspace of a folder and deletes its data. */
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
  // Keep the engine: it is not data, and takes a while to install.
  const deleted = entries.filter((entry) => entry !== "engine");
  for (const entry of deleted) rmSync(join(dataDir, entry), { recursive: true, force: true });
  if (deleted.length === entries.length) rmSync(dataDir, { recursive: true, force: true });
}

/** The running workspace of a folder; undefined if none responds. */
export async function findRunning(data?: string): Promise<WorkspaceState | undefined> {
  const dataDir = dataFolder(data);
  return (await running(dataDir)) ? readState(dataDir) : undefined;
}

async function running(dataDir: string): Promise<boolean> {
  const state = readState(dataDir);
  return state !== undefined && (await ask(state, "GET", "/local/status")) !== undefined;
}

/**
 * Creates a link to the page of the running workspace. The link works once and expires after five minutes.
 * @throws {JobstrataError} if no workspace is running, or it has no page
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

/** The response of a workspace; undefined if it does not respond, or is not the workspace of the state file. */
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
