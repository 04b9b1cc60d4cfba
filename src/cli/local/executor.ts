import { JobstrataError } from "@jobstrata/core/errors";
import { dataFolder } from "@jobstrata/local/commands";
import type { ExecutorKind } from "@jobstrata/local/executor";
import { engineFolder, ensureEngine } from "@jobstrata/local/engine";
import type { Io } from "../io";

/**
 * The Python of a data folder's notebook engine, which is installed if necessary.
 *
 * @throws {JobstrataError} `local-workspace` like `ensureEngine`
 */
export async function enginePython(data: string | undefined, io: Io): Promise<string> {
  const { python } = await ensureEngine(engineFolder(dataFolder(data)), (line) => {
    io.err(line);
  });
  return python;
}

/**
 * Prepares the executor of a workspace's notebooks, so that the first notebook does not wait for it.
 *
 * @returns the executor: simulated, with a message, if the engine is neither available nor required
 * @throws {JobstrataError} `local-workspace` if the engine is required but not available
 */
export async function prepareExecutor(
  { data, executor }: { readonly data?: string; readonly executor?: ExecutorKind },
  io: Io,
): Promise<ExecutorKind> {
  if (executor === "simulated") return executor;
  try {
    await enginePython(data, io);
    return "local";
  } catch (error) {
    if (executor === "local" || !(error instanceof JobstrataError)) throw error;
    io.err(`Notebooks are simulated: ${error.message}`);
    return "simulated";
  }
}
