import { parse as parseYaml } from "yaml";
import { isKnown } from "../../unknown-text";
import type { Args, Evaluator } from "../evaluator";
import { isType, labelOf, listOf, textOf, unknown, type Value } from "../values";
import { given, isShared, readPaths, writePaths } from "./arguments";

/** Longer documents are not parsed. Characters. */
const MAX_DOCUMENT = 100_000;

/** `open(path)`: the text of a project file; an access of a file in a volume. */
export function openFile(interpreter: Evaluator, path: Value | undefined, args: Args): Value {
  const mode = textOf(given(args, 1, "mode") ?? "r");
  if (isShared(path)) {
    if (/[wa]/.test(mode))
      writePaths(interpreter, path, mode.includes("a") ? "append" : "overwrite");
    else readPaths(interpreter, path);
  }
  return projectFile(interpreter, path);
}

/** A project file as a value whose text can be read. */
export function projectFile(interpreter: Evaluator, path: Value | undefined): Value {
  const text = typeof path === "string" && isKnown(path) ? interpreter.readFile(path) : undefined;
  return text === undefined || text.length > MAX_DOCUMENT
    ? unknown("file")
    : { type: "file", text };
}

export function ofFile(file: Value, name: string): Value {
  if (!isType(file, "file")) return unknown(name);
  switch (name) {
    case "read":
    case "read_text":
      return file.text;
    case "readlines":
      return listOf(file.text.split("\n"));
    default:
      return unknown(name);
  }
}

/** The value of JSON or YAML in a string or an open file. */
export function fromDocument(document: Value | undefined, language: "json" | "yaml"): Value {
  const text = isType(document, "file") ? document.text : document;
  if (typeof text !== "string" || !isKnown(text))
    return unknown(document === undefined ? "" : labelOf(document));
  return language === "json" ? fromJson(text) : fromYaml(text);
}

/** The value of JSON text. */
function fromJson(text: string): Value {
  return parsed(text, JSON.parse);
}

function fromYaml(text: string): Value {
  return parsed(text, (document) => parseYaml(document, { logLevel: "silent" }) as unknown);
}

function parsed(text: string, parse: (text: string) => unknown): Value {
  if (text.length > MAX_DOCUMENT) return unknown("");
  try {
    return valueOf(parse(text));
  } catch {
    return unknown("");
  }
}

function valueOf(value: unknown): Value {
  if (Array.isArray(value)) return listOf(value.map(valueOf));
  if (typeof value === "object" && value !== null)
    return {
      type: "dict",
      entries: new Map(Object.entries(value).map(([key, inner]) => [key, valueOf(inner)])),
      open: false,
    };
  return value === undefined ? null : (value as string | number | boolean | null);
}
