import {
  type Hierarchy,
  type HierarchyEdge,
  type HierarchyJob,
  rootsOf,
  worstOf,
} from "./hierarchy";
import type { TaskSpec } from "../model/job-spec";
import { FINDING_COLORS, LEVEL_COLORS, markOf, shortened } from "./colors-and-labels";
import { inRoom, type MermaidEdge, type MermaidPart } from "./mermaid-limits";
import { conditionsOf, whatRuns } from "./task-words";

/** A drawing, and the number of jobs that do not fit. */
export interface MermaidDrawing {
  readonly text: string;
  readonly leftOut: number;
}

/** How it is drawn. */
export interface MermaidOptions {
  /** @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** @default "LR" */
  readonly orientation?: "LR" | "TB";
  /** Id of the job that the drawing is about. */
  readonly focus?: string;
}

/**
 * The hierarchy as a Mermaid flowchart: `-->` from a job to one that it runs, `-.->` from a task or job to what depends on
 * it. Jobs are taken from the top down for as long as they fit into what GitHub draws.
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
    ([level, { fill, line }]) => [level, `fill:${fill},stroke:${line},color:#1b1b1b`] as const,
  ),
  ["warning", `stroke:${FINDING_COLORS.warning},stroke-width:3px`],
  ["error", `stroke:${FINDING_COLORS.error},stroke-width:4px`],
];

type Lines = Omit<MermaidPart<MermaidEdge>, "id">;

/** Made one after the other, as there may be no room for most. */
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

/** On an edge. */
const label = (when: HierarchyEdge["when"]): string =>
  when === undefined ? "" : `|"${textOf(when.join("; "))}"|`;

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

/** Each job before those below it, as far as there is no cycle. */
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
    // Not spread: a job may run very many.
    for (const below of runs(job).reverse()) stack.push(below);
  }
  return [...order];
}

const labelOf = (job: HierarchyJob): string => `${markOf(job)}${textOf(job.spec.key)}`;

/** With `:::` go not more than one class. */
function nodeLines(id: string, job: HierarchyJob): string[] {
  const [level = "other", ...more] = classNames(job);
  return [`  ${id}["${labelOf(job)}"]:::${level}`, ...more.map((name) => `  class ${id} ${name}`)];
}

function classNames(job: HierarchyJob): string[] {
  const worst = worstOf(job);
  return [job.level ?? "other", ...(worst === undefined ? [] : [worst])];
}

/** Text that is nothing but text to Mermaid, Markdown and HTML. */
export function textOf(text: string): string {
  // Mermaid refuses a box with nothing in it.
  const shown = text.trim() === "" ? `"${text}"` : shortened(text);
  // After entities are read, \n would be a line break and what is between $$ a formula.
  const apart = shown.replace(/\\(?=n)|\$(?=\$)/g, "$&\u200b");
  return apart.replace(/[^\p{L}\p{N} _./,…-]/gu, entityOf).replace(MARKDOWN, entityOf);
}

/** What would begin a list, or make text bold. */
const MARKDOWN = /^-|(?<=^\d+)\.|_(?=_)|(?<=_)_|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;

const entityOf = (character: string): string => `#${character.codePointAt(0) ?? 0};`;
