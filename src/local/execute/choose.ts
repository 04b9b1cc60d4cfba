import { systemClock } from "../clock";
import { type Engine, ensureEngine } from "./engine";
import type { TaskExecutor } from "./executor";
import { LocalExecutor } from "./local";
import { SimulatedExecutor } from "./simulated";

/** Whether notebooks are executed for real on this machine, or only simulated. */
export type ExecutorKind = "local" | "simulated";

/**
 * What executes the tasks of a workspace.
 *
 * @param kind without one, notebooks are executed for real where the engine can be had, and simulated where it cannot,
 *   which their output says
 * @param dataDir of the workspace
 * @param engineDir where the engine is, or is installed when the first notebook runs
 */
export function createExecutor(
  kind: ExecutorKind | undefined,
  dataDir: string,
  engineDir: string,
): TaskExecutor {
  const simulated = new SimulatedExecutor(systemClock);
  if (kind === "simulated") return simulated;
  // Asked once: what fails takes a while to do so.
  let asked: Promise<Engine> | undefined;
  return new LocalExecutor({
    dataDir,
    engine: () => (asked ??= ensureEngine(engineDir, () => undefined)),
    ...(kind === undefined && { fallback: simulated }),
  });
}
