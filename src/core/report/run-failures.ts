import {
  didNotRun,
  durationOf,
  failed,
  failedByItself,
  type JobRunNode,
  type TaskRunNode,
  withDependents,
} from "../model/run-tree";
import { printable } from "../model/text";
import { formatDuration } from "./duration";
import { PLAIN, type Style } from "./style";

/** A task that failed itself, and the tasks that did not run as a result. */
export interface RunFailure {
  readonly task: TaskRunNode;
  /** Task keys from the top. */
  readonly path: readonly string[];
  /** The run that contains the task. */
  readonly run: JobRunNode;
  /** Paths of tasks that did not run because of the failure. */
  readonly kept: readonly (readonly string[])[];
}

/** The root failures, without the enclosing Run Job tasks, which failed as a result. */
export function failuresOf(run: JobRunNode): RunFailure[] {
  const failures: RunFailure[] = [];
  visit(run, [], [], failures);
  return failures;
}

function visit(
  run: JobRunNode,
  path: readonly string[],
  keptAbove: readonly (readonly string[])[],
  failures: RunFailure[],
): void {
  for (const task of run.tasks.filter(failedByItself)) {
    const own = [...path, task.taskKey];
    const kept = [
      ...[...withDependents(run.tasks, [task])]
        .filter((each) => each !== task && didNotRun(each) && failed(each))
        .map(({ taskKey }) => [...path, taskKey]),
      ...keptAbove,
    ];
    const { child, iterationRuns = [] } = task;
    const before = failures.length;
    if (child !== undefined) visit(child, own, kept, failures);
    for (const iteration of iterationRuns) {
      if (iteration.child !== undefined) visit(iteration.child, own, kept, failures);
      else failures.push({ task: iteration, path: own, run, kept });
    }
    // The child run has no failed task, or cannot be read.
    if (failures.length === before) failures.push({ task, path: own, run, kept });
  }
}

/** The end of a long trace is the most useful part. */
const MAX_TRACE = 15;
const MAX_KEPT = 12;

/** The workspace's message for a failed run without a failed task, such as a rejected run. Undefined for other runs. */
export function runFailure(run: JobRunNode): string | undefined {
  return failed(run) && failuresOf(run).length === 0 ? run.status.message : undefined;
}

/** The failures, their errors, and the tasks that did not run as a result, as text. */
export function failureLines(run: JobRunNode, style: Style = PLAIN): string[] {
  const lines: string[] = [];
  const reason = run.status.state === "CANCELED" ? "" : (runFailure(run) ?? "");
  if (reason !== "") {
    const state = printable(run.status.state);
    lines.push(
      "",
      `${style.bad(`${style.marks.bad} ${printable(run.key ?? run.name)}`)}  ${state}`,
    );
    for (const line of textLines(reason)) lines.push(`    ${line}`);
  }
  for (const { task, path, run: job, kept } of failuresOf(run)) {
    // Do not report tasks that were canceled with the run.
    if (run.status.state === "CANCELED" && task.status.state === "CANCELED") continue;
    const took = durationOf(task, task.endTime ?? 0);
    const retries = task.retries === 0 ? "" : `, retry ${task.retries}`;
    const state = `${printable(task.status.state)} after ${formatDuration(took)}${retries}`;
    lines.push("", `${style.bad(`${style.marks.bad} ${printablePath(path)}`)}  ${state}`);
    lines.push(`    job       ${printable(job.key ?? job.name)} (run ${job.runId})`);
    if (task.notebookPath !== undefined)
      lines.push(`    notebook  ${printable(task.notebookPath)}`);
    const url = task.url ?? job.url;
    if (url !== undefined) lines.push(`    link      ${style.link(printable(url), url)}`);
    for (const line of reasonLines(task)) lines.push(`    ${line}`);
    if (kept.length > 0) {
      const names = kept.slice(0, MAX_KEPT).map(printablePath);
      const more = kept.length > MAX_KEPT ? ` and ${kept.length - MAX_KEPT} more` : "";
      lines.push(`    did not run because of it: ${names.join(", ")}${more}`);
    }
  }
  return lines;
}

/** The error of a task, and the end of its trace. */
export function reasonLines({ output, status, child }: TaskRunNode): string[] {
  const { error, errorTrace } = output ?? {};
  const trace = textLines(errorTrace);
  const last = trace.slice(-MAX_TRACE);
  const lines = trace.length > last.length ? ["…", ...last] : last;
  // A Python trace ends with the error; others may not.
  if (error !== undefined && error !== "" && errorTrace?.includes(error) !== true)
    lines.push(...textLines(error));
  if (lines.length > 0) return lines;
  return textLines(status.message === "" ? child?.status.message : status.message);
}

/** Task keys from the top, safe for a terminal. */
export const printablePath = (path: readonly string[]): string => path.map(printable).join(" > ");

/** External text as lines, safe for a terminal. Tabs are harmless. */
export function textLines(text = ""): string[] {
  const lines = text.replace(/\r\n/g, "\n").replace(/\n+$/, "").split("\n");
  if (lines.length === 1 && lines[0] === "") return [];
  return lines.map((line) => inert(line.split("\t").map(printable).join("\t")));
}

/** Escapes line starts that CI systems would execute as commands. */
function inert(line: string): string {
  return line.replace(/^(\s*)(?::(?=:)|#(?=#\[))/, (start) => {
    const command = start.trimStart();
    return `${start.slice(0, -1)}\\u00${command.charCodeAt(0).toString(16)}`;
  });
}
