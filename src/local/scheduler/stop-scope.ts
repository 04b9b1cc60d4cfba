import type { Ending } from "./states";

/** A set of active operations that can be stopped: attempts and retry delays. */
export class StopScope {
  /** The ending of all operations, set when the scope was stopped. */
  public stopped: Ending | undefined;
  readonly #stoppers = new Set<(ending: Ending) => void>();

  public add(stopper: (ending: Ending) => void): void {
    this.#stoppers.add(stopper);
  }

  public delete(stopper: (ending: Ending) => void): void {
    this.#stoppers.delete(stopper);
  }

  public stop(ending: Ending): void {
    if (this.stopped !== undefined) return;
    this.stopped = ending;
    for (const stopper of [...this.#stoppers]) stopper(ending);
  }
}
