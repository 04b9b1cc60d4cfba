/** The workspace's source of time, so that tests can skip hours. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `action` once, after `delay` milliseconds. */
  after(delay: number, action: () => void): Timer;
}

export interface Timer {
  /** Cancels the action. No effect after the action was called. */
  cancel(): void;
}

/** Node's timers overflow above this delay (24.8 days) and fire at once; milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, action) {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      handle = setTimeout(
        () => {
          if (left > MAX_DELAY) arm(left - MAX_DELAY);
          else action();
        },
        Math.min(Math.max(left, 0), MAX_DELAY),
      );
    };
    arm(delay);
    return {
      cancel: () => {
        clearTimeout(handle);
      },
    };
  },
};

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  readonly #timers = new Set<{ at: number; action: () => void }>();

  #time: number;

  public constructor(time: number = Date.UTC(2026, 0, 1)) {
    this.#time = time;
  }

  public now(): number {
    return this.#time;
  }

  public after(delay: number, action: () => void): Timer {
    const timer = { at: this.#time + Math.max(delay, 0), action };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Advances by `duration` milliseconds. Runs due timers in order, along with everything that they trigger. */
  public async advance(duration: number): Promise<void> {
    const end = this.#time + duration;
    for (;;) {
      await settled();
      const next = this.#earliest();
      if (next === undefined || next.at > end) break;
      this.#timers.delete(next);
      this.#time = next.at;
      next.action();
    }
    this.#time = end;
  }

  #earliest(): { at: number; action: () => void } | undefined {
    let first: { at: number; action: () => void } | undefined;
    for (const timer of this.#timers) {
      if (first === undefined || timer.at < first.at) first = timer;
    }
    return first;
  }
}

/** Resolves when all pending callbacks have run. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
