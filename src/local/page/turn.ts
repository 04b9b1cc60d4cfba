import { setImmediate as nextTurn } from "node:timers/promises";

/** Maximum time that a request may block others; milliseconds. */
const TURN = 8;

/** Lets other requests run between the steps of a long one. */
export class Turn {
  #began = performance.now();

  /** Await this between two steps. */
  public async pass(): Promise<void> {
    if (performance.now() - this.#began < TURN) return;
    await nextTurn();
    this.#began = performance.now();
  }
}
