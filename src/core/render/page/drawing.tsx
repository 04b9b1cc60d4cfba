import { printable } from "../../model/text";
import type { DocumentJob } from "../document";
import { cut } from "./layout/box-text";
import { BOX_HEIGHT, LINE_HEIGHT } from "./layout/layout";
import type { Box, Layout, Line, TaskBox } from "./layout/elements";
import { levelOf } from "./level";
import type { JobState, RunClass } from "./run-state";

/** A part of a drawing; pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The activity of a job as shown in its box. */
export interface BoxActivity {
  /** State of the last run that was not skipped. */
  readonly state?: JobState;
  /** The last runs, oldest first. */
  readonly bars: readonly {
    readonly kind: RunClass;
    /** Duration relative to the longest run. */
    readonly share: number;
  }[];
  /** Duration of the last run; empty without runs. */
  readonly took: string;
  /** Next start by a trigger; may be empty. */
  readonly next: string;
}

/** Actions in an interactive drawing; absent for a static one. */
export interface DrawingActions {
  readonly onSelect: (id: string, place: string) => void;
  /** Opens or closes a box. */
  readonly onToggle: (place: string) => void;
}

/** Props of a drawing. */
export interface DrawingProps {
  readonly layout: Layout;
  /** Draws only elements in this part. @default - everything */
  readonly window?: Window;
  readonly actions?: DrawingActions;
  /** Id of the job whose details are shown. */
  readonly selected?: string | undefined;
  /** Place of the box with keyboard focus. */
  readonly current?: string | undefined;
  /** Ids of jobs found by a search; other jobs are dimmed. */
  readonly matches?: ReadonlySet<string> | undefined;
  /** The activity of a job; undefined while unknown. Boxes must reserve rows for it. */
  readonly activityOf?: (job: DocumentJob) => BoxActivity | undefined;
}

/** SVG content of jobs and arrows, for both files and browsers. */
export function Drawing(props: DrawingProps) {
  const { layout, window, actions } = props;
  const inSight = <T,>(items: readonly T[], extentOf: (item: T) => Window): readonly T[] =>
    window === undefined ? items : items.filter((item) => meet(extentOf(item), window));
  const boxes = inSight(layout.boxes, extentOf);
  const tree = actions === undefined ? {} : ({ role: "tree", "aria-label": "Jobs" } as const);
  const marks = marksOf(props);
  return (
    <g>
      <Arrowhead />
      <g {...tree}>
        {boxes.map((box) => (
          <JobBox key={box.place} box={box} {...props} />
        ))}
      </g>
      <g aria-hidden="true">
        {inSight(layout.frames, extentOf).map(({ x, y, width, height }) => (
          <rect
            key={`${x} ${y}`}
            class={`frame${props.matches === undefined ? "" : " far"}`}
            {...{ x, y, width, height }}
            rx="10"
          />
        ))}
        {inSight(layout.tasks, extentOf).map((task) => (
          <TaskMark key={task.id} task={task} {...props} />
        ))}
        {inSight(layout.lines, ({ extent }) => extent).map((line) => (
          <Arrow
            key={`${line.from[0] ?? ""} ${line.to[0] ?? ""} ${line.path}`}
            {...line}
            {...marks}
          />
        ))}
      </g>
    </g>
  );
}

const extentOf = ({ x, y, width, height }: Pick<Box, "x" | "y" | "width" | "height">): Window => ({
  left: x,
  top: y,
  right: x + width,
  bottom: y + height,
});

/** Whether two areas overlap. Marks at the edge of a box belong to its area. */
function meet(a: Window, b: Window): boolean {
  const edge = 12;
  return (
    a.right + edge >= b.left &&
    a.left - edge <= b.right &&
    a.bottom + edge >= b.top &&
    a.top - edge <= b.bottom
  );
}

/** Places whose arrows are highlighted or dimmed. */
interface Marks {
  readonly near: ReadonlySet<string> | undefined;
  readonly found: ReadonlySet<string> | undefined;
}

function marksOf({ layout, selected, matches }: DrawingProps): Marks {
  const places = (holds: (id: string) => boolean): Set<string> =>
    new Set(layout.boxes.filter(({ job }) => holds(job.id)).map(({ place }) => place));
  return {
    near: selected === undefined ? undefined : places((id) => id === selected),
    found: matches === undefined ? undefined : places((id) => matches.has(id)),
  };
}

/** Arrowhead marker. */
export function Arrowhead() {
  return (
    <defs>
      <marker
        id="arrowhead"
        viewBox="0 0 10 10"
        refX="9"
        refY="5"
        markerUnits="userSpaceOnUse"
        markerWidth="11"
        markerHeight="11"
        orient="auto"
      >
        <path class="head" d="M0 1L9 5L0 9z" />
      </marker>
    </defs>
  );
}

function Arrow({ from, to, path, label, x, y, near, found }: Line & Marks) {
  const holds = (marked: ReadonlySet<string>, ends: readonly string[]): boolean =>
    ends.some((end) => marked.has(end));
  const isNear = near !== undefined && (holds(near, from) || holds(near, to));
  const isFar = found !== undefined && !(holds(found, from) && holds(found, to));
  const classes = `${isNear ? " near" : ""}${isFar ? " far" : ""}`;
  return (
    <>
      <path class={`line${classes}`} d={path} marker-end="url(#arrowhead)" />
      {label !== undefined && (
        <text class={`label${classes}`} x={x} y={y}>
          {label}
        </text>
      )}
    </>
  );
}

function TaskMark({
  task: { task, lines, x, y, width, height, job },
  actions,
  matches,
}: Omit<DrawingProps, "layout"> & { readonly task: TaskBox }) {
  const far = matches !== undefined && !matches.has(job.id);
  return (
    <g
      class={`task${far ? " far" : ""}`}
      transform={`translate(${x} ${y})`}
      {...(actions && {
        onClick: () => {
          actions.onSelect(job.id, "");
        },
      })}
    >
      <title>
        {printable([task.task_key, task.what, ...(task.when ?? [])].join("\n").slice(0, 1000))}
      </title>
      <rect class="box" width={width} height={height} rx={BOX_HEIGHT / 2} />
      <text class="key" x="16" y="19">
        {cut(task.task_key)}
      </text>
      <Lines lines={lines} x={16} />
    </g>
  );
}

function Lines({ lines, x }: { readonly lines: readonly string[]; readonly x: number }) {
  return (
    <>
      {lines.map((line, at) => (
        <text key={at} class={at === 0 ? "what" : "what when"} x={x} y={36 + at * LINE_HEIGHT}>
          {line}
        </text>
      ))}
    </>
  );
}

function JobBox({
  box,
  actions,
  selected,
  current,
  matches,
  activityOf,
}: Omit<DrawingProps, "layout"> & { readonly box: Box }) {
  const { place, job, x, y, width, height, lines, expanded, canExpand } = box;
  const worst = worstOf(job);
  const classes = ["job", levelOf(job), ...(worst === undefined ? [] : [worst])];
  if (expanded) classes.push("expanded");
  if (job.id === selected) classes.push("selected");
  if (place === current) classes.push("current");
  if (matches !== undefined && !matches.has(job.id)) classes.push("far");
  const activity = activityOf?.(job);
  const state = activity?.state;
  const hasToggle = actions !== undefined && canExpand;
  const mark = worst === undefined ? "" : `${worst === "error" ? "✖" : "!"} ${job.findings.length}`;
  const item =
    actions === undefined
      ? {}
      : {
          role: "treeitem" as const,
          id: itemId(place),
          tabindex: place === current ? 0 : -1,
          "aria-level": box.depth + 1,
          "aria-posinset": box.at + 1,
          "aria-setsize": Math.max(1, box.siblings),
          "aria-selected": job.id === selected,
          ...(canExpand && { "aria-expanded": expanded }),
          onClick: () => {
            actions.onSelect(job.id, place);
          },
        };
  return (
    <g class={classes.join(" ")} transform={`translate(${x} ${y})`} {...item}>
      {actions === undefined && <title>{titleOf(job)}</title>}
      {canExpand && !expanded && (
        <rect class="stack" x="4" y="4" width={width} height={height} rx="6" />
      )}
      <rect class="box" width={width} height={height} rx="6" />
      <text class="key" x={hasToggle ? 30 : 12} y="19">
        {cut(job.key)}
      </text>
      <Lines lines={lines} x={12} />
      {worst !== undefined && (
        <text class={`mark ${worst}`} x={width - 12} y="19">
          {mark}
        </text>
      )}
      {state !== undefined && (
        <g class="state" transform={`translate(${width - 16} 33)`}>
          <title>last run {printable(state.state)}</title>
          <StateMark {...state} />
        </g>
      )}
      {activity !== undefined && box.rows > 0 && (
        <g transform={`translate(12 ${36 + lines.length * LINE_HEIGHT})`}>
          <RunBars bars={activity.bars} />
          <text class="what" x={activity.bars.length === 0 ? 0 : activity.bars.length * BAR + 6}>
            {activity.bars.length === 0 ? "has not run" : activity.took}
          </text>
          {box.rows > 1 && (
            <text class="what" y={LINE_HEIGHT}>
              {cut(activity.next)}
            </text>
          )}
        </g>
      )}
      {hasToggle && (
        <g
          class="toggle"
          aria-hidden="true"
          transform="translate(17 15)"
          onClick={(event) => {
            event.stopPropagation();
            actions.onToggle(place);
          }}
        >
          <circle r="8" />
          <path d={expanded ? "M-4 0H4" : "M-4 0H4M0 -4V4"} />
        </g>
      )}
    </g>
  );
}

/** Width of a bar of {@link RunBars} with its gap; pixels. */
export const BAR = 4;
const BAR_HEIGHT = 11;

/** Bars for the last runs of a job, newest on the right. Bars of failed runs are hollow. */
export function RunBars({ bars }: Pick<BoxActivity, "bars">) {
  const failed = bars.filter(({ kind }) => kind === "bad").length;
  return (
    <g class="bars">
      <title>
        last {bars.length} {bars.length === 1 ? "run" : "runs"}, {failed} failed
      </title>
      {bars.map(({ kind, share }, at) => {
        const height = Math.round(3 + (BAR_HEIGHT - 3) * share);
        return (
          <rect key={at} class={kind} x={at * BAR} y={-height} width={BAR - 1} height={height} />
        );
      })}
    </g>
  );
}

/** A disc for success, a cross for failure, a ring for an active run. */
export function StateMark({ phase, good }: Pick<JobState, "phase" | "good">) {
  if (phase !== "ended") return <circle class="active" r="4.5" />;
  return good ? <circle class="good" r="5" /> : <path class="bad" d="M-4 -4L4 4M4 -4L-4 4" />;
}

function titleOf({ key, name, tasks, findings }: DocumentJob): string {
  return [
    key,
    ...(name === undefined || name === key ? [] : [name]),
    ...tasks.slice(0, 3).map(({ task_key, what }) => `${task_key}: ${what}`),
    ...(tasks.length > 3 ? [`… ${tasks.length} tasks`] : []),
    ...findings.slice(0, 10).map(({ rule, message }) => `${rule}: ${message}`),
  ]
    .map((line) => printable(line.slice(0, 300)))
    .join("\n");
}

/** `error`, `warning`, or neither. */
export function worstOf({
  findings,
}: Pick<DocumentJob, "findings">): "error" | "warning" | undefined {
  if (findings.some(({ severity }) => severity === "error")) return "error";
  return findings.length > 0 ? "warning" : undefined;
}

/** DOM id of a box by its place. */
export function itemId(place: string): string {
  return `job-${place}`;
}
