import {
  type Event,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from "js-yaml";
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";

import { isObject } from "../../model/json";

export type ScalarValue = string | number | boolean | null;
export type Value = ScalarValue | undefined | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

export function isValueMap(value: Value): value is ValueMap {
  return isObject(value);
}

/** A node of a YAML text. `start` is where it begins; anchor and tag are not part of it. */
export type YamlNode = { readonly start: number; readonly anchor?: string } & (
  | { readonly kind: "scalar"; readonly value: ScalarValue; readonly isPlain: boolean }
  | { readonly kind: "list"; readonly items: readonly YamlNode[] }
  | { readonly kind: "map"; readonly pairs: readonly YamlPair[] }
  | { readonly kind: "alias"; readonly name: string }
);

/** What stands for a value where there is none. */
const EMPTY = { start: 0, kind: "scalar", value: null, isPlain: true } as const;

export interface YamlPair {
  readonly key: YamlNode;
  readonly value: YamlNode;
}

/**
 * The nodes of a text, from the events of a parser that is many times as fast as one that makes documents.
 *
 * @returns the root, which a text without a value lacks; nothing at all for what this parser refuses: what is not YAML, several
 *   documents, an empty key, and a bracket that is closed at the indentation of its key, which the Databricks CLI takes
 */
export function parseNodes(text: string): { readonly root: YamlNode | undefined } | undefined {
  try {
    return { root: new EventReader(text).read() };
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
  }
}

/** An event that begins a node. */
type NodeEvent = Exclude<
  Event,
  { readonly type: typeof EVENT_ID.DOCUMENT } | { readonly type: typeof EVENT_ID.POP }
>;

class EventReader {
  readonly #text: string;
  readonly #events: readonly Event[];
  /** The first event is that of the document. */
  #next = 1;

  public constructor(text: string) {
    this.#text = text;
    // Who makes values of the nodes limits their depth.
    this.#events = parseEvents(text, { maxDepth: Infinity });
  }

  public read(): YamlNode | undefined {
    if (this.#events.length === 0 || this.#ends()) return undefined;
    const node = this.#node();
    // One event closes the document.
    if (this.#events.length > this.#next + 1) throw new YAMLException("several documents");
    return node;
  }

  #node(): YamlNode {
    const event = this.#events[this.#next++];
    if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP)
      throw new Error("the events of the YAML parser are not those of a tree");
    if (event.type === EVENT_ID.ALIAS)
      return { start: event.anchorStart - 1, kind: "alias", name: this.#anchor(event) };
    const node =
      event.type === EVENT_ID.SCALAR
        ? this.#scalar(event)
        : event.type === EVENT_ID.SEQUENCE
          ? this.#list(event.start)
          : this.#map(event.start);
    return event.anchorStart === -1 ? node : { ...node, anchor: this.#anchor(event) };
  }

  #anchor({ anchorStart, anchorEnd }: NodeEvent): string {
    return this.#text.slice(anchorStart, anchorEnd);
  }

  /** Whether the list or map ends here. */
  #ends(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_ID.POP) return false;
    this.#next++;
    return true;
  }

  #list(start: number): YamlNode {
    const items: YamlNode[] = [];
    while (!this.#ends()) items.push(this.#node());
    return { start, kind: "list", items };
  }

  #map(start: number): YamlNode {
    const pairs: YamlPair[] = [];
    while (!this.#ends()) {
      const key = this.#events[this.#next];
      if (key?.type === EVENT_ID.SCALAR && key.valueStart === -1)
        throw new YAMLException("a key is empty");
      pairs.push({ key: this.#node(), value: this.#node() });
    }
    return { start, kind: "map", pairs };
  }

  #scalar(event: ScalarEvent): YamlNode {
    const { style, valueStart, tagStart, tagEnd } = event;
    const isPlain = style === SCALAR_STYLE.PLAIN;
    if (valueStart === -1) return EMPTY;
    const text = getScalarValue(this.#text, event);
    const tag = tagStart === -1 ? undefined : this.#text.slice(tagStart, tagEnd);
    const isTyped = tag === undefined ? isPlain : TYPED.test(tag);
    const isQuoted = style === SCALAR_STYLE.DOUBLE_QUOTED || style === SCALAR_STYLE.SINGLE_QUOTED;
    return {
      start: isQuoted ? valueStart - 1 : valueStart,
      kind: "scalar",
      value: isTyped ? plainValue(text) : text,
      isPlain,
    };
  }
}

/** The nodes of a document. */
export function nodesOf({ contents }: Document): YamlNode | undefined {
  return contents === null ? undefined : nodeOf(contents);
}

function nodeOf(node: unknown): YamlNode {
  const start = (node as Node | null)?.range?.[0] ?? 0;
  if (isAlias(node)) return { start, kind: "alias", name: node.source };
  const name = (node as { readonly anchor?: string } | null)?.anchor;
  const anchor = name === undefined ? {} : { anchor: name };
  if (isSeq(node)) return { start, ...anchor, kind: "list", items: node.items.map(nodeOf) };
  if (isMap(node)) {
    const pairs = node.items.map(({ key, value }) => ({ key: nodeOf(key), value: nodeOf(value) }));
    return { start, ...anchor, kind: "map", pairs };
  }
  if (!isScalar(node) || (node.type === "PLAIN" && node.source === ""))
    return { ...anchor, ...EMPTY };
  return { start, ...anchor, kind: "scalar", value: valueOf(node), isPlain: node.type === "PLAIN" };
}

function valueOf({ value, source, type, tag }: Scalar): ScalarValue {
  if (type === "PLAIN" && source !== undefined && tag === undefined) return plainValue(source);
  return typeof value === "bigint" ? String(value) : (value as ScalarValue);
}

/** Tags that ask for what a plain text would be. */
const TYPED = /^!!(?:int|float|bool|null)$/;

const CONSTANTS: Readonly<Record<string, ScalarValue>> = Object.assign(
  Object.create(null) as Record<string, ScalarValue>,
  Object.fromEntries([
    ...["", "~", "null", "Null", "NULL"].map((text) => [text, null]),
    ...["true", "True", "TRUE"].map((text) => [text, true]),
    ...["false", "False", "FALSE"].map((text) => [text, false]),
    ...[".inf", ".Inf", ".INF"].flatMap((text) => [
      [text, Infinity],
      [`+${text}`, Infinity],
      [`-${text}`, -Infinity],
    ]),
    ...[".nan", ".NaN", ".NAN"].map((text) => [text, NaN]),
  ]) as Record<string, ScalarValue>,
);
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/** An integer as the Databricks CLI reads one: `1_000`, `0b11`, `0o17` and `0x1f` are some, `017` is 17. */
const INTEGER =
  /^([+-]?)(\d+|[1-9]\d*(?:_\d+)+|0b_?[01]+(?:_[01]+)*|0o_?[0-7]+(?:_[0-7]+)*|0x_?[\da-f]+(?:_[\da-f]+)*)$/i;

/** What a text without quotes means, by the core schema of YAML 1.2. */
function plainValue(text: string): ScalarValue {
  const constant = CONSTANTS[text];
  if (constant !== undefined) return constant;
  // Most are words.
  if (!/^[-+.\d]/.test(text)) return text;
  return integerOf(text) ?? (FLOAT.test(text) ? Number(text) : text);
}

/** The value of an integer; as its decimal digits where no number holds it, as an id that is rounded is that of another job. */
function integerOf(source: string): number | string | undefined {
  const [, sign, written] = INTEGER.exec(source) ?? [];
  if (written === undefined) return undefined;
  const size = BigInt(written.toLowerCase().replaceAll("_", ""));
  const value = sign === "-" ? -size : size;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
