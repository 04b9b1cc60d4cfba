/** What GitHub's Mermaid takes: more is not drawn at all. */
const MAX_EDGES = 500;
const MAX_CHARACTERS = 50_000;
/** Kept for the lines around the drawing. */
const RESERVED = 2000;

/** What belongs together in a drawing: one job, with the edges that it brings. */
export interface MermaidPart<E extends MermaidEdge> {
  readonly id: string;
  readonly nodes: readonly string[];
  readonly edges: readonly E[];
  /** What gives a box around others its class: Mermaid forgets that, if an edge to the box comes later. */
  readonly classes?: readonly string[];
}

/** A line of a drawing that leads from one node to another. */
export interface MermaidEdge {
  readonly text: string;
  /** Ids of the parts that it touches. */
  readonly ends: readonly string[];
}

/**
 * The parts that GitHub draws, taken in their order for as long as they fit, and how many those are. An edge comes with the
 * last of the parts that it touches: to one that does not fit, it would draw an empty box.
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
  /** By the id of a part that they touch and that is not drawn yet. */
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
    // Not spread: a job may have very many tasks.
    for (const line of part.nodes) nodes.push(line);
    for (const edge of placed) edges.push(edge);
    classes.push(...(part.classes ?? []));
  }
  return { nodes, edges, classes, drawn: drawn.size };
}
