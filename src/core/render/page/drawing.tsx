import { printable } from "../../model/text";
import type { DocumentJob, DocumentTask } from "../document";
import {
  BOX_HEIGHT,
  type Box,
  cut,
  type Layout,
  type Line,
  MARGIN,
  rowText,
  shortWhat,
  whenWords,
} from "./layout";
import { LEVEL_WORDS, levelOf } from "./level";

/** A part of a drawing, in its pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How the last run of a job stands. */
export interface JobState {
  readonly phase: "waiting" | "active" | "ended";
  /** As the Jobs API names it. */
  readonly state: string;
  readonly good: boolean;
}

/** What a reader can do with a drawing; without it, it is a picture. */
export interface DrawingActions {
  readonly onSelect: (id: string) => void;
  readonly onToggle: (id: string) => void;
}

/** What is to be seen of a layout. */
export interface DrawingProps {
  readonly layout: Layout;
  /** Only what lies in it is drawn. @default - everything */
  readonly window?: Window;
  readonly actions?: DrawingActions;
  /** The job whose details are shown. */
  readonly selected?: string | undefined;
  /** The job that the keyboard is at. */
  readonly current?: string | undefined;
  /** Jobs that were searched for; the others step back. */
  readonly matches?: ReadonlySet<string> | undefined;
  /** How the last runs of jobs stand, by their ids. */
  readonly states?: ReadonlyMap<string, JobState>;
}

/** The content of an SVG: jobs and the arrows between them. The only thing that draws them, in files and in browsers. */
export function Drawing(props: DrawingProps) {
  const { layout, window, actions } = props;
  const boxes =
    window === undefined ? layout.boxes : layout.boxes.filter((box) => isIn(box, window));
  const lines =
    window === undefined
      ? layout.lines
      : layout.lines.filter(({ top, bottom }) => bottom >= window.top && top <= window.bottom);
  const tree = actions === undefined ? {} : ({ role: "tree", "aria-label": "Jobs" } as const);
  return (
    <g>
      <Arrowheads />
      <g aria-hidden="true">
        {lines.map((line) => (
          <Arrow key={`${line.kind} ${line.from} ${line.to} ${line.path}`} {...line} {...props} />
        ))}
      </g>
      <g {...tree}>
        {boxes.map((box) => (
          <JobBox key={box.job.id} box={box} {...props} />
        ))}
      </g>
    </g>
  );
}

/** Whether any of a box is in the window. */
function isIn(box: Box, { left, top, right, bottom }: Window): boolean {
  return (
    box.x + box.width + MARGIN >= left &&
    box.x - MARGIN <= right &&
    box.y + box.height >= top &&
    box.y <= bottom
  );
}

function Arrowheads() {
  return (
    <defs>
      <marker
        id="run_job-head"
        viewBox="0 0 10 10"
        refX="9"
        refY="5"
        markerWidth="8"
        markerHeight="8"
        orient="auto"
      >
        <path class="head run_job" d="M0 1L9 5L0 9z" />
      </marker>
      <marker
        id="depends_on-head"
        viewBox="0 0 10 10"
        refX="8"
        refY="5"
        markerWidth="9"
        markerHeight="9"
        orient="auto"
      >
        <path class="head depends_on" d="M1 1L8 5L1 9" />
      </marker>
    </defs>
  );
}

/** Characters of what stands on an arrow, between two columns. */
const MAX_LABEL = 13;

function Arrow(props: Line & Omit<DrawingProps, "layout">) {
  const { kind, from, to, path, label, x, y, selected, matches } = props;
  const near = selected !== undefined && (from === selected || to === selected);
  const far = matches !== undefined && !(matches.has(from) && matches.has(to));
  const classes = `${kind}${near ? " near" : ""}${far ? " far" : ""}`;
  const arrow = <path class={`line ${classes}`} d={path} marker-end={`url(#${kind}-head)`} />;
  if (label === undefined) return arrow;
  return (
    <g>
      <title>{printable(label.slice(0, 500))}</title>
      {arrow}
      <text class={`label ${classes}`} x={x - 10} y={y - 4}>
        {cut(label, MAX_LABEL)}
      </text>
    </g>
  );
}

function JobBox({
  box,
  actions,
  selected,
  current,
  matches,
  states,
}: Omit<DrawingProps, "layout"> & { readonly box: Box }) {
  const { job, x, y, width, height, rows } = box;
  const level = levelOf(job);
  const worst = worstOf(job);
  const classes = ["job", level, ...(worst === undefined ? [] : [worst])];
  if (job.id === selected) classes.push("selected");
  if (job.id === current) classes.push("current");
  if (matches !== undefined && !matches.has(job.id)) classes.push("far");
  const state = states?.get(job.id);
  const what = cut(whatOf(box), Math.floor((width - 24) / 6.6));
  const mark = worst === undefined ? "" : `${worst === "error" ? "✖" : "!"} ${job.findings.length}`;
  const texts = rows.map(({ task }) => rowText(task));
  const item =
    actions === undefined
      ? {}
      : {
          role: "treeitem" as const,
          id: itemId(job.id),
          tabindex: job.id === current ? 0 : -1,
          "aria-level": box.depth + 1,
          "aria-posinset": box.place + 1,
          "aria-setsize": Math.max(1, box.siblings),
          "aria-selected": job.id === selected,
          ...(box.runs > 0 && { "aria-expanded": box.expanded }),
          onClick: () => {
            actions.onSelect(job.id);
          },
        };
  return (
    <g class={classes.join(" ")} transform={`translate(${x} ${y})`} {...item}>
      {actions === undefined && <title>{titleOf(job)}</title>}
      {level === "orchestrator" && (
        <rect class="stack" x="6" y="-6" width={width} height={height} rx="6" />
      )}
      {(level === "composite" || level === "orchestrator") && (
        <rect class="stack" x="3" y="-3" width={width} height={height} rx="6" />
      )}
      <rect class="box" width={width} height={height} rx="6" />
      <text class="key" x="12" y="19">
        {cut(job.key)}
      </text>
      <text class="what" x="12" y="36">
        {what}
      </text>
      {worst !== undefined && (
        <text class={`mark ${worst}`} x={width - 10} y="19">
          {mark}
        </text>
      )}
      {state !== undefined && (
        <g class="state" transform={`translate(${width - 14} 33)`}>
          <title>last run {printable(state.state)}</title>
          <StateMark {...state} />
        </g>
      )}
      {rows.length > 0 && <path class="rule" d={`M1 ${BOX_HEIGHT - 2}H${width - 1}`} />}
      {rows.map(({ task, y: middle }, at) => (
        <text key={task.id} class="task" x="12" y={middle - y + 4}>
          {isCut(texts[at]) && <title>{taskTitle(task)}</title>}
          {texts[at]?.key}
          <tspan class="what">{texts[at]?.what}</tspan>
          {texts[at]?.when !== "" && <tspan class="when">{texts[at]?.when}</tspan>}
        </text>
      ))}
      {actions !== undefined && box.runs > 0 && (
        <g
          class="toggle"
          aria-hidden="true"
          transform={`translate(${width} ${BOX_HEIGHT / 2})`}
          onClick={(event) => {
            event.stopPropagation();
            actions.onToggle(job.id);
          }}
        >
          <circle r="9" />
          <path d={box.expanded ? "M-4 0H4" : "M-4 0H4M0 -4V4"} />
        </g>
      )}
    </g>
  );
}

const isCut = (text: ReturnType<typeof rowText> | undefined): boolean =>
  text !== undefined && Object.values(text).some((part) => part.endsWith("…"));

/** All that the line of a task has no room for. */
function taskTitle(task: DocumentTask): string {
  const text = [task.task_key, task.what, whenWords(task)].filter((part) => part !== "");
  return printable(text.join("  ").slice(0, 1000));
}

/** A disc for what went well, a cross for what did not, a ring for what is under way. */
export function StateMark({ phase, good }: Pick<JobState, "phase" | "good">) {
  if (phase !== "ended") return <circle class="active" r="4.5" />;
  return good ? <circle class="good" r="5" /> : <path class="bad" d="M-4 -4L4 4M4 -4L-4 4" />;
}

/** What stands below the name of a job. */
function whatOf({ job, runs }: Box): string {
  const [task, ...others] = job.tasks;
  const word = LEVEL_WORDS[levelOf(job)];
  if (runs > 0) return `${word} · runs ${runs}`;
  if (task === undefined) return `${word} · no tasks`;
  if (others.length > 0) return `${word} · ${job.tasks.length} tasks`;
  return `${word} · ${shortWhat(task)}`;
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

/** The id that a job's box has in the page. */
export function itemId(job: string): string {
  return `job-${job}`;
}
