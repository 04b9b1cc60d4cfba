import { useEffect } from "preact/hooks";
import { printable } from "../../../model/text";
import { BAR, itemId, type DrawingProps, RunBars, StateMark, worstOf } from "../drawing";
import type { Box } from "../layout/elements";
import { VirtualRows } from "../virtual-rows";

const ROW = 48;

/** Only as wide as the runs need, because names need the room of a phone. */
function Bars({ bars }: Parameters<typeof RunBars>[0]) {
  const width = bars.length * BAR;
  return (
    <svg class="drawing" width={width} height="12" viewBox={`0 -12 ${width} 12`}>
      <RunBars bars={bars} />
    </svg>
  );
}

/** The drawing's boxes as a list in step order, for narrow screens. */
export function JobList({
  layout,
  selected,
  current,
  matches,
  activityOf,
  actions,
  onKeyDown,
}: Omit<DrawingProps, "window"> & { readonly onKeyDown: (event: KeyboardEvent) => void }) {
  const { boxes } = layout;
  const at = boxes.findIndex(({ place }) => place === current);
  useEffect(() => {
    const { activeElement } = window.document;
    if (current !== undefined && activeElement?.closest(".joblist"))
      window.document.getElementById(itemId(current))?.focus({ preventScroll: true });
  }, [current]);
  const row = (box: Box, top: number) => {
    const { place, job, lines, depth, step, canExpand, expanded } = box;
    const worst = worstOf(job);
    const activity = activityOf?.(job);
    const far = matches !== undefined && !matches.has(job.id);
    return (
      <div
        key={place}
        id={itemId(place)}
        role="treeitem"
        class={`item job${job.id === selected ? " selected" : ""}${far ? " far" : ""}`}
        style={{ top: `${top}px`, paddingInlineStart: `${12 + Math.min(depth, 8) * 18}px` }}
        tabindex={place === current ? 0 : -1}
        aria-level={depth + 1}
        aria-posinset={box.at + 1}
        aria-setsize={Math.max(1, box.siblings)}
        aria-selected={job.id === selected}
        {...(canExpand && { "aria-expanded": expanded })}
        onClick={() => actions?.onSelect(job.id, place)}
      >
        {canExpand ? (
          <span
            class="toggle"
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation();
              actions?.onToggle(place);
            }}
          >
            {expanded ? "▾" : "▸"}
          </span>
        ) : (
          <span class="toggle" aria-hidden="true" />
        )}
        <span class="text">
          <span class="key">
            {step !== undefined && <span class="faint">{step}. </span>}
            {printable(job.key.slice(0, 200))}
          </span>
          <span class="faint">
            {activity !== undefined && activity.bars.length > 0 && <Bars bars={activity.bars} />}
            {[...lines, activity?.took, activity?.next]
              .filter((line) => line !== undefined && line !== "")
              .map((line) => printable(line ?? ""))
              .join(" · ")}
          </span>
        </span>
        {worst !== undefined && (
          <span class={`mark ${worst}`}>
            {worst === "error" ? "✖" : "!"} {job.findings.length}
          </span>
        )}
        {activity?.state !== undefined && (
          <svg
            class="drawing state"
            width="14"
            height="14"
            viewBox="-7 -7 14 14"
            role="img"
            aria-label={`last run ${printable(activity.state.state)}`}
          >
            <StateMark {...activity.state} />
          </svg>
        )}
      </div>
    );
  };
  return (
    <VirtualRows
      class="joblist rows"
      role="tree"
      aria-label="Jobs"
      count={boxes.length}
      rowHeight={ROW}
      shown={at}
      shownKey={current}
      onKeyDown={onKeyDown}
      row={(index, top) => {
        const box = boxes[index];
        return box === undefined ? null : row(box, top);
      }}
    />
  );
}
