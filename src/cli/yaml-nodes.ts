import { isMap, isScalar, type Pair, type Scalar } from "yaml";

/** A pair of a YAML map with a scalar key. */
export type ScalarPair = Pair & { readonly key: Scalar };

/** The pairs of a map; none of an alias. */
export function pairsOf(node: unknown): ScalarPair[] {
  return isMap(node) ? node.items.filter((pair): pair is ScalarPair => isScalar(pair.key)) : [];
}

/** The offset of a 1-based line and column in a text; -1 if the line does not exist. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    start = text.indexOf("\n", start) + 1;
    if (start === 0) return -1;
  }
  return start + column - 1;
}

/** The offset of a node in its text. */
export const startOf = (node: unknown): number =>
  (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0;

/** The string at a path of resolved settings; undefined if there is none. */
export function resolvedAt(
  settings: unknown,
  path: readonly (string | number)[] = [],
): string | undefined {
  let at: unknown = settings;
  for (const part of path) at = (at as Record<string | number, unknown> | undefined)?.[part];
  return typeof at === "string" ? at : undefined;
}
