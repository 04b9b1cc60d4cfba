import { Interrupts } from "../interrupts";
import type { Io } from "../io";
import type { Changes } from "./changes";

/**
 * Returns the changes, or the exit code after an interrupt. Temporary files are removed first. The reason of the signal is the
 * exit code.
 */
export async function interruptible(
  find: (signal: AbortSignal) => Promise<Changes>,
  io: Io,
): Promise<Changes | number> {
  const aborted = new AbortController();
  const interrupts = new Interrupts(
    () => {
      io.err("Stopped; the comparison had not finished");
      aborted.abort(interrupts.exitCode);
    },
    () => undefined,
  );
  try {
    const changes = await find(aborted.signal);
    // Let signals that arrived during synchronous reads take effect.
    await new Promise(setImmediate);
    return interrupts.exitCode ?? changes;
  } catch (error) {
    if (interrupts.exitCode === undefined) throw error;
    return interrupts.exitCode;
  } finally {
    interrupts.stop();
  }
}
