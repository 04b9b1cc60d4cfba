import type { DocumentJob, HierarchyDocument } from "../../document";
import { layoutOf, once } from "../layout/layout";
import type { Box, Layout } from "../layout/elements";
import type { Size } from "../layout/pack";

/** Minimum scale at which the smallest text has at least nine pixels. */
export const READABLE = 9 / 11;
/** Maximum jobs for opening boxes individually; larger hierarchies open by level only. */
const MAX_SINGLE = 300;
const MAX_TRIES = 40;
/** Maximum jobs of a hierarchy that is initially open. */
const MAX_WHOLE = 2_000;

/** Chooses the boxes of a hierarchy to open. */
export class Expansion {
  readonly #document: HierarchyDocument;
  readonly #level: "jobs" | "tasks";
  readonly #rowsOf: ((job: DocumentJob) => number) | undefined;
  #everything: Layout | undefined;

  /** @param rowsOf as in the options of a layout */
  public constructor(
    document: HierarchyDocument,
    level: "jobs" | "tasks",
    rowsOf?: (job: DocumentJob) => number,
  ) {
    this.#document = document;
    this.#level = level;
    this.#rowsOf = rowsOf;
  }

  /** Places to open so that each job is expanded once. */
  public all(): Set<string> {
    return new Set(
      this.#whole()
        .boxes.filter(isOpen)
        .map(({ place }) => place),
    );
  }

  /** Places to open so that the drawing stays readable in a window of this size. Always opens a single top job. */
  public fitting({ width, height }: Size): Set<string> {
    if (this.#document.jobs.length > MAX_WHOLE) {
      const [root, another] = this.layout(new Set()).boxes;
      return new Set(root !== undefined && another === undefined ? [root.place] : []);
    }
    const candidates = this.#whole().boxes.filter(isOpen);
    const upTo = (depth: number): Set<string> =>
      new Set(candidates.filter((box) => box.depth < depth).map(({ place }) => place));
    const fits = (expanded: ReadonlySet<string>): boolean => {
      const layout = this.layout(expanded, width / height);
      return layout.width * READABLE <= width && layout.height * READABLE <= height;
    };
    const deepest = candidates.reduce((most, { depth }) => Math.max(most, depth), -1) + 1;
    let depth = 0;
    while (depth < deepest && fits(upTo(depth + 1))) depth++;
    const roots = this.#whole().boxes.filter((box) => box.depth === 0);
    if (depth === 0 && roots.length === 1) depth = 1;
    const expanded = upTo(depth);
    if (depth >= deepest || this.#document.jobs.length > MAX_SINGLE) return expanded;
    let tries = 0;
    for (const box of candidates) {
      if (box.depth < depth || (box.parent !== undefined && !expanded.has(box.parent))) continue;
      if (tries++ > MAX_TRIES) break;
      expanded.add(box.place);
      if (!fits(expanded)) expanded.delete(box.place);
    }
    return expanded;
  }

  public layout(expanded: ReadonlySet<string>, aspect?: number): Layout {
    return layoutOf(this.#document, {
      level: this.#level,
      isExpanded: (place) => expanded.has(place),
      ...(this.#rowsOf && { rowsOf: this.#rowsOf }),
      ...(aspect !== undefined && { aspect }),
    });
  }

  /** The places to open to show a job, from the top down. */
  public above(job: string): string[] {
    const { boxes } = this.#whole();
    const byPlace = new Map(boxes.map((box) => [box.place, box]));
    const places: string[] = [];
    let box = boxes.find((each) => each.job.id === job);
    while (box !== undefined) {
      const parent: Box | undefined =
        box.parent === undefined ? undefined : byPlace.get(box.parent);
      const { job: top } = box;
      // A box that is too deep continues at the top when opened.
      box = parent ?? boxes.find((each) => each.continued && each.job === top);
      if (box !== undefined) places.push(box.place);
      if (places.length > boxes.length) break;
    }
    return places.reverse();
  }

  #whole(): Layout {
    return (this.#everything ??= layoutOf(this.#document, {
      level: this.#level,
      isExpanded: once(),
      ...(this.#rowsOf && { rowsOf: this.#rowsOf }),
    }));
  }
}

const isOpen = ({ expanded, continued }: Box): boolean => expanded || continued;
