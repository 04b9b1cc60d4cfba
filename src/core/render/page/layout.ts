import { printable } from "../../model/text";
import type { DocumentJob, DocumentTask, HierarchyDocument } from "../document";
import { rootsOf } from "../hierarchy";

/**
 * Where everything goes in a drawing, in pixels. Jobs stand in columns, each to the right of whatever runs it; below each
 * other in the order in which they are run. That takes time in proportion to what is drawn: 10 000 jobs are fine, and
 * neither is a job of 1 000 tasks in a row.
 */
export interface Layout {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
}

/** A job in a drawing. */
export interface Box {
  readonly job: DocumentJob;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The job below which it stands; undefined at the top. */
  readonly parent: string | undefined;
  /** Its column, which is how deep it is in that tree, from 0. */
  readonly depth: number;
  /** Its place among the jobs that stand below the same one, from 0, and how many these are. */
  readonly place: number;
  readonly siblings: number;
  /** Jobs that it runs. */
  readonly runs: number;
  /** Whether these are drawn. */
  readonly expanded: boolean;
  /** Its tasks, where they are drawn. */
  readonly rows: readonly Row[];
}

/** A task in the box of its job. */
export interface Row {
  readonly task: DocumentTask;
  /** The middle of its line. */
  readonly y: number;
}

/** An arrow. */
export interface Line {
  readonly kind: "run_job" | "depends_on";
  /** Ids of jobs. */
  readonly from: string;
  readonly to: string;
  /** As SVG has it in `d`. */
  readonly path: string;
  /** When, if not always. */
  readonly label?: string;
  /** Where the label ends. */
  readonly x: number;
  readonly y: number;
  /** The heights between which it lies. */
  readonly top: number;
  readonly bottom: number;
}

/** What to draw, and how. */
export interface LayoutOptions {
  /** Jobs alone, or with their tasks. @default "jobs" */
  readonly level?: "jobs" | "tasks";
  /** Whether the jobs that a job runs are drawn. @default - all are */
  readonly isExpanded?: (id: string) => boolean;
  /** How wide a drawing is to be for its height, where it consists of parts that can go side by side. @default 1.5 */
  readonly aspect?: number;
}

export const BOX_HEIGHT = 46;
export const ROW_HEIGHT = 20;
/** The pixels of a character of a fixed-width font of 12 pixels. */
const CHARACTER = 7.25;
const MIN_WIDTH = 190;
/** Maximum characters of a name: a box of thousands would hide all others. */
const MAX_CHARACTERS = 44;
const COLUMN_GAP = 96;
const BOX_GAP = 14;
const PART_GAP = 26;
/** How round the corners of arrows are. */
const CORNER = 8;
export const MARGIN = 48;

interface Node {
  readonly job: DocumentJob;
  /** The jobs that it runs and that are drawn, in the order in which it runs them. */
  readonly targets: Node[];
  readonly runs: number;
  readonly tasks: readonly DocumentTask[];
  readonly expanded: boolean;
  rank: number;
  parent: Node | undefined;
  readonly children: Node[];
  /** Its place among the children of its parent. */
  place: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Lays out the jobs of a document. */
export function layoutOf(
  { jobs, edges }: Pick<HierarchyDocument, "jobs" | "edges">,
  options: LayoutOptions = {},
): Layout {
  const { level = "jobs", aspect = 1.5 } = options;
  const nodes = visibleNodes(jobs, level, options.isExpanded ?? (() => true));
  rank(nodes);
  const roots = nodes.filter(({ parent }) => parent === undefined);
  for (const [place, root] of roots.entries()) root.place = place;
  const parts = roots.map(placePart);
  const { width, height } = placeSideBySide(parts, aspect);
  const byId = new Map(nodes.map((node) => [node.job.id, node]));
  return {
    boxes: nodes.map((node) => boxOf(node, roots.length)),
    lines: level === "tasks" ? taskLines(nodes, byId) : jobLines(edges, byId),
    width: width + 2 * MARGIN,
    height: height + 2 * MARGIN,
  };
}

/** The jobs to draw: those at the top, and what the expanded ones run. Each once, before what it runs. */
function visibleNodes(
  jobs: readonly DocumentJob[],
  level: "jobs" | "tasks",
  isExpanded: (id: string) => boolean,
): Node[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const targetsOf = (job: DocumentJob): DocumentJob[] => [
    ...new Set(job.tasks.flatMap(({ runs }) => (runs === undefined ? [] : (byId.get(runs) ?? [])))),
  ];
  const nodes = new Map<DocumentJob, Node>();
  const add = (job: DocumentJob): Node => {
    const known = nodes.get(job);
    if (known !== undefined) return known;
    const runs = targetsOf(job).length;
    const tasks = level === "tasks" ? job.tasks : [];
    const node: Node = {
      job,
      targets: [],
      runs,
      tasks,
      expanded: runs > 0 && isExpanded(job.id),
      rank: 0,
      parent: undefined,
      children: [],
      place: 0,
      x: 0,
      y: 0,
      width: widthOf(job, tasks),
      height: BOX_HEIGHT + (tasks.length === 0 ? 0 : tasks.length * ROW_HEIGHT + 6),
    };
    nodes.set(job, node);
    return node;
  };
  const open = rootsOf(jobs, targetsOf).map(add).reverse();
  const done = new Set<Node>();
  const order: Node[] = [];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (done.has(node)) continue;
    done.add(node);
    order.push(node);
    if (!node.expanded) continue;
    node.targets.push(...targetsOf(node.job).map(add));
    open.push(...[...node.targets].reverse());
  }
  return order;
}

/**
 * Puts every job one column behind the last of those that run it, and says which of these it stands below. Of jobs that
 * run each other in a cycle, the one that closes it counts for nothing.
 */
function rank(nodes: readonly Node[]): void {
  // Nodes come in the order of a walk from the top: what leads back to one that is still open closes a cycle.
  const state = new Map<Node, "open" | "done">();
  const order: Node[] = [];
  const back = new Map<Node, Set<Node>>();
  for (const root of nodes) {
    if (state.has(root)) continue;
    const stack = [{ node: root, at: 0 }];
    state.set(root, "open");
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const target = top.node.targets[top.at++];
      if (target === undefined) {
        state.set(top.node, "done");
        order.push(top.node);
        stack.pop();
      } else if (state.get(target) === "open") {
        const ends = back.get(top.node) ?? new Set();
        back.set(top.node, ends.add(target));
      } else if (!state.has(target)) {
        state.set(target, "open");
        stack.push({ node: target, at: 0 });
      }
    }
  }
  order.reverse();
  const forward = (node: Node): Node[] =>
    node.targets.filter((target) => back.get(node)?.has(target) !== true);
  for (const node of order)
    for (const target of forward(node)) target.rank = Math.max(target.rank, node.rank + 1);
  for (const node of order) {
    for (const target of forward(node)) {
      if (target.parent !== undefined || target.rank !== node.rank + 1) continue;
      target.parent = node;
      target.place = node.children.length;
      node.children.push(target);
    }
  }
}

/** A job at the top with all that stands below it. */
interface Part {
  readonly nodes: readonly Node[];
  readonly width: number;
  readonly height: number;
}

/** Places a part as if it stood alone: each job at the height of the first that stands below it. */
function placePart(root: Node): Part {
  const widths: number[] = [];
  const nodes: Node[] = [];
  let height = 0;
  // Each job is met twice: before and after what stands below it.
  const stack: { node: Node; ends: boolean }[] = [{ node: root, ends: false }];
  let y = 0;
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { node, ends } = top;
    if (ends) {
      y = Math.max(y, node.y + node.height + BOX_GAP);
      height = Math.max(height, node.y + node.height);
      continue;
    }
    node.y = y;
    nodes.push(node);
    widths[node.rank] = Math.max(widths[node.rank] ?? 0, node.width);
    stack.push({ node, ends: true });
    for (const child of [...node.children].reverse()) stack.push({ node: child, ends: false });
  }
  const starts: number[] = [];
  let width = 0;
  for (const column of widths.keys()) {
    starts[column] = width;
    width += (widths[column] ?? 0) + COLUMN_GAP;
  }
  for (const node of nodes) {
    node.x = starts[node.rank] ?? 0;
    node.width = widths[node.rank] ?? node.width;
  }
  return { nodes, width: width - COLUMN_GAP, height };
}

/** Puts parts below each other and, when that gets too high for its width, side by side. */
function placeSideBySide(
  parts: readonly Part[],
  aspect: number,
): { readonly width: number; readonly height: number } {
  const area = parts.reduce(
    (sum, part) => sum + (part.width + COLUMN_GAP) * (part.height + PART_GAP),
    0,
  );
  const highest = parts.reduce((most, part) => Math.max(most, part.height), 0);
  const limit = Math.max(Math.sqrt(area / aspect), highest);
  let x = 0;
  let y = 0;
  let columnWidth = 0;
  let height = 0;
  for (const part of parts) {
    if (y > 0 && y + part.height > limit) {
      x += columnWidth + COLUMN_GAP;
      y = 0;
      columnWidth = 0;
    }
    for (const node of part.nodes) {
      node.x += x + MARGIN;
      node.y += y + MARGIN;
    }
    columnWidth = Math.max(columnWidth, part.width);
    height = Math.max(height, y + part.height);
    y += part.height + PART_GAP;
  }
  return { width: x + columnWidth, height };
}

function boxOf(node: Node, roots: number): Box {
  const { job, x, y, width, height, parent, runs, expanded } = node;
  return {
    job,
    x,
    y,
    width,
    height,
    parent: parent?.job.id,
    depth: node.rank,
    place: node.place,
    siblings: parent?.children.length ?? roots,
    runs,
    expanded,
    rows: node.tasks.map((task, at) => ({ task, y: rowY(node, at) })),
  };
}

const rowY = (node: Pick<Node, "y">, at: number): number =>
  node.y + BOX_HEIGHT + at * ROW_HEIGHT + ROW_HEIGHT / 2;

function jobLines(edges: HierarchyDocument["edges"], byId: ReadonlyMap<string, Node>): Line[] {
  return edges.flatMap(({ kind, from, to, by, when }) => {
    const first = byId.get(from);
    const second = byId.get(to);
    if (first === undefined || second === undefined || byId.get(by)?.expanded !== true) return [];
    if (kind === "run_job")
      return [
        labelled(
          second.parent === first
            ? trunkLine(first, second)
            : runLine(first, first.y + BOX_HEIGHT / 2, second),
          when,
        ),
      ];
    return [
      labelled(
        waitLine(
          { node: first, y: first.y + BOX_HEIGHT * 0.7 },
          { node: second, y: second.y + BOX_HEIGHT * 0.3 },
          "right",
        ),
        when,
      ),
    ];
  });
}

const labelled = (each: Line, when: readonly string[] | undefined): Line =>
  when === undefined ? each : { ...each, label: when.join("; ") };

function taskLines(nodes: readonly Node[], byId: ReadonlyMap<string, Node>): Line[] {
  return nodes.flatMap((node) => {
    const heights = new Map(node.tasks.map(({ task_key }, at) => [task_key, rowY(node, at)]));
    return node.tasks.flatMap((task, at) => {
      const y = rowY(node, at);
      const waits = task.depends_on.flatMap((key) => {
        const from = heights.get(key);
        if (from === undefined) return [];
        const outcome = task.outcomes?.[key];
        const wait = waitLine({ node, y: from + 3 }, { node, y: y - 3 }, "left");
        return [labelled(wait, outcome === undefined ? undefined : [outcome])];
      });
      const target = task.runs === undefined ? undefined : byId.get(task.runs);
      if (target === undefined || !node.expanded) return waits;
      return [...waits, runLine(node, y, target)];
    });
  });
}

/** To a job that stands below the one that runs it: all of these share a way for as long as they can. */
function trunkLine(from: Node, to: Node): Line {
  const start = from.x + from.width;
  const [y, endY] = [from.y + BOX_HEIGHT / 2, to.y + BOX_HEIGHT / 2];
  const trunk = start + COLUMN_GAP / 2;
  const path =
    y === endY
      ? `M${at(start)} ${at(y)}H${at(to.x)}`
      : `M${at(start)} ${at(y)}H${at(trunk - CORNER)}Q${at(trunk)} ${at(y)} ${at(trunk)} ${at(y + CORNER)}V${at(endY - CORNER)}Q${at(trunk)} ${at(endY)} ${at(trunk + CORNER)} ${at(endY)}H${at(to.x)}`;
  return line("run_job", from, to, path, [to.x, endY], y, endY);
}

/** From the right of what runs to the left of what is run. */
function runLine(from: Node, y: number, to: Node): Line {
  const start = from.x + from.width;
  const end = to.x;
  const endY = to.y + BOX_HEIGHT / 2;
  // What is not to the right closes a cycle, and is reached around its own corner.
  const bend = end > start ? Math.min((end - start) / 2, 60) : 50;
  const path = `M${at(start)} ${at(y)}C${at(start + bend)} ${at(y)} ${at(end - bend)} ${at(endY)} ${at(end)} ${at(endY)}`;
  return line("run_job", from, to, path, [end, endY], y, endY);
}

interface End {
  readonly node: Node;
  readonly y: number;
}

/** Along one side of the boxes; the further it leads, the further out. */
function waitLine(from: End, to: End, side: "left" | "right"): Line {
  const sign = side === "right" ? 1 : -1;
  const sideOf = ({ node }: End): number => (side === "right" ? node.x + node.width : node.x);
  const start = sideOf(from);
  const end = sideOf(to);
  const out = 16 + Math.min(44, Math.abs(to.y - from.y) / 8);
  const path = `M${at(start)} ${at(from.y)}C${at(start + sign * out)} ${at(from.y)} ${at(end + sign * out)} ${at(to.y)} ${at(end)} ${at(to.y)}`;
  return line("depends_on", from.node, to.node, path, [end, to.y], from.y, to.y);
}

function line(
  kind: Line["kind"],
  from: Node,
  to: Node,
  path: string,
  [x, y]: readonly [number, number],
  ...heights: readonly number[]
): Line {
  return {
    kind,
    from: from.job.id,
    to: to.job.id,
    path,
    x,
    y,
    top: Math.min(...heights),
    bottom: Math.max(...heights),
  };
}

const at = (value: number): string => String(Math.round(value * 10) / 10);

/** Wide enough for its name and its tasks. */
function widthOf(job: DocumentJob, tasks: readonly DocumentTask[]): number {
  const characters = [
    lengthOf(cut(job.key)) + (job.findings.length > 0 ? 5 : 2),
    ...tasks.map((task) => {
      const { key, what, when } = rowText(task);
      return lengthOf(key + what + when);
    }),
  ].reduce((most, length) => Math.max(most, length), 0);
  return Math.max(MIN_WIDTH, Math.round(characters * CHARACTER + 26));
}

/** What the line of a task says: its key, what it does where no arrow tells, and when it does that. */
export function rowText(task: DocumentTask): {
  readonly key: string;
  readonly what: string;
  readonly when: string;
} {
  const { task_key, runs } = task;
  const words = whenWords(task);
  const when = words === "" ? "" : `  ${cut(words)}`;
  if (runs !== undefined) return { key: cut(task_key), what: "", when };
  const key = cut(task_key, MAX_CHARACTERS / 2);
  return { key, what: `  ${cut(shortWhat(task), MAX_CHARACTERS - lengthOf(key))}`, when };
}

/** What a task does, without the folders of a notebook. */
export function shortWhat({ what, notebook }: DocumentTask): string {
  return notebook === undefined ? what : (what.split("/").at(-1) ?? "");
}

/** What an arrow alone does not tell: outcomes, `run_if`, the loop that a task is in, that it is disabled. */
export function whenWords({ outcomes = {}, when = [], inside }: DocumentTask): string {
  const waits = Object.entries(outcomes).map(([key, outcome]) => `after ${key} (${outcome})`);
  return [...(inside === undefined ? [] : [`in ${inside}`]), ...waits, ...when].join(", ");
}

/** Text that is safe to show, and not longer than a box is wide. */
export function cut(text: string, most = MAX_CHARACTERS): string {
  const shown = printable(text.slice(0, 500));
  if (lengthOf(shown) <= most) return shown;
  let length = 0;
  let kept = "";
  for (const character of shown) {
    length += lengthOf(character);
    if (length > most - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** In characters of a fixed-width font, of which Chinese and emoji take two. */
function lengthOf(text: string): number {
  let length = 0;
  for (const character of text) length += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
  return length;
}
