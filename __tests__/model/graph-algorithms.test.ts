import fc from "fast-check";
import { findCycles, longestPaths } from "../../src/model/graph-algorithms";

type Edges = ReadonlyMap<number, readonly number[]>;

const next =
  (edges: Edges) =>
  (node: number): readonly number[] =>
    edges.get(node) ?? [];

/** Any directed graph of up to 8 nodes. */
const anyGraph = fc
  .array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 20 })
  .map((pairs) => toEdges(8, pairs));

/** A graph whose edges go from higher to lower numbers, hence without a cycle. */
const acyclicGraph = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 }).map((pairs) =>
  toEdges(
    10,
    pairs
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => [Math.max(a, b), Math.min(a, b)] as [number, number]),
  ),
);

function toEdges(size: number, pairs: readonly [number, number][]): Edges {
  const edges = new Map<number, number[]>(Array.from({ length: size }, (_, node) => [node, []]));
  for (const [from, to] of pairs) edges.get(from)?.push(to);
  return edges;
}

/** All nodes that can be reached from `start` over at least one edge. */
function reachable(edges: Edges, start: number): Set<number> {
  const seen = new Set<number>();
  const queue = [...next(edges)(start)];
  for (const node of queue) {
    if (seen.has(node)) continue;
    seen.add(node);
    queue.push(...next(edges)(node));
  }
  return seen;
}

/** The number of groups of nodes that reach each other, by trying every pair. */
function groupsByBruteForce(edges: Edges): number {
  const onCycle = [...edges.keys()].filter((node) => reachable(edges, node).has(node));
  const leaders = onCycle.filter(
    (node) =>
      !onCycle.some(
        (other) =>
          other < node && reachable(edges, node).has(other) && reachable(edges, other).has(node),
      ),
  );
  return leaders.length;
}

function longestByBruteForce(edges: Edges, node: number): number {
  return Math.max(0, ...next(edges)(node).map((target) => 1 + longestByBruteForce(edges, target)));
}

describe("findCycles", () => {
  it("finds nothing in a graph without a cycle", () => {
    fc.assert(
      fc.property(acyclicGraph, (edges) => {
        expect(findCycles(edges.keys(), next(edges))).toEqual([]);
      }),
    );
  });

  it("finds one cycle for each group of nodes that reach each other", () => {
    fc.assert(
      fc.property(anyGraph, (edges) => {
        expect(findCycles(edges.keys(), next(edges))).toHaveLength(groupsByBruteForce(edges));
      }),
    );
  });

  it("gives closed walks along edges that exist, with no node twice", () => {
    fc.assert(
      fc.property(anyGraph, (edges) => {
        for (const cycle of findCycles(edges.keys(), next(edges))) {
          expect(cycle.length).toBeGreaterThan(1);
          expect(cycle.at(-1)).toBe(cycle[0]);
          expect(new Set(cycle.slice(1)).size).toBe(cycle.length - 1);
          cycle.slice(1).forEach((node, i) => {
            expect(next(edges)(cycle[i] ?? -1)).toContain(node);
          });
        }
      }),
    );
  });

  it("finds the edge that closes a chain of 100 000 nodes", () => {
    const size = 100_000;
    const nodes = Array.from({ length: size }, (_, i) => i);
    const [cycle, ...others] = findCycles(nodes, (node) => [(node + 1) % size]);
    expect(others).toEqual([]);
    expect(cycle).toHaveLength(size + 1);
  });
});

describe("longestPaths", () => {
  it("agrees with trying every path, in a graph without a cycle", () => {
    fc.assert(
      fc.property(acyclicGraph, (edges) => {
        const lengths = longestPaths(edges.keys(), next(edges));
        for (const node of edges.keys())
          expect(lengths.get(node)).toBe(longestByBruteForce(edges, node));
      }),
    );
  });

  it("leaves out just the nodes that reach a cycle", () => {
    fc.assert(
      fc.property(anyGraph, (edges) => {
        const lengths = longestPaths(edges.keys(), next(edges));
        for (const node of edges.keys()) {
          const endless = [node, ...reachable(edges, node)].some((each) =>
            reachable(edges, each).has(each),
          );
          expect(lengths.has(node)).toBe(!endless);
        }
      }),
    );
  });

  it("measures a chain of 100 000 nodes", () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => i);
    expect(longestPaths(nodes, (node) => (node === 99_999 ? [] : [node + 1])).get(0)).toBe(99_999);
  });
});
