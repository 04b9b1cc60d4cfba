import {
  type Event,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from "js-yaml";

import { isObject } from "../../model/json";

export type ScalarValue = string | number | boolean | null;
export type Value = ScalarValue | undefined | readonly Value[] | ValueMap;
export interface ValueMap {
  readonly [key: string]: Value;
}

export function isValueMap(value: Value): value is ValueMap {
  return isObject(value);
}

/** A YAML node. `start` is the offset of its value, after anchor and tag. */
export type YamlNode = { readonly start: number; readonly anchor?: string } & (
  | { readonly kind: "scalar"; readonly value: ScalarValue; readonly isPlain: boolean }
  | { readonly kind: "list"; readonly items: readonly YamlNode[] }
  | { readonly kind: "map"; readonly pairs: readonly YamlPair[] }
  | { readonly kind: "alias"; readonly name: string }
);

/** Node for a missing value. */
export const EMPTY_NODE = { start: 0, kind: "scalar", value: null, isPlain: true } as const;

export interface YamlPair {
  readonly key: YamlNode;
  readonly value: YamlNode;
}

/**
 * Parses text to nodes with an event parser, which is many times as fast as a document parser.
 *
 * @returns the root, undefined for a text without a value. No object if this parser rejects the text: invalid YAML,
 *   several documents, an empty key, or a bracket closed at its key's indentation, which the Databricks CLI accepts
 */
export function parseNodes(text: string): { readonly root: YamlNode | undefined } | undefined {
  try {
    return { root: new EventReader(text).read() };
  } catch (error) {
    if (error instanceof YAMLException) return undefined;
    throw error;
  }
}

/** An event that starts a node. */
type NodeEvent = Exclude<
  Event,
  { readonly type: typeof EVENT_ID.DOCUMENT } | { readonly type: typeof EVENT_ID.POP }
>;

class EventReader {
  readonly #text: string;
  readonly #events: readonly Event[];
  /** Skips the first event, which starts the document. */
  #next = 1;

  public constructor(text: string) {
    this.#text = text;
    // The converter to values limits the depth.
    this.#events = parseEvents(text, { maxDepth: Infinity });
  }

  public read(): YamlNode | undefined {
    if (this.#events.length === 0 || this.#ends()) return undefined;
    const node = this.#node();
    // The last event closes the document.
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

  /** Consumes the end of a list or map, if it is next. */
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
    if (valueStart === -1) return EMPTY_NODE;
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

/** Tags that resolve like plain scalars. */
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

/** Integers in the Databricks CLI's syntax: `1_000`, `0b11`, `0o17` and `0x1f` are integers, and `017` is 17. */
const INTEGER =
  /^([+-]?)(\d+|[1-9]\d*(?:_\d+)+|0b_?[01]+(?:_[01]+)*|0o_?[0-7]+(?:_[0-7]+)*|0x_?[\da-f]+(?:_[\da-f]+)*)$/i;

/** The value of an unquoted scalar in the YAML 1.2 core schema. */
export function plainValue(text: string): ScalarValue {
  const constant = CONSTANTS[text];
  if (constant !== undefined) return constant;
  // Fast path: most scalars are words.
  if (!/^[-+.\d]/.test(text)) return text;
  return integerOf(text) ?? (FLOAT.test(text) ? Number(text) : text);
}

/** The value of an integer, as decimal digits if a number cannot represent it: a rounded id could refer to another job. */
function integerOf(source: string): number | string | undefined {
  const [, sign, written] = INTEGER.exec(source) ?? [];
  if (written === undefined) return undefined;
  const size = BigInt(written.toLowerCase().replaceAll("_", ""));
  const value = sign === "-" ? -size : size;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
