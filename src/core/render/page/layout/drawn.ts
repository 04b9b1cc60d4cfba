import type { DocumentJob } from "../../document";
import type { Arranged } from "./arrange";
import type { Box, Line, TaskBox } from "./elements";
import type { Point, Rect } from "./pack";

/** Distance between the edge of a box and its contents; pixels. */
export const PADDING = 18;
/** Corner radius of arrows; pixels. */
const CORNER = 7;

/** A box before it has a position. */
export interface Place {
  readonly place: string;
  readonly job: DocumentJob;
  readonly lines: readonly string[];
  readonly rows: number;
  readonly parent: Place | undefined;
  readonly depth: number;
  readonly canExpand: boolean;
  readonly children: readonly Child[];
  readonly inside: Arranged | undefined;
  readonly width: number;
  readonly height: number;
  readonly expanded: boolean;
  readonly continued: boolean;
}

export type Child = Place | TaskBox;

export const isPlace = (child: Child): child is Place => "place" in child;

/** Collects the positioned elements. */
export class Drawn {
  public readonly boxes: Box[] = [];
  public readonly tasks: TaskBox[] = [];
  public readonly frames: Rect[] = [];
  public readonly lines: Line[] = [];

  public add(
    each: Place,
    { x, y, width, height }: Rect,
    { at, siblings, step }: Pick<Box, "at" | "siblings" | "step">,
  ): void {
    const { place, job, lines, rows, parent, depth, children, inside } = each;
    const { canExpand, expanded, continued } = each;
    this.boxes.push({
      ...{ place, job, lines, rows, parent: parent?.place, depth, canExpand, expanded, continued },
      ...{ x, y, width, height, at, siblings, step },
    });
    if (inside === undefined) return;
    const left = x + PADDING;
    const top = y + height - PADDING - inside.height;
    const moved = (rect: Rect): Rect => ({ ...rect, x: left + rect.x, y: top + rect.y });
    for (const frame of inside.frames) this.frames.push(moved(frame));
    const ids = children.map((child) => (isPlace(child) ? child.place : child.id));
    for (const { from, to, label, points } of inside.routes)
      this.lines.push(
        lineOf(
          from.map((item) => ids[item] ?? ""),
          to.map((item) => ids[item] ?? ""),
          points.map(([across, down]): Point => [left + across, top + down]),
          label,
        ),
      );
    const stepOf = (item: number): number => inside.steps[item] ?? -1;
    const rectOf = (item: number): Rect =>
      moved(inside.items[item] ?? { x: 0, y: 0, width: 0, height: 0 });
    const jobs: { child: Place; item: number }[] = [];
    for (const [item, child] of children.entries()) {
      if (isPlace(child)) jobs.push({ child, item });
      else this.tasks.push({ ...child, ...rectOf(item) });
    }
    jobs.sort(
      (a, b) =>
        stepOf(a.item) - stepOf(b.item) ||
        rectOf(a.item).y - rectOf(b.item).y ||
        rectOf(a.item).x - rectOf(b.item).x,
    );
    for (const [index, { child, item }] of jobs.entries()) {
      const before = inside.steps[item];
      this.add(child, rectOf(item), {
        at: index,
        siblings: jobs.length,
        step: before === undefined ? undefined : before + 1,
      });
    }
  }
}

function lineOf(
  from: readonly string[],
  to: readonly string[],
  points: readonly Point[],
  label: string | undefined,
): Line {
  const extent = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    extent.left = Math.min(extent.left, x);
    extent.right = Math.max(extent.right, x);
    extent.top = Math.min(extent.top, y);
    extent.bottom = Math.max(extent.bottom, y);
  }
  const [[x, y] = [0, 0]] = points;
  return {
    ...{ from, to, points, extent, path: pathOf(points) },
    ...(label !== undefined && { label }),
    x: x + 5,
    y: y - 4,
  };
}

/** An SVG path of straight segments with round corners. */
function pathOf(points: readonly Point[]): string {
  const [[startX, startY] = [0, 0], ...rest] = points;
  let path = `M${at(startX)} ${at(startY)}`;
  for (const [index, [x, y]] of rest.entries()) {
    const [beforeX, beforeY] = points[index] ?? [x, y];
    const next = rest[index + 1];
    if (next === undefined) {
      path += `L${at(x)} ${at(y)}`;
      continue;
    }
    const before = Math.hypot(x - beforeX, y - beforeY);
    const behind = Math.hypot(next[0] - x, next[1] - y);
    const radius = Math.min(CORNER, before / 2, behind / 2);
    if (radius < 0.5) {
      path += `L${at(x)} ${at(y)}`;
      continue;
    }
    const toward = ([otherX, otherY]: Point, length: number): string =>
      `${at(x + ((otherX - x) / length) * radius)} ${at(y + ((otherY - y) / length) * radius)}`;
    path += `L${toward([beforeX, beforeY], before)}Q${at(x)} ${at(y)} ${toward(next, behind)}`;
  }
  return path;
}

const at = (value: number): string => String(Math.round(value * 10) / 10);
