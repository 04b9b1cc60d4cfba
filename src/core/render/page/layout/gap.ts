/** A vertical part of the arrows that share a way between two layers. */
interface Crossing {
  readonly key: object;
  /** Heights at which it comes in from the left. */
  readonly from: number[];
  /** Heights at which it leaves to the right. */
  readonly to: number[];
  track: number;
}

const WIDTH = 48;
const SIDE = 18;
const TRACK = 8;
/** Gaps do not grow beyond this, however many arrows cross them. */
const MAX_TRACKS_WIDTH = 480;
/** From here on the order of the tracks is not looked at, which takes quadratic time. */
const MAX_ORDERED = 1_000;

/** The room between two layers, where arrows go up and down, each on a track of its own as far as they would meet. */
export class Gap {
  readonly #crossings = new Map<object, Crossing>();
  #free = 0;
  #start = 0;
  #pitch = TRACK;

  /** Leaves so much room at the left, for labels. */
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

  /** @returns the width of the gap that begins at `x` */
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

  /** Where the arrows of this key go up or down. */
  public track(key: object): number {
    return this.#start + (this.#crossings.get(key)?.track ?? 0) * this.#pitch;
  }
}

/** Puts crossings on tracks so that few cross and none are drawn upon each other. @returns the number of tracks */
function assignTracks(crossings: readonly Crossing[]): number {
  const extents = crossings.map((crossing) => {
    let [top, bottom] = [Infinity, -Infinity];
    for (const y of [...crossing.from, ...crossing.to]) {
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    const [from = 0] = crossing.from;
    // What leads up turns the later the lower it begins, what leads down the sooner.
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
  // What comes in at the height at which another leaves has to turn before that, or they would look like one.
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
