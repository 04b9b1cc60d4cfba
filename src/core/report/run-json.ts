import type { JobId } from "../model/int64";
import { durationOf, type JobRunNode, type TaskRunNode } from "../model/run-tree";
import { failuresOf, runFailure } from "./run-failures";

/** The outcome of a command, for programs. */
export interface RunReport {
  /** Version of this format; a new field does not change it. */
  readonly version: 1;
  readonly command: string;
  readonly environment?: string;
  /** `SUCCESS`, or the result of the first run that did not succeed; `NOT_STARTED`, `LOST`, `TIMED_OUT`, `CANCELED` or `LEFT`. */
  readonly result: string;
  readonly exit_code: number;
  /** The reason why the command could not run, if it could not. */
  readonly error?: string;
  readonly runs: readonly StepReport[];
}

/** A planned run. */
export interface StepReport {
  readonly job: string;
  readonly job_id: JobId;
  /** Keys of the selected tasks; absent for all tasks. */
  readonly only?: readonly string[];
  readonly outcome: string;
  readonly error?: string;
  readonly run?: object;
  readonly failures?: readonly object[];
}

/** A run with its child runs. Times are milliseconds since 1970; names follow the Jobs API. */
export function runJson(run: JobRunNode, now: number): object {
  return {
    run_id: run.runId,
    job_id: run.jobId,
    ...(run.key !== undefined && { job_key: run.key }),
    run_name: run.name,
    ...stateJson(run, now),
    ...(run.url !== undefined && { run_page_url: run.url }),
    tasks: run.tasks.map((task) => taskJson(task, now)),
  };
}

function taskJson(task: TaskRunNode, now: number): object {
  const { type, notebookPath, dependsOn, retries, url, runJobId, iterations, output } = task;
  return {
    task_key: task.taskKey,
    run_id: task.runId,
    ...(type !== undefined && { type }),
    ...(notebookPath !== undefined && { notebook_path: notebookPath }),
    depends_on: dependsOn,
    ...stateJson(task, now),
    retries,
    ...(url !== undefined && { run_page_url: url }),
    ...(runJobId !== undefined && { run_job_id: runJobId }),
    ...(iterations && { iterations }),
    ...(output && {
      output: {
        ...(output.result !== undefined && { result: output.result }),
        ...(output.error !== undefined && { error: output.error }),
        ...(output.errorTrace !== undefined && { error_trace: output.errorTrace }),
        ...(output.logs !== undefined && { logs: output.logs }),
      },
    }),
    ...(task.child && { run: runJson(task.child, now) }),
    ...(task.iterationRuns && {
      iteration_runs: task.iterationRuns.map((each) => taskJson(each, now)),
    }),
  };
}

function stateJson(node: JobRunNode | TaskRunNode, now: number): object {
  const { status, startTime, endTime } = node;
  return {
    phase: status.phase,
    state: status.state,
    ...(status.message !== "" && { state_message: status.message }),
    ...(startTime !== undefined && { start_time: startTime }),
    ...(endTime !== undefined && { end_time: endTime }),
    duration_ms: durationOf(node, now),
  };
}

/** The root failures. */
export function failuresJson(run: JobRunNode): object[] {
  const reason = runFailure(run);
  if (reason !== undefined) {
    return [
      {
        path: [],
        ...(run.key !== undefined && { job_key: run.key }),
        job_id: run.jobId,
        run_id: run.runId,
        state: run.status.state,
        ...(run.url !== undefined && { run_page_url: run.url }),
        error: reason,
        did_not_run: [],
      },
    ];
  }
  return failuresOf(run).map(({ task, path, run: job, kept }) => ({
    path,
    ...(job.key !== undefined && { job_key: job.key }),
    job_id: job.jobId,
    run_id: task.runId,
    state: task.status.state,
    ...(task.notebookPath !== undefined && { notebook_path: task.notebookPath }),
    ...(task.url !== undefined && { run_page_url: task.url }),
    error: task.output?.error ?? (task.status.message || (task.child?.status.message ?? "")),
    did_not_run: kept,
  }));
}
