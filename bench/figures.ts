/** What measurements share: costs of commands and scripts, medians, rounding. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(__dirname, "..");

/** Milliseconds, from the start of the process to its end, and MiB at its highest. */
export interface Cost {
  readonly wallMs: number;
  readonly peakMiB: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

export function medianCost(costs: readonly Cost[]): Cost {
  return {
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    peakMiB: median(costs.map(({ peakMiB }) => peakMiB)),
  };
}

/** Three significant digits. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** What one `jobstrata` command costs, compiled in the folder `js`, and what it prints. */
export function costOfCommand(
  js: string,
  command: readonly string[],
): Cost & { readonly output: string } {
  const peak = join(js, "peak.json");
  const script = `process.on("exit", () => require("node:fs").writeFileSync(${JSON.stringify(peak)}, String(process.resourceUsage().maxRSS / 1024)))`;
  const preload = join(js, "peak.js");
  writeFileSync(preload, script);
  const before = performance.now();
  const args = ["-r", preload, join(js, "node_modules", "jobstrata", "lib", "bin.js"), ...command];
  const output = execFileSync(process.execPath, args, { cwd: js, encoding: "utf8", stdio: "pipe" });
  const wallMs = performance.now() - before;
  return { wallMs, peakMiB: Number(readFileSync(peak, "utf8")), output };
}

/** The figures that a script of this folder, compiled below `work`, prints as JSON. */
export function figuresOf(work: string, name: string, ...args: readonly string[]): unknown {
  const script = join(work, "js", "bench", `${name}.js`);
  const output = execFileSync(process.execPath, [script, ...args], { cwd: ROOT, encoding: "utf8" });
  return JSON.parse(output);
}
