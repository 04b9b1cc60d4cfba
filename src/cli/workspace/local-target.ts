import { findRunning, useWorkspace, type WorkspaceInUse } from "@jobstrata/local/commands";
import { prepareExecutor } from "../local/executor";
import type { Io } from "../io";
import { SERVING } from "../local/server-options";
import type { ExecutorKind } from "@jobstrata/local/executor";

/** The local workspace: the one already running for the data folder, or one that lives as long as this process. */
export async function openLocal(
  { data, executor }: { readonly data?: string; readonly executor?: ExecutorKind },
  io: Io,
): Promise<WorkspaceInUse & { readonly isTransient: boolean }> {
  const options = {
    ...SERVING,
    ...(data !== undefined && { data }),
    ...(executor && { executor }),
  };
  const isTransient = (await findRunning(data)) === undefined;
  const chosen = isTransient
    ? { ...options, executor: await prepareExecutor(options, io) }
    : options;
  return { ...(await useWorkspace(chosen)), isTransient };
}
