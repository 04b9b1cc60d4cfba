/** Limits of Mermaid on GitHub, above which it draws nothing. */
const MAX_EDGES = 500;
const MAX_CHARACTERS = 50_000;
/** Characters reserved for the lines around the drawing. */
const RESERVED = 2000;

/** A unit of a drawing: a job with its edges. */
export interface MermaidPart<E extends MermaidEdge> {
  readonly id: string;
  readonly nodes: readonly string[];
  readonly edges: readonly E[];
  /** Class assignments of subgraphs. They must come last, since a later edge to the subgraph resets them. */
  readonly classes?: readonly string[];
}

/** An edge of a drawing. */
export interface MermaidEdge {
  readonly text: string;
  /** Ids of the connected parts. */
  readonly ends: readonly string[];
}

/**
 * Takes parts in order until GitHub's limits, and returns their number. Adds an edge with the last of its parts: an
 * edge to an omitted part would draw an empty box.
 */
export function inRoom<E extends MermaidEdge>(
  parts: Iterable<MermaidPart<E>>,
  maxCharacters = MAX_CHARACTERS,
): {
  readonly nodes: string[];
  readonly edges: E[];
  readonly classes: string[];
  readonly drawn: number;
} {
  const nodes: string[] = [];
  const classes: string[] = [];
  const edges: E[] = [];
  const drawn = new Set<string>();
  /** Edges by the id of a part that is not drawn yet. */
  const waiting = new Map<string, E[]>();
  let characters = RESERVED;
  for (const part of parts) {
    const placed: E[] = [];
    for (const edge of [...(waiting.get(part.id) ?? []), ...part.edges]) {
      const missing = edge.ends.find((id) => id !== part.id && !drawn.has(id));
      if (missing === undefined) placed.push(edge);
      else if (waiting.get(missing)?.push(edge) === undefined) waiting.set(missing, [edge]);
    }
    for (const line of part.nodes) characters += line.length + 1;
    for (const line of part.classes ?? []) characters += line.length + 1;
    for (const { text } of placed) characters += text.length + 1;
    if (characters > maxCharacters || edges.length + placed.length > MAX_EDGES) break;
    drawn.add(part.id);
    // Not a spread: a job may have very many tasks.
    for (const line of part.nodes) nodes.push(line);
    for (const edge of placed) edges.push(edge);
    classes.push(...(part.classes ?? []));
  }
  return { nodes, edges, classes, drawn: drawn.size };
}
