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
export async function enginePython(
  data: string | undefined,
  io: Io,
  { onBegin, signal }: Preparation = {},
): Promise<string> {
  const report = (line: string): void => {
    onBegin?.();
    io.err(line);
  };
  const { python } = await ensureEngine(engineFolder(dataFolder(data)), report, signal);
  return python;
}

interface Preparation {
  /** Called when an installation begins. */
  readonly onBegin?: () => void;
  /** Stops an installation. */
  readonly signal?: AbortSignal;
}

/** The executor of a workspace, which may still be installing. */
interface StartedExecutor {
  /** Undefined while the engine is being installed. */
  readonly kind: ExecutorKind | undefined;
  /** As {@link prepareExecutor}; rejected if the installation is stopped. */
  readonly ready: Promise<ExecutorKind>;
}

/**
 * Like {@link prepareExecutor}, but returns when an installation begins, so that something else can be done meanwhile.
 *
 * @throws {JobstrataError} `local-workspace` if the engine is required and there is no suitable Python
 */
export async function startExecutor(
  options: Parameters<typeof prepareExecutor>[0],
  io: Io,
  signal: AbortSignal,
): Promise<StartedExecutor> {
  let onBegin = (): void => undefined;
  const begun = new Promise<undefined>((resolve) => {
    onBegin = (): void => {
      resolve(undefined);
    };
  });
  const ready = prepareExecutor(options, io, { onBegin, signal });
  // The error is reported where the executor is awaited.
  ready.catch(() => undefined);
  return { kind: await Promise.race([ready, begun]), ready };
}

/**
 * Prepares the executor of a workspace's notebooks, so that the first notebook does not wait for it.
 *
 * @returns the executor: simulated, with a message, if the engine is neither available nor required
 * @throws {JobstrataError} `local-workspace` if the engine is required but not available
 */
export async function prepareExecutor(
  {
    data,
    executor,
  }: { readonly data?: string | undefined; readonly executor?: ExecutorKind | undefined },
  io: Io,
  preparation: Preparation = {},
): Promise<ExecutorKind> {
  if (executor === "simulated") return executor;
  try {
    await enginePython(data, io, preparation);
    return "local";
  } catch (error) {
    if (preparation.signal?.aborted === true) throw error;
    // A folder that cannot be created stops the workspace too.
    const isMissing = error instanceof JobstrataError && error.code === "local-workspace";
    if (executor === "local" || !isMissing) throw error;
    io.err(`Notebooks are simulated: ${error.message}`);
    return "simulated";
  }
}
