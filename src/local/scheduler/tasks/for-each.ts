import { parseJson } from "@jobstrata/core/model";
import type { TaskRun } from "../../services/jobs/records";
import type { NestedTask, Task } from "../../services/jobs/schema/tasks";
import { CANCELED, type Ending, ended, SUCCEEDED, verdict } from "../states";
import { StopScope } from "../stop-scope";
import type { RunContext } from "./context";

interface Input {
  readonly value: unknown;
  readonly index: number;
}

/** Runs all iterations, at most `concurrency` at a time. A failed iteration does not stop the others. */
export async function performForEach(
  context: RunContext,
  { concurrency = 1, inputs: written, task }: NonNullable<Task["for_each_task"]>,
  attempt: TaskRun,
  signal: AbortSignal,
): Promise<Ending> {
  const inputs = parseInputs(written);
  const kept = new Set(attempt.iterations?.done.filter((index) => index < inputs.length));
  const counts = {
    total: inputs.length,
    active: 0,
    succeeded: kept.size,
    failed: 0,
    done: [...kept],
  };
  attempt.iterations = counts;
  const left = inputs
    .map((value, index) => ({ value, index }))
    .filter(({ index }) => !kept.has(index));
  left.reverse();
  const scope = new StopScope();
  signal.addEventListener("abort", () => {
    scope.stop(CANCELED);
  });
  // Not p-limit: these workers leave no queue behind after an abort. See ADR 14.
  const work = async (): Promise<void> => {
    let next: Input | undefined;
    while (!signal.aborted && (next = left.pop()) !== undefined) {
      counts.active++;
      const ending = await iterate(context, task, attempt, next, scope);
      counts.active--;
      if (verdict(ending) === "succeeded") {
        counts.succeeded++;
        counts.done.push(next.index);
      } else counts.failed++;
      context.host.saveTaskRun(attempt);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, left.length) }, work));
  if (counts.failed === 0) return SUCCEEDED;
  const message = `${counts.failed} of ${counts.total} iterations failed`;
  return ended("FAILED", "RUN_EXECUTION_ERROR", message);
}

async function iterate(
  { host, run, attempts }: RunContext,
  task: NestedTask,
  parent: TaskRun,
  { value, index }: Input,
  scope: StopScope,
): Promise<Ending> {
  const run_id = host.newRunId();
  let attempt: TaskRun = {
    kind: "iteration",
    run_id,
    job_run_id: run.run_id,
    job_id: run.job_id,
    parent_id: parent.run_id,
    task_key: task.task_key,
    attempt: 0,
    original_attempt_run_id: run_id,
    start_time: host.clock.now(),
    life: "PENDING",
    message: "",
    index,
    input: value,
  };
  const ending = await attempts.untilOneCounts(task, attempt, scope, (next) => (attempt = next));
  attempts.end(attempt, ending);
  return ending;
}

function parseInputs(written: string): unknown[] {
  let inputs: unknown;
  try {
    inputs = parseJson(written);
  } catch {
    throw new Error(`The inputs of the for-each task are not JSON: ${written.slice(0, 200)}`);
  }
  if (!Array.isArray(inputs))
    throw new Error("The inputs of the for-each task are not a JSON array.");
  return inputs;
}
