import { InvalidArgumentError } from "commander";

/** What a command talks through. Data goes to `out`, everything else to `err`. */
export interface Io {
  out(line: string): void;
  err(line: string): void;
  /** 0 fine, 1 what was asked for failed, 2 it could not be tried; a command that runs another hands on its code. */
  exitCode: number;
}

/** Parses a port for commander. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
  }
  return port;
}

/** Parses a count or an id for commander. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count === 0) {
    throw new InvalidArgumentError("It must be a whole number above 0.");
  }
  return count;
}
