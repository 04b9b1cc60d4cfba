import { stringifyJson, jobIdOf, runIdOf, type JobId, type RunId } from "@jobstrata/core/model";
import { InvalidArgumentError } from "commander";

/** Output of a command: data goes to `out`, everything else to `err`. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
  /** 0: success; 1: the operation failed; 2: it could not be attempted. A command that runs another one passes its code on. */
  exitCode: number;
}

/** Writes a JSON document: indented for `json`, on one line for `jsonl`. */
export function writeJson(io: Io, format: "json" | "jsonl", document: object): void {
  io.out(stringifyJson(document, format === "json" ? 2 : 0));
}

/** Parses a port for Commander. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
  }
  return port;
}

/** Parses the id of a job or run for Commander. @throws {InvalidArgumentError} */
function parseId<Id>(text: string, idOf: (text: string) => Id | undefined): Id {
  const id = /^\d+$/.test(text) && !/^0+$/.test(text) ? idOf(text) : undefined;
  if (id === undefined)
    throw new InvalidArgumentError("An id is a whole number above 0, of at most 64 bits.");
  return id;
}

export const parseJobId = (text: string): JobId => parseId(text, jobIdOf);

export const parseRunId = (text: string): RunId => parseId(text, runIdOf);

/** Parses a count or an id for Commander. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count === 0) {
    throw new InvalidArgumentError("It must be a whole number above 0.");
  }
  return count;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Parses a duration such as `90`, `90s`, `15m` or `1h30m` for Commander. @returns milliseconds */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+)([smhd])/g)];
  const seconds = /^\d+$/.test(text)
    ? Number(text)
    : parts.map(([part]) => part).join("") === text
      ? parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit] ?? 0), 0)
      : 0;
  // The maximum delay of a timer.
  if (seconds <= 0 || seconds * 1000 > 2 ** 31 - 1) {
    throw new InvalidArgumentError(
      "It must be a number of seconds, or a duration such as 90s, 15m or 1h30m; at most 24 days.",
    );
  }
  return seconds * 1000;
}
