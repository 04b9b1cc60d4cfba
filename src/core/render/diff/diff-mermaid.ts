import { textOf } from "../mermaid";
import { inRoom, type MermaidEdge, type MermaidPart } from "../mermaid-limits";
import type { Change, DiffEdge, HierarchyDiff, TaskDiff } from "./hierarchy-diff";
import type { JobPair } from "./job-pairs";

export interface DiffMermaidOptions {
  /** Whether to draw changed tasks too. @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** @default "LR" */
  readonly orientation?: "LR" | "TB";
  /** @default - GitHub's limit */
  readonly maxCharacters?: number;
}

/** A drawing, and the number of omitted jobs. */
export interface DiffDrawing {
  readonly text: string;
  readonly jobs: number;
  readonly leftOut: number;
}

/** Escaped `+`, `-` and `~`, which Mermaid reads as list markers at the beginning of text. */
const MARKS = { added: "#43; ", removed: "#45; ", changed: "#126; " } as const;
const COLORS = {
  added: "fill:#e8f5e9,stroke:#2e7d32,stroke-width:2px,color:#1b1b1b",
  removed: "fill:#ffebee,stroke:#c62828,stroke-width:2px,stroke-dasharray:6 4,color:#1b1b1b",
  changed: "fill:#fff8e1,stroke:#b26a00,stroke-width:2px,color:#1b1b1b",
  same: "fill:#eeeeee,stroke:#616161,color:#1b1b1b",
} as const;
/** Styles of edges. Removed edges are dashed, or dotted if they already were. */
const LINKS = {
  added: "stroke:#2e7d32,stroke-width:2px",
  "removed run_job": "stroke:#c62828,stroke-width:2px,stroke-dasharray:10 4",
  "removed depends_on": "stroke:#c62828,stroke-width:2px",
} as const;
const MAX_CHARACTERS = 50_000;
/** Characters reserved for the styles of up to 500 edges. */
const RESERVED_FOR_LINKS = 2500;

type Edge = MermaidEdge & { readonly look?: keyof typeof LINKS };

/**
 * The changed jobs and their neighbours as a Mermaid flowchart: `-->` from a job to a job that it runs, `-.->` from a
 * task to its dependent.
 */
export function diffMermaid(diff: HierarchyDiff, options: DiffMermaidOptions = {}): DiffDrawing {
  const { level = "jobs", orientation = "LR", maxCharacters = MAX_CHARACTERS } = options;
  const drawing = new Drawing(diff, level);
  const parts = drawing.parts();
  const { nodes, edges, classes, drawn } = inRoom(parts, maxCharacters - RESERVED_FOR_LINKS);
  const leftOut = parts.length - drawn;
  const text = [
    `flowchart ${orientation}`,
    "  accTitle: Changes in the hierarchy of jobs",
    `  accDescr: In ${textOf(diff.environment)}. + is added, - is removed, ~ is changed. Solid arrows lead from a job to the jobs that it runs, dotted arrows from what comes first to what depends on it.`,
    ...(parts.length === 0 ? ['  none["no changes"]'] : nodes),
    ...edges.map((edge) => edge.text),
    ...classes,
    ...(leftOut > 0
      ? [`  more["… and ${leftOut} more jobs, for which there is no room here"]`]
      : []),
    ...Object.entries(COLORS).map(([name, style]) => `  classDef ${name} ${style}`),
    ...Object.entries(LINKS).flatMap(([name, style]) => {
      const numbers = edges.flatMap(({ look }, at) => (look === name ? [at] : []));
      return numbers.length === 0 ? [] : [`  linkStyle ${numbers.join(",")} ${style}`];
    }),
    "",
  ].join("\n");
  return { text, jobs: parts.length, leftOut };
}

class Drawing {
  readonly #changes: ReadonlyMap<string, Change>;
  readonly #tasks: ReadonlyMap<string, readonly TaskDiff[]>;
  readonly #ids: ReadonlyMap<string, string>;
  readonly #edgesBy = new Map<string, DiffEdge[]>();
  readonly #order: readonly JobPair[];
  readonly #orphans: ReadonlySet<string>;

  readonly #level: "jobs" | "tasks";

  public constructor(diff: HierarchyDiff, level: "jobs" | "tasks") {
    this.#level = level;

    const changes = new Map(diff.jobs.map(({ key, change }) => [key, change]));
    // An external job is added and removed with the tasks that run it.
    for (const { key, before, after } of diff.all)
      if (before === undefined || after === undefined)
        changes.set(key, before === undefined ? "added" : "removed");
    this.#changes = changes;
    this.#tasks = new Map(
      diff.jobs.map(({ key, change, tasks }) => [key, change === "removed" ? [] : tasks]),
    );
    const orphans = new Set(diff.orphaned.map(({ key }) => key));
    this.#orphans = orphans;
    const near = new Set<string>();
    for (const { kind, from, to } of diff.edges) {
      if (kind !== "run_job" || !(this.#changes.has(from) || this.#changes.has(to))) continue;
      near.add(from).add(to);
    }
    // Changed jobs come first, in case not all fit.
    const rank = ({ key }: JobPair): number =>
      this.#changes.has(key) ? 0 : orphans.has(key) ? 1 : 2;
    this.#order = diff.all
      .filter((pair) => rank(pair) < 2 || near.has(pair.key))
      .sort((a, b) => rank(a) - rank(b));
    this.#ids = new Map(this.#order.map(({ key }, at) => [key, `j${at}`]));
    for (const edge of diff.edges) {
      const owner = this.#ownerOf(edge);
      if (owner === undefined) continue;
      const known = this.#edgesBy.get(owner);
      if (known === undefined) this.#edgesBy.set(owner, [edge]);
      else known.push(edge);
    }
  }

  public parts(): MermaidPart<Edge>[] {
    return this.#order.map(({ key }) => ({
      id: key,
      nodes: this.#nodes(key),
      classes: [`  class ${this.#ids.get(key) ?? ""} ${this.#changes.get(key) ?? "same"}`],
      edges: (this.#edgesBy.get(key) ?? []).map((edge) => this.#edge(edge)),
    }));
  }

  /** The part that contains an edge; undefined if the edge is not drawn. */
  #ownerOf({ from, to, by, change }: DiffEdge): string | undefined {
    if (!this.#ids.has(from) || !this.#ids.has(to)) return undefined;
    if (change === undefined && ![from, to, by].some((key) => this.#changes.has(key)))
      return undefined;
    return from;
  }

  #edge({ kind, from, to, change }: DiffEdge): Edge {
    const arrow = kind === "run_job" ? "-->" : "-.->";
    const label = change === undefined ? "" : `|"${MARKS[change].trim()}"|`;
    return {
      text: `  ${this.#ids.get(from) ?? ""} ${arrow}${label} ${this.#ids.get(to) ?? ""}`,
      ends: [from, to],
      ...(change !== undefined && { look: change === "added" ? change : `${change} ${kind}` }),
    };
  }

  #nodes(key: string): string[] {
    const id = this.#ids.get(key) ?? "";
    const change = this.#changes.get(key);
    const isOrphan = this.#orphans.has(key);
    const label = `${change === undefined ? "" : MARKS[change]}${textOf(key)}${isOrphan ? "<br>no job runs it any more" : ""}`;
    const tasks = this.#level === "tasks" ? (this.#tasks.get(key) ?? []) : [];
    if (tasks.length === 0) return [`  ${id}["${label}"]`];
    return [
      `  subgraph ${id}["${label}"]`,
      ...tasks.map(
        ({ change: own, path, what }, at) =>
          `    ${id}t${at}["${MARKS[own]}${path.map(textOf).join(" / ")}<br>${textOf(what)}"]:::${own}`,
      ),
      "  end",
    ];
  }
}
