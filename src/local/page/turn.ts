import { setImmediate as nextTurn } from "node:timers/promises";

/** A request may keep the others waiting this long; milliseconds. */
const TURN = 8;

/** Lets other requests come in between the steps of a long one. */
export class Turn {
  #began = performance.now();

  /** To be awaited between two steps. */
  public async pass(): Promise<void> {
    if (performance.now() - this.#began < TURN) return;
    await nextTurn();
    this.#began = performance.now();
  }
}
