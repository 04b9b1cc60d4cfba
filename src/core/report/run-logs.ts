import { durationOf, type JobRunNode, type TaskRunNode } from "../model/run-tree";
import { printable } from "../model/text";
import { formatDuration } from "./duration";
import { runFailure, textLines } from "./run-failures";
import { PLAIN, type Style } from "./style";

/** A run with the output, return values and errors of its tasks. */
export function logLines(run: JobRunNode, now: number, style: Style = PLAIN): string[] {
  const lines: string[] = [];
  runLines(run, now, style, "", lines);
  return lines;
}

function runLines(
  run: JobRunNode,
  now: number,
  style: Style,
  indent: string,
  lines: string[],
): void {
  const name = printable(run.key ?? run.name);
  lines.push(`${indent}${style.strong(name)} (run ${run.runId}): ${printable(run.status.state)}`);
  for (const line of textLines(runFailure(run))) lines.push(`${indent}  ${line}`);
  for (const task of run.tasks) taskLines(task, now, style, `${indent}  `, lines);
}

function taskLines(
  task: TaskRunNode,
  now: number,
  style: Style,
  indent: string,
  lines: string[],
): void {
  const { status, child, output, iterationRuns = [] } = task;
  const took = task.startTime === undefined ? "" : ` in ${formatDuration(durationOf(task, now))}`;
  const retries = task.retries === 0 ? "" : `, retry ${task.retries}`;
  lines.push(
    `${indent}${style.strong(printable(task.taskKey))} (run ${task.runId}): ${printable(status.state)}${took}${retries}`,
  );
  const own = outputLines(task);
  // Skip the message of a Run Job task, which the child run repeats.
  if (child === undefined || output !== undefined)
    for (const line of own) lines.push(`${indent}  ${line}`);
  if (child !== undefined) runLines(child, now, style, `${indent}  `, lines);
  for (const iteration of iterationRuns) taskLines(iteration, now, style, `${indent}  `, lines);
}

function outputLines({ output = {}, status }: TaskRunNode): string[] {
  const { logs, result, error, errorTrace } = output;
  const lines = [
    ...textLines(logs),
    ...textLines(result).map((line, at) => (at === 0 ? `exit value: ${line}` : line)),
    ...textLines(errorTrace ?? error),
    // A Python trace ends with the error; others may not.
    ...(errorTrace !== undefined && error !== undefined && !errorTrace.includes(error)
      ? textLines(error)
      : []),
  ];
  return lines.length > 0 || status.state === "SUCCESS" ? lines : textLines(status.message);
}
