import { type Hierarchy, type HierarchyJob, rootsOf, whatRuns, worstOf } from "./hierarchy";
import { FINDING_COLORS, LEVEL_COLORS, markOf, shortened } from "./look";

/** What GitHub's Mermaid takes: more is not drawn at all. */
const MAX_EDGES = 500;
const MAX_CHARACTERS = 50_000;
/** Kept for the lines around the drawing. */
const RESERVED = 1500;

/** A drawing, and how many jobs it has no place for. */
export interface MermaidDrawing {
  readonly text: string;
  readonly leftOut: number;
}

/**
 * The hierarchy as a Mermaid flowchart: `-->` from a job to one that it runs, `-.->` from a task or job to what depends on
 * it. Jobs are taken from the top down for as long as they fit into what GitHub draws.
 */
export function hierarchyMermaid(
  hierarchy: Hierarchy,
  {
    level = "jobs",
    orientation = "LR",
  }: { level?: "jobs" | "tasks"; orientation?: "LR" | "TB" } = {},
): MermaidDrawing {
  const order = topDown(hierarchy);
  const numbers = new Map(order.map((job, at) => [job.id, at]));
  const lines: string[] = [];
  const drawn = new Set<string>();
  let characters = RESERVED;
  let edges = 0;
  const waiting: Edge[] = [];
  for (const job of order) {
    const own = level === "tasks" ? taskLines(job, numbers) : jobLines(job, hierarchy, numbers);
    const text = [...own.nodes, ...own.edges.map((edge) => edge.text)];
    const size = text.reduce((sum, line) => sum + line.length + 1, 0);
    if (characters + size > MAX_CHARACTERS || edges + own.edges.length > MAX_EDGES) break;
    characters += size;
    edges += own.edges.length;
    drawn.add(job.id);
    lines.push(...own.nodes);
    waiting.push(...own.edges);
  }
  const leftOut = order.length - drawn.size;
  // An edge to a job that has no place would draw an empty box for it.
  const placed = waiting.filter(({ ends }) => ends.every((id) => drawn.has(id)));
  const text = [
    `flowchart ${orientation}`,
    "  accTitle: Hierarchy of jobs",
    `  accDescr: In ${textOf(hierarchy.environment)}. Solid arrows lead from a job to the jobs that it runs, dotted arrows from what comes first to what depends on it.`,
    ...lines,
    ...placed.map((edge) => edge.text),
    ...(leftOut > 0
      ? [`  more["… and ${leftOut} more jobs, for which there is no room here"]`]
      : []),
    ...Object.entries(LEVEL_COLORS).map(
      ([level, { fill, line }]) => `  classDef ${level} fill:${fill},stroke:${line},color:#1b1b1b`,
    ),
    `  classDef warning stroke:${FINDING_COLORS.warning},stroke-width:3px`,
    `  classDef error stroke:${FINDING_COLORS.error},stroke-width:4px`,
    "",
  ].join("\n");
  return { text, leftOut };
}

interface Lines {
  readonly nodes: readonly string[];
  readonly edges: readonly Edge[];
}

interface Edge {
  readonly text: string;
  /** Ids of the jobs that it touches. */
  readonly ends: readonly string[];
}

function jobLines(
  job: HierarchyJob,
  { edges }: Hierarchy,
  numbers: ReadonlyMap<string, number>,
): Lines {
  const at = (id: string): string => `j${numbers.get(id) ?? ""}`;
  const own = edgesBy(edges).get(job.id) ?? [];
  return {
    nodes: [`  ${at(job.id)}["${labelOf(job)}"]${classesOf(job)}`],
    edges: own.map(({ kind, from, to }) => ({
      text: `  ${at(from)} ${kind === "run_job" ? "-->" : "-.->"} ${at(to)}`,
      ends: [from, to],
    })),
  };
}

function taskLines(job: HierarchyJob, numbers: ReadonlyMap<string, number>): Lines {
  const own = `j${numbers.get(job.id) ?? ""}`;
  const tasks = new Map(job.tasks.map(({ spec }, at) => [spec.taskKey, `${own}t${at}`]));
  if (job.tasks.length === 0)
    return { nodes: [`  ${own}["${labelOf(job)}"]${classesOf(job)}`], edges: [] };
  return {
    nodes: [
      `  subgraph ${own}["${labelOf(job)}"]`,
      ...job.tasks.map(
        ({ spec }, at) =>
          `    ${own}t${at}["${textOf(spec.taskKey)}<br>${textOf(whatRuns(spec))}"]`,
      ),
      "  end",
      ...classNames(job).map((name) => `  class ${own} ${name}`),
    ],
    edges: job.tasks.flatMap(({ spec, runs }, at) => [
      ...spec.dependsOn.flatMap((key) => {
        const first = tasks.get(key);
        return first === undefined
          ? []
          : [{ text: `  ${first} -.-> ${own}t${at}`, ends: [job.id] }];
      }),
      ...(runs === undefined
        ? []
        : [{ text: `  ${own}t${at} --> j${numbers.get(runs) ?? ""}`, ends: [runs] }]),
    ]),
  };
}

const bySource = new WeakMap<Hierarchy["edges"], Map<string, Hierarchy["edges"][number][]>>();

/** The edges of each job, by its id. */
function edgesBy(edges: Hierarchy["edges"]): Map<string, Hierarchy["edges"][number][]> {
  const known = bySource.get(edges);
  if (known !== undefined) return known;
  const found = new Map<string, Hierarchy["edges"][number][]>();
  for (const edge of edges) {
    const before = found.get(edge.by);
    if (before === undefined) found.set(edge.by, [edge]);
    else before.push(edge);
  }
  bySource.set(edges, found);
  return found;
}

/** Each job before those below it, as far as there is no circle. */
function topDown({ jobs }: Hierarchy): HierarchyJob[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const runs = (job: HierarchyJob): HierarchyJob[] =>
    job.tasks.flatMap((task) => (task.runs === undefined ? [] : (byId.get(task.runs) ?? [])));
  const order = new Set<HierarchyJob>();
  // A composite with what it runs, before the next one: half of a drawing should show whole parts.
  const stack = rootsOf(jobs, runs).reverse();
  for (let job = stack.pop(); job !== undefined; job = stack.pop()) {
    if (order.has(job)) continue;
    order.add(job);
    stack.push(...runs(job).reverse());
  }
  return [...order];
}

const labelOf = (job: HierarchyJob): string => `${markOf(job)}${textOf(job.spec.key)}`;

function classNames(job: HierarchyJob): string[] {
  const worst = worstOf(job);
  return [job.level ?? "other", ...(worst === undefined ? [] : [worst])];
}

/** One class with `:::`, more with a statement of its own. */
function classesOf(job: HierarchyJob): string {
  return classNames(job)
    .map((name) => `:::${name}`)
    .join("");
}

/** Text that is nothing but text to Mermaid, Markdown and HTML. */
export function textOf(text: string): string {
  return shortened(text).replace(
    /[^\p{L}\p{N} _./,-…]/gu,
    (character) => `#${character.codePointAt(0) ?? 0};`,
  );
}
