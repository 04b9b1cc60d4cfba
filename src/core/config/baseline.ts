import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { JobstrataError } from "../errors";
import { quote, systemReason } from "../model/text";

/** A finding that existed when the policy was introduced. */
export interface BaselineEntry {
  fingerprint: string;
  rule: string;
  message: string;
}

export const DEFAULT_BASELINE = "jobstrata.baseline.json";

/**
 * Reads the findings that a project has accepted; empty without a file.
 *
 * @throws {JobstrataError} `config` if the file is not a valid baseline
 */
export function readBaseline(file: string): readonly BaselineEntry[] {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw refused(file, `cannot be read: ${systemReason(error) ?? String(error)}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw refused(file, "is not JSON; recreate it with --update-baseline");
  }
  try {
    return entriesIn(json);
  } catch {
    throw refused(file, "does not have version 1; recreate it with --update-baseline");
  }
}

function entriesIn(json: unknown): readonly BaselineEntry[] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only projects with a baseline load it
  const z = require("../zod") as typeof import("../zod");
  const entry = z.object({ fingerprint: z.string(), rule: z.string(), message: z.string() });
  return z.object({ version: z.literal(1), findings: z.array(entry) }).parse(json).findings;
}

/** Formats findings as a baseline file. */
export function baselineText(entries: readonly BaselineEntry[]): string {
  const findings = entries
    .map(({ fingerprint, rule, message }) => ({ rule, message, fingerprint }))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return `${JSON.stringify({ version: 1, findings }, undefined, 2)}\n`;
}

/** Writes the accepted findings, atomically. */
export function writeBaseline(file: string, entries: readonly BaselineEntry[]): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, baselineText(entries));
    renameSync(temporary, file);
  } catch (error) {
    throw refused(file, `cannot be written: ${systemReason(error) ?? String(error)}`);
  }
}

const refused = (file: string, why: string): JobstrataError =>
  new JobstrataError("config", `the baseline ${quote(file)} ${why}`);

const key = ({ rule, message, fingerprint }: BaselineEntry): string =>
  [rule, message, fingerprint].join("\0");
