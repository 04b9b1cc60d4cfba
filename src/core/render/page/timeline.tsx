import type { RefObject } from "preact";
import type { RunId } from "../../model/int64";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { didNotRun, type JobRunNode, type TaskRunNode } from "../../model/run-tree";
import { printable } from "../../model/text";
import { formatDuration, formatElapsed } from "../../report/duration";
import { classOf, durationText, RunState } from "./run-state";
import { VirtualRows } from "./virtual-rows";

const ROW = 30;
/** Update interval of active bars; milliseconds. */
const TICK = 500;
/** Room for the label of a tick, such as `15 min 00 s`; pixels. */
const LABEL = 78;
/** Tick distances; seconds. */
const STEPS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200,
  86_400,
];

interface TimelineRow {
  readonly task: TaskRunNode;
  readonly depth: number;
  /** Unique among the rows. */
  readonly key: string;
}

/** A run as a Gantt chart with a row for each task, and child runs below their task. */
export function Timeline({
  run,
  ahead,
  selected,
  onSelect,
}: {
  readonly run: JobRunNode;
  /** How far the workspace's clock is ahead of the browser's; milliseconds. */
  readonly ahead: number;
  /** Run id of the task whose output is shown. */
  readonly selected: RunId | undefined;
  readonly onSelect: (task: TaskRunNode) => void;
}) {
  const rows = useMemo(() => rowsOf(run), [run]);
  const now = useNow(run.status.phase !== "ended") + ahead;
  const start = run.startTime ?? now;
  const end = Math.max(start + 100, run.endTime ?? now, lastEnd(rows));
  const share = (time: number): number =>
    Math.max(0, Math.min(100, ((time - start) / (end - start)) * 100));
  const lane = useRef<HTMLSpanElement>(null);
  const ticks = ticksOf(end - start, useWidth(lane) / LABEL);
  return (
    <div class="timeline" role="table" aria-label="Timeline" aria-rowcount={rows.length + 1}>
      <div class="row head" role="row" aria-rowindex={1}>
        <span role="columnheader">Task</span>
        <span role="columnheader">State</span>
        <span role="columnheader">Took</span>
        <span role="columnheader" class="lane" ref={lane}>
          <span class="hidden">Time</span>
          {ticks.map((tick) => (
            <span key={tick} class="tick" style={{ left: `${share(start + tick)}%` }}>
              {tick % 1000 === 0 ? formatElapsed(tick) : formatDuration(tick)}
            </span>
          ))}
        </span>
      </div>
      <VirtualRows
        class="rows"
        role="rowgroup"
        count={rows.length}
        rowHeight={ROW}
        row={(at, top) => {
          const row = rows[at];
          if (row === undefined) return null;
          const { task, depth, key } = row;
          const left = share(task.startTime ?? start);
          const right = task.endTime === undefined ? share(now) : share(task.endTime);
          const hasBar =
            task.startTime !== undefined && task.status.phase !== "waiting" && !didNotRun(task);
          return (
            <div
              key={key}
              class={`row${task.runId === selected ? " selected" : ""}`}
              role="row"
              aria-rowindex={at + 2}
              style={{ top: `${top}px` }}
            >
              <span role="cell" style={{ paddingInlineStart: `${depth * 18}px` }}>
                <button
                  type="button"
                  class="link"
                  aria-pressed={task.runId === selected}
                  onClick={() => {
                    onSelect(task);
                  }}
                >
                  {printable(task.taskKey)}
                </button>
                {task.child !== undefined && (
                  <span class="faint"> → {printable(task.child.key ?? task.child.name)}</span>
                )}
                {task.retries > 0 && <span class="faint"> try {task.retries + 1}</span>}
                {task.iterations !== undefined && (
                  <span class="faint">
                    {" "}
                    {task.iterations.succeeded + task.iterations.failed} of {task.iterations.total}
                  </span>
                )}
              </span>
              <span role="cell">
                <RunState {...task} />
              </span>
              <span role="cell">{durationText(task, now)}</span>
              <span role="cell" class="lane">
                {hasBar && (
                  <span
                    class={`bar ${classOf(task)}`}
                    style={{
                      left: `min(${left}%, 100% - 3px)`,
                      width: `max(3px, ${right - left}%)`,
                    }}
                  />
                )}
              </span>
            </div>
          );
        }}
      />
    </div>
  );
}

function rowsOf(run: JobRunNode, depth = 0, above = ""): TimelineRow[] {
  const rowsOfTask = (task: TaskRunNode, own: number, key: string): TimelineRow[] => [
    { task, depth: own, key },
    ...(task.child === undefined ? [] : rowsOf(task.child, own + 1, key)),
  ];
  return run.tasks.flatMap((task) => {
    const key = `${above}/${task.taskKey}`;
    return [
      ...rowsOfTask(task, depth, key),
      ...(task.iterationRuns ?? []).flatMap((iteration) =>
        rowsOfTask(iteration, depth + 1, `${key}#${iteration.runId}`),
      ),
    ];
  });
}

/** The latest end time; 0 if nothing has ended. */
function lastEnd(rows: readonly TimelineRow[]): number {
  return rows.reduce((last, { task }) => Math.max(last, task.endTime ?? 0), 0);
}

/** At most six round tick times from 0; milliseconds. @param room how many labels fit beside each other */
function ticksOf(length: number, room: number): number[] {
  const most = Math.max(1, Math.min(6, room));
  const step = (STEPS.find((seconds) => length / 1000 / seconds <= most) ?? 604_800) * 1000;
  const last = length * (1 - 1 / Math.max(1, room));
  const ticks = [0];
  for (let tick = step; tick <= last && ticks.length < 10; tick += step) ticks.push(tick);
  return ticks;
}

/** The width of an element; pixels. */
function useWidth(element: RefObject<HTMLElement>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return undefined;
    const measure = (): void => {
      setWidth(current.clientWidth);
    };
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    measure();
    return () => {
      observer.disconnect();
    };
  }, [element]);
  return width;
}

/** The browser's time, updated while the run is active. */
function useNow(goesOn: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!goesOn) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => {
      setNow(Date.now());
    }, TICK);
    return () => {
      clearInterval(timer);
    };
  }, [goesOn]);
  return now;
}
