import type { TaskRun } from "../../services/jobs/records";
import type { RunJobDefinition } from "../host";
import { CANCELED, type Ending, ended, type ResultState, SUCCEEDED, verdict } from "../states";
import type { RunContext } from "./context";

/** Starts a run of another job, waits for it and takes over its result. */
export async function performRunJob(
  { host, run }: RunContext,
  definition: RunJobDefinition,
  attempt: TaskRun,
  signal: AbortSignal,
): Promise<Ending> {
  attempt.resolved = { job_parameters: definition.job_parameters ?? {} };
  const child = host.startChild(run, attempt, definition);
  attempt.run_job_run_id = child.runId;
  host.saveTaskRun(attempt);
  signal.addEventListener("abort", () => {
    child.stop(CANCELED);
  });
  const ending = await child.done;
  if (verdict(ending) === "succeeded") return SUCCEEDED;
  const message = `Run ${child.runId} of job ${definition.job_id} ended with ${ending.result}: ${ending.message}`;
  return ended(asResult(ending.result), "RUN_EXECUTION_ERROR", message);
}

const asResult = (result: ResultState): ResultState =>
  result === "CANCELED" || result === "TIMEDOUT" ? result : "FAILED";
