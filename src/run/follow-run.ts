import { setTimeout as sleep } from "node:timers/promises";
import type { JobRun, JobsClient, RunOutput, TaskRun } from "./jobs-client";

const ENDED = new Set(["TERMINATED", "SKIPPED", "INTERNAL_ERROR"]);

/** One task that has ended. */
export interface TaskResult {
  readonly taskKey: string;
  /** `result_state`, or the life-cycle state of a task that never ran. */
  readonly result: string;
  readonly message: string;
  readonly durationMs: number;
  /** The run of the job that the task ran, if it ran one. */
  readonly child?: JobRun;
  /** What the task, or the only task of the job that it ran, left. */
  readonly output?: RunOutput;
}

/**
 * Waits for the end of a run.
 *
 * @param onTask called for each task as soon as it has ended
 * @param pollMs pause between two looks, in milliseconds
 */
export async function followRun(
  client: JobsClient,
  runId: number,
  onTask: (task: TaskResult) => void,
  pollMs = 200,
): Promise<JobRun> {
  const seen = new Set<string>();
  for (;;) {
    const run = await client.getRun(runId);
    const ended = (run.tasks ?? [])
      .filter(({ task_key, state }) => ENDED.has(state.life_cycle_state) && !seen.has(task_key))
      .sort((a, b) => (a.end_time ?? 0) - (b.end_time ?? 0) || a.run_id - b.run_id);
    for (const task of ended) {
      seen.add(task.task_key);
      onTask(await resultOf(client, task));
    }
    if (ENDED.has(run.state.life_cycle_state)) return run;
    await sleep(pollMs);
  }
}

/** Decided by the result, not by the life-cycle state: a run that was ended has ended too. */
export function resultState({ state }: Pick<JobRun, "state">): string {
  return state.result_state ?? state.life_cycle_state;
}

async function resultOf(client: JobsClient, task: TaskRun): Promise<TaskResult> {
  const own = (task.start_time ?? 0) > 0 ? await client.getOutput(task.run_id) : undefined;
  const childId = own?.run_job_output?.run_id;
  const child = childId === undefined ? undefined : await client.getRun(childId);
  const [only, another] = child?.tasks ?? [];
  const output =
    only === undefined || another !== undefined ? own : await client.getOutput(only.run_id);
  return {
    taskKey: task.task_key,
    result: resultState(task),
    message: task.state.state_message ?? "",
    durationMs: Math.max(0, (task.end_time ?? 0) - (task.start_time ?? 0)),
    ...(child && { child }),
    ...(output && { output }),
  };
}
