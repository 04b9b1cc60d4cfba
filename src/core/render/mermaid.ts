import {
  type Hierarchy,
  type HierarchyEdge,
  type HierarchyJob,
  rootsOf,
  worstOf,
} from "./hierarchy";
import type { TaskSpec } from "../model/job-spec";
import { FINDING_COLORS, LEVEL_COLORS, markOf, shortened, TEXT_COLOR } from "./colors-and-labels";
import { inRoom, type MermaidEdge, type MermaidPart } from "./mermaid-limits";
import { conditionsOf, whatRuns } from "./task-words";

/** A drawing, and the number of omitted jobs. */
export interface MermaidDrawing {
  readonly text: string;
  readonly leftOut: number;
}

/** Options of {@link hierarchyMermaid}. */
export interface MermaidOptions {
  /** @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** @default "LR" */
  readonly orientation?: "LR" | "TB";
  /** Id of the job to highlight. */
  readonly focus?: string;
}

/**
 * The hierarchy as a Mermaid flowchart: `-->` from a job to its child job, `-.->` from a task or job to its dependents.
 * Takes jobs from the top down until GitHub's limits.
 */
export function hierarchyMermaid(
  hierarchy: Hierarchy,
  { level = "jobs", orientation = "LR", focus }: MermaidOptions = {},
): MermaidDrawing {
  const order = topDown(hierarchy);
  const numbers = new Map(order.map((job, at) => [job.id, at]));
  const { nodes, edges, classes, drawn } = inRoom(
    partsOf(order, (job) =>
      level === "tasks" ? taskLines(job, numbers) : jobLines(job, hierarchy, numbers),
    ),
  );
  const leftOut = order.length - drawn;
  const used = new Set(order.slice(0, drawn).flatMap(classNames));
  const text = [
    `flowchart ${orientation}`,
    "  accTitle: Hierarchy of jobs",
    `  accDescr: In ${textOf(hierarchy.environment)}. Solid arrows lead from a job to the jobs that it runs, dotted arrows from what comes first to what depends on it.`,
    ...nodes,
    ...edges.map((edge) => edge.text),
    ...classes,
    ...(leftOut > 0
      ? [`  more["… and ${leftOut} more jobs, for which there is no room here"]`]
      : []),
    ...CLASSES.flatMap(([name, look]) => (used.has(name) ? [`  classDef ${name} ${look}`] : [])),
    ...(focus !== undefined && (numbers.get(focus) ?? Infinity) < drawn
      ? ["  classDef focus font-weight:bold", `  class j${numbers.get(focus) ?? ""} focus`]
      : []),
    "",
  ].join("\n");
  return { text, leftOut };
}

const CLASSES: readonly (readonly [name: string, look: string])[] = [
  ...Object.entries(LEVEL_COLORS).map(
    ([level, { fill, line }]) =>
      [level, `fill:${fill},stroke:${line},color:${TEXT_COLOR}`] as const,
  ),
  ["warning", `stroke:${FINDING_COLORS.warning},stroke-width:3px`],
  ["error", `stroke:${FINDING_COLORS.error},stroke-width:4px`],
];

type Lines = Omit<MermaidPart<MermaidEdge>, "id">;

/** Lazy, since most parts may not fit. */
function* partsOf(
  jobs: readonly HierarchyJob[],
  linesOf: (job: HierarchyJob) => Lines,
): Iterable<MermaidPart<MermaidEdge>> {
  for (const job of jobs) yield { id: job.id, ...linesOf(job) };
}

function jobLines(
  job: HierarchyJob,
  { edges }: Hierarchy,
  numbers: ReadonlyMap<string, number>,
): Lines {
  const at = (id: string): string => `j${numbers.get(id) ?? ""}`;
  const own = edgesBy(edges).get(job.id) ?? [];
  return {
    nodes: nodeLines(at(job.id), job),
    edges: own.map(({ kind, from, to, when }) => ({
      text: `  ${at(from)} ${kind === "run_job" ? "-->" : "-.->"}${label(when)} ${at(to)}`,
      ends: [from, to],
    })),
  };
}

function taskLines(job: HierarchyJob, numbers: ReadonlyMap<string, number>): Lines {
  const own = `j${numbers.get(job.id) ?? ""}`;
  const tasks = new Map(job.tasks.map(({ spec }, at) => [spec.taskKey, `${own}t${at}`]));
  if (job.tasks.length === 0) return { nodes: nodeLines(own, job), edges: [] };
  return {
    nodes: [
      `  subgraph ${own}["${labelOf(job)}"]`,
      ...job.tasks.map(
        ({ spec, loop }, at) =>
          `    ${own}t${at}["${[
            spec.taskKey,
            whatRuns(spec),
            ...(loop === undefined ? [] : [`in ${loop.taskKey}`]),
            ...conditionsOf(spec),
          ]
            .map(textOf)
            .join("<br>")}"]`,
      ),
      "  end",
    ],
    classes: classNames(job).map((name) => `  class ${own} ${name}`),
    edges: job.tasks.flatMap(({ spec, runs }, at) => [
      ...spec.dependsOn.flatMap((key) => {
        const first = tasks.get(key);
        return first === undefined
          ? []
          : [
              {
                text: `  ${first} -.->${label(outcomeOf(spec, key))} ${own}t${at}`,
                ends: [job.id],
              },
            ];
      }),
      ...(runs === undefined
        ? []
        : [{ text: `  ${own}t${at} --> j${numbers.get(runs) ?? ""}`, ends: [runs] }]),
    ]),
  };
}

const outcomeOf = ({ outcomes }: TaskSpec, key: string): readonly string[] | undefined => {
  const outcome = outcomes?.get(key);
  return outcome === undefined ? undefined : [outcome];
};

/** Label of an edge. */
const label = (when: HierarchyEdge["when"]): string =>
  when === undefined ? "" : `|"${textOf(when.join("; "))}"|`;

const bySource = new WeakMap<Hierarchy["edges"], Map<string, Hierarchy["edges"][number][]>>();

/** Edges by source job id. */
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

/** Sorts jobs parents first, except in cycles. */
function topDown({ jobs }: Hierarchy): HierarchyJob[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const runs = (job: HierarchyJob): HierarchyJob[] =>
    job.tasks.flatMap((task) => (task.runs === undefined ? [] : (byId.get(task.runs) ?? [])));
  const order = new Set<HierarchyJob>();
  // Depth-first, so that a truncated drawing shows complete parts.
  const stack = rootsOf(jobs, runs).reverse();
  for (let job = stack.pop(); job !== undefined; job = stack.pop()) {
    if (order.has(job)) continue;
    order.add(job);
    // Not a spread: a job may run very many jobs.
    for (const below of runs(job).reverse()) stack.push(below);
  }
  return [...order];
}

const labelOf = (job: HierarchyJob): string => `${markOf(job)}${textOf(job.spec.key)}`;

/** `:::` accepts only one class. */
function nodeLines(id: string, job: HierarchyJob): string[] {
  const [level = "other", ...more] = classNames(job);
  return [`  ${id}["${labelOf(job)}"]:::${level}`, ...more.map((name) => `  class ${id} ${name}`)];
}

function classNames(job: HierarchyJob): string[] {
  const worst = worstOf(job);
  return [job.level ?? "other", ...(worst === undefined ? [] : [worst])];
}

/** Escapes text for Mermaid, Markdown and HTML. */
export function textOf(text: string): string {
  // Mermaid rejects an empty box.
  const shown = text.trim() === "" ? `"${text}"` : shortened(text);
  // After decoding entities, Mermaid reads \n as a line break and $$ as a formula.
  const apart = shown.replace(/\\(?=n)|\$(?=\$)/g, "$&\u200b");
  return apart.replace(/[^\p{L}\p{N} _./,…-]/gu, entityOf).replace(MARKDOWN, entityOf);
}

/** Characters that would start a list or make text bold. */
const MARKDOWN = /^-|(?<=^\d+)\.|_(?=_)|(?<=_)_|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

const entityOf = (character: string): string => `#${character.codePointAt(0) ?? 0};`;
