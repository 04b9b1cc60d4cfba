import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { isSettings, type Setting } from "@jobstrata/core/model";
import { pairsOf } from "../yaml-nodes";

/** A YAML file with its syntax tree and positions. */
export interface YamlFile {
  readonly text: string;
  readonly document: Document.Parsed;
  readonly newline: string;
}

/** Parses a file; undefined if it is not valid YAML. */
export function parseYaml(text: string): YamlFile | undefined {
  const document = parseDocument(text, {
    version: "1.2",
    merge: false,
    uniqueKeys: false,
    logLevel: "error",
  });
  if (document.errors.length > 0) return undefined;
  return { text, document, newline: text.includes("\r\n") ? "\r\n" : "\n" };
}

/** A setting of a block-style map: whole lines, except for the text before the first setting of a list item. */
export interface Segment {
  readonly name: string;
  readonly value: unknown;
  /** Start of the comments and empty lines before it. */
  readonly gapStart: number;
  /** Start of its first line, or of its key after a `-`. */
  readonly start: number;
  readonly keyStart: number;
  /** After its last line break. */
  readonly end: number;
}

/** An item of a block-style list. */
export interface Item {
  readonly node: unknown;
  /** Start of the comments and empty lines before it. */
  readonly gapStart: number;
  readonly start: number;
  readonly end: number;
}

/** The value of a key; the last one if there are several. */
export function valueOf(node: unknown, name: string): unknown {
  return pairsOf(node).findLast(({ key }) => String(key.value) === name)?.value;
}

/** The settings of a map; undefined if it is not block-style with each key on its own line. */
export function segmentsOf(file: YamlFile, node: unknown): readonly Segment[] | undefined {
  if (!isBlock(node) || !isMap(node)) return undefined;
  const segments: Segment[] = [];
  for (const pair of node.items) {
    const { key, value } = pair;
    if (!isScalar(key) || !key.range) return undefined;
    const [keyStart] = key.range;
    const lineStart = lineStartOf(file, keyStart);
    const isFirst = segments.length === 0;
    const isOwnLine = file.text.slice(lineStart, keyStart).trim() === "";
    if (!isFirst && !isOwnLine) return undefined;
    const start = isOwnLine ? lineStart : keyStart;
    segments.push({
      name: String(key.value),
      value,
      gapStart: segments.at(-1)?.end ?? start,
      start,
      keyStart,
      end: lineEndOf(file, contentEnd(value, key.range[1])),
    });
  }
  return segments.length === 0 ? undefined : segments;
}

/**
 * The items of a list; undefined if it is not block-style.
 *
 * @param after where the list's key ends
 */
export function itemsOf(
  file: YamlFile,
  node: unknown,
  after?: number,
): readonly Item[] | undefined {
  if (!isBlock(node) || !isSeq(node)) return undefined;
  const items: Item[] = [];
  for (const item of node.items) {
    const range = (item as { range?: readonly number[] } | null)?.range;
    const from = range?.[0];
    if (from === undefined) return undefined;
    const dash = file.text.lastIndexOf("-", from);
    const start = lineStartOf(file, dash);
    if (file.text.slice(start, dash).trim() !== "") return undefined;
    const gapStart = items.at(-1)?.end ?? (after === undefined ? start : lineEndOf(file, after));
    items.push({ node: item, gapStart, start, end: lineEndOf(file, contentEnd(item, from)) });
  }
  return items;
}

/** Comments before a setting or an item, each on its own line. */
export function commentsBefore(
  file: YamlFile,
  { gapStart, start }: Pick<Item, "gapStart" | "start">,
): string {
  return file.text
    .slice(gapStart, start)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.replace(/\r$/, "") + file.newline)
    .join("");
}

/** The text before a position in its line, with other characters replaced by blanks. */
export function columnOf(file: YamlFile, at: number): number {
  return at - lineStartOf(file, at);
}

function isBlock(node: unknown): node is YAMLMap | YAMLSeq {
  return (isMap(node) || isSeq(node)) && node.flow !== true;
}

/** The end of a node's text without the comments after it. */
function contentEnd(node: unknown, otherwise: number): number {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    if (last === undefined) return otherwise;
    const key = isScalar(last.key) ? (last.key.range?.[1] ?? otherwise) : otherwise;
    return contentEnd(last.value, key);
  }
  if (isSeq(node) && node.flow !== true) {
    const last = node.items.at(-1);
    const from = (last as { range?: readonly number[] } | null | undefined)?.range?.[0];
    return contentEnd(last, from ?? otherwise);
  }
  const range = (node as { range?: readonly number[] } | null | undefined)?.range;
  return Math.max(range?.[1] ?? otherwise, otherwise);
}

function lineStartOf({ text }: YamlFile, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** After the line break of the line; a block scalar includes its own. */
function lineEndOf({ text }: YamlFile, at: number): number {
  if (text[at - 1] === "\n") return at;
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}

/** A node's value with aliases and merged maps expanded; references such as `${var.x}` stay. */
export function rawOf(file: YamlFile, node: unknown): Setting {
  const at = isAlias(node) ? node.resolve(file.document) : node;
  if (isSeq(at)) return at.items.map((item) => rawOf(file, item));
  if (isScalar(at)) {
    const { value } = at;
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? value
      : value === null || value === undefined
        ? null
        : (at.source ?? "");
  }
  if (!isMap(at)) return null;
  const merged: Record<string, Setting> = {};
  const own: Record<string, Setting> = {};
  for (const { key, value } of pairsOf(at)) {
    const name = String(key.value);
    if (name !== "<<") own[name] = rawOf(file, value);
    else
      for (const other of isSeq(value) ? value.items : [value]) {
        const map = rawOf(file, other);
        if (isSettings(map)) Object.assign(merged, map);
      }
  }
  return { ...merged, ...own };
}

/** The value at a path of a raw value. */
export function rawAt(
  value: Setting | undefined,
  path: readonly (string | number)[],
): Setting | undefined {
  let at = value;
  for (const part of path) {
    if (Array.isArray(at)) at = (at as readonly Setting[])[Number(part)];
    else if (isSettings(at)) at = at[part];
    else return undefined;
  }
  return at;
}

/** A raw value with the value at a path replaced. */
export function withRawAt(
  value: Setting | undefined,
  [name, ...rest]: readonly (string | number)[],
  other: Setting,
): Setting {
  if (name === undefined) return other;
  if (Array.isArray(value))
    return (value as readonly Setting[]).map((item, at) =>
      at === Number(name) ? withRawAt(item, rest, other) : item,
    );
  const map = isSettings(value) ? value : {};
  return { ...map, [name]: withRawAt(map[name], rest, other) };
}

/** The node at a path; undefined if an alias or a merge leads there. */
export function nodeAt(node: unknown, path: readonly (string | number)[]): unknown {
  let at = node;
  for (const part of path) {
    if (isAlias(at)) return undefined;
    at = isSeq(at) ? at.items[Number(part)] : valueOf(at, String(part));
  }
  return isAlias(at) ? undefined : at;
}
