import { lstatSync, readFileSync, statSync } from "node:fs";
import { isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, parseDocument } from "yaml";
import type { SourceLocation } from "../../model/job-spec";
import { quote } from "../../model/text";
import type { ReadProblem } from "../reading";
import { relativePath } from "../relative-path";

/** No file that people write is bigger; parsing takes some hundred times this in memory. Bytes. */
const MAX_FILE_SIZE = 2 * 2 ** 20;
const MAX_DEPTH = 100;
/** Of a file, with every alias written out. */
const MAX_VALUES = 1_000_000;

export type Value = string | number | boolean | null | undefined | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

export function isValueMap(value: Value): value is ValueMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A YAML or JSON file, parsed. */
export interface YamlFile {
  readonly path: string;
  readonly text: string;
  /** Undefined where the file could not be read; then there is a problem. */
  readonly value: Value;
  /** How many values it holds, one in the other. */
  readonly size: number;
  readonly problems: readonly ReadProblem[];
}

interface Place {
  readonly file: { readonly path: string; readonly text: string };
  readonly offset: number;
}

/** Where the maps of all files were written. Becomes lines and columns only for what somebody asks for. */
export class Places {
  readonly #places = new WeakMap<object, Place>();

  public set(map: object, place: Place): void {
    this.#places.set(map, place);
  }

  /** Says that `map` was made from `origin`. */
  public copy(map: object, origin: object): void {
    const place = this.#places.get(origin);
    if (place !== undefined) this.#places.set(map, place);
  }

  /** Path of the file that holds `map`. */
  public fileOf(map: object): string | undefined {
    return this.#places.get(map)?.file.path;
  }

  public locationOf(map: object): SourceLocation | undefined {
    const place = this.#places.get(map);
    return place === undefined ? undefined : locationAt(place);
  }
}

/** Where the lines of a file begin; kept for as long as the file is. */
const lineStarts = new WeakMap<Place["file"], readonly number[]>();

function locationAt({ file, offset }: Place): SourceLocation {
  let starts = lineStarts.get(file);
  if (starts === undefined) {
    const found = [0];
    for (let at = file.text.indexOf("\n"); at !== -1; at = file.text.indexOf("\n", at + 1))
      found.push(at + 1);
    lineStarts.set(file, (starts = found));
  }
  let line = 0;
  for (let end = starts.length; end - line > 1;) {
    const middle = (line + end) >> 1;
    if ((starts[middle] ?? 0) <= offset) line = middle;
    else end = middle;
  }
  const column = offset - (starts[line] ?? 0) + 1;
  return { file: relativePath(file.path), line: line + 1, column };
}

/** Reads a file of a bundle. What is wrong with it is in its problems; nothing is thrown. */
export function readYamlFile(path: string, places: Places): YamlFile {
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
  let text = "";
  try {
    const stats = statSync(path);
    if (!stats.isFile()) return failed("this is no file", "name a YAML or JSON file");
    if (stats.size > MAX_FILE_SIZE) {
      return failed(
        `the file has ${stats.size} bytes, more than the ${MAX_FILE_SIZE} that are read`,
        "split it into a file for each job",
      );
    }
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      return failed("the file is not UTF-8", "save it as UTF-8");
    const broken = code === "ENOENT" && isLink(path) ? ", a link to nothing" : "";
    return failed(`the file cannot be read: ${code ?? message}${broken}`, "mend or remove it");
  }
  try {
    const document = parseDocument(text, {
      version: "1.2",
      merge: false,
      // Looked for below: this would compare each key of a map with all others.
      uniqueKeys: false,
      keepSourceTokens: false,
      prettyErrors: false,
      // Several documents in a file are errors then, too.
      logLevel: "error",
      strict: true,
    });
    if (document.errors.length > 0) {
      const problems = document.errors
        .slice(0, 10)
        .map(({ message, pos }) =>
          problem(`this is not YAML: ${oneLine(message)}`, "mend the file", pos[0]),
        );
      return { path, text, value: undefined, size: 0, problems };
    }
    const { contents } = document;
    const converter = new Converter({ path, text }, places);
    const value = contents === null ? undefined : converter.convert(contents);
    return { path, text, value, size: converter.size, problems: [] };
  } catch (error) {
    if (error instanceof Refused) return failed(error.message, "mend the file", error.offset);
    if (error instanceof RangeError)
      return failed("the file nests too deep to be read", "write it simpler");
    const message = error instanceof Error ? error.message : String(error);
    return failed(`this is not YAML: ${oneLine(message)}`, "mend the file");
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

const oneLine = (message: string): string => message.replace(/\s+/g, " ").trim().slice(0, 200);

class Refused extends Error {
  public constructor(
    message: string,
    public readonly offset: number,
  ) {
    super(message);
  }
}

/** A map without the prototype's names. An object of a class takes a third of the memory of one that is made without. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- it is all in its prototype
class PlainMap {}
Object.setPrototypeOf(PlainMap.prototype, null);
delete (PlainMap.prototype as { constructor?: unknown }).constructor;

/** Turns nodes into plain values, without the prototype's names, and notes where maps are. */
class Converter {
  readonly #anchors = new Map<string, { value: Value; size: number }>();
  #size = 0;

  public constructor(
    private readonly file: Place["file"],
    private readonly places: Places,
  ) {}

  /** How many values were converted. */
  public get size(): number {
    return this.#size;
  }

  public convert(node: unknown, depth = 0, offset?: number): Value {
    const at = offset ?? startOf(node);
    if (depth > MAX_DEPTH) throw new Refused(`values nest deeper than ${MAX_DEPTH}`, at);
    if (++this.#size > MAX_VALUES)
      throw new Refused(`there are more than ${MAX_VALUES} values, aliases written out`, at);
    if (isAlias(node)) {
      const anchor = this.#anchors.get(node.source);
      if (anchor === undefined) throw new Refused(`alias ${quote(node.source)} has no anchor`, at);
      this.#size += anchor.size;
      return anchor.value;
    }
    const before = this.#size;
    const value = this.#plain(node, depth, at);
    const name = (node as { anchor?: string } | null)?.anchor;
    if (name !== undefined) this.#anchors.set(name, { value, size: this.#size - before });
    return value;
  }

  #plain(node: unknown, depth: number, at: number): Value {
    if (isSeq(node)) return node.items.map((item) => this.convert(item, depth + 1));
    if (isMap(node)) {
      const map = new PlainMap() as Record<string, Value>;
      let merged: readonly Value[] | undefined;
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : "";
        const converted = this.convert(value, depth + 1, startOf(key));
        if (Object.hasOwn(map, name))
          throw new Refused(`key ${quote(name)} is written twice`, startOf(key));
        if (name === "<<" && isScalar(key) && key.type === "PLAIN") {
          if (merged !== undefined)
            throw new Refused('key "<<" is written twice; merge a list of maps', startOf(key));
          merged = Array.isArray(converted) ? (converted as Value[]) : [converted];
        } else map[name] = converted;
      }
      const whole = merged === undefined ? map : (new PlainMap() as Record<string, Value>);
      for (const other of merged ?? []) {
        if (!isValueMap(other)) throw new Refused('"<<" merges what is no map', at);
        // To the Databricks CLI the last of several maps counts.
        Object.assign(whole, other);
      }
      if (whole !== map) Object.assign(whole, map);
      this.places.set(whole, { file: this.file, offset: at });
      return whole;
    }
    if (!isScalar(node)) return null;
    const { value } = node;
    return typeof value === "bigint" || value instanceof Date ? String(value) : (value as Value);
  }
}

function startOf(node: unknown): number {
  return (node as Node | ParsedNode | null)?.range?.[0] ?? 0;
}
