import { constants } from "node:os";
import type { Io } from "./io";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
type Signal = (typeof SIGNALS)[number];

/** Ends a command that has nothing to clean up at the first signal, and prints a line. */
export function stopAtInterrupt(args: readonly string[], io: Io): void {
  const name = args.filter((arg) => /^[a-z]/.test(arg)).slice(0, args[0] === "local" ? 2 : 1);
  const stop = (signal: NodeJS.Signals): void => {
    // A command that cleans up prints its own line.
    if (process.listenerCount(signal) > 1) return;
    io.err(`Stopped ${["jobstrata", ...name].join(" ")}; it had not finished`);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
}

/** Handles interrupts: calls `first` at the first signal, `second` at the next. */
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

  /** 130 after Ctrl-C; undefined without a signal. */
  public get exitCode(): number | undefined {
    return this.#came === undefined ? undefined : 128 + constants.signals[this.#came];
  }

  public stop(): void {
    for (const signal of SIGNALS) process.off(signal, this.#handle);
  }
}
