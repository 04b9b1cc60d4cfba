import { systemClock } from "../clock";
import { type Engine, ensureEngine } from "./engine";
import type { TaskExecutor } from "./executor";
import { LocalExecutor } from "./local";
import { SimulatedExecutor } from "./simulated";

/** Whether notebooks run on this machine or are simulated. */
export type ExecutorKind = "local" | "simulated";

/**
 * Creates the executor of a workspace.
 *
 * @param kind @default local if the engine is available, otherwise simulated, which the task output reports
 * @param dataDir of the workspace
 * @param engineDir the engine's folder; the first notebook installs the engine there if it is missing
 */
export function createExecutor(
  kind: ExecutorKind | undefined,
  dataDir: string,
  engineDir: string,
): TaskExecutor {
  const simulated = new SimulatedExecutor(systemClock);
  if (kind === "simulated") return simulated;
  // Try once: even a failure takes a while.
  let asked: Promise<Engine> | undefined;
  return new LocalExecutor({
    dataDir,
    engine: () => (asked ??= ensureEngine(engineDir, () => undefined)),
    ...(kind === undefined && { fallback: simulated }),
  });
}
