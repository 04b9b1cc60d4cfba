import { type RunId, succeeded } from "@jobstrata/core/model";
import { type ApiRun, RunFollower, statusOf } from "@jobstrata/run";
import type { Io } from "../io";
import type { WorkspaceTarget } from "../workspace/target";
import { showEnd } from "./end";
import { execute, type ExecutionOptions, stepOf } from "./execution";

/** Follows a run to its end, or shows one that has ended. @returns the exit code */
export async function watchRun(
  target: WorkspaceTarget,
  runId: RunId,
  options: ExecutionOptions,
  io: Io,
): Promise<number> {
  const run = await target.client.getRun(runId);
  const name = { jobId: run.job_id ?? 0, name: run.run_name ?? "" };
  const step = stepOf(name, target.keys.get(name.jobId));
  if (statusOf(run).phase !== "ended") {
    const watched = await execute(target, [step], options, io, { runId });
    return showEnd(target, watched, options, io);
  }
  io.err(`Run ${runId} has ended${endedAt(run)}; nothing is left to watch`);
  const tree = await new RunFollower(target.client, runId, target.keys, true).lookAtAll();
  const isGood =
    succeeded(tree) ||
    (options.allowPartial === true && tree.status.state === "SUCCESS_WITH_FAILURES");
  const outcome = isGood ? "succeeded" : "failed";
  const results = [{ step, runId, run: tree, outcome } as const];
  return showEnd(target, { results, exitCode: isGood ? 0 : 1 }, options, io);
}

function endedAt({ end_time: time = 0 }: ApiRun): string {
  if (time === 0) return "";
  return `, at ${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
