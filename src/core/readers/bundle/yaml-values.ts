import { isDeepStrictEqual } from "node:util";
import { printable, quote } from "../../model/text";
import type { ReadProblem } from "../reading";
import { plainMap } from "./plain-map";
import { isValueMap, type Value, type ValueMap, type YamlNode, type YamlPair } from "./yaml-nodes";
import { locationAt, type YamlText } from "./yaml-text";

const MAX_DEPTH = 100;
/** Maximum values of a file, with aliases expanded. */
const MAX_VALUES = 1_000_000;

/** Valid YAML with unsupported content. */
export class Refused extends Error {
  public constructor(
    message: string,
    public readonly offset: number,
  ) {
    super(message);
  }
}

/** Converts the nodes of a file to plain values, and records the locations of maps: their keys or starts. */
export class YamlValues {
  /** Problems that do not prevent reading the rest. */
  public readonly problems: ReadProblem[] = [];
  readonly #anchors = new Map<string, { value: Value; size: number }>();
  readonly #file: YamlText;
  readonly #wrote: (map: object, offset: number) => void;
  #size = 0;

  /** @param wrote called for each map with its offset */
  public constructor(file: YamlText, wrote: (map: object, offset: number) => void) {
    this.#file = file;
    this.#wrote = wrote;
  }

  /** Number of converted values. */
  public get size(): number {
    return this.#size;
  }

  /** @throws {Refused} for unsupported content */
  public convert(node: YamlNode, depth = 0, at = node.start): Value {
    if (depth > MAX_DEPTH) throw new Refused(`values nest deeper than ${MAX_DEPTH}`, at);
    if (++this.#size > MAX_VALUES)
      throw new Refused(`there are more than ${MAX_VALUES} values, aliases written out`, at);
    if (node.kind === "alias") {
      const anchor = this.#anchors.get(node.name);
      if (anchor === undefined) throw new Refused(`alias ${quote(node.name)} has no anchor`, at);
      this.#size += anchor.size;
      return anchor.value;
    }
    const before = this.#size;
    const value = this.#plain(node, depth, at);
    if (node.anchor !== undefined)
      this.#anchors.set(node.anchor, { value, size: this.#size - before });
    return value;
  }

  #plain(node: Exclude<YamlNode, { kind: "alias" }>, depth: number, at: number): Value {
    switch (node.kind) {
      case "scalar":
        return node.value;
      case "list":
        return node.items.map((item) => this.convert(item, depth + 1));
      case "map":
        return this.#map(node.pairs, depth, at);
    }
  }

  #map(pairs: readonly YamlPair[], depth: number, at: number): ValueMap {
    const map = plainMap();
    let merged: readonly Value[] | undefined;
    for (const { key, value } of pairs) {
      const name = nameOf(key);
      const converted = this.convert(value, depth + 1, key.start);
      if (name === "<<" && key.kind === "scalar" && key.isPlain) {
        if (merged !== undefined)
          throw new Refused('key "<<" is written twice; merge a list of maps', key.start);
        merged = Array.isArray(converted) ? (converted as Value[]) : [converted];
        continue;
      }
      this.#checkKey(key);
      if (name in map) this.#reportTwice(name, pairs, key, isDeepStrictEqual(map[name], converted));
      map[name] = converted;
    }
    const whole = merged === undefined ? map : plainMap();
    for (const other of merged ?? []) {
      if (!isValueMap(other)) throw new Refused('"<<" merges a value that is not a map', at);
      // In the Databricks CLI, later maps override earlier ones.
      Object.assign(whole, other);
    }
    if (whole !== map) Object.assign(whole, map);
    this.#wrote(whole, at);
    return whole;
  }

  /** Reports a duplicate key. Only its last value counts. */
  #reportTwice(name: string, pairs: readonly YamlPair[], key: YamlNode, isSame: boolean): void {
    const same = pairs.map((pair) => pair.key).filter((each) => nameOf(each) === name);
    const earlier = same[same.indexOf(key) - 1];
    const { line } = locationAt({ file: this.#file, offset: earlier?.start ?? 0 });
    this.problems.push({
      rule: "duplicate-key",
      severity: isSame ? "warning" : "error",
      message: `key ${quote(name)} is already in line ${line ?? 0}${isSame ? ", with the same value" : "; only this value counts"}`,
      fix: isSame ? "remove one of the two" : "remove one of the two, or merge them",
      location: locationAt({ file: this.#file, offset: key.start }),
    });
  }

  /** Reports a key that the Databricks CLI rejects. */
  #checkKey(key: YamlNode): void {
    const isScalar = key.kind === "scalar";
    if (isScalar && (typeof key.value === "string" || key.value === null)) return;
    const name = isScalar ? printable(String(key.value)) : "";
    this.problems.push({
      rule: "job-schema",
      severity: "error",
      message: isScalar
        ? `key ${name} is a ${typeof key.value}, which the Databricks CLI refuses`
        : "a map or list is used as a key",
      fix: isScalar
        ? `quote it: "${name}"`
        : 'quote a value that begins with a brace: "{{job.id}}"',
      location: locationAt({ file: this.#file, offset: key.start }),
    });
  }
}

const nameOf = (key: YamlNode): string => (key.kind === "scalar" ? String(key.value) : "");
