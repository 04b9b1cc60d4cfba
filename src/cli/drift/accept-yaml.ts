import { isDeepStrictEqual } from "node:util";
import {
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Pair,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { isObject, isSettings, JOB_SCHEMA, type Setting, type Shape } from "@jobstrata/core/model";
import { apply, mapAt, parseYaml, type Replacement } from "../check/yaml-edit";
import { rawLines, scalarText } from "../split/yaml-lines";
import { offsetOf, pairsOf } from "../yaml-nodes";
import { fieldShape } from "./settings-walk";

/** A job setting to write into YAML. */
interface AcceptedSetting {
  /** Position of the job's key, 1-based. */
  readonly line: number;
  readonly column: number;
  /** Field names of the Jobs API, and keys of list items. */
  readonly path: readonly string[];
  /** Removes the setting if it is undefined. */
  readonly value: Setting | undefined;
}

/** The reason why a setting cannot be written. */
export class NotWritten {
  public constructor(public readonly why: string) {}
}

/**
 * Returns a file's text with one setting changed. Everything else stays byte for byte the same, including comments.
 */
export function withSetting(text: string, setting: AcceptedSetting): string | NotWritten {
  const document = parseYaml(text);
  const root = document?.contents as ParsedNode | null | undefined;
  if (document === undefined || root === undefined || root === null)
    return new NotWritten("the file is not YAML");
  const found = mapAt(root, offsetOf(text, setting.line, setting.column), []);
  if (found === undefined) return new NotWritten("its job is not a mapping in the file");
  const place = placeOf(found.map, setting.path);
  if (place instanceof NotWritten) return place;
  const replacement = change(text, place, setting.value);
  if (replacement instanceof NotWritten) return replacement;
  const after = apply(text, [replacement]);
  if (losesComments(text, after, replacement, setting.value === undefined))
    return new NotWritten("its comments would be lost");
  // `pruned` also copies values shared by aliases, so that `set` changes only one of them.
  const read = (of: typeof document | undefined): unknown =>
    pruned(of?.toJS({ maxAliasCount: 1000 }));
  const expected = read(document);
  set(jobIn(expected, found.path), setting.path, setting.value);
  return isDeepStrictEqual(read(parseYaml(after)), pruned(expected))
    ? after
    : new NotWritten("other parts of the file would change, too");
}

/** Whether comments would be lost. Removing a one-line setting may remove its own comment. */
function losesComments(
  before: string,
  after: string,
  { from, to }: Replacement,
  isRemoved: boolean,
): boolean {
  const isLine = isRemoved && !before.slice(from, to).trimEnd().includes("\n");
  return commentsIn(before) - commentsIn(after) > (isLine ? 1 : 0);
}

function commentsIn(text: string): number {
  let count = 0;
  let isText = false;
  for (const token of new Lexer().lex(text)) {
    if (!isText && token.startsWith("#")) count++;
    // Marks the next token as the text of a scalar.
    isText = token === "\u001f";
  }
  return count;
}

/** The map that has or will get the setting. */
interface Place {
  readonly map: YAMLMap;
  /** Enclosing maps, outermost first, each with the pair that leads to the next one. */
  readonly above: readonly { readonly map: YAMLMap; readonly pair: Pair }[];
  /** Names that are still missing; the last one is the setting. */
  readonly rest: readonly string[];
  readonly pair?: Pair;
  /** Schema of the setting, or of the first missing name. */
  readonly shape: Shape | undefined;
}

const ITEMS_BY_HAND = "whole items of lists are added and removed by hand";

/** Whether a path leads into a list item. */
function leadsIntoList(start: Shape | undefined, path: readonly string[]): boolean {
  let shape = start;
  return path.slice(0, -1).some((name) => {
    shape = fieldShape(shape, name);
    return shape?.kind === "list";
  });
}

function placeOf(job: YAMLMap, path: readonly string[]): Place | NotWritten {
  let map = job;
  let shape: Shape | undefined = JOB_SCHEMA;
  const above: { map: YAMLMap; pair: Pair }[] = [];
  for (let at = 0; at < path.length; at++) {
    const name = path[at] ?? "";
    if (map.anchor !== undefined) return new NotWritten("an anchor shares it with other settings");
    const pair = pairsOf(map).find(({ key }) => key.value === name);
    const inner = fieldShape(shape, name);
    if (pair === undefined) {
      if (pairsOf(map).some(({ key }) => key.value === "<<"))
        return new NotWritten("a merge key may define it");
      if (leadsIntoList(shape, path.slice(at))) return new NotWritten(ITEMS_BY_HAND);
      return { map, above, rest: path.slice(at), shape: inner };
    }
    const { value } = pair;
    if (at === path.length - 1) return { map, above, rest: [name], pair, shape: inner };
    if (isSeq(value) && inner?.kind === "list" && inner.key !== undefined) {
      if (value.anchor !== undefined)
        return new NotWritten("an anchor shares it with other settings");
      const { key } = inner;
      const id = path[++at] ?? "";
      const item = value.items.find((each) => isMap(each) && String(each.get(key)) === id);
      if (!isMap(item) || at === path.length - 1) return new NotWritten(ITEMS_BY_HAND);
      above.push({ map, pair });
      map = item;
      shape = inner.of;
      continue;
    }
    if (!isMap(value)) return new NotWritten("its parent is not a mapping in the file");
    above.push({ map, pair });
    map = value;
    shape = inner;
  }
  return new NotWritten("it has no name");
}

function change(text: string, place: Place, value: Setting | undefined): Replacement | NotWritten {
  const { map, pair, rest } = place;
  if (pair !== undefined)
    return value === undefined ? removed(text, place) : replaced(text, pair, value);
  if (value === undefined) return new NotWritten("the file does not have it");
  const nested = rest.slice(1).reduceRight<Setting>((inner, name) => ({ [name]: inner }), value);
  return inserted(text, map, rest[0] ?? "", nested);
}

function replaced(text: string, { key, value }: Pair, live: Setting): Replacement | NotWritten {
  const range = (value as ParsedNode | null)?.range;
  const keyRange = isScalar(key) ? key.range : undefined;
  if (range === undefined || !keyRange) return new NotWritten("it has no value in the file");
  const [from, end] = range;
  const old = text.slice(from, end);
  if (old.includes("${"))
    return new NotWritten(`the file has ${old.trim()}, which may be used elsewhere`);
  if ((value as ParsedNode).anchor !== undefined)
    return new NotWritten("an anchor shares it with other settings");
  const isInline = isScalar(value) || (value as { flow?: boolean }).flow === true;
  // The range of a multi-line value includes its last line break.
  const to = from + old.trimEnd().length;
  if (isInline && !isScalar(value)) return { from, to, text: inline(live) };
  if (isScalar(value) && !isObject(live) && !Array.isArray(live)) {
    const quoted = value.type === "QUOTE_DOUBLE" || value.type === "QUOTE_SINGLE";
    const written = typeof live === "string" && quoted ? JSON.stringify(live) : inline(live);
    if (value.type?.startsWith("BLOCK_") === true) return new NotWritten("it is a multi-line text");
    return { from, to, text: from === keyRange[1] + 1 && from === end ? ` ${written}` : written };
  }
  const items =
    isSeq(value) && Array.isArray(live)
      ? withItems(text, keyRange[1], value, live as readonly Setting[])
      : undefined;
  if (items !== undefined) return items;
  const indent = columnOf(text, keyRange[0]);
  return {
    from: keyRange[0],
    to,
    text: block(text, String((key as { value: unknown }).value), live, indent),
  };
}

/**
 * Replaces single items of a list in block style. Items that stay keep their text, and the comments above and beside them.
 *
 * @param keyEnd where the key of the list ends
 * @returns undefined if no item stays, or the list has another style
 */
function withItems(
  text: string,
  keyEnd: number,
  { items }: YAMLSeq,
  live: readonly Setting[],
): Replacement | undefined {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const from = text.indexOf("\n", keyEnd) + 1;
  const old: { readonly value: unknown; readonly text: string }[] = [];
  let at = from;
  let start = "";
  for (const item of items as (ParsedNode | null)[]) {
    const [begin, end] = item?.range ?? [0, 0];
    const line = text.lastIndexOf("\n", begin) + 1;
    start = text.slice(line, begin);
    if (!/^ *- +$/.test(start) || line < at) return undefined;
    const lineEnd = text.indexOf("\n", begin + text.slice(begin, end).trimEnd().length);
    const next = lineEnd < 0 ? text.length : lineEnd + 1;
    old.push({ value: item?.toJSON(), text: text.slice(at, next) });
    at = next;
  }
  if (old.length === 0 || live.length === 0) return undefined;
  const kept = commonItems(
    old.map(({ value }) => value),
    live,
  );
  if (kept.size === 0) return undefined;
  const lines = live.map((value, place) => {
    const same = kept.get(place);
    const own = same === undefined ? `${start}${inline(value)}` : (old[same]?.text ?? "");
    return own.replace(/\r?\n$/, "");
  });
  const isLast = !text.slice(from, at).endsWith("\n");
  return { from, to: at, text: `${lines.join(newline)}${isLast ? "" : newline}` };
}

/** The longest common part of two lists: places in the second one, with those in the first. */
function commonItems(old: readonly unknown[], now: readonly unknown[]): Map<number, number> {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  const length = (a: number, b: number): number => lengths[a]?.[b] ?? 0;
  const isSame = (a: number, b: number): boolean => isDeepStrictEqual(old[a], now[b]);
  for (let a = old.length - 1; a >= 0; a--)
    for (let b = now.length - 1; b >= 0; b--) {
      const row = lengths[a];
      if (row !== undefined)
        row[b] = isSame(a, b)
          ? length(a + 1, b + 1) + 1
          : Math.max(length(a + 1, b), length(a, b + 1));
    }
  const common = new Map<number, number>();
  for (let a = 0, b = 0; a < old.length && b < now.length;) {
    if (isSame(a, b)) common.set(b++, a++);
    else if (length(a + 1, b) >= length(a, b + 1)) a++;
    else b++;
  }
  return common;
}

function inserted(
  text: string,
  map: YAMLMap,
  name: string,
  live: Setting,
): Replacement | NotWritten {
  const pairs = pairsOf(map);
  const last = pairs.at(-1);
  const [first] = pairs;
  if (!first?.key.range || last === undefined) return new NotWritten("its parent is empty");
  const end = (last.value as ParsedNode | null)?.range[1] ?? last.key.range?.[1] ?? 0;
  if (map.flow === true) return { from: end, to: end, text: `, ${name}: ${inline(live)}` };
  const start = text.lastIndexOf("\n", first.key.range[0] - 1) + 1;
  if (text.slice(start, first.key.range[0]).includes("\t"))
    return new NotWritten("it is indented with tabs");
  const indent = columnOf(text, first.key.range[0]);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  // Insert after the last value's line and its comment.
  const stop = text.slice(0, end).trimEnd().length;
  const lineEnd = text.indexOf("\n", stop);
  const at = lineEnd < 0 ? text.length : lineEnd + 1;
  const before = lineEnd < 0 ? newline : "";
  const written = " ".repeat(indent) + block(text, name, live, indent);
  return { from: at, to: at, text: before + written + newline };
}

function removed(text: string, { map, pair, above }: Place): Replacement | NotWritten {
  let holder = map;
  let gone = pair;
  // Also remove blocks that would be empty.
  for (const outer of [...above].reverse()) {
    if (holder.items.length > 1) break;
    if (isSeq(outer.pair.value)) return new NotWritten("its list item would become empty");
    holder = outer.map;
    gone = outer.pair;
  }
  const keyRange = isScalar(gone?.key) ? gone.key.range : undefined;
  const end = (gone?.value as ParsedNode | null | undefined)?.range[1] ?? keyRange?.[1];
  if (!keyRange || end === undefined) return new NotWritten("it has no value in the file");
  if (text.slice(keyRange[0], end).includes("&"))
    return new NotWritten("an anchor may share it with other settings");
  if (holder.flow === true) {
    const rest = /^\s*,\s*/.exec(text.slice(end));
    if (rest !== null) return { from: keyRange[0], to: end + rest[0].length, text: "" };
    const before = /,\s*$/.exec(text.slice(0, keyRange[0]));
    return { from: keyRange[0] - (before?.[0].length ?? 0), to: end, text: "" };
  }
  const start = text.lastIndexOf("\n", keyRange[0] - 1) + 1;
  // An item's first key follows the dash.
  if (text.slice(start, keyRange[0]).trim() !== "")
    return new NotWritten("it begins an item of a list");
  const stop = text.slice(0, end).trimEnd().length;
  const lineEnd = text.indexOf("\n", Math.max(stop, keyRange[1]));
  return { from: start, to: lineEnd < 0 ? text.length : lineEnd + 1, text: "" };
}

const columnOf = (text: string, at: number): number => at - (text.lastIndexOf("\n", at - 1) + 1);

/** A value on one line. */
function inline(value: Setting): string {
  if (typeof value === "string") return scalarText(value);
  if (Array.isArray(value)) return `[${(value as readonly Setting[]).map(inline).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).map(
    ([name, each]) => `${scalarText(name)}: ${inline(each)}`,
  );
  return `{ ${entries.join(", ")} }`;
}

/** A pair in block style, without the first line's indentation and the last line break. */
function block(text: string, name: string, value: Setting, indent: number): string {
  if (!isSettings(value) && !Array.isArray(value)) return `${scalarText(name)}: ${inline(value)}`;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = rawLines({ newline } as Parameters<typeof rawLines>[0], { [name]: value }, indent);
  return lines.trimStart().trimEnd();
}

function jobIn(document: unknown, path: readonly (string | number)[]): Record<string, unknown> {
  return path.reduce<unknown>(
    (value, name) => (value as Record<string | number, unknown>)[name],
    document,
  ) as Record<string, unknown>;
}

function set(job: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let holder = job;
  let shape: Shape | undefined = JOB_SCHEMA;
  for (let at = 0; at < path.length - 1; at++) {
    const name = path[at] ?? "";
    const inner = fieldShape(shape, name);
    holder[name] ??= {};
    if (Array.isArray(holder[name]) && inner?.kind === "list") {
      const { key = "" } = inner;
      const id = path[++at] ?? "";
      const items = holder[name] as Record<string, unknown>[];
      holder = items.find((item) => String(item[key]) === id) ?? {};
      shape = inner.of;
      continue;
    }
    holder = holder[name] as Record<string, unknown>;
    shape = inner;
  }
  const last = path.at(-1) ?? "";
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = value;
}

/** Removes empty blocks, such as those left by a removal. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([name, each]) => [name, pruned(each)] as const);
  return Object.fromEntries(
    entries.filter(([, each]) => !(isObject(each) && Object.keys(each).length === 0)),
  );
}
