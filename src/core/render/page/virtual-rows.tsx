import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** Rows above and below what can be seen that are there already. */
const SPARE = 10;

/** Rows of one height, of which only those in sight are in the page: 10 000 cost what 50 do. */
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
  /** Draws a row, at a distance from the top in pixels. */
  readonly row: (at: number, top: number) => ComponentChildren;
  /** The last rows are in sight. */
  readonly onEnd?: () => void;
  /** A row to bring into sight … */
  readonly shown?: number | undefined;
  /** … when this changes, or the row is there at last. Rows that come above it move nothing. */
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
