/**
 * Every group of nodes in a cycle (strongly connected components of several nodes, or of one node with an edge to
 * itself), each as a closed walk `[a, b, …, a]`. Iterative, so that long chains do not overflow the stack.
 */
export function findCycles<T>(nodes: Iterable<T>, next: (node: T) => Iterable<T>): T[][] {
  const cycles: T[][] = [];
  for (const component of components(nodes, next)) {
    const [start] = component;
    // Fast path: most nodes are not in a cycle.
    if (start !== undefined && (component.length > 1 || pointsAtItself(start, next))) {
      const members = new Set(component);
      const walk = shortestWalk(start, members, next);
      if (walk !== undefined) cycles.push(walk);
    }
  }
  return cycles;
}

function pointsAtItself<T>(node: T, next: (node: T) => Iterable<T>): boolean {
  for (const target of next(node)) if (target === node) return true;
  return false;
}

/** Number of edges of the longest path from each node. Excludes nodes that reach a cycle. */
export function longestPaths<T>(
  nodes: Iterable<T>,
  next: (node: T) => Iterable<T>,
): Map<T, number> {
  const lengths = new Map<T, number>();
  for (const component of components(nodes, next)) {
    // Tarjan's algorithm emits a component after everything that it reaches.
    const [node] = component;
    if (node === undefined || component.length > 1) continue;
    let length = 0;
    for (const target of next(node)) {
      const beyond = target === node ? undefined : lengths.get(target);
      if (beyond === undefined) {
        length = NaN;
        break;
      }
      length = Math.max(length, beyond + 1);
    }
    if (!Number.isNaN(length)) lengths.set(node, length);
  }
  return lengths;
}

/**
 * Sorts tasks by the longest path to a task without dependencies; ties keep their order. Tasks in or behind a cycle
 * come last.
 */
export function byDependencies<T>(
  items: readonly T[],
  taskOf: (item: T) => { readonly taskKey: string; readonly dependsOn: readonly string[] },
): T[] {
  const byKey = new Map(items.map((item) => [taskOf(item).taskKey, item]));
  const depths = longestPaths(items, (item) =>
    taskOf(item).dependsOn.flatMap((key) => byKey.get(key) ?? []),
  );
  const depthOf = (item: T): number => depths.get(item) ?? items.length;
  return [...items].sort((a, b) => depthOf(a) - depthOf(b));
}

/** Tarjan's strongly connected components, sinks first. */
function components<T>(nodes: Iterable<T>, next: (node: T) => Iterable<T>): T[][] {
  interface Frame {
    readonly node: T;
    readonly index: number;
    readonly targets: Iterator<T>;
    low: number;
  }
  const indexes = new Map<T, number>();
  const open = new Set<T>();
  const stack: T[] = [];
  const result: T[][] = [];
  const enter = (node: T): Frame | undefined => {
    const index = indexes.size;
    indexes.set(node, index);
    const targets = next(node);
    // Fast path: most nodes have no edges.
    if (Array.isArray(targets) && targets.length === 0) {
      result.push([node]);
      return undefined;
    }
    open.add(node);
    stack.push(node);
    return { node, index, low: index, targets: targets[Symbol.iterator]() };
  };

  for (const root of nodes) {
    if (indexes.has(root)) continue;
    const first = enter(root);
    const frames = first === undefined ? [] : [first];
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const step = frame.targets.next();
      if (step.done !== true) {
        const seen = indexes.get(step.value);
        if (seen === undefined) {
          const entered = enter(step.value);
          if (entered !== undefined) frames.push(entered);
        } else if (open.has(step.value)) frame.low = Math.min(frame.low, seen);
        continue;
      }
      frames.pop();
      const parent = frames.at(-1);
      if (parent !== undefined) parent.low = Math.min(parent.low, frame.low);
      if (frame.low === frame.index) {
        const component = stack.splice(stack.lastIndexOf(frame.node));
        for (const node of component) open.delete(node);
        result.push(component);
      }
    }
  }
  return result;
}

/** The shortest walk from `start` back to itself inside `members`, by breadth-first search. */
function shortestWalk<T>(
  start: T,
  members: ReadonlySet<T>,
  next: (node: T) => Iterable<T>,
): T[] | undefined {
  const previous = new Map<T, T>();
  const queue: T[] = [start];
  for (const node of queue) {
    for (const target of next(node)) {
      if (target === start) {
        const walk = [start];
        for (
          let at: T | undefined = node;
          at !== undefined && at !== start;
          at = previous.get(at)
        ) {
          walk.push(at);
        }
        return [...walk, start].reverse();
      }
      if (members.has(target) && !previous.has(target)) {
        previous.set(target, node);
        queue.push(target);
      }
    }
  }
  return undefined;
}
