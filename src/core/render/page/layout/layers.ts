/** An arrow from an item to its dependent, by index. */
export interface Wait {
  readonly from: number;
  readonly to: number;
  /** Required outcome of `from`, if any. */
  readonly label?: string;
}

/** The layer of each item, from 0, and the arrows that lead back in a cycle. */
export interface Layers {
  readonly layers: readonly number[];
  readonly back: ReadonlySet<Wait>;
}

/** Assigns each item to the layer after its last dependency. */
export function layersOf(count: number, waits: readonly Wait[]): Layers {
  const outgoing: Wait[][] = Array.from({ length: count }, () => []);
  for (const wait of waits) outgoing[wait.from]?.push(wait);
  const state = new Uint8Array(count);
  const order: number[] = [];
  const back = new Set<Wait>();
  // Start with items without dependencies, so that only arrows in a cycle lead back.
  const waiting = new Uint8Array(count);
  for (const { to } of waits) waiting[to] = 1;
  const starts = [...Array(count).keys()].sort((a, b) => (waiting[a] ?? 0) - (waiting[b] ?? 0));
  for (const start of starts) {
    if (state[start] !== 0) continue;
    const stack = [{ node: start, at: 0 }];
    state[start] = 1;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const wait = outgoing[top.node]?.[top.at++];
      if (wait === undefined) {
        state[top.node] = 2;
        order.push(top.node);
        stack.pop();
      } else if (state[wait.to] === 1) back.add(wait);
      else if (state[wait.to] === 0) {
        state[wait.to] = 1;
        stack.push({ node: wait.to, at: 0 });
      }
    }
  }
  const layers = new Array<number>(count).fill(0);
  for (const node of order.reverse())
    for (const wait of outgoing[node] ?? [])
      if (!back.has(wait))
        layers[wait.to] = Math.max(layers[wait.to] ?? 0, (layers[node] ?? 0) + 1);
  return { layers, back };
}

/** Connected components, ordered by their first items. */
export function connected(count: number, waits: readonly Wait[]): number[][] {
  const leaders = [...Array(count).keys()];
  const find = (item: number): number => {
    let leader = item;
    while (leaders[leader] !== leader) {
      const above = leaders[leader] ?? leader;
      leaders[leader] = leaders[above] ?? above;
      leader = above;
    }
    return leader;
  };
  for (const { from, to } of waits) {
    const [a, b] = [find(from), find(to)];
    leaders[Math.max(a, b)] = Math.min(a, b);
  }
  const parts = new Map<number, number[]>();
  for (let item = 0; item < count; item++) {
    const leader = find(item);
    const part = parts.get(leader);
    if (part === undefined) parts.set(leader, [item]);
    else part.push(item);
  }
  return [...parts.values()];
}

/** Minimum equivalent items to merge. */
const ALIKE = 5;

/**
 * Merges at least {@link ALIKE} items with the same dependencies and dependents, so that one arrow replaces one to
 * each.
 *
 * @returns the items of each unit, ordered by first item
 */
export function alike(count: number, waits: readonly Wait[], back: ReadonlySet<Wait>): number[][] {
  const ends: string[][] = Array.from({ length: count }, () => []);
  const alone = new Set<number>();
  for (const wait of waits) {
    const { from, to, label = "" } = wait;
    if (back.has(wait)) for (const end of [from, to]) alone.add(end);
    ends[from]?.push(`>${to} ${label}`);
    ends[to]?.push(`<${from} ${label}`);
  }
  const bySignature = new Map<string, number[]>();
  for (const [item, parts] of ends.entries()) {
    const signature = parts.length === 0 || alone.has(item) ? `=${item}` : parts.sort().join(";");
    const same = bySignature.get(signature);
    if (same === undefined) bySignature.set(signature, [item]);
    else same.push(item);
  }
  return [...bySignature.values()]
    .flatMap((items) => (items.length < ALIKE ? items.map((item) => [item]) : [items]))
    .sort(([a = 0], [b = 0]) => a - b);
}
