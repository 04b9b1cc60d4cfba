import { errorText } from "@jobstrata/core/model";
import { createExecutor, type ExecutorKind } from "./execute/choose";
import { readFaultPlan } from "./faults";
import type { WorkspacePage } from "./page/page-parts";
import { removeState, writeState } from "./state-file";
import { startLocalWorkspace } from "./workspace";

/** Options of a server process, passed as JSON in its only argument. */
export interface ServeOptions {
  dataDir: string;
  port?: number;
  ephemeral: boolean;
  engineDir: string;
  executor?: ExecutorKind;
  faultsFile?: string;
  limits?: false;
}

/** The message that the process sends on its IPC channel when it is ready or fails to start. */
export type ServeMessage = { ready: { host: string; port: number } } | { failed: string };

/**
 * Main function of the detached process: serves until a client stops the workspace.
 *
 * @param page creates the page; without it the workspace has none
 */
export async function serve(page?: () => WorkspacePage): Promise<void> {
  const { faultsFile, executor, engineDir, ...options } = JSON.parse(
    process.argv[2] ?? "{}",
  ) as ServeOptions;
  const tell = (message: ServeMessage): void => {
    process.send?.(message);
    if (process.connected) process.disconnect();
  };
  try {
    const workspace = await startLocalWorkspace({
      ...options,
      ...(page === undefined ? {} : { page }),
      executor: (dataDir) => createExecutor(executor, dataDir, engineDir),
      ...(faultsFile === undefined ? {} : { faults: readFaultPlan(faultsFile) }),
      onStop: () => {
        removeState(options.dataDir);
      },
    });
    const { host, port, token } = workspace;
    writeState(options.dataDir, { host, port, pid: process.pid, token });
    const stop = (): void => {
      removeState(options.dataDir);
      void workspace.stop();
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    tell({ ready: { host, port } });
  } catch (error) {
    tell({ failed: errorText(error) });
    process.exitCode = 2;
  }
}

// Run as a program of its own, the server has no page.
if (require.main === module) void serve();
