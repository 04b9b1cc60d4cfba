import { compare } from "../../../model/collections";
import type { DocumentJob, DocumentTask, HierarchyDocument } from "../../document";
import { rootsOf } from "../../hierarchy";
import { arrange, type Arranged } from "./arrange";
import { cut, shortWhat, widthOf } from "./box-text";
import { LEVEL_WORDS, levelOf } from "../level";
import { mistakesOf } from "../mistakes";
import type { Layout } from "./elements";
import { type Child, Drawn, isPlace, PADDING, type Place } from "./drawn";
import type { Wait } from "./layers";
import { pack } from "./pack";

/** Options of {@link layoutOf}. */
export interface LayoutOptions {
  /** Whether to show the tasks of all jobs, or only of jobs that run other jobs. @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /**
   * Whether to draw the contents of a box. Called once for each box, from the top down.
   *
   * @default - expands each job once, in its first box
   */
  readonly isExpanded?: (place: string, job: DocumentJob) => boolean;
  /** Number of rows to reserve in a box for later content. @default - none */
  readonly rowsOf?: (job: DocumentJob) => number;
  /** Preferred ratio of width to height. @default 1.6 */
  readonly aspect?: number;
}

export const BOX_HEIGHT = 46;
export const LINE_HEIGHT = 16;
export const MARGIN = 24;
const MIN_WIDTH = 150;
/** Minimum width of a box with a row of twenty run bars and a duration. */
const MIN_ROW_WIDTH = 190;
const PART_GAP = 24;
/** Maximum nesting; deeper boxes restart at the top, since a chain of thousands of jobs cannot be nested. */
const MAX_DEPTH = 12;
/** Maximum counted jobs. */
const MAX_COUNTED = 1_000;

/** Expands each job once, at its first place, and where it continues at the top. */
export function once(): (place: string, job: DocumentJob) => boolean {
  const expanded = new Set<DocumentJob>();
  return (place, job) => {
    if (expanded.has(job)) return place === job.id;
    expanded.add(job);
    return true;
  };
}

/** The place of a child job in its parent's box. */
export const placeIn = (parent: string, taskKey: string): string => `${parent}\u0001${taskKey}`;

/** Lays out the jobs of a document. The result does not depend on the order of jobs and tasks. */
export function layoutOf(
  { jobs }: Pick<HierarchyDocument, "jobs">,
  options: LayoutOptions = {},
): Layout {
  return new Composition(jobs, options).layout();
}

class Composition {
  readonly #byId: ReadonlyMap<string, DocumentJob>;
  readonly #jobs: readonly DocumentJob[];
  readonly #level: "jobs" | "tasks";
  readonly #isExpanded: (place: string, job: DocumentJob) => boolean;
  readonly #rowsOf: (job: DocumentJob) => number;
  readonly #aspect: number;
  /** Jobs at the top, to which deeply nested jobs are added. */
  #tops = new Set<DocumentJob>();

  public constructor(jobs: readonly DocumentJob[], options: LayoutOptions) {
    this.#jobs = [...jobs].sort((a, b) => compare(a.key, b.key) || compare(a.id, b.id));
    this.#byId = new Map(jobs.map((job) => [job.id, job]));
    this.#level = options.level ?? "jobs";
    this.#isExpanded = options.isExpanded ?? once();
    this.#rowsOf = options.rowsOf ?? (() => 0);
    this.#aspect = options.aspect ?? 1.6;
  }

  public layout(): Layout {
    const roots = rootsOf(this.#jobs, (job) => this.#runs(job));
    // Jobs with children go before single jobs.
    const holds = (job: DocumentJob): boolean => job.tasks.some(({ runs }) => runs !== undefined);
    this.#tops = new Set([...roots.filter(holds), ...roots.filter((job) => !holds(job))]);
    // Iterating over a set includes entries that are added meanwhile.
    const tops: Place[] = [];
    for (const job of this.#tops) tops.push(this.#place(job, job.id, undefined, undefined));
    const parts: (readonly Place[])[] = [
      tops.filter(({ canExpand }) => canExpand),
      tops.filter(({ canExpand }) => !canExpand),
    ];
    const drawn = new Drawn();
    let [width, y, at] = [0, MARGIN, 0];
    for (const part of parts) {
      if (part.length === 0) continue;
      const [closed, leafWidth] = [(each: Place) => !each.expanded, widest(part)];
      const sizes = part.map((each) => ({
        width: closed(each) ? leafWidth : each.width,
        height: each.height,
      }));
      const packed = pack(sizes, PART_GAP, this.#aspect, width);
      for (const [index, top] of part.entries()) {
        const { x = 0, y: down = 0 } = packed.places[index] ?? {};
        const rect = { x: MARGIN + x, y: y + down, ...top, ...sizes[index] };
        drawn.add(top, rect, { at: at++, siblings: tops.length, step: undefined });
      }
      width = Math.max(width, packed.width);
      y += packed.height + PART_GAP;
    }
    return {
      boxes: drawn.boxes,
      tasks: drawn.tasks,
      frames: drawn.frames,
      lines: drawn.lines,
      width: width + 2 * MARGIN,
      height: Math.max(2 * MARGIN, y - PART_GAP + MARGIN),
    };
  }

  #runs(job: DocumentJob): DocumentJob[] {
    return job.tasks.flatMap(({ runs }) =>
      runs === undefined ? [] : (this.#byId.get(runs) ?? []),
    );
  }

  #place(
    job: DocumentJob,
    place: string,
    task: DocumentTask | undefined,
    parent: Place | undefined,
    notes: readonly string[] = [],
  ): Place {
    const depth = parent === undefined ? 0 : parent.depth + 1;
    let canExpand = this.#level === "tasks" ? job.tasks.length > 0 : this.#runs(job).length > 0;
    for (let above = parent; above !== undefined; above = above.parent)
      if (above.job === job) canExpand = false;
    const isOpen = canExpand && this.#isExpanded(place, job);
    const continued = isOpen && depth >= MAX_DEPTH;
    const expanded = isOpen && !continued;
    if (continued) this.#tops.add(job);
    const own =
      this.#level === "tasks" && task !== undefined && task.task_key !== job.key
        ? [`task ${task.task_key}`]
        : [];
    const where = continued ? ["continued below"] : [];
    const lines = [this.#what(job, expanded), ...own, ...notes, ...where].map((line) => cut(line));
    const rows = this.#rowsOf(job);
    const headWidth = Math.max(
      rows > 0 ? MIN_ROW_WIDTH : MIN_WIDTH,
      widthOf([`${cut(job.key)}${job.findings.length > 0 ? "     " : "  "}`, ...lines]) +
        (canExpand ? 16 : 0),
    );
    const headHeight = BOX_HEIGHT + (lines.length - 1 + rows) * LINE_HEIGHT;
    const shell = { place, job, lines, rows, parent, depth, canExpand, expanded, continued };
    if (!expanded)
      return { ...shell, children: [], inside: undefined, width: headWidth, height: headHeight };
    const { children, inside } = this.#inside({
      ...shell,
      children: [],
      inside: undefined,
      width: 0,
      height: 0,
    });
    return {
      ...shell,
      children,
      inside,
      width: Math.max(headWidth, inside.width + 2 * PADDING),
      height: headHeight + inside.height + PADDING,
    };
  }

  #inside(parent: Place): { children: Child[]; inside: Arranged } {
    const { job } = parent;
    const tasks = job.tasks
      .filter(({ inside }) => inside === undefined)
      .sort((a, b) => compare(a.task_key, b.task_key) || compare(a.id, b.id));
    const bodies = new Map<string, DocumentTask>();
    for (const task of job.tasks) if (task.inside !== undefined) bodies.set(task.inside, task);
    const used = new Set<string>();
    const children = tasks.map((task): Child => {
      const body = bodies.get(task.task_key);
      const runs = task.runs ?? body?.runs;
      const target = runs === undefined ? undefined : this.#byId.get(runs);
      const notes = notesOf(task, body, target !== undefined);
      if (target !== undefined) {
        let place = placeIn(parent.place, task.task_key);
        // Only an invalid job has duplicate task keys.
        while (used.has(place)) place += "\u0001";
        used.add(place);
        return this.#place(target, place, body ?? task, parent, notes);
      }
      const lines = [shortWhat(task), ...notes].map((line) => cut(line));
      return {
        // Unique although a job may be drawn several times.
        id: `${parent.place}\u0002${task.id}`,
        task,
        job,
        lines,
        x: 0,
        y: 0,
        width: widthOf([cut(task.task_key), ...lines]) + 8,
        height: BOX_HEIGHT + (lines.length - 1) * LINE_HEIGHT,
      };
    });
    const places = new Map(tasks.map(({ task_key }, at) => [task_key, at]));
    const waits = tasks.flatMap((task, to) =>
      [...new Set(task.depends_on)].sort().flatMap((key): Wait[] => {
        const from = places.get(key);
        const label = task.outcomes?.[key];
        if (from === undefined) return [];
        return [{ from, to, ...(label !== undefined && { label: cut(label, 6) }) }];
      }),
    );
    const items = children.map((child) => ({
      width: child.width,
      height: child.height,
      isLeaf: !isPlace(child) || !child.expanded,
    }));
    return { children, inside: arrange(items, waits, BOX_HEIGHT / 2, this.#aspect) };
  }

  /** The line below the key of a job. */
  #what(job: DocumentJob, expanded: boolean): string {
    const word = LEVEL_WORDS[levelOf(job)];
    const [task, ...others] = job.tasks;
    if (this.#runs(job).length > 0) return expanded ? word : `${word} · ${this.#badge(job)}`;
    if (task === undefined) return job.external === true ? "external" : `${word} · no tasks`;
    if (others.length > 0) return `${word} · ${job.tasks.length} tasks`;
    return expanded ? word : `${word} · ${shortWhat(task)}`;
  }

  /** Summary of the contents of a closed box. */
  #badge(job: DocumentJob): string {
    const below = new Set(this.#runs(job));
    for (const each of below) {
      if (below.size >= MAX_COUNTED) break;
      for (const next of this.#runs(each)) below.add(next);
    }
    below.delete(job);
    const findings = mistakesOf(below);
    const errors = findings.filter(({ severity }) => severity === "error").length;
    const others = findings.length - errors;
    const more = below.size >= MAX_COUNTED ? "+" : "";
    return [
      `${below.size}${more} ${below.size === 1 ? "job" : "jobs"}`,
      ...(errors > 0 ? [`${errors} ${errors === 1 ? "error" : "errors"}`] : []),
      ...(others > 0 ? [`${others} ${others === 1 ? "warning" : "warnings"}`] : []),
    ].join(", ");
  }
}

/** Conditions and loop of a task. Arrows show its dependencies. */
function notesOf(task: DocumentTask, body: DocumentTask | undefined, runsJob: boolean): string[] {
  const { when = [] } = task;
  if (body === undefined) return [...when];
  // `what` of a for-each task describes its inputs.
  const repeats = runsJob ? [task.what] : [`${body.task_key}: ${shortWhat(body)}`];
  return [...repeats, ...when, ...(body.when ?? [])];
}

const widest = (places: readonly Place[]): number =>
  places.reduce((most, { expanded, width }) => (expanded ? most : Math.max(most, width)), 0);
