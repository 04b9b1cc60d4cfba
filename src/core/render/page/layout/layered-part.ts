import { Gap } from "./gap";
import type { Wait } from "./layers";
import { BOX_GAP, type Point, type Rect, type Size } from "./pack";
import { separated } from "./separated";

/** A target of arrows: an item, or several in a frame. */
export interface Unit extends Size {
  /** Indexes of items. */
  readonly members: readonly number[];
  readonly layer: number;
  readonly isLeaf: boolean;
  /** Distance from its top to its arrows. */
  readonly port: number;
  /** Positions of its items inside. */
  readonly inside: readonly Rect[];
}

/** An arrow between units, by index. */
interface Arrow extends Wait {
  readonly isBack: boolean;
}

/** All arrows that leave a unit with the same outcome. They share a route as long as possible. */
interface Net {
  readonly from: number;
  readonly label: string | undefined;
  /** Distance from the top of its unit. */
  port: number;
  /** Target units in later layers. */
  readonly to: number[];
  /** Target units reached by a route below all boxes. */
  readonly around: number[];
  /** Lanes through the layers that it crosses. */
  readonly lanes: Slot[];
}

/** A slot in a layer: a unit, or a lane reserved for a net. */
interface Slot {
  readonly layer: number;
  readonly unit?: number;
  readonly height: number;
  readonly port: number;
  readonly before: Slot[];
  readonly behind: Slot[];
  /** Position in its layer. */
  order: number;
  top: number;
}

const LANE_HEIGHT = 8;
/** Maximum lanes; beyond it, arrows that skip layers are routed around all boxes. */
const MAX_LANES = 2_000;
/** Distance between nets of different outcomes at a unit. */
const PORT_GAP = 18;
const ORDER_ROUNDS = 6;
const AROUND_GAP = 8;
const LABEL_ROOM = 40;

/** Lays out connected units in layers from left to right (Sugiyama's method). */
export class LayeredPart implements Size {
  public readonly places: { unit: Unit; x: number; y: number; width: number }[] = [];
  public readonly routes: {
    from: readonly number[];
    to: readonly number[];
    label: string | undefined;
    points: readonly Point[];
  }[] = [];
  public readonly width: number;
  public readonly height: number;
  readonly #units: readonly Unit[];
  readonly #nets: Net[];
  readonly #slots: Slot[];
  readonly #layers: Slot[][];

  public constructor(units: readonly Unit[], arrows: readonly Arrow[]) {
    this.#units = units;
    this.#nets = netsOf(units, arrows);
    this.#slots = units.map(({ layer, height, port }, unit) => ({
      layer,
      unit,
      height,
      port,
      before: [],
      behind: [],
      order: 0,
      top: 0,
    }));
    this.#connect();
    const count = units.reduce((most, { layer }) => Math.max(most, layer), 0) + 1;
    this.#layers = Array.from({ length: count }, () => []);
    for (const slot of this.#slots) this.#layers[slot.layer]?.push(slot);
    this.#order();
    const bottom = this.#placeDown();
    const { width, height } = this.#placeAcross(bottom);
    this.width = width;
    this.height = height;
  }

  /** Adds lanes for nets that skip layers, unless there are too many. */
  #connect(): void {
    const layerOf = (unit: number): number => this.#units[unit]?.layer ?? 0;
    const lanes = this.#nets.reduce(
      (sum, { from, to }) =>
        sum + to.reduce((most, unit) => Math.max(most, layerOf(unit) - layerOf(from) - 1), 0),
      0,
    );
    for (const net of this.#nets) {
      if (lanes > MAX_LANES) {
        const far = net.to.filter((unit) => layerOf(unit) > layerOf(net.from) + 1);
        net.around.push(...far);
        const near = net.to.filter((unit) => layerOf(unit) === layerOf(net.from) + 1);
        net.to.splice(0, Infinity, ...near);
      }
      let last = this.#slots[net.from];
      const ways = [last];
      const end = net.to.reduce((most, unit) => Math.max(most, layerOf(unit)), 0);
      for (let layer = layerOf(net.from) + 1; layer < end; layer++) {
        const lane: Slot = {
          layer,
          height: LANE_HEIGHT,
          port: LANE_HEIGHT / 2,
          before: [],
          behind: [],
          order: 0,
          top: 0,
        };
        join(last, lane);
        net.lanes.push(lane);
        this.#slots.push(lane);
        ways.push(lane);
        last = lane;
      }
      for (const unit of net.to)
        join(ways[layerOf(unit) - layerOf(net.from) - 1], this.#slots[unit]);
    }
  }

  /** Orders layers so that connected slots have similar heights and few edges cross. */
  #order(): void {
    const number = (layer: readonly Slot[]): void => {
      for (const [at, slot] of layer.entries()) slot.order = at;
    };
    for (const layer of this.#layers) number(layer);
    for (let round = 0; round < ORDER_ROUNDS; round++) {
      const isForward = round % 2 === 0;
      const layers = isForward ? this.#layers : [...this.#layers].reverse();
      let moved = false;
      for (const layer of layers) {
        const wanted = new Map(
          layer.map((slot) => {
            const near = isForward ? slot.before : slot.behind;
            return [slot, near.length === 0 ? slot.order : mean(near, ({ order }) => order)];
          }),
        );
        layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0) || a.order - b.order);
        moved ||= layer.some((slot, at) => slot.order !== at);
        number(layer);
      }
      if (!moved && round > 0) break;
    }
  }

  /** @returns the bottom of all layers */
  #placeDown(): number {
    for (const layer of this.#layers) {
      let top = 0;
      for (const slot of layer) {
        slot.top = top;
        top += slot.height + BOX_GAP;
      }
    }
    for (const isForward of [true, false, true, false]) {
      const layers = isForward ? this.#layers : [...this.#layers].reverse();
      for (const layer of layers) {
        const wanted = layer.map((slot) => {
          const near = isForward ? slot.before : slot.behind;
          return near.length === 0 ? slot.top : mean(near, portOf) - slot.port;
        });
        const tops = separated(
          wanted,
          layer.map(({ height }) => height + BOX_GAP),
        );
        for (const [at, slot] of layer.entries()) slot.top = tops[at] ?? 0;
      }
    }
    this.#straighten();
    const highest = this.#slots.reduce((least, { top }) => Math.min(least, top), Infinity);
    let bottom = 0;
    for (const slot of this.#slots) {
      slot.top = Math.round(slot.top - highest);
      bottom = Math.max(bottom, slot.top + slot.height);
    }
    return bottom;
  }

  /** Aligns slots with a single neighbour to its height if there is room, which removes small bends. */
  #straighten(): void {
    for (const isForward of [true, false]) {
      const layers = isForward ? this.#layers : [...this.#layers].reverse();
      for (const layer of layers) {
        for (const [at, slot] of layer.entries()) {
          const [near, another] = isForward ? slot.before : slot.behind;
          if (near === undefined || another !== undefined) continue;
          const wanted = portOf(near) - slot.port;
          const above = layer[at - 1];
          const below = layer[at + 1];
          const lowest = below === undefined ? Infinity : below.top - slot.height - BOX_GAP;
          const highest = above === undefined ? -Infinity : above.top + above.height + BOX_GAP;
          if (wanted >= highest && wanted <= lowest) slot.top = wanted;
        }
      }
    }
  }

  #placeAcross(bottom: number): Size {
    // A gap before each layer, and one after the last.
    const gaps = [...this.#layers, []].map(() => new Gap());
    let below = bottom + BOX_GAP;
    const aroundAt = new Map<Net, number>();
    for (const net of this.#nets) {
      const from = this.#slots[net.from];
      if (from === undefined) continue;
      if (net.label !== undefined) gaps[from.layer + 1]?.keepFree(LABEL_ROOM);
      for (const [at, way] of [from, ...net.lanes].entries()) {
        const reached = this.#reached(net, from.layer + at + 1);
        const start = at === 0 ? from.top + net.port : portOf(way);
        if (reached.length > 0) gaps[way.layer + 1]?.add(net, start, reached.map(portOf));
      }
      if (net.around.length === 0) continue;
      const y = below;
      below += AROUND_GAP;
      aroundAt.set(net, y);
      gaps[from.layer + 1]?.add(aroundKey(net), from.top + net.port, [y]);
      for (const unit of net.around) {
        const to = this.#slots[unit];
        if (to !== undefined) gaps[to.layer]?.add(to, y, [portOf(to)]);
      }
    }
    const starts: number[] = [];
    let x = 0;
    for (const [at, gap] of gaps.entries()) {
      x += gap.place(x, at > 0 && at < this.#layers.length);
      starts.push(x);
      const layer = this.#layers[at] ?? [];
      x += this.#placeLayer(layer, x);
    }
    for (const net of this.#nets) this.#route(net, gaps, starts, aroundAt.get(net));
    return { width: x, height: aroundAt.size === 0 ? bottom : below };
  }

  /** @returns the width of the layer */
  #placeLayer(layer: readonly Slot[], x: number): number {
    const units = layer.flatMap(({ unit: at, top }) => {
      const unit = at === undefined ? undefined : this.#units[at];
      return at === undefined || unit === undefined ? [] : [{ at, unit, top }];
    });
    const leafWidth = units.reduce(
      (most, { unit }) => (unit.isLeaf ? Math.max(most, unit.width) : most),
      0,
    );
    for (const { at, unit, top } of units)
      this.places[at] = { unit, x, y: top, width: unit.isLeaf ? leafWidth : unit.width };
    return units.reduce((most, { unit }) => Math.max(most, unit.width), leafWidth);
  }

  /** The slots of a net in a layer: target units, and its lane. */
  #reached(net: Net, layer: number): Slot[] {
    const lane = net.lanes[layer - (this.#units[net.from]?.layer ?? 0) - 1];
    const units = net.to.flatMap((unit) => this.#slots[unit] ?? []);
    return [...units.filter((slot) => slot.layer === layer), ...(lane === undefined ? [] : [lane])];
  }

  #route(net: Net, gaps: readonly Gap[], starts: readonly number[], around?: number): void {
    const from = this.#slots[net.from];
    const source = this.places[net.from];
    if (from === undefined || source === undefined) return;
    const begin: Point = [source.x + source.width, from.top + net.port];
    let isFirst = true;
    const add = (unit: number, points: readonly Point[]): void => {
      this.routes.push({
        from: source.unit.members,
        to: this.#units[unit]?.members ?? [],
        // Label the shared part once.
        label: isFirst ? net.label : undefined,
        points,
      });
      isFirst = false;
    };
    for (const unit of net.to) {
      const to = this.#slots[unit];
      if (to === undefined) continue;
      const points: Point[] = [begin];
      let y = begin[1];
      for (let layer = from.layer + 1; layer <= to.layer; layer++) {
        const lane = net.lanes[layer - from.layer - 1];
        const next = layer === to.layer || lane === undefined ? portOf(to) : portOf(lane);
        const x = gaps[layer]?.track(net) ?? 0;
        if (next !== y) points.push([x, y], [x, next]);
        y = next;
      }
      add(unit, [...points, [starts[to.layer] ?? 0, y]]);
    }
    if (around === undefined) return;
    const out = gaps[from.layer + 1]?.track(aroundKey(net)) ?? 0;
    for (const unit of net.around) {
      const to = this.#slots[unit];
      if (to === undefined) continue;
      const into = gaps[to.layer]?.track(to) ?? 0;
      add(unit, [
        begin,
        [out, begin[1]],
        [out, around],
        [into, around],
        [into, portOf(to)],
        [starts[to.layer] ?? 0, portOf(to)],
      ]);
    }
  }
}

function join(before: Slot | undefined, behind: Slot | undefined): void {
  if (before === undefined || behind === undefined) return;
  before.behind.push(behind);
  behind.before.push(before);
}

const portOf = ({ top, port }: Slot): number => top + port;

/** The part of a net that goes around all boxes has its own track. */
const aroundKey = (net: Net): object => net.around;

function mean<T>(items: readonly T[], of: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += of(item);
  return sum / items.length;
}

function netsOf(units: readonly Unit[], arrows: readonly Arrow[]): Net[] {
  const nets = new Map<string, Net>();
  const byUnit: Net[][] = units.map(() => []);
  for (const { from, to, label, isBack } of arrows) {
    const key = `${from} ${label ?? ""}`;
    let net = nets.get(key);
    if (net === undefined) {
      net = { from, label, port: units[from]?.port ?? 0, to: [], around: [], lanes: [] };
      nets.set(key, net);
      byUnit[from]?.push(net);
    }
    (isBack ? net.around : net.to).push(to);
  }
  for (const own of byUnit) {
    // Place "true" above "false".
    own.sort((a, b) => ((a.label ?? "") < (b.label ?? "") ? 1 : -1));
    for (const [at, net] of own.entries())
      net.port += (at - (own.length - 1) / 2) * Math.min(PORT_GAP, 30 / own.length);
  }
  return [...nets.values()];
}
