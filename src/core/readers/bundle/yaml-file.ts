import { lstatSync, readFileSync, statSync } from "node:fs";
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
import type { SourceLocation } from "../../model/source-location";
import { errorText } from "../../model/text";
import type { ReadProblem } from "../reading";
import { relativePath } from "../../paths";
import { explainSlip, oneLine, type Slip } from "./yaml-slip";
import { locationAt, type YamlText } from "./yaml-text";
import { nodesOf, parseNodes, type Value, type ValueMap, type YamlNode } from "./yaml-nodes";
import { Refused, YamlValues } from "./yaml-values";

/** Maximum file size, more than hand-written files have; bytes. Parsing takes several hundred times as much memory. */
const MAX_FILE_SIZE = 2 * 2 ** 20;

const PARSE: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.2",
  merge: false,
  // The converter checks this: the parser would compare each key with all others.
  uniqueKeys: false,
  keepSourceTokens: false,
  prettyErrors: false,
  // This also makes several documents in a file an error.
  logLevel: "error",
  strict: true,
};
export { isValueMap, type Value, type ValueMap } from "./yaml-nodes";

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

interface Place {
  readonly file: YamlText;
  readonly offset: number;
  /** The location of a map that is not from YAML. */
  readonly at?: SourceLocation;
  /** Sources of a merged map: the base and its override. */
  readonly merged?: { readonly base: object; readonly over: object };
}

/** A key of a map, or the index of an item in the list below a key. */
export type KeyPath = readonly [key: string, item?: number];

/** Locations of maps in all files. Computes lines and columns on demand. */
export class Places {
  readonly #places = new WeakMap<object, Place>();
  /** Cache of recently used documents. */
  readonly #documents = new Map<YamlText, Document.Parsed>();

  public set(map: object, place: Place): void {
    this.#places.set(map, place);
  }

  /** Gives `map` the location of `origin`. */
  public copy(map: object, origin: object): void {
    const place = this.#places.get(origin);
    if (place !== undefined) this.#places.set(map, place);
  }

  /** Records that `map` is `base` overridden by `over`. */
  public merge(map: object, base: object, over: object): void {
    const place = this.#places.get(base) ?? this.#places.get(over);
    if (place !== undefined) this.#places.set(map, { ...place, merged: { base, over } });
  }

  /** Path of the file that contains `map`, or that provides the value of a key. */
  public fileOf(map: object, path?: KeyPath): string | undefined {
    const origin = path === undefined ? map : this.#origin(map, path)[0];
    return this.#places.get(origin)?.file.path;
  }

  /** Location of `map`, of a key in it, or of an item in the list below the key. */
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

  /** Whether the value of `key` exists only for aliases: it or all values in it have an anchor. */
  public isAnchor(map: object, key: string): boolean {
    const place = this.#places.get(map);
    return (
      place !== undefined && place.at === undefined && isAnchored(this.#pair(place, key)?.value)
    );
  }

  /** The source map that provides the value of a key. */
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

/** The last pair of a map with the key, or that of a merged map. */
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
  const document = parseDocument(text, PARSE);
  const [slip] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0]);
  if (slip === undefined) return { root: nodesOf(document) };
  return { slip: { offset: slip.pos[0], ...explainSlip(text, slip) } };
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
    return UTF_8.decode(readFileSync(path));
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

function startOf(node: unknown): number {
  return (node as Node | ParsedNode | null)?.range?.[0] ?? 0;
}
