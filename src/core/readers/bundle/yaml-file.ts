import { lstatSync, readFileSync, statSync } from "node:fs";
import { errorText, systemReason } from "../../model/text";
import type { ReadProblem } from "../reading";
import { relativePath } from "../../paths";
import type { Places } from "./places";
import { oneLine, type Slip } from "./yaml-slip";
import { locationAt } from "./yaml-text";
import { parseNodes, type Value, type ValueMap, type YamlNode } from "./yaml-nodes";
import { Refused, YamlValues } from "./yaml-values";

/** Maximum file size, more than hand-written files have; bytes. Parsing takes several hundred times as much memory. */
const MAX_FILE_SIZE = 2 * 2 ** 20;

export { isValueMap, type Value, type ValueMap } from "./yaml-nodes";
export { type KeyPath, Places } from "./places";

export const EMPTY: ValueMap = Object.create(null) as ValueMap;

/** A YAML or JSON file, parsed. */
export interface YamlFile {
  readonly path: string;
  readonly text: string;
  /** Undefined if the file could not be read, which adds a problem without a rule. */
  readonly value: Value;
  /** Number of values, including nested ones. */
  readonly size: number;
  readonly problems: readonly ReadProblem[];
}

/**
 * Reads a bundle file. Never throws; problems are part of the result.
 *
 * @param content text that replaces the file's content
 */
export function readYamlFile(path: string, places: Places, content?: string): YamlFile {
  const problem = (message: string, fix: string, offset?: number): ReadProblem => ({
    severity: "error",
    message,
    fix,
    location:
      offset === undefined
        ? { file: relativePath(path) }
        : locationAt({ file: { path, text }, offset }),
  });
  const failed = (message: string, fix: string, offset?: number): YamlFile => ({
    path,
    text,
    value: undefined,
    size: 0,
    problems: [problem(message, fix, offset)],
  });
  let text = content ?? "";
  if (content === undefined) {
    const read = readText(path);
    if (typeof read !== "string") return failed(read.message, read.fix);
    text = read;
  }
  try {
    const node = nodesIn(text);
    if ("slip" in node) {
      const { what, fix, offset } = node.slip;
      return failed(`this is not YAML: ${what}`, fix, offset);
    }
    const file = { path, text };
    const values = new YamlValues(file, (map, offset) => {
      places.set(map, { file, offset });
    });
    const value = node.root && values.convert(node.root);
    return { path, text, value, size: values.size, problems: values.problems };
  } catch (error) {
    if (error instanceof Refused) return failed(error.message, "fix the file", error.offset);
    if (error instanceof RangeError)
      return failed("the file is nested too deeply to read", "write it simpler");
    const message = errorText(error);
    return failed(`this is not YAML: ${oneLine(message)}`, "fix the file");
  }
}

/** Parses YAML to nodes or an error. Falls back to the slower parser, which accepts more and has better error messages. */
function nodesIn(text: string): { readonly root: YamlNode | undefined } | { readonly slip: Slip } {
  const nodes = parseNodes(text);
  if (nodes !== undefined) return nodes;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- most bundles need not load it
  const { parseDocumentNodes } = require("./yaml-document") as typeof import("./yaml-document");
  return parseDocumentNodes(text);
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** The text of a file, or the reason why it cannot be read. */
function readText(path: string): string | Pick<ReadProblem, "message" | "fix"> {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return { message: "this is not a file", fix: "name a YAML or JSON file" };
    if (stats.size > MAX_FILE_SIZE) {
      return {
        message: `the file has ${stats.size} bytes, more than the ${MAX_FILE_SIZE} that are read`,
        fix: "split it into a file for each job",
      };
    }
    // Much faster than a decoder, which only has to say whether a replaced character is an error.
    const text = readFileSync(path, "utf8");
    if (text.includes("\ufffd")) UTF_8.decode(readFileSync(path));
    return text.startsWith("\ufeff") ? text.slice(1) : text;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      return { message: "the file is not UTF-8", fix: "save it as UTF-8" };
    const broken = code === "ENOENT" && isLink(path) ? ", a link to nothing" : "";
    return {
      message: `the file cannot be read: ${systemReason(error) ?? message}${broken}`,
      fix: "fix or remove it",
    };
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}
