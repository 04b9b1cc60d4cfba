import type { RunId } from "@jobstrata/core/model";
import type { Io } from "../io";
import { reportingErrors } from "../workspace/errors";
import { WorkspaceTarget } from "../workspace/target";
import { showRun } from "../runs/command";

/** Shows a run in the local workspace with its tasks' outputs. @returns the exit code */
export function showLogs(
  runId: RunId,
  { data }: { readonly data?: string },
  io: Io,
): Promise<number> {
  return reportingErrors("text", "logs", io, async () => {
    // Nothing runs, so no engine is needed.
    const target = await WorkspaceTarget.open(
      { local: true, executor: "simulated", ...(data !== undefined && { data }) },
      io,
    );
    try {
      await showRun(target, runId, "text", io);
      return 0;
    } finally {
      await target.close();
    }
  });
}
