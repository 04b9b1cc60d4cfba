import fc from "fast-check";
import { findCycles, longestPaths } from "../../../src/core/model/graph-algorithms";

type Graph = readonly (readonly number[])[];

const nodesOf = (graph: Graph): number[] => graph.map((_, node) => node);
const nextOf = (graph: Graph) => (node: number) => graph[node] ?? [];

/** Edges lead from a node to a smaller one only. */
const acyclic: fc.Arbitrary<number[][]> = fc
  .integer({ min: 1, max: 9 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, node) =>
        node === 0
          ? fc.constant<number[]>([])
          : fc.uniqueArray(fc.nat({ max: node - 1 }), { maxLength: 4 }),
      ),
    ),
  );

const any: fc.Arbitrary<number[][]> = fc.integer({ min: 1, max: 7 }).chain((size) =>
  fc.array(fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 3 }), {
    minLength: size,
    maxLength: size,
  }),
);

/** All nodes that a walk of at least one edge leads to, by plain repetition. */
function reachable(graph: Graph, from: number): Set<number> {
  const seen = new Set<number>();
  for (let size = -1; size !== seen.size;) {
    size = seen.size;
    for (const node of [from, ...seen]) for (const target of nextOf(graph)(node)) seen.add(target);
  }
  return seen;
}

/** By trying every path. */
function longest(graph: Graph, from: number): number {
  return Math.max(0, ...nextOf(graph)(from).map((target) => 1 + longest(graph, target)));
}

function chain(length: number): Graph {
  return Array.from({ length }, (_, node) => (node === 0 ? [] : [node - 1]));
}

describe("findCycles", () => {
  test("finds none in a graph without", () => {
    fc.assert(
      fc.property(acyclic, (graph) => {
        expect(findCycles(nodesOf(graph), nextOf(graph))).toEqual([]);
      }),
    );
  });

  test("finds the cycle that one edge back closes", () => {
    fc.assert(
      fc.property(acyclic, fc.nat(), fc.nat(), (graph, a, b) => {
        const from = a % graph.length;
        const targets = [from, ...reachable(graph, from)];
        const target = targets[b % targets.length] ?? from;
        const closed = graph.map((next, node) => (node === target ? [...next, from] : next));
        const cycles = findCycles(nodesOf(closed), nextOf(closed));
        expect(cycles).toHaveLength(1);
        expect(cycles[0]).toContain(from);
      }),
    );
  });

  test("returns one real closed walk for each group of nodes that reach each other", () => {
    fc.assert(
      fc.property(any, (graph) => {
        const groups = new Set(
          nodesOf(graph)
            .filter((node) => reachable(graph, node).has(node))
            .map((node) =>
              [...reachable(graph, node)].filter((other) => reachable(graph, other).has(node)),
            )
            .map((group) => group.sort().join()),
        );
        const cycles = findCycles(nodesOf(graph), nextOf(graph));
        expect(cycles).toHaveLength(groups.size);
        for (const cycle of cycles) {
          expect(cycle.length).toBeGreaterThan(1);
          expect(cycle.at(-1)).toBe(cycle[0]);
          expect(new Set(cycle).size).toBe(cycle.length - 1);
          cycle.slice(1).forEach((target, i) => {
            expect(nextOf(graph)(cycle[i] ?? -1)).toContain(target);
          });
        }
      }),
    );
  });

  test("takes the shortest walk through its first node", () => {
    const graph = [[1], [2, 0], [0]];
    expect(findCycles(nodesOf(graph), nextOf(graph))).toEqual([[0, 1, 0]]);
  });

  test("does not overflow the stack with 100 000 nodes in a row, or in a ring", () => {
    const row = chain(100_000);
    expect(findCycles(nodesOf(row), nextOf(row))).toEqual([]);
    const ring = row.map((next, node) => (node === 0 ? [99_999] : next));
    expect(findCycles(nodesOf(ring), nextOf(ring))[0]).toHaveLength(100_001);
  });
});

describe("longestPaths", () => {
  test("agrees with trying every path", () => {
    fc.assert(
      fc.property(acyclic, (graph) => {
        const lengths = longestPaths(nodesOf(graph), nextOf(graph));
        for (const node of nodesOf(graph)) expect(lengths.get(node)).toBe(longest(graph, node));
      }),
    );
  });

  test("leaves out exactly the nodes that reach a cycle", () => {
    fc.assert(
      fc.property(any, (graph) => {
        const endless = nodesOf(graph).filter((node) =>
          [node, ...reachable(graph, node)].some((other) => reachable(graph, other).has(other)),
        );
        const lengths = longestPaths(nodesOf(graph), nextOf(graph));
        expect(nodesOf(graph).filter((node) => !lengths.has(node))).toEqual(endless);
      }),
    );
  });

  test("does not overflow the stack with 100 000 nodes in a row", () => {
    const row = chain(100_000);
    expect(longestPaths(nodesOf(row), nextOf(row)).get(99_999)).toBe(99_999);
    expect(longestPaths(nodesOf(row).reverse(), nextOf(row)).get(0)).toBe(0);
  });
});
