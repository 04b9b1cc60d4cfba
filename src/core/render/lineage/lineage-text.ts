import { formatLocation } from "../../model/source-location";
import { printable } from "../../model/text";
import { counted } from "../../report/check/parts";
import type { LineageDocument, LineageEdge } from "./lineage-document";

/** Maximum lines of a tree. */
const MAX_LINES = 5000;

/** The upstream and downstream trees of a table. */
export function tableLineageText(document: LineageDocument, table: string): string {
  const name = table.toLowerCase();
  const shown = document.tables.find((each) => each.name.toLowerCase() === name)?.name ?? table;
  const up = tree(document.edges, shown, "write");
  const down = tree(document.edges, shown, "read");
  return [
    `${printable(shown)} in ${printable(document.environment)}`,
    "",
    up.length === 0 ? "Nothing writes it: a source." : "Written by",
    ...up,
    "",
    down.length === 0 ? "Nothing reads it." : "Read by",
    ...down,
    ...rest(document),
  ].join("\n");
}

/** The tables of each job. */
export function lineageText(document: LineageDocument): string {
  const lines: string[] = [];
  let job: string | undefined;
  for (const edge of document.edges) {
    if (edge.job !== job) lines.push(...(job === undefined ? [] : [""]), printable(edge.job));
    job = edge.job;
    const arrow = edge.mode === "read" ? "<-" : "->";
    lines.push(`  ${arrow} ${printable(edge.table)}  ${details(edge)}`);
  }
  if (lines.length === 0) lines.push("No job reads or writes a table that its code names.");
  return [...lines, ...rest(document)].join("\n");
}

/** @param mode accesses to follow: `write` goes upstream */
function tree(edges: readonly LineageEdge[], table: string, mode: "read" | "write"): string[] {
  const lines: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string, depth: number): void => {
    if (seen.has(name) || lines.length > MAX_LINES) return;
    seen.add(name);
    for (const edge of edges) {
      if (edge.table !== name || edge.mode !== mode) continue;
      const indent = "  ".repeat(depth);
      lines.push(`${indent}${printable(edge.job)}  ${details(edge)}`);
      const onward = edges.filter(
        (other) => other.job === edge.job && other.task === edge.task && other.mode !== mode,
      );
      for (const { table: next } of onward) {
        const again = seen.has(next) ? "  (above)" : "";
        const arrow = mode === "write" ? "<-" : "->";
        lines.push(`${indent}  ${arrow} ${printable(next)}${again}`);
        visit(next, depth + 2);
      }
    }
  };
  visit(table, 1);
  return lines;
}

function details({ task, write, at, observed }: LineageEdge): string {
  const run =
    observed === undefined
      ? ""
      : `, observed${observed.run === undefined ? "" : ` in run ${observed.run}`}`;
  return `(${printable(task)}${write === undefined ? "" : `, ${write}`}, ${printable(formatLocation(at))}${run})`;
}

/** Unknown tables and problems. */
function rest({ unknown, problems }: LineageDocument): string[] {
  const lines: string[] = [];
  if (unknown.length > 0) {
    lines.push("", `${counted(unknown.length, "table")} not known:`);
    for (const each of unknown.slice(0, 20)) {
      const parts = each.unknown.map((part) => `${part}=?`).join(", ");
      lines.push(
        `  ${printable(each.job)}: ${each.mode} ${printable(each.name)} (${printable(parts)}, ${printable(formatLocation(each.at))})`,
      );
    }
    if (unknown.length > 20) lines.push(`  … and ${unknown.length - 20} more`);
  }
  if (problems.length > 0) {
    lines.push("", "Not analysed:");
    for (const { message, at } of problems.slice(0, 20))
      lines.push(`  ${printable(formatLocation(at))}: ${printable(message)}`);
    if (problems.length > 20) lines.push(`  … and ${problems.length - 20} more`);
  }
  return lines;
}
