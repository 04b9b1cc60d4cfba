import { isDeepStrictEqual } from "node:util";
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import type { ItemEdit, SettingEdit } from "@jobstrata/core/model";
import { offsetOf, pairsOf, type ScalarPair } from "../yaml-nodes";

/** A setting to change in a YAML file, in the map that begins at a position. */
type PlacedEdit = (SettingEdit | ItemEdit) & {
  /** 1-based, as in findings: the map's key, or the map itself in a list. */
  readonly line: number;
  readonly column: number;
};

/** A replaced range of characters. */
export interface Replacement {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

type Path = readonly (string | number)[];
type Node = ParsedNode | null;

/**
 * The text changes that make an edit, or that quote every tag and version written as a number or boolean. All other bytes of the
 * file stay the same.
 *
 * @returns undefined if the edit cannot be made there, for example inside an alias, or if the changed text would parse to
 *   anything but the intended value
 */
export function editYaml(text: string, edit: PlacedEdit): Replacement | undefined {
  const document = parseYaml(text);
  if (document === undefined) return undefined;
  const found = mapAt(document.contents as Node, offsetOf(text, edit.line, edit.column), []);
  if (found === undefined) return undefined;
  const change =
    "list" in edit
      ? appendTo(text, found.map, found.path, edit)
      : setIn(text, found.map, found.path, edit);
  if (change === undefined) return undefined;
  const before = document.toJS({ maxAliasCount: 1000 }) as unknown;
  const after = parseYaml(apply(text, [change.replacement]))?.toJS({
    maxAliasCount: 1000,
  }) as unknown;
  return isDeepStrictEqual(after, change.expected(before)) ? change.replacement : undefined;
}

/** Quotes strings of a job that YAML parses as numbers or booleans. The service reads both as the same string. */
export function quoteScalars(text: string): Replacement[] {
  const document = parseYaml(text);
  if (document === undefined) return [];
  const found: Replacement[] = [];
  const quoteIn = (node: unknown): void => {
    if (!isScalar(node) || node.type !== "PLAIN" || !node.range) return;
    if (typeof node.value !== "number" && typeof node.value !== "boolean") return;
    const [from, to] = node.range;
    // As a number, 1.0 would lose its zero.
    if (node.anchor === undefined && text.slice(from, to) === String(node.value))
      found.push({ from, to, text: JSON.stringify(String(node.value)) });
  };
  for (const job of jobsIn(document.contents as Node)) {
    for (const pair of pairsOf(valueOf(job, "tags"))) quoteIn(pair.value);
    for (const environment of itemsOf(valueOf(job, "environments"))) {
      const spec = valueOf(environment, "spec");
      for (const name of ["environment_version", "client"]) quoteIn(valueOf(spec, name));
    }
    for (const task of itemsOf(valueOf(job, "tasks")))
      for (const dependency of itemsOf(valueOf(task, "depends_on")))
        quoteIn(valueOf(dependency, "outcome"));
  }
  const after = parseYaml(apply(text, found))?.toJS({ maxAliasCount: 1000 }) as unknown;
  const before = document.toJS({ maxAliasCount: 1000 }) as unknown;
  return isDeepStrictEqual(asText(after), asText(before)) ? found : [];
}

/** Applies replacements, which must not overlap. */
export function apply(text: string, replacements: readonly Replacement[]): string {
  let result = "";
  let at = 0;
  // Insertions go before replacements at the same position.
  const ordered = [...replacements].sort((a, b) => a.from - b.from || a.to - b.to);
  for (const { from, to, text: other } of ordered) {
    result += text.slice(at, from) + other;
    at = to;
  }
  return result + text.slice(at);
}

export function parseYaml(text: string): Document | undefined {
  const document = parseDocument(text, {
    version: "1.2",
    merge: false,
    uniqueKeys: true,
    logLevel: "error",
  });
  return document.errors.length > 0 ? undefined : document;
}

/** The map at `offset`: its key or the map itself begins there. */
export function mapAt(
  node: Node,
  offset: number,
  path: Path,
): { readonly map: YAMLMap; readonly path: Path } | undefined {
  if (isMap(node)) {
    if (node.range[0] === offset && typeof path.at(-1) === "number") return { map: node, path };
    for (const pair of pairsOf(node)) {
      const name = String(pair.key.value);
      if (pair.key.range?.[0] === offset)
        return isMap(pair.value) ? { map: pair.value, path: [...path, name] } : undefined;
      const found = mapAt(pair.value as Node, offset, [...path, name]);
      if (found !== undefined) return found;
    }
  } else if (isSeq(node)) {
    for (const [at, item] of node.items.entries()) {
      const found = mapAt(item, offset, [...path, at]);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

interface Change {
  readonly replacement: Replacement;
  /** What the document must parse to after the change. */
  readonly expected: (before: unknown) => unknown;
}

function setIn(
  text: string,
  start: YAMLMap,
  startPath: Path,
  edit: SettingEdit,
): Change | undefined {
  let map = start;
  let path = startPath;
  for (const [at, part] of edit.path.entries()) {
    const isLast = at === edit.path.length - 1;
    if (typeof part !== "string") return undefined;
    const pair = pairsOf(map).find(({ key }) => key.value === part);
    const next = edit.path[at + 1];
    if (isLast) return setLast(text, map, path, part, pair, edit);
    if (pair === undefined) {
      const rest = edit.path.slice(at);
      return rest.every((name): name is string => typeof name === "string")
        ? insert(text, map, path, rest, edit.value)
        : undefined;
    }
    if (typeof next === "object" && isSeq(pair.value)) {
      const index = pair.value.items.findIndex((item) => scalarIn(item, next.key) === next.value);
      const item = pair.value.items[index];
      if (!isMap(item)) return undefined;
      return setIn(text, item, [...path, part, index], { ...edit, path: edit.path.slice(at + 2) });
    }
    if (!isMap(pair.value) || pair.value.anchor !== undefined) return undefined;
    map = pair.value;
    path = [...path, part];
  }
  return undefined;
}

function setLast(
  text: string,
  map: YAMLMap,
  path: Path,
  name: string,
  pair: ScalarPair | undefined,
  { value, instead }: SettingEdit,
): Change | undefined {
  const old = pairsOf(map).find(({ key }) => key.value === instead);
  if (pair === undefined && old === undefined) return insert(text, map, path, [name], value);
  if (pair !== undefined && old !== undefined) return undefined;
  const target = pair ?? old;
  const scalar = target?.value;
  if (!isScalar(scalar) || !scalar.range || !target?.key.range) return undefined;
  if (
    scalar.anchor !== undefined ||
    !["PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE"].includes(scalar.type ?? "")
  )
    return undefined;
  const [from, to] = scalar.range;
  const [keyFrom, keyTo] = target.key.range;
  const between = text.slice(keyTo, from);
  const written = from === to ? ` ${rendered(value, scalar)}` : rendered(value, scalar);
  return {
    replacement:
      pair === undefined
        ? { from: keyFrom, to, text: name + between + written }
        : { from, to, text: written },
    expected: (before) =>
      changed(before, path, (holder) => {
        const entries = Object.entries(holder).map(([key, was]) =>
          key === name || (pair === undefined && key === instead) ? [name, value] : [key, was],
        );
        return Object.fromEntries(entries) as Record<string, unknown>;
      }),
  };
}

/** Appends an item to a list in a map. */
function appendTo(
  text: string,
  map: YAMLMap,
  path: Path,
  { list, item }: ItemEdit,
): Change | undefined {
  const pairs = pairsOf(map);
  const [first] = pairs;
  // An alias or a merge shares this node with other places.
  if (!first?.key.range || pairs.some(({ key }) => key.value === "<<")) return undefined;
  if (map.anchor !== undefined) return undefined;
  const expected = (before: unknown): unknown =>
    changed(before, path, (holder) => ({
      ...holder,
      [list]: [...((holder[list] ?? []) as unknown[]), item],
    }));
  const entries = Object.entries(item).map(([key, value]) => `${key}: ${plain(value)}`);
  const flowItem = `{ ${entries.join(", ")} }`;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const known = pairs.find(({ key }) => key.value === list);
  if (known === undefined) {
    const at = first.key.range[0];
    if (map.flow === true)
      return { replacement: { from: at, to: at, text: `${list}: [${flowItem}], ` }, expected };
    const indent = indentAt(text, at);
    // After the item's first line, which names the task.
    const end = scalarEnd(text, first);
    if (indent === undefined || end === undefined) return undefined;
    const lines = [`${indent}${list}:`, `${indent}  - ${entries.join(`${newline}${indent}    `)}`];
    return {
      replacement: { from: end, to: end, text: newline + lines.join(newline) },
      expected,
    };
  }
  const { value } = known;
  if (!isSeq(value) || value.anchor !== undefined || !value.range) return undefined;
  const last = value.items.at(-1) as Node | undefined;
  if (value.flow === true) {
    const end = value.range[1] - 1;
    const from = last?.range[1] ?? end;
    const separator = last === undefined ? "" : ", ";
    return { replacement: { from, to: from, text: separator + flowItem }, expected };
  }
  if (!last?.range) return undefined;
  const start = text.lastIndexOf("-", last.range[0]);
  const indent = indentAt(text, start);
  if (indent === undefined) return undefined;
  const end = last.range[1];
  const added = `${indent}- ${entries.join(`${newline}${indent}  `)}`;
  const isLineEnd = text[end - 1] === "\n";
  return {
    replacement: {
      from: end,
      to: end,
      text: isLineEnd ? added + newline : newline + added,
    },
    expected,
  };
}

/** The indentation before a position, as blanks; undefined if it contains tabs. */
function indentAt(text: string, at: number): string | undefined {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  return text.slice(start, at).includes("\t") ? undefined : " ".repeat(at - start);
}

/** Keeps the original quotes; plain style only if the value stays a string. */
function rendered(value: string, { type }: Scalar): string {
  if (type === "QUOTE_SINGLE" && !value.includes("'")) return `'${value}'`;
  if (type === "QUOTE_DOUBLE") return JSON.stringify(value);
  return plain(value);
}

function plain(value: string): string {
  const isWord =
    /^[A-Za-z_][\w-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return isWord ? value : JSON.stringify(value);
}

function insert(
  text: string,
  map: YAMLMap,
  path: Path,
  names: readonly string[],
  value: string,
): Change | undefined {
  const pairs = pairsOf(map);
  const [first] = pairs;
  // An alias or a merge shares this node with other places.
  if (!first?.key.range || pairs.some(({ key }) => key.value === "<<")) return undefined;
  if (map.anchor !== undefined) return undefined;
  const expected = (before: unknown): unknown =>
    changed(before, path, (holder) => ({ ...holder, ...nested(names, value) }));
  const at = first.key.range[0];
  if (map.flow === true) {
    const flow = names.slice(1).reduceRight((inner, name) => `{ ${name}: ${inner} }`, plain(value));
    return {
      replacement: { from: at, to: at, text: `${names[0] ?? ""}: ${flow}, ` },
      expected,
    };
  }
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const indent = " ".repeat(at - lineStart);
  if (text.slice(lineStart, at).includes("\t")) return undefined;
  const lines = names.map((name, depth) => {
    const end = depth === names.length - 1 ? ` ${plain(value)}` : "";
    return `${indent}${"  ".repeat(depth)}${name}:${end}`;
  });
  // After the job's name rather than before it.
  const end = scalarEnd(text, first);
  if (end !== undefined && names[0] === "tags")
    return { replacement: { from: end, to: end, text: newline + lines.join(newline) }, expected };
  const block = lines.join(newline).slice(indent.length);
  return { replacement: { from: at, to: at, text: block + newline + indent }, expected };
}

/** Where the pair's line ends; undefined if its value spans several lines. */
function scalarEnd(text: string, { key, value }: ScalarPair): number | undefined {
  if (!isScalar(value) || !value.range || !key.range) return undefined;
  const found = /\r?\n/.exec(text.slice(value.range[1]));
  const end = value.range[1] + (found?.index ?? text.length - value.range[1]);
  return text.slice(key.range[0], end).includes("\n") ? undefined : end;
}

const nested = (names: readonly string[], value: string): Record<string, unknown> =>
  names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Record<
    string,
    unknown
  >;

/** A copy of a value with the map at a path replaced. */
function changed(
  value: unknown,
  path: Path,
  change: (map: Record<string, unknown>) => Record<string, unknown>,
): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return change(value as Record<string, unknown>);
  if (Array.isArray(value))
    return value.map((item: unknown, at) => (at === name ? changed(item, rest, change) : item));
  const map = value as Record<string, unknown>;
  return { ...map, [name]: changed(map[name], rest, change) };
}

/** Converts numbers and booleans to the strings that the service reads them as. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

const itemsOf = (node: unknown): unknown[] => (isSeq(node) ? node.items : []);

function valueOf(node: unknown, name: string): unknown {
  const value = pairsOf(node).find(({ key }) => key.value === name)?.value;
  return isAlias(value) ? undefined : value;
}

function scalarIn(node: unknown, name: string): string | undefined {
  const value = valueOf(node, name);
  const text: unknown = isScalar(value) ? value.value : undefined;
  return typeof text === "string" || typeof text === "number" ? String(text) : undefined;
}

/** The jobs defined in a bundle file, including those of its targets. */
function jobsIn(root: Node): unknown[] {
  const holders = [root, ...pairsOf(valueOf(root, "targets")).map(({ value }) => value)];
  return holders.flatMap((holder) =>
    pairsOf(valueOf(valueOf(holder, "resources"), "jobs")).map(({ value }) => value),
  );
}
