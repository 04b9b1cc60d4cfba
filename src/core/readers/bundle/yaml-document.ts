/** What needs a whole document parser: positions of keys, and text that the event parser rejects. Loaded on demand. */
import {
  type Document,
  type DocumentOptions,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type ParsedNode,
  type ParseOptions,
  type Scalar,
  type SchemaOptions,
  visit,
} from "yaml";
import { EMPTY_NODE, plainValue, type ScalarValue, type YamlNode } from "./yaml-nodes";
import { explainSlip, type Slip } from "./yaml-slip";

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

export function documentOf(text: string): Document.Parsed {
  return parseDocument(text, PARSE);
}

/** The nodes of a text, or its first error. */
export function parseDocumentNodes(
  text: string,
): { readonly root: YamlNode | undefined } | { readonly slip: Slip } {
  const document = documentOf(text);
  const [slip] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0]);
  if (slip === undefined) return { root: nodesOf(document) };
  return { slip: { offset: slip.pos[0], ...explainSlip(text, slip) } };
}

/** The pair with a key, in the map at an offset or the map that is the value of the key at the offset. */
export function findPair(document: Document.Parsed, offset: number, key: string): Pair | undefined {
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

/** The offset of a pair's key, or of an item in the list that is its value. */
export function offsetOfPair({ key, value }: Pair, item: number | undefined): number {
  const at = item !== undefined && isSeq(value) ? value.items[item] : undefined;
  return startOf(at ?? key);
}

/** Whether a node or all values in it have an anchor. */
export function isAnchored(node: unknown): boolean {
  if ((node as { anchor?: string } | null | undefined)?.anchor !== undefined) return true;
  const parts = isMap(node) ? node.items.map(({ value }) => value) : isSeq(node) ? node.items : [];
  return parts.length > 0 && parts.every(isAnchored);
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

/** The nodes of a document. */
export function nodesOf({ contents }: Document): YamlNode | undefined {
  return contents === null ? undefined : nodeOf(contents);
}

function nodeOf(node: unknown): YamlNode {
  const start = startOf(node);
  if (isAlias(node)) return { start, kind: "alias", name: node.source };
  const name = (node as { readonly anchor?: string } | null)?.anchor;
  const anchor = name === undefined ? {} : { anchor: name };
  if (isSeq(node)) return { start, ...anchor, kind: "list", items: node.items.map(nodeOf) };
  if (isMap(node)) {
    const pairs = node.items.map(({ key, value }) => ({ key: nodeOf(key), value: nodeOf(value) }));
    return { start, ...anchor, kind: "map", pairs };
  }
  if (!isScalar(node) || (node.type === "PLAIN" && node.source === ""))
    return { ...anchor, ...EMPTY_NODE };
  return { start, ...anchor, kind: "scalar", value: valueOf(node), isPlain: node.type === "PLAIN" };
}

function valueOf({ value, source, type, tag }: Scalar): ScalarValue {
  if (type === "PLAIN" && source !== undefined && tag === undefined) return plainValue(source);
  return typeof value === "bigint" ? String(value) : (value as ScalarValue);
}

function startOf(node: unknown): number {
  return (node as Node | ParsedNode | null)?.range?.[0] ?? 0;
}
