/** What GitHub's Mermaid takes: more is not drawn at all. */
const MAX_EDGES = 500;
const MAX_CHARACTERS = 50_000;
/** Kept for the lines around the drawing. */
const RESERVED = 1500;

/** What belongs together in a drawing: one job, with the edges that it brings. */
export interface MermaidPart<E extends MermaidEdge> {
  readonly id: string;
  readonly nodes: readonly string[];
  readonly edges: readonly E[];
}

/** A line of a drawing that leads from one node to another. */
export interface MermaidEdge {
  readonly text: string;
  /** Ids of the parts that it touches. */
  readonly ends: readonly string[];
}

/** The parts that GitHub draws, taken in their order for as long as they fit, and how many those are. */
export function inRoom<E extends MermaidEdge>(
  parts: Iterable<MermaidPart<E>>,
  maxCharacters = MAX_CHARACTERS,
): { readonly nodes: string[]; readonly edges: E[]; readonly drawn: number } {
  const nodes: string[] = [];
  const waiting: E[] = [];
  const drawn = new Set<string>();
  let characters = RESERVED;
  for (const part of parts) {
    const text = [...part.nodes, ...part.edges.map((edge) => edge.text)];
    const size = text.reduce((sum, line) => sum + line.length + 1, 0);
    if (characters + size > maxCharacters) break;
    if (waiting.length + part.edges.length > MAX_EDGES) break;
    characters += size;
    drawn.add(part.id);
    nodes.push(...part.nodes);
    waiting.push(...part.edges);
  }
  // An edge to a job that has no place would draw an empty box for it.
  const edges = waiting.filter(({ ends }) => ends.every((id) => drawn.has(id)));
  return { nodes, edges, drawn: drawn.size };
}
