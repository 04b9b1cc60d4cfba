import { parseJson } from "../model/json";
import { closeSync, openSync, readSync } from "node:fs";

/** Maximum size; bytes. The plan of ten thousand jobs has half of it. */
const MAX_SIZE = 128 * 2 ** 20;
/** Maximum number of values. Each takes several hundred bytes of memory. */
const MAX_VALUES = 10_000_000;
const CHUNK = 2 ** 20;

/** A file that is not JSON, or too large for 1 GiB of memory. */
export class UnreadableJson extends Error {}

/**
 * Reads JSON from a file or a pipe.
 *
 * @param path 0 for standard input
 * @throws {UnreadableJson} with the problem, such as `is not JSON`; errors of the file system
 */
export function readJsonFile(path: string | 0): unknown {
  const content = readUpTo(path, MAX_SIZE);
  if (content.subarray(0, 2).toString() === "PK") {
    throw new UnreadableJson(
      'is a plan of Terraform\'s own form; check what "terraform show -json" prints of it',
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    throw new UnreadableJson("is not UTF-8");
  }
  if (content.length > MAX_VALUES && mayHoldMore(content) && countValues(content) > MAX_VALUES)
    throw new UnreadableJson(`holds more than ${MAX_VALUES} values`);
  try {
    // Keep ids that a number cannot represent, as text.
    return parseJson(text, String);
  } catch (error) {
    // A stack overflow, from extreme nesting.
    if (error instanceof RangeError) throw error;
    throw new UnreadableJson(text.trim() === "" ? "is empty" : "is not JSON");
  }
}

function readUpTo(path: string | 0, limit: number): Buffer {
  const file = path === 0 ? 0 : openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const read = readSync(file, chunk);
      if (read === 0) return Buffer.concat(chunks, size);
      size += read;
      if (size > limit) throw new UnreadableJson(`has more than ${limit} bytes`);
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    if (file !== 0) closeSync(file);
  }
}

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [...Buffer.from('"\\,[{')] as [
  number,
  number,
  number,
  number,
  number,
];

/** Fast upper bound for the number of values, which also counts characters inside strings. */
function mayHoldMore(json: Buffer): boolean {
  let count = 1;
  for (const byte of [COMMA, BRACKET, BRACE])
    for (
      let at = json.indexOf(byte);
      at !== -1 && count <= MAX_VALUES;
      at = json.indexOf(byte, at + 1)
    )
      count++;
  return count > MAX_VALUES;
}

/** Counts all values, including nested ones, without parsing. */
function countValues(json: Buffer): number {
  let count = 1;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) {
      while (++at < json.length && json[at] !== QUOTE) if (json[at] === BACKSLASH) at++;
    } else if (byte === COMMA || byte === BRACKET || byte === BRACE) count++;
  }
  return count;
}
