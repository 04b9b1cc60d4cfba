import { printable } from "@jobstrata/core/model";

const BYTES: Readonly<Record<string, number>> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** Progress of pip: the current package, the total, and the download size and speed. */
export class InstallProgress {
  readonly #total: number;
  readonly #now: () => number;
  readonly #started: number;
  #package = "";
  #count = 0;
  #bytes = 0;

  /**
   * @param total number of packages
   * @param now the time in milliseconds
   */
  public constructor(total: number, now: () => number = Date.now) {
    this.#total = total;
    this.#now = now;
    this.#started = now();
  }

  /** The message to show after a line of pip; undefined if there is nothing new. */
  public take(line: string): string | undefined {
    const [, name] = /^Collecting (\S+)/.exec(line) ?? [];
    if (name !== undefined) {
      this.#package = name;
      this.#count++;
      return undefined;
    }
    const [, verb, size = "0", unit = ""] =
      /^\s+(Downloading|Using cached) \S+ \(([\d.]+) (bytes|[kMG]B)\)/.exec(line) ?? [];
    if (verb !== undefined) {
      const report = `${this.#packages()} (${size} ${unit})${this.#downloaded()}`;
      if (verb === "Downloading") this.#bytes += Number(size) * (BYTES[unit] ?? 0);
      return report;
    }
    return line.startsWith("Installing collected")
      ? `  engine: unpacking${this.#downloaded()}`
      : undefined;
  }

  #packages(): string {
    const left = Math.max(0, this.#total - this.#count);
    return `  engine: ${String(this.#count).padStart(2)} of about ${this.#total}, ${left} left: ${printable(this.#package)}`;
  }

  /** The download size so far and its speed. */
  #downloaded(): string {
    const seconds = (this.#now() - this.#started) / 1000;
    if (this.#bytes === 0 || seconds <= 0) return "";
    const megabytes = this.#bytes / 1e6;
    return `, ${megabytes.toFixed(0)} MB so far, ${(megabytes / seconds).toFixed(1)} MB/s`;
  }
}
