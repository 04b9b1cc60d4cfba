import { isMap, isScalar, type Pair, type Scalar } from "yaml";

/** A pair of a YAML map whose key is a single value. */
export type ScalarPair = Pair & { readonly key: Scalar };

/** The pairs of a map; of an alias none. */
export function pairsOf(node: unknown): ScalarPair[] {
  return isMap(node) ? node.items.filter((pair): pair is ScalarPair => isScalar(pair.key)) : [];
}

/** Where a line and column, both from 1, are in a text; -1 where it has no such line. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    start = text.indexOf("\n", start) + 1;
    if (start === 0) return -1;
  }
  return start + column - 1;
}
