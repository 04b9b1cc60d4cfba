import { LayeredPart, type Unit } from "./layered-part";
import { alike, connected, layersOf, type Wait } from "./layers";
import { BOX_GAP, pack, type Point, type Rect, type Size } from "./pack";

/** A rectangle to place inside a composite. */
export interface Item extends Size {
  /** Whether it may be widened to match its neighbours. */
  readonly isLeaf: boolean;
}

/** Items in a common frame, which arrows connect to instead of each item. */
export interface Frame extends Rect {
  readonly items: readonly number[];
}

/** An arrow. */
export interface Route {
  /** Indexes of items. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly label?: string;
  readonly points: readonly Point[];
}

/** The arranged contents of a composite. */
export interface Arranged extends Size {
  /** In the order of the given items. */
  readonly items: readonly Rect[];
  /** Minimum number of previous steps of each item; undefined for items without an order. */
  readonly steps: readonly (number | undefined)[];
  readonly frames: readonly Frame[];
  readonly routes: readonly Route[];
}

const PART_GAP = 30;
const FRAME_PADDING = 10;

/**
 * Lays out the contents of a composite in layers from left to right by dependencies, with arrows routed around boxes.
 * Packs unconnected parts, and items without arrows, next to and below each other. Linear in items and arrows.
 *
 * @param port distance from the top of an item to its arrows
 */
export function arrange(
  items: readonly Item[],
  waits: readonly Wait[],
  port: number,
  aspect: number,
): Arranged {
  const { layers, back } = layersOf(items.length, waits);
  const units = alike(items.length, waits, back).map((members) =>
    unitOf(items, members, layers, port),
  );
  const unitAt: number[] = [];
  for (const [at, { members }] of units.entries()) for (const item of members) unitAt[item] = at;
  const arrows = betweenUnits(waits, unitAt);
  const backArrows = new Set(
    betweenUnits([...back], unitAt).map(({ from, to }) => `${from} ${to}`),
  );
  const placed = new Array<Rect>(items.length);
  const frames: Frame[] = [];
  const routes: Route[] = [];
  const byUnit: Wait[][] = units.map(() => []);
  for (const arrow of arrows) byUnit[arrow.from]?.push(arrow);
  const all = connected(units.length, arrows);
  const hasArrows = (part: readonly number[]): boolean =>
    part.length > 1 || part.some((at) => (byUnit[at] ?? []).length > 0);
  const parts = all.filter(hasArrows).map((part) => {
    const own = part.flatMap((at) => byUnit[at] ?? []);
    const places = new Map(part.map((at, place) => [at, place]));
    const inPart = own.map((arrow) => ({
      ...arrow,
      from: places.get(arrow.from) ?? 0,
      to: places.get(arrow.to) ?? 0,
      isBack: backArrows.has(`${arrow.from} ${arrow.to}`),
    }));
    return new LayeredPart(
      part.flatMap((at) => units[at] ?? []),
      inPart,
    );
  });
  const widestPart = parts.reduce((most, { width }) => Math.max(most, width), 0);
  const lone = all.filter((part) => !hasArrows(part)).flatMap(([at = 0]) => units[at] ?? []);
  const grid = gridOf(lone, aspect, widestPart);
  const sizes: Size[] = [...parts, ...(lone.length === 0 ? [] : [grid])];
  const packed = pack(sizes, PART_GAP, aspect);
  for (const [at, part] of parts.entries()) {
    const { x = 0, y = 0 } = packed.places[at] ?? {};
    for (const { unit, x: left, y: top, width } of part.places)
      placeUnit(unit, { x: x + left, y: y + top, width }, placed, frames);
    for (const { from, to, label, points } of part.routes)
      routes.push({
        from,
        to,
        ...(label !== undefined && { label }),
        points: points.map(([across, down]): Point => [x + across, y + down]),
      });
  }
  const { x = 0, y = 0 } = packed.places[parts.length] ?? {};
  for (const [at, unit] of lone.entries()) {
    const place = grid.places[at];
    if (place !== undefined)
      placeUnit(
        unit,
        { x: x + place.x, y: y + place.y, width: grid.widths[at] ?? 0 },
        placed,
        frames,
      );
  }
  const ordered = new Set(parts.flatMap((part) => part.places.flatMap(({ unit }) => unit.members)));
  return {
    items: placed,
    steps: items.map((_, at) => (ordered.has(at) ? layers[at] : undefined)),
    frames,
    routes,
    width: packed.width,
    height: packed.height,
  };
}

/** A unit of a single item, or of equivalent items in a frame. */
function unitOf(
  items: readonly Item[],
  members: readonly number[],
  layers: readonly number[],
  port: number,
): Unit {
  const [first = 0, ...others] = members;
  const layer = layers[first] ?? 0;
  const own = members.flatMap((at) => items[at] ?? []);
  if (others.length === 0) {
    const { width = 0, height = 0, isLeaf = false } = items[first] ?? {};
    return { members, layer, width, height, isLeaf, port, inside: [{ x: 0, y: 0, width, height }] };
  }
  const leafWidth = widestLeaf(own);
  const sizes = own.map(({ width, height, isLeaf }) => ({
    width: isLeaf ? leafWidth : width,
    height,
  }));
  const packed = pack(sizes, BOX_GAP, 1.2);
  return {
    members,
    layer,
    width: packed.width + 2 * FRAME_PADDING,
    height: packed.height + 2 * FRAME_PADDING,
    isLeaf: false,
    port: Math.round(packed.height / 2) + FRAME_PADDING,
    inside: packed.places.map(({ x, y }, at) => ({
      x: x + FRAME_PADDING,
      y: y + FRAME_PADDING,
      width: sizes[at]?.width ?? 0,
      height: sizes[at]?.height ?? 0,
    })),
  };
}

function placeUnit(
  { members, inside, height }: Unit,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
  placed: Rect[],
  frames: Frame[],
): void {
  if (members.length > 1) frames.push({ items: members, x, y, width, height });
  for (const [at, item] of members.entries()) {
    const rect = inside[at];
    if (rect === undefined) continue;
    placed[item] = {
      x: x + rect.x,
      y: y + rect.y,
      width: members.length > 1 ? rect.width : width,
      height: rect.height,
    };
  }
}

function gridOf(units: readonly Unit[], aspect: number, room: number) {
  const leafWidth = widestLeaf(units);
  const widths = units.map(({ width, isLeaf }) => (isLeaf ? leafWidth : width));
  const sizes = units.map(({ height }, at) => ({ width: widths[at] ?? 0, height }));
  return { ...pack(sizes, BOX_GAP, aspect, room), widths };
}

const widestLeaf = (items: readonly Pick<Item, "width" | "isLeaf">[]): number =>
  items.reduce((most, { width, isLeaf }) => (isLeaf ? Math.max(most, width) : most), 0);

/** The distinct arrows between units. */
function betweenUnits(waits: readonly Wait[], unitAt: readonly number[]): Wait[] {
  const arrows = new Map<string, Wait>();
  for (const wait of waits) {
    const [from, to] = [unitAt[wait.from] ?? 0, unitAt[wait.to] ?? 0];
    arrows.set(`${from} ${to} ${wait.label ?? ""}`, { ...wait, from, to });
  }
  return [...arrows.values()];
}
