import type { RunId } from "../model/int64";
import stringWidth from "string-width";
import {
  didNotRun,
  durationOf,
  failed,
  type JobRunNode,
  type RunStatus,
  succeeded,
  type TaskRunNode,
} from "../model/run-tree";
import { printable } from "../model/text";
import { formatDuration, formatElapsed } from "./duration";
import { PLAIN, type Style } from "./style";

/** Options of a tree. */
export interface TreeOptions {
  /** The workspace's time; milliseconds since 1970. */
  readonly now: number;
  /** @default no colours */
  readonly style?: Style;
  /** Available columns; longer lines are truncated. @default unlimited */
  readonly width?: number;
  /** Available lines; less important tasks are collapsed. @default unlimited */
  readonly height?: number;
  /** Usual durations by path of task keys, joined by `/`, "" for the run itself; milliseconds. */
  readonly usual?: ReadonlyMap<string, number>;
}

/** A line before its column widths are known. */
interface Line {
  readonly prefix: string;
  readonly mark: string;
  readonly label: string;
  readonly state: string;
  readonly duration: string;
  readonly rest: string;
  readonly tint: (text: string) => string;
}

interface Entry {
  readonly line: Omit<Line, "prefix">;
  readonly status?: RunStatus;
  below: Entry[];
}

/** A run and its nested runs as lines: one per task, with state, duration and the run that it started. */
export function treeLines(run: JobRunNode, options: TreeOptions): string[] {
  const { style = PLAIN, width = Infinity, height = Infinity } = options;
  const top: Entry = {
    line: {
      ...stateColumns(run, options, ""),
      label: style.strong(printable(run.key ?? run.name)),
      rest: [named(run), runLink(run, style)].filter(Boolean).join("  "),
    },
    status: run.status,
    below: run.tasks.map((task) => taskEntry(task, options, [task.taskKey])),
  };
  shrink(top, height, style);
  const lines: Line[] = [];
  flatten(top, "", "", style, lines);
  const shown = lines.length <= height ? lines : lines.slice(0, Math.max(1, height - 1));
  const text = aligned(shown, width, style);
  if (shown.length < lines.length && height > 1)
    text.push(style.faint(`${style.marks.more} ${lines.length - shown.length} more lines`));
  return text;
}

function taskEntry(task: TaskRunNode, options: TreeOptions, path: readonly string[]): Entry {
  const { style = PLAIN } = options;
  const { child, iterations } = task;
  const runs =
    child === undefined ? "" : `${style.marks.arrow} ${printable(child.key ?? child.name)}`;
  const notes = [
    task.retries === 0 ? "" : `retry ${task.retries}`,
    iterations === undefined
      ? ""
      : `${iterations.succeeded + iterations.failed}/${iterations.total} iterations${iterations.failed === 0 ? "" : `, ${iterations.failed} failed`}`,
    task.output?.result === undefined || task.output.result === ""
      ? ""
      : style.faint(quoted(task.output.result)),
    waitsFor(task.status),
    runs,
    runLink(child ?? task, style),
  ];
  return {
    line: {
      ...stateColumns(task, options, path.join("/")),
      label: printable(task.taskKey),
      rest: notes.filter(Boolean).join("  "),
    },
    status: task.status,
    below: [
      ...(child?.tasks ?? []).map((each) => taskEntry(each, options, [...path, each.taskKey])),
      ...(task.iterationRuns ?? []).map((each) =>
        taskEntry(each, options, [...path, each.taskKey]),
      ),
    ],
  };
}

function stateColumns(
  node: JobRunNode | TaskRunNode,
  { now, style = PLAIN, usual }: TreeOptions,
  path: string,
): Pick<Line, "mark" | "state" | "duration" | "tint"> {
  const { status } = node;
  const { marks } = style;
  const state = printable(status.state);
  const over = status.phase === "ended";
  const took = durationOf(node, now);
  const before = usual?.get(path);
  const duration = over
    ? didNotRun(node)
      ? ""
      : formatDuration(took)
    : node.startTime === undefined || status.phase === "waiting"
      ? ""
      : `${formatElapsed(took)}${before === undefined ? "" : ` of about ${formatElapsed(before)}`}`;
  if (!over) {
    return status.phase === "waiting"
      ? { mark: marks.waiting, state, duration, tint: style.faint }
      : { mark: marks.busy, state, duration, tint: style.busy };
  }
  if (succeeded(node)) return { mark: marks.good, state, duration, tint: style.good };
  return failed(node) && !didNotRun(node)
    ? { mark: marks.bad, state, duration, tint: style.bad }
    : { mark: marks.skipped, state, duration, tint: failed(node) ? style.bad : style.faint };
}

/** The display name, if the label is the key. */
const named = ({ key, name }: JobRunNode): string => (key === undefined ? "" : printable(name));

function runLink({ runId, url }: { runId: RunId; url?: string }, style: Style): string {
  return style.faint(style.link(`run ${runId}`, url));
}

/** Why a run or task waits, such as a queue. */
function waitsFor({ phase, state, message }: RunStatus): string {
  return phase === "waiting" && state !== "BLOCKED" && message !== "" ? printable(message) : "";
}

const MAX_RESULT = 60;

function quoted(text: string): string {
  const [line = ""] = text.split("\n");
  const cut = line.length > MAX_RESULT ? `${line.slice(0, MAX_RESULT)}…` : line;
  return `"${printable(cut)}"${line.length < text.length ? "…" : ""}`;
}

/** Collapses less interesting lines until the tree fits: successful tasks first, then waiting ones. */
function shrink(top: Entry, height: number, style: Style): void {
  if (size(top) <= height) return;
  const visit = (entry: Entry, action: (entry: Entry) => void): void => {
    action(entry);
    for (const each of entry.below) visit(each, action);
  };
  visit(top, (entry) => {
    if (entry !== top && entry.status?.state === "SUCCESS") entry.below = [];
  });
  if (size(top) <= height) return;
  const kinds = [
    { is: ({ status }: Entry) => status?.state === "SUCCESS", what: "succeeded", tint: style.good },
    { is: ({ status }: Entry) => status?.phase === "waiting", what: "waiting", tint: style.faint },
    {
      is: ({ status }: Entry) => status !== undefined && didNotRun({ status }),
      what: "did not run",
      tint: style.faint,
    },
    { is: ({ status }: Entry) => status?.phase === "active", what: "running", tint: style.busy },
  ];
  for (const { is, what, tint } of kinds) {
    visit(top, (entry) => {
      const alike = entry.below.filter(is);
      if (alike.length < 3) return;
      const [first] = alike;
      if (first === undefined) return;
      const others = new Set(entry.below);
      for (const each of alike) others.delete(each);
      const line = { ...first.line, label: "", state: "", duration: "", rest: "", tint };
      entry.below = [...others, { line, below: [] }];
      // Show as many running tasks as fit.
      const shown: Entry[] = [];
      if (what === "running") {
        let room = height - size(top);
        for (const each of alike.slice(0, -1)) {
          room -= size(each);
          if (room < 0) break;
          shown.push(each);
        }
      }
      line.label = `${style.marks.more} ${alike.length - shown.length} ${shown.length > 0 ? "more " : ""}${what}`;
      entry.below = [...others, ...shown, { line, below: [] }];
    });
    if (size(top) <= height) return;
  }
}

const size = (entry: Entry): number => entry.below.reduce((sum, each) => sum + size(each), 1);

function flatten(entry: Entry, own: string, below: string, style: Style, lines: Line[]): void {
  lines.push({ ...entry.line, prefix: own });
  const { branch, last, down } = style.marks;
  for (const [at, each] of entry.below.entries()) {
    const isLast = at === entry.below.length - 1;
    flatten(each, below + (isLast ? last : branch), below + (isLast ? "   " : down), style, lines);
  }
}

function aligned(lines: readonly Line[], width: number, style: Style): string[] {
  const widths = lines.map((line) => stringWidth(`${line.prefix}${line.label}`) + 2);
  const stateWidth = Math.max(...lines.map(({ state }) => state.length));
  const durationWidth = Math.max(...lines.map(({ duration }) => duration.length));
  const room = width - stateWidth - durationWidth - 6;
  const labelWidth = Math.max(10, Math.min(Math.max(...widths), room));
  return lines.map(({ prefix, mark, label, state, duration, rest, tint }) => {
    const first = fit(`${style.faint(prefix)}${tint(mark)} ${label}`, labelWidth, style);
    const pad = " ".repeat(Math.max(0, labelWidth - stringWidth(first)));
    const columns = `${first}${pad}  ${tint(state.padEnd(stateWidth))}  ${duration.padStart(durationWidth)}`;
    const text = rest === "" ? columns : `${columns}  ${rest}`;
    return fit(text.trimEnd(), width, style);
  });
}

const SEGMENTER = new Intl.Segmenter();
/** A colour or link escape sequence. */
// eslint-disable-next-line no-control-regex -- finding them is the point
const CODES = /(\u001b\[[0-9;]*m|\u001b\]8;;[^\u001b]*\u001b\\)/;

/** Truncates text to `width` columns, and closes colours and links. */
export function fit(text: string, width: number, style: Style = PLAIN): string {
  if (!Number.isFinite(width) || visibleWidth(text) <= width) return text;
  const { more } = style.marks;
  let left = Math.max(0, width - stringWidth(more));
  let cut = "";
  let colored = false;
  let linked = false;
  parts: for (const part of text.split(CODES)) {
    if (part.startsWith("\u001b")) {
      cut += part;
      if (part.startsWith("\u001b]")) linked = part !== LINK_END;
      else colored = true;
      continue;
    }
    for (const { segment } of SEGMENTER.segment(part)) {
      left -= stringWidth(segment);
      if (left < 0) break parts;
      cut += segment;
    }
  }
  return `${cut}${linked ? LINK_END : ""}${colored ? "\u001b[0m" : ""}${more}`;
}

const LINK_END = "\u001b]8;;\u001b\\";

/** Display width of text, without colours and links. */
export function visibleWidth(text: string): number {
  return stringWidth(text.replace(new RegExp(CODES, "g"), ""));
}
