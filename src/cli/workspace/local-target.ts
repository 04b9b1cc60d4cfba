import {
  findRunning,
  lastExecutor,
  useWorkspace,
  type WorkspaceInUse,
} from "@jobstrata/local/commands";
import { prepareExecutor } from "../local/executor";
import type { Io } from "../io";
import { SERVING } from "../local/server-options";
import type { ExecutorKind } from "@jobstrata/local/executor";

/** A local workspace in use by a command. */
interface LocalTarget extends WorkspaceInUse {
  /** The workspace ends with this process. */
  readonly isTransient: boolean;
  /** Installs the engine that the first notebook would wait for. @throws {JobstrataError} as `prepareExecutor` */
  prepare(): Promise<void>;
}

/**
 * The local workspace: the one already running for the data folder, or one that lives as long as this process.
 *
 * @param options `executor` is by default the one that was last chosen for the data folder
 */
export async function openLocal(
  { data, executor }: { readonly data?: string; readonly executor?: ExecutorKind },
  io: Io,
): Promise<LocalTarget> {
  const isTransient = (await findRunning(data)) === undefined;
  const kind = executor ?? lastExecutor(data);
  const options = { ...(data !== undefined && { data }), ...(kind && { executor: kind }) };
  const workspace = await useWorkspace({ ...options, ...SERVING });
  const prepare = async (): Promise<void> => {
    if (!isTransient) return;
    if (executor === undefined && kind === "simulated")
      io.err("Notebooks are simulated, as last chosen; --executor local runs them");
    await prepareExecutor(options, io);
  };
  return { ...workspace, isTransient, prepare };
}
