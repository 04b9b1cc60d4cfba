import { type Hierarchy, type HierarchyEdge, type HierarchyJob, worstOf } from "./hierarchy";
import { EDGE_COLOR, FINDING_COLORS, LEVEL_COLORS, markOf, shortened } from "./colors-and-labels";
import { conditionsOf, whatRuns } from "./task-words";

/** Options of {@link hierarchyDot}. */
export interface DotOptions {
  /** @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** Left to right, or top to bottom. @default "LR" */
  readonly orientation?: "LR" | "TB";
}

/**
 * The hierarchy for Graphviz: solid edges from a job to its child job, dashed edges from a job to its dependents. Nodes
 * and edges have classes (`atomic`, `run_job`, `error`, …) to style the SVG.
 */
export function hierarchyDot(hierarchy: Hierarchy, options: DotOptions = {}): string {
  const { level = "jobs", orientation = "LR" } = options;
  const ids = new Map(hierarchy.jobs.map(({ id }, at) => [id, `j${at}`]));
  const title = quoted([`Jobs of ${hierarchy.environment}`]);
  return [
    `digraph ${title} {`,
    `  graph [rankdir=${orientation}, compound=true, nodesep=0.15, ranksep=0.6, fontname="sans-serif", bgcolor=transparent]`,
    '  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11, margin="0.12,0.06"]',
    `  edge [color="${EDGE_COLOR}", arrowsize=0.7, fontname="sans-serif", fontsize=9]`,
    ...hierarchy.jobs.flatMap((job) =>
      level === "tasks" ? jobWithTasks(job, ids) : [`  ${jobNode(job, ids)}`],
    ),
    ...(level === "tasks"
      ? hierarchy.jobs.flatMap((job) => taskEdges(job, ids, hierarchy))
      : hierarchy.edges.map(
          ({ kind, from, to, when }) =>
            `  ${ids.get(from) ?? ""} -> ${ids.get(to) ?? ""} [${EDGES[kind]}${label(when)}]`,
        )),
    "}",
    "",
  ].join("\n");
}

const EDGES = {
  run_job: 'class="run_job"',
  depends_on: 'class="depends_on", style=dashed, constraint=false, color="#b26a00", arrowhead=vee',
} as const;
const WITHIN = 'class="depends_on", style=dashed, color="#b26a00", arrowhead=vee';

const label = (when: HierarchyEdge["when"]): string =>
  when === undefined ? "" : `, label=${quoted([when.join("; ")])}`;

function jobNode(job: HierarchyJob, ids: ReadonlyMap<string, string>): string {
  return `${ids.get(job.id) ?? ""} [${attributes(job, "fillcolor")}]`;
}

function attributes(job: HierarchyJob, fill: "fillcolor" | "bgcolor"): string {
  const worst = worstOf(job);
  const { fill: light, line: dark } = LEVEL_COLORS[job.level ?? "other"];
  const tooltip = [
    job.spec.name ?? job.spec.key,
    ...job.findings.map(({ rule, message }) => `${rule}: ${message}`),
  ];
  return [
    `label=${quoted([`${markOf(job)}${job.spec.key}`])}`,
    `tooltip=${quoted(tooltip.slice(0, 20), MAX_SENTENCE)}`,
    `class="${["job", job.level ?? "other", worst ?? ""].join(" ").trim()}"`,
    `${fill}="${light}"`,
    `color="${worst === undefined ? dark : FINDING_COLORS[worst]}"`,
    `penwidth=${worst === undefined ? 1 : 3}`,
  ].join(", ");
}

function jobWithTasks(job: HierarchyJob, ids: ReadonlyMap<string, string>): string[] {
  const own = ids.get(job.id) ?? "";
  if (job.tasks.length === 0) return [`  ${jobNode(job, ids)}`];
  return [
    `  subgraph cluster_${own} {`,
    `    graph [style="rounded,filled", ${attributes(job, "bgcolor")}]`,
    ...job.tasks.map(
      ({ spec, loop }, at) =>
        `    ${own}t${at} [label=${quoted([
          spec.taskKey,
          whatRuns(spec),
          ...(loop === undefined ? [] : [`in ${loop.taskKey}`]),
          ...conditionsOf(spec),
        ])}, class="task", fillcolor="#ffffff", color="#9e9e9e"]`,
    ),
    "  }",
  ];
}

function taskEdges(
  job: HierarchyJob,
  ids: ReadonlyMap<string, string>,
  { jobs }: Hierarchy,
): string[] {
  const own = ids.get(job.id) ?? "";
  const byKey = new Map(job.tasks.map(({ spec }, at) => [spec.taskKey, `${own}t${at}`]));
  return job.tasks.flatMap(({ spec, runs }, at) => {
    const edges = spec.dependsOn.flatMap((key) => {
      const first = byKey.get(key);
      const outcome = spec.outcomes?.get(key);
      const when = label(outcome === undefined ? undefined : [outcome]);
      return first === undefined ? [] : [`  ${first} -> ${own}t${at} [${WITHIN}${when}]`];
    });
    if (runs === undefined) return edges;
    const target = ids.get(runs) ?? "";
    const isEmpty = jobs[Number(target.slice(1))]?.tasks.length === 0;
    const end = isEmpty ? target : `${target}t0`;
    const head = isEmpty ? "" : `, lhead=cluster_${target}`;
    return [...edges, `  ${own}t${at} -> ${end} [class="run_job"${head}]`];
  });
}

/** Maximum characters of a tooltip line. */
const MAX_SENTENCE = 400;

/** A DOT string with these lines. */
function quoted(lines: readonly string[], max?: number): string {
  const text = lines.map((line) =>
    shortened(line, max)
      .replaceAll("\\", "\\\\")
      .replaceAll('"', '\\"')
      // Graphviz decodes HTML entities in strings.
      .replaceAll("&", "&amp;"),
  );
  return `"${text.join("\\n")}"`;
}
