import { Interrupts } from "../interrupts";
import type { Changes } from "./changes";

/** What it finds, or the exit code if it was interrupted; everything temporary is removed by then. */
export async function interruptible(
  find: (signal: AbortSignal) => Promise<Changes>,
): Promise<Changes | number> {
  const aborted = new AbortController();
  const interrupts = new Interrupts(
    () => {
      aborted.abort();
    },
    () => undefined,
  );
  try {
    const changes = await find(aborted.signal);
    // What came while files were read comes now.
    await new Promise(setImmediate);
    return interrupts.exitCode ?? changes;
  } catch (error) {
    if (interrupts.exitCode === undefined) throw error;
    return interrupts.exitCode;
  } finally {
    interrupts.stop();
  }
}
