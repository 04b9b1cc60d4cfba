import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Rows rendered beyond the visible ones. */
const SPARE = 10;

/** A list of rows of equal height. Renders only the visible ones: 10 000 rows cost as much as 50. */
export function VirtualRows({
  count,
  rowHeight,
  row,
  onEnd,
  shown,
  shownKey,
  ...attributes
}: {
  readonly count: number;
  /** Pixels. */
  readonly rowHeight: number;
  /** Renders a row at a distance from the top; pixels. */
  readonly row: (at: number, top: number) => ComponentChildren;
  /** Called when the last rows are visible. */
  readonly onEnd?: () => void;
  /** A row to scroll to … */
  readonly shown?: number | undefined;
  /** … when this value changes or the row appears. Rows inserted above do not scroll. */
  readonly shownKey?: number | bigint | string | undefined;
  readonly class: string;
  readonly role: "list" | "rowgroup" | "tree";
  readonly "aria-label"?: string;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}) {
  const element = useRef<HTMLDivElement>(null);
  const [{ top, height }, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const look = (): void => {
      setView({ top: current.scrollTop, height: current.clientHeight });
    };
    const observer = new ResizeObserver(look);
    observer.observe(current);
    current.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      observer.disconnect();
      current.removeEventListener("scroll", look);
    };
  }, []);
  useEffect(() => {
    const { current } = element;
    if (current === null || shown === undefined || shown < 0) return;
    const start = shown * rowHeight;
    if (start < current.scrollTop) current.scrollTop = start;
    else if (start + rowHeight > current.scrollTop + current.clientHeight)
      current.scrollTop = start + rowHeight - current.clientHeight;
  }, [shownKey, shown === undefined || shown < 0]);
  const first = Math.max(0, Math.floor(top / rowHeight) - SPARE);
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + SPARE);
  useEffect(() => {
    if (end === count) onEnd?.();
  }, [end, count]);
  return (
    <div ref={element} {...attributes}>
      {Array.from({ length: Math.max(0, end - first) }, (_, at) =>
        row(first + at, (first + at) * rowHeight),
      )}
      <div class="space" role="presentation" style={{ height: `${count * rowHeight}px` }} />
    </div>
  );
}
