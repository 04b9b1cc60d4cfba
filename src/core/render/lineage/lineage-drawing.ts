import { inRoom, type MermaidEdge, type MermaidPart } from "../mermaid-limits";
import type { LineageDocument, LineageEdge } from "./lineage-document";

/** A drawing, and the number of omitted jobs. */
export interface LineageDrawing {
  readonly text: string;
  readonly leftOut: number;
}

/**
 * A Mermaid flowchart with jobs as boxes and tables as cylinders. Arrows lead from tables that a job reads to the job,
 * and to tables that it writes.
 */
export function lineageMermaid(
  document: LineageDocument,
  orientation: "LR" | "TB" = "LR",
): LineageDrawing {
  const tables = new Map(document.tables.map(({ name }, at) => [name, `t${at}`]));
  const jobs = byJob(document.edges);
  const drawnTables = new Set<string>();
  const parts = jobs.map(([job, edges], at): MermaidPart<MermaidEdge> => {
    const id = `j${at}`;
    const nodes = [`  ${id}["${escaped(job)}"]`];
    for (const { table } of edges) {
      if (drawnTables.has(table)) continue;
      drawnTables.add(table);
      nodes.push(`  ${tables.get(table) ?? ""}[("${escaped(table)}")]`);
    }
    const lines = new Set(
      edges.map(({ table, mode }) => {
        const other = tables.get(table) ?? "";
        return mode === "read" ? `  ${other} --> ${id}` : `  ${id} --> ${other}`;
      }),
    );
    return { id, nodes, edges: [...lines].map((text) => ({ text, ends: [id] })) };
  });
  const { nodes, edges, drawn } = inRoom(parts);
  const leftOut = parts.length - drawn;
  const text = [
    `flowchart ${orientation}`,
    "  accTitle: Lineage of tables",
    `  accDescr: In ${escaped(document.environment)}. Arrows lead from the tables that a job reads to the job, and from it to the tables that it writes.`,
    ...nodes,
    ...edges.map((edge) => edge.text),
    ...(leftOut > 0
      ? [`  more["… and ${leftOut} more jobs, for which there is no room here"]`]
      : []),
    "",
  ].join("\n");
  return { text, leftOut };
}

/** {@link lineageMermaid} for Graphviz. */
export function lineageDot(document: LineageDocument, orientation: "LR" | "TB" = "LR"): string {
  const quoted = (text: string): string =>
    `"${text.replace(/[\\"]/g, "\\$&").replace(/[\r\n]+/g, " ")}"`;
  const lines = new Set<string>();
  for (const { name } of document.tables)
    lines.add(`  ${quoted(`table ${name}`)} [shape=cylinder, label=${quoted(name)}];`);
  for (const { job, table, mode } of document.edges) {
    lines.add(`  ${quoted(`job ${job}`)} [shape=box, label=${quoted(job)}];`);
    const ends = [quoted(`table ${table}`), quoted(`job ${job}`)];
    lines.add(`  ${(mode === "read" ? ends : ends.reverse()).join(" -> ")};`);
  }
  return ["digraph lineage {", `  rankdir=${orientation};`, ...lines, "}", ""].join("\n");
}

function byJob(edges: readonly LineageEdge[]): [job: string, edges: LineageEdge[]][] {
  const jobs = new Map<string, LineageEdge[]>();
  for (const edge of edges) {
    const before = jobs.get(edge.job);
    if (before === undefined) jobs.set(edge.job, [edge]);
    else before.push(edge);
  }
  return [...jobs];
}

/** Escapes quoted text with Mermaid's entities. */
function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f]+/g, " ") // eslint-disable-line no-control-regex
    .replace(/[#"&<>`\\[\]{}|]/g, (character) => `#${character.charCodeAt(0)};`);
}
