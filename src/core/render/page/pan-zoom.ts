import { select } from "d3-selection";
import { zoom, type ZoomBehavior, zoomIdentity, zoomTransform, type ZoomTransform } from "d3-zoom";
import { type RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Window } from "./drawing";
import { READABLE } from "./graph/expansion";
import { MARGIN } from "./layout/layout";
import type { Box, Layout } from "./layout/elements";
import type { Size } from "./layout/pack";

/** The visible part of a drawing, and ways to change it. */
export interface PanZoom {
  /** `transform` of the group that contains the drawing. */
  readonly transform: string;
  /** The visible part. */
  readonly window: Window;
  /** Multiplies the scale. */
  readonly zoomBy: (factor: number) => void;
  /** Fits the drawing into the window, as far as text stays readable. */
  readonly fit: () => void;
  /** Moves as little as needed to show the box at a readable size. */
  readonly show: (box: Box) => void;
  /** Keeps a box at its place on the screen after its position in the drawing has changed. */
  readonly keep: (before: Pick<Box, "x" | "y">, after: Pick<Box, "x" | "y">) => void;
  /** The size of the window. */
  readonly size: Size;
  /** Adapts the view to a new size of the window: fits the drawing again if nobody has moved it since. */
  readonly resized: () => void;
}

const SCALES: [number, number] = [0.05, 4];

/**
 * Supports dragging, scrolling and pinching. The wheel scrolls; with Ctrl it zooms, as in maps and documents.
 *
 * @param start any value; the initial view is restored when it changes
 */
export function usePanZoom(svg: RefObject<SVGSVGElement>, layout: Layout, start: unknown): PanZoom {
  const [transform, setTransform] = useState<ZoomTransform>(zoomIdentity);
  const [size, setSize] = useState<Size>({ width: 1, height: 1 });
  const behavior = useRef<ZoomBehavior<SVGSVGElement, unknown>>();
  const latest = useRef(layout);
  /** The transform that fits the drawing into the window, until the drawing is moved. */
  const fitted = useRef<ZoomTransform>();
  latest.current = layout;

  useEffect(() => {
    const element = svg.current;
    if (element === null) return undefined;
    const selection = select(element);
    const zooming = zoom<SVGSVGElement, unknown>()
      .scaleExtent(SCALES)
      .filter((event: Event) => event.type !== "wheel" || (event as WheelEvent).ctrlKey)
      .on("zoom", (event: { transform: ZoomTransform }) => {
        setTransform(event.transform);
      });
    behavior.current = zooming;
    selection.call(zooming).on("dblclick.zoom", null);
    const scroll = (event: WheelEvent): void => {
      if (event.ctrlKey) return;
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? 16 : 1;
      const { k } = zoomTransform(element);
      const [across, along] = event.shiftKey
        ? [event.deltaY, event.deltaX]
        : [event.deltaX, event.deltaY];
      zooming.translateBy(selection, (-across * pixels) / k, (-along * pixels) / k);
    };
    element.addEventListener("wheel", scroll, { passive: false });
    const measure = (): void => {
      setSize({ width: element.clientWidth || 1, height: element.clientHeight || 1 });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener("wheel", scroll);
      selection.on(".zoom", null);
    };
  }, [svg, start]);

  const move = (next: ZoomTransform): void => {
    const element = svg.current;
    if (element === null || behavior.current === undefined) return;
    behavior.current.transform(select(element), next);
  };
  const fit = (): void => {
    const element = svg.current;
    if (element === null) return;
    const { width, height } = latest.current;
    const { clientWidth, clientHeight } = element;
    const scale = Math.max(READABLE, Math.min(1, clientWidth / width, clientHeight / height));
    const x = Math.max(0, (clientWidth - width * scale) / 2);
    const y = Math.max(0, (clientHeight - height * scale) / 2);
    fitted.current = zoomIdentity.translate(x, y).scale(scale);
    move(fitted.current);
  };
  useEffect(() => {
    fit();
  }, [start]);

  return {
    transform: transform.toString(),
    window: {
      left: -transform.x / transform.k,
      top: -transform.y / transform.k,
      right: (size.width - transform.x) / transform.k,
      bottom: (size.height - transform.y) / transform.k,
    },
    zoomBy: (factor) => {
      const element = svg.current;
      if (element !== null) behavior.current?.scaleBy(select(element), factor);
    },
    fit,
    show: ({ x, y, width, height }) => {
      const element = svg.current;
      if (element === null) return;
      const now = zoomTransform(element);
      if (now.k < READABLE) {
        const { clientWidth, clientHeight } = element;
        const [middleX, middleY] = [x + width / 2, y + height / 2];
        move(zoomIdentity.translate(clientWidth / 2 - middleX, clientHeight / 2 - middleY));
        return;
      }
      const room = MARGIN / 2;
      const across = into(now.applyX(x) - room, now.applyX(x + width) + room, element.clientWidth);
      const along = into(now.applyY(y) - room, now.applyY(y + height) + room, element.clientHeight);
      if (across !== 0 || along !== 0) move(now.translate(across / now.k, along / now.k));
    },
    keep: (before, after) => {
      const element = svg.current;
      if (element === null) return;
      move(zoomTransform(element).translate(before.x - after.x, before.y - after.y));
    },
    size,
    resized: () => {
      const { current } = svg;
      if (current !== null && zoomTransform(current) === fitted.current) fit();
    },
  };
}

/** The shift that moves an interval between 0 and `size`. */
function into(start: number, end: number, size: number): number {
  if (start < 0) return -start;
  return end > size ? Math.max(size - end, -start) : 0;
}
