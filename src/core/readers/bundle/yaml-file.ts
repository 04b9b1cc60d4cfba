import { lstatSync, readFileSync, statSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParsedNode,
  parseDocument,
  type ParseOptions,
  type DocumentOptions,
  type SchemaOptions,
  visit,
} from "yaml";
import type { SourceLocation } from "../../model/job-spec";
import { errorText, printable, quote } from "../../model/text";
import type { ReadProblem } from "../reading";
import { relativePath } from "../../paths";
import { explainSlip, oneLine } from "./yaml-slip";
import { isObject } from "../../model/json";

/** No file that people write is bigger; parsing takes some hundred times this in memory. Bytes. */
const MAX_FILE_SIZE = 2 * 2 ** 20;
const MAX_DEPTH = 100;

const PARSE: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.2",
  merge: false,
  // Looked for by the converter: this would compare each key of a map with all others.
  uniqueKeys: false,
  keepSourceTokens: false,
  prettyErrors: false,
  // Several documents in a file are errors then, too.
  logLevel: "error",
  strict: true,
};
/** Of a file, with every alias written out. */
const MAX_VALUES = 1_000_000;

export type Value = string | number | boolean | null | undefined | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

export function isValueMap(value: Value): value is ValueMap {
  return isObject(value);
}

/** A YAML or JSON file, parsed. */
export interface YamlFile {
  readonly path: string;
  readonly text: string;
  /** Undefined where the file could not be read; then there is a problem without a rule. */
  readonly value: Value;
  /** How many values it holds, one in the other. */
  readonly size: number;
  readonly problems: readonly ReadProblem[];
}

interface YamlText {
  readonly path: string;
  readonly text: string;
}

interface Place {
  readonly file: YamlText;
  readonly offset: number;
  /** Where it is instead, for a map that was not written in YAML. */
  readonly at?: SourceLocation;
  /** What a merged map was made of: the map that was overridden, and the one that did it. */
  readonly merged?: { readonly base: object; readonly over: object };
}

/** A key of a map, or the number of an item in the list below a key. */
export type KeyPath = readonly [key: string, item?: number];

/** Where the maps of all files were written. Becomes lines and columns only for what somebody asks for. */
export class Places {
  readonly #places = new WeakMap<object, Place>();
  /** The latest documents that keys were looked up in. */
  readonly #documents = new Map<YamlText, Document.Parsed>();

  public set(map: object, place: Place): void {
    this.#places.set(map, place);
  }

  /** Says that `map` was made from `origin`. */
  public copy(map: object, origin: object): void {
    const place = this.#places.get(origin);
    if (place !== undefined) this.#places.set(map, place);
  }

  /** Says that `map` is `base` with what `over` puts over it. */
  public merge(map: object, base: object, over: object): void {
    const place = this.#places.get(base) ?? this.#places.get(over);
    if (place !== undefined) this.#places.set(map, { ...place, merged: { base, over } });
  }

  /** Path of the file that holds `map`, or that gives it the value of a key. */
  public fileOf(map: object, path?: KeyPath): string | undefined {
    const origin = path === undefined ? map : this.#origin(map, path)[0];
    return this.#places.get(origin)?.file.path;
  }

  /** Where `map` was written, or the key in it, or the item of the list below that key. */
  public locationOf(map: object, path?: KeyPath): SourceLocation | undefined {
    const place = this.#places.get(map);
    if (place === undefined) return undefined;
    if (path === undefined) return place.at ?? locationAt(place);
    const [origin, [key, item]] = this.#origin(map, path);
    const written = this.#places.get(origin) ?? place;
    if (written.at !== undefined) return written.at;
    const node = this.#pair(written, key);
    if (node === undefined) return locationAt(written);
    const value = item !== undefined && isSeq(node.value) ? node.value.items[item] : undefined;
    return locationAt({ file: written.file, offset: startOf(value ?? node.key) });
  }

  /** Whether the value of `key` is there for aliases alone: it has an anchor, or all in it have. */
  public isAnchor(map: object, key: string): boolean {
    const place = this.#places.get(map);
    return (
      place !== undefined && place.at === undefined && isAnchored(this.#pair(place, key)?.value)
    );
  }

  /** The map that gives `map` the value of a key. */
  #origin(map: object, path: KeyPath): [object, KeyPath] {
    const [key] = path;
    let [, item] = path;
    let at = map;
    for (;;) {
      const merged = this.#places.get(at)?.merged;
      if (merged === undefined) return [at, item === undefined ? [key] : [key, item]];
      const { base, over } = merged as { base: ValueMap; over: ValueMap };
      const before = base[key];
      const isAppended = item !== undefined && Array.isArray(before);
      if (!Object.hasOwn(over, key)) at = base;
      else if (isAppended && (item ?? 0) < before.length) at = base;
      else {
        if (isAppended) item = (item ?? 0) - before.length;
        at = over;
      }
    }
  }

  #pair({ file, offset }: Place, key: string): Pair | undefined {
    let document = this.#documents.get(file);
    if (document === undefined) {
      if (this.#documents.size >= 4) this.#documents.clear();
      document = parseDocument(file.text, PARSE);
      this.#documents.set(file, document);
    }
    let found: Pair | undefined;
    const look = (node: unknown): symbol | undefined => {
      const candidate = pairOf(node, key, document);
      if (candidate === undefined) return undefined;
      found = candidate;
      return visit.BREAK;
    };
    visit(document, {
      Pair: (_, pair) => (startOf(pair.key) === offset ? look(pair.value) : undefined),
      Map: (_, map) => (startOf(map) === offset ? look(map) : undefined),
    });
    return found;
  }
}

/** The pair of a map with that key, the last of them, or that of a map merged into it. */
function pairOf(node: unknown, key: string, document: Document.Parsed): Pair | undefined {
  const map = isAlias(node) ? node.resolve(document) : node;
  if (!isMap(map)) return undefined;
  const named = (name: string): Pair[] =>
    map.items.filter((pair) => isScalar(pair.key) && String(pair.key.value) === name);
  const own = named(key).at(-1);
  if (own !== undefined) return own;
  for (const { value } of named("<<")) {
    for (const other of isSeq(value) ? [...value.items].reverse() : [value]) {
      const pair = other === map ? undefined : pairOf(other, key, document);
      if (pair !== undefined) return pair;
    }
  }
  return undefined;
}

function isAnchored(node: unknown): boolean {
  if ((node as { anchor?: string } | null | undefined)?.anchor !== undefined) return true;
  const parts = isMap(node) ? node.items.map(({ value }) => value) : isSeq(node) ? node.items : [];
  return parts.length > 0 && parts.every(isAnchored);
}

/** Where the lines of a file begin; kept for as long as the file is. */
const lineStarts = new WeakMap<YamlText, readonly number[]>();

function locationAt({ file, offset }: Pick<Place, "file" | "offset">): SourceLocation {
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

/**
 * Reads a file of a bundle. What is wrong with it is in its problems; nothing is thrown.
 *
 * @param content a text that stands for what the file holds
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
    const document = parseDocument(text, PARSE);
    const [slip] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0]);
    if (slip !== undefined) {
      const { what, fix, offset = slip.pos[0] } = explainSlip(text, slip);
      return failed(`this is not YAML: ${what}`, fix, offset);
    }
    const { contents } = document;
    const converter = new Converter({ path, text }, places);
    const value = contents === null ? undefined : converter.convert(contents);
    return { path, text, value, size: converter.size, problems: converter.problems };
  } catch (error) {
    if (error instanceof Refused) return failed(error.message, "fix the file", error.offset);
    if (error instanceof RangeError)
      return failed("the file nests too deep to be read", "write it simpler");
    const message = errorText(error);
    return failed(`this is not YAML: ${oneLine(message)}`, "fix the file");
  }
}

/** What a file holds, or why it cannot be read. */
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
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      return { message: "the file is not UTF-8", fix: "save it as UTF-8" };
    const broken = code === "ENOENT" && isLink(path) ? ", a link to nothing" : "";
    return {
      message: `the file cannot be read: ${code ?? message}${broken}`,
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
  /** What is wrong and does not keep the rest from being read. */
  public readonly problems: ReadProblem[] = [];
  #size = 0;

  readonly #file: YamlText;
  readonly #places: Places;

  public constructor(file: YamlText, places: Places) {
    this.#file = file;
    this.#places = places;
  }

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
      const keys = new Map<string, number>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : "";
        const converted = this.convert(value, depth + 1, startOf(key));
        this.#checkKey(key, name, keys, isDeepStrictEqual(map[name], converted));
        if (name === "<<" && isScalar(key) && key.type === "PLAIN") {
          if (merged !== undefined)
            throw new Refused('key "<<" is written twice; merge a list of maps', startOf(key));
          merged = Array.isArray(converted) ? (converted as Value[]) : [converted];
        } else map[name] = converted;
      }
      const whole = merged === undefined ? map : (new PlainMap() as Record<string, Value>);
      for (const other of merged ?? []) {
        if (!isValueMap(other)) throw new Refused('"<<" merges a value that is not a map', at);
        // To the Databricks CLI the last of several maps counts.
        Object.assign(whole, other);
      }
      if (whole !== map) Object.assign(whole, map);
      this.#places.set(whole, { file: this.#file, offset: at });
      return whole;
    }
    if (!isScalar(node)) return null;
    const { value, source, type } = node;
    if (type === "PLAIN" && source !== undefined) {
      const integer = integerOf(source);
      if (integer !== undefined) return integer;
    }
    return typeof value === "bigint" || value instanceof Date ? String(value) : (value as Value);
  }

  /** Says what the Databricks CLI refuses of a key, and that only the last of several counts. */
  #checkKey(key: unknown, name: string, keys: Map<string, number>, isSame: boolean): void {
    const at = startOf(key);
    const location = () => locationAt({ file: this.#file, offset: at });
    const before = keys.get(name);
    keys.set(name, at);
    if (name === "<<") return;
    if (before !== undefined) {
      const { line } = locationAt({ file: this.#file, offset: before });
      this.problems.push({
        rule: "duplicate-key",
        severity: isSame ? "warning" : "error",
        message: `key ${quote(name)} is already in line ${line ?? 0}${isSame ? ", with the same value" : "; only this value counts"}`,
        fix: isSame ? "remove one of the two" : "remove one of the two, or merge them",
        location: location(),
      });
    }
    const value = isScalar(key) ? key.value : undefined;
    if (typeof value === "string" || value === null) return;
    this.problems.push({
      rule: "job-schema",
      severity: "error",
      message: isScalar(key)
        ? `key ${printable(name)} is a ${typeof value}, which the Databricks CLI refuses`
        : "a map or list is used as a key",
      fix: isScalar(key)
        ? `quote it: "${printable(name)}"`
        : 'quote a value that begins with a brace: "{{job.id}}"',
      location: location(),
    });
  }
}

/** An integer as the Databricks CLI reads one: `1_000`, `0b11`, `0o17` and `0x1f` are some, `017` is 17. */
const INTEGER =
  /^([+-]?)(\d+|[1-9]\d*(?:_\d+)+|0b_?[01]+(?:_[01]+)*|0o_?[0-7]+(?:_[0-7]+)*|0x_?[\da-f]+(?:_[\da-f]+)*)$/i;

/** The value of an integer; as its decimal digits where no number holds it, as an id that is rounded is that of another job. */
function integerOf(source: string): number | string | undefined {
  const [, sign, written] = INTEGER.exec(source) ?? [];
  if (written === undefined) return undefined;
  const size = BigInt(written.toLowerCase().replaceAll("_", ""));
  const value = sign === "-" ? -size : size;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function startOf(node: unknown): number {
  return (node as Node | ParsedNode | null)?.range?.[0] ?? 0;
}
