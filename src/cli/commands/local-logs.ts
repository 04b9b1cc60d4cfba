import { useWorkspace } from "../../local/commands";
import { printable, quote } from "../../model/text";
import { resultState } from "../../run/follow-run";
import { type JobRun, JobsClient, type RunOutput, type TaskRun } from "../../run/jobs-client";
import { WorkspaceError } from "../../run/jobs-client";
import { JobstrataError } from "../../errors";
import type { Io } from "../io";

/**
 * Prints what each task of a run printed, what it came to and, of a failed one, its error and trace; of a task that ran a
 * job, the same of the tasks of that run.
 *
 * @throws JobstrataError `local-workspace` if there is no such run
 */
export async function showLogs(
  runId: number,
  options: { readonly data?: string },
  io: Io,
): Promise<void> {
  const workspace = await useWorkspace(options);
  try {
    const client = new JobsClient(workspace.host, workspace.token);
    await showRun(client, await client.getRun(runId), "", io);
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new JobstrataError("local-workspace", printable(error.message));
  } finally {
    await workspace.stop();
  }
}

async function showRun(client: JobsClient, run: JobRun, indent: string, io: Io): Promise<void> {
  const tasks = [...(run.tasks ?? [])].sort(
    (a, b) => (a.start_time ?? 0) - (b.start_time ?? 0) || a.run_id - b.run_id,
  );
  const name = run.run_name === undefined ? "" : ` ${quote(run.run_name)}`;
  io.out(`${indent}run ${run.run_id}${name}: ${resultState(run)}`);
  for (const task of tasks) await showTask(client, task, `${indent}  `, io);
}

async function showTask(client: JobsClient, task: TaskRun, indent: string, io: Io): Promise<void> {
  const seconds = Math.max(0, (task.end_time ?? 0) - (task.start_time ?? 0)) / 1000;
  const took = (task.end_time ?? 0) > 0 ? ` in ${seconds.toFixed(1)} s` : "";
  io.out(`${indent}${printable(task.task_key)} (run ${task.run_id}): ${resultState(task)}${took}`);
  const output = await client.getOutput(task.run_id);
  for (const line of outputLines(output)) io.out(`${indent}  ${line}`);
  const child = output.run_job_output?.run_id;
  if (child !== undefined) await showRun(client, await client.getRun(child), `${indent}  `, io);
}

/** What a task printed, its exit value and its error, safe for a terminal. */
export function outputLines({ logs, notebook_output, error, error_trace }: RunOutput): string[] {
  const result = notebook_output?.result;
  return [
    ...split(logs),
    ...split(result).map((line, at) => (at === 0 ? `exit value: ${line}` : line)),
    ...(error_trace === undefined ? split(error) : split(error_trace)),
    // The trace of Python ends with the error; that of others may not.
    ...(error_trace !== undefined && error !== undefined && !error_trace.includes(error)
      ? split(error)
      : []),
  ];
}

function split(text: string | undefined): string[] {
  const lines = (text ?? "").replace(/\r\n/g, "\n").replace(/\n+$/, "").split("\n");
  return lines.length === 1 && lines[0] === "" ? [] : lines.map((line) => printableLine(line));
}

/** Tabs are no danger. */
const printableLine = (line: string): string => line.split("\t").map(printable).join("\t");
