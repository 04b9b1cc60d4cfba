import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
type Signal = (typeof SIGNALS)[number];

/** What is done when the user wants to end: at the first signal `first`, at a second one `second`. */
export class Interrupts {
  #came: Signal | undefined;
  readonly #handle = (signal: NodeJS.Signals): void => {
    const again = this.#came !== undefined;
    this.#came ??= signal === "SIGTERM" ? signal : "SIGINT";
    if (again) this.#second(this.exitCode ?? 130);
    else this.#first();
  };

  readonly #first: () => void;
  readonly #second: (exitCode: number) => void;

  public constructor(first: () => void, second: (exitCode: number) => void) {
    this.#first = first;
    this.#second = second;

    for (const signal of SIGNALS) process.on(signal, this.#handle);
  }

  /** 130 after Ctrl-C; undefined if nothing came. */
  public get exitCode(): number | undefined {
    return this.#came === undefined ? undefined : 128 + constants.signals[this.#came];
  }

  public stop(): void {
    for (const signal of SIGNALS) process.off(signal, this.#handle);
  }
}
