import type { JobSpec } from "@jobstrata/core/model";
import { JobstrataError } from "@jobstrata/core/errors";
import { WorkspaceError } from "@jobstrata/run";
import { Audit } from "../drift/audit";
import { LiveJobs } from "../drift/live-jobs";
import { type CodeOptions, readCode } from "../drift/read-code";
import type { DriftReport } from "../drift/report";
import { changeText } from "../drift/words";
import { openWorkspace } from "../drift/workspace";
import { currentUser } from "../import/remote-state";
import type { Io } from "../io";
import type { Code } from "../drift/code";
import type { ChangedJob, Reason } from "./document";
import { entryFor } from "./entry";

/** Selects the base workspace, and the jobs to compare with it. */
export interface LiveOptions extends Omit<CodeOptions, "states"> {
  readonly local?: boolean;
  readonly data?: string;
}

/** Jobs of one environment that differ from a workspace. */
interface LiveChanges {
  readonly host: string;
  readonly environment: string;
  readonly jobs: readonly ChangedJob[];
}

/** The code to compare. @throws {JobstrataError} `source` if the environment is ambiguous */
export function codeOf(path: string, options: LiveOptions): Code {
  return readCode(path, { ...options, states: [] });
}

/**
 * Compares settings with the workspace named in the code, as `jobstrata drift` does.
 *
 * @param signal ends the process: requests may be retried for a minute. Its reason is the exit code
 * @throws {JobstrataError} `authentication` without credentials, `source` if the workspace cannot be read
 */
export async function changesLive(
  code: Code,
  options: LiveOptions,
  io: Io,
  signal?: AbortSignal,
): Promise<LiveChanges> {
  const workspace = await openWorkspace(code, options, io);
  let live: LiveJobs | undefined;
  const exit = (): void => {
    live?.close(false);
    process.exit(signal?.reason as number);
  };
  signal?.addEventListener("abort", exit);
  try {
    const { client } = workspace;
    const name = ["changed", client.http.host, code.path, code.target, process.cwd()].join("\n");
    live = LiveJobs.open(name, false);
    const report = await new Audit(code, client, live, {
      useStates: true,
      usePermissions: true,
      notes: () => undefined,
      user: code.kind === "bundle" ? (await currentUser(client.http)).resolve : (text) => text,
    }).run();
    return { host: report.host, environment: code.target, jobs: jobsOf(code, report) };
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new JobstrataError("source", `the workspace cannot be read: ${error.message}`);
  } finally {
    signal?.removeEventListener("abort", exit);
    live?.close(false);
    await workspace.close();
  }
}

function jobsOf({ graph }: Code, report: Omit<DriftReport, "failOn">): ChangedJob[] {
  const byKey = new Map<string, JobSpec>(graph.jobs.map((job) => [job.key, job]));
  return report.jobs.flatMap(({ key, kinds, changes }): ChangedJob[] => {
    const job = byKey.get(key);
    if (job === undefined || kinds.length === 0) return [];
    if (kinds.includes("missing"))
      return [entryFor(key, job, "new", [{ kind: "new", text: "is not in the workspace" }])];
    const reasons = changes.map((change): Reason => ({
      kind: "settings",
      text: changeText(change, () => undefined),
    }));
    return [entryFor(key, job, "modified", reasons)];
  });
}
