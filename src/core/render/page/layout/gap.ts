/** A vertical segment of arrows that share a route between two layers. */
interface Crossing {
  readonly key: object;
  /** Heights at which it enters from the left. */
  readonly from: number[];
  /** Heights at which it leaves to the right. */
  readonly to: number[];
  track: number;
}

const WIDTH = 48;
const SIDE = 18;
const TRACK = 8;
/** Maximum width of a gap, however many arrows cross it. */
const MAX_TRACKS_WIDTH = 480;
/** Maximum crossings for which tracks are ordered, which takes quadratic time. */
const MAX_ORDERED = 1_000;

/** The gap between two layers, in which arrows run vertically. Arrows that would overlap get separate tracks. */
export class Gap {
  readonly #crossings = new Map<object, Crossing>();
  #free = 0;
  #start = 0;
  #pitch = TRACK;

  /** Reserves width on the left for labels. */
  public keepFree(width: number): void {
    this.#free = Math.max(this.#free, width);
  }

  public add(key: object, from: number, to: readonly number[]): void {
    const known = this.#crossings.get(key);
    if (known === undefined) this.#crossings.set(key, { key, from: [from], to: [...to], track: 0 });
    else {
      known.from.push(from);
      known.to.push(...to);
    }
  }

  /** @returns the width of the gap that starts at `x` */
  public place(x: number, isBetween: boolean): number {
    if (!isBetween && this.#crossings.size === 0) return 0;
    const bending = [...this.#crossings.values()].filter(({ from, to }) =>
      to.some((y) => y !== from[0]),
    );
    const tracks = assignTracks(bending);
    this.#pitch = Math.min(TRACK, MAX_TRACKS_WIDTH / Math.max(1, tracks));
    const used = Math.max(0, tracks - 1) * this.#pitch;
    const width = this.#free + Math.max(WIDTH, used + 2 * SIDE);
    this.#start = x + this.#free + (width - this.#free - used) / 2;
    return width;
  }

  /** The x position of this key's vertical segment. */
  public track(key: object): number {
    return this.#start + (this.#crossings.get(key)?.track ?? 0) * this.#pitch;
  }
}

/** Assigns crossings to tracks with few intersections and no overlaps. @returns the number of tracks */
function assignTracks(crossings: readonly Crossing[]): number {
  const extents = crossings.map((crossing) => {
    let [top, bottom] = [Infinity, -Infinity];
    for (const y of [...crossing.from, ...crossing.to]) {
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    const [from = 0] = crossing.from;
    // Arrows that lead up turn later the lower they start; arrows that lead down turn earlier.
    return { crossing, top, bottom, rank: (top + bottom) / 2 < from ? from : -from };
  });
  extents.sort((a, b) => a.rank - b.rank);
  let tracks = 0;
  if (extents.length > MAX_ORDERED) {
    for (const [at, { crossing }] of extents.entries()) crossing.track = at;
    return extents.length;
  }
  for (const [at, extent] of extents.entries()) {
    let track = 0;
    for (let before = 0; before < at; before++) {
      const other = extents[before];
      if (other && other.top <= extent.bottom + 4 && extent.top <= other.bottom + 4)
        track = Math.max(track, other.crossing.track + 1);
    }
    extent.crossing.track = track;
    tracks = Math.max(tracks, track + 1);
  }
  // A crossing that enters at the height where another leaves must turn before it, or both would look like one.
  const comingIn = new Map(crossings.map((crossing) => [crossing.from[0], crossing]));
  for (const crossing of crossings) {
    for (const y of crossing.to) {
      const other = comingIn.get(y);
      if (other !== undefined && other !== crossing && other.track >= crossing.track)
        crossing.track = tracks++;
    }
  }
  return tracks;
}
