import { JobstrataError } from "@jobstrata/core/errors";
import { dataFolder } from "@jobstrata/local/commands";
import type { ExecutorKind } from "@jobstrata/local/executor";
import { engineFolder, ensureEngine } from "@jobstrata/local/engine";
import type { Io } from "../io";

/**
 * The Python of the notebook engine of a data folder, installed first if it is not.
 *
 * @throws JobstrataError `local-workspace` as `ensureEngine`
 */
export async function enginePython(data: string | undefined, io: Io): Promise<string> {
  const { python } = await ensureEngine(engineFolder(dataFolder(data)), (line) => {
    io.err(line);
  });
  return python;
}

/**
 * Makes ready what the notebooks of a workspace are to run on, so that the first of them does not have to wait.
 *
 * @returns what it will be: simulated, with a line that says why, where the engine cannot be had and nobody demands it
 * @throws JobstrataError `local-workspace` if it is demanded and cannot be had
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
