import type { RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { itemId } from "../drawing";
import type { Box, Layout } from "../layout/elements";
import { type PanZoom, usePanZoom } from "../pan-zoom";
import type { Expansion } from "./expansion";
import { meaningOf } from "./keys";

/** Space above and beside a drawing; pixels. */
const AROUND = { width: 0, height: 110 };

/** The boxes of a drawing: which of them are open, which is the current one, and which part is visible. */
export interface Boxes {
  readonly layout: Layout;
  /** Place of the box that the arrow keys start from. */
  readonly current: string | undefined;
  readonly panZoom: PanZoom;
  readonly has: (place: string) => boolean;
  /** Makes a box the current one. */
  readonly focus: (place: string) => void;
  readonly toggle: (place: string, open?: boolean) => void;
  /** Opens the boxes around a job and scrolls to it. @param focus whether it also gets keyboard focus. @default false */
  readonly goToJob: (id: string, focus?: boolean) => void;
  readonly expandAll: () => void;
  readonly collapseAll: () => void;
  /** Opens as many boxes as fit and zooms to all of them. */
  readonly fit: () => void;
  /** Handles a key of the tree pattern of WAI-ARIA. @param select called for the key that selects the current box */
  readonly onKey: (event: KeyboardEvent, select: (box: Box) => void) => void;
}

/**
 * Keeps the state of a drawing's boxes.
 *
 * @param initial places of the boxes that are open at first
 * @param view changes when the drawing shows something else, and so starts at its beginning
 */
export function useBoxes(
  svg: RefObject<SVGSVGElement>,
  expansion: Expansion,
  initial: () => ReadonlySet<string>,
  view: string,
): Boxes {
  const [expanded, setExpanded] = useState(initial);
  const layout = useMemo(() => expansion.layout(expanded), [expansion, expanded]);
  const boxes = useMemo(() => new Map(layout.boxes.map((box) => [box.place, box])), [layout]);
  const [wanted, setWanted] = useState<string>();
  const current = wanted !== undefined && boxes.has(wanted) ? wanted : layout.boxes[0]?.place;
  const panZoom = usePanZoom(svg, layout, view);

  /** What to show, or keep in place, after the next layout. */
  const next = useRef<{ show?: string; focus?: boolean; keep?: Box; fit?: boolean }>({});
  const currentBox = current === undefined ? undefined : boxes.get(current);
  /** The box of a job: the one with keyboard focus, otherwise the first. */
  const boxOf = (id: string): Box | undefined =>
    currentBox?.job.id === id ? currentBox : layout.boxes.find(({ job }) => job.id === id);
  useLayoutEffect(() => {
    const { show, focus, keep, fit } = next.current;
    const box = show === undefined ? undefined : (boxes.get(show) ?? boxOf(show));
    next.current = {};
    const kept = keep && boxes.get(keep.place);
    if (keep !== undefined && kept !== undefined) panZoom.keep(keep, kept);
    if (fit === true) panZoom.fit();
    if (box === undefined) return;
    if (wanted !== box.place) setWanted(box.place);
    panZoom.show(box);
    if (focus === true)
      window.document.getElementById(itemId(box.place))?.focus({ preventScroll: true });
  });

  const { size } = panZoom;
  useLayoutEffect(() => {
    panZoom.resized();
    // A panel that opens beside or below the drawing must not hide the box it belongs to.
    const box = wanted === undefined ? undefined : boxes.get(wanted);
    if (box !== undefined) panZoom.show(box);
  }, [size.width, size.height]);

  const toggle = (place: string, open = !expanded.has(place)): void => {
    const box = boxes.get(place);
    if (box !== undefined) next.current.keep = box;
    setExpanded((before) => {
      const after = new Set(before);
      if (open) after.add(place);
      else after.delete(place);
      return after;
    });
  };
  return {
    layout,
    current,
    panZoom,
    has: (place) => boxes.has(place),
    focus: setWanted,
    toggle,
    goToJob: (id, focus = false) => {
      const box = boxOf(id);
      next.current = { show: box?.place ?? id, focus };
      if (box !== undefined) setWanted(box.place);
      else setExpanded((before) => new Set([...before, ...expansion.above(id)]));
    },
    expandAll: () => {
      setExpanded(expansion.all());
    },
    collapseAll: () => {
      setExpanded(new Set());
    },
    fit: () => {
      next.current = { fit: true };
      setExpanded(expansion.fitting(windowSize(svg.current)));
    },
    onKey: (event, select) => {
      if (currentBox === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      const meaning = meaningOf(event.key, currentBox, layout.boxes);
      if (meaning === undefined) return;
      if (meaning === "select") select(currentBox);
      else if (meaning === "expand" || meaning === "collapse")
        toggle(currentBox.place, meaning === "expand");
      else {
        next.current = { show: meaning.place, focus: true };
        setWanted(meaning.place);
      }
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** The size of the drawing, or its expected size before it is rendered. */
export function windowSize(svg?: SVGSVGElement | null): {
  readonly width: number;
  readonly height: number;
} {
  if (svg && svg.clientWidth > 0) return { width: svg.clientWidth, height: svg.clientHeight };
  return {
    width: window.innerWidth - AROUND.width,
    height: window.innerHeight - AROUND.height,
  };
}
