import { existsSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import { jobIdOf, DEFAULT_DATA_DIR, quote } from "@jobstrata/core/model";
import {
  type Reading,
  readWorkspaceJobs,
  unlistedJobs,
  type WorkspaceJob,
} from "@jobstrata/core/readers";
import { type ApiJob, type JobsClient, WorkspaceError } from "@jobstrata/run";
import { onlyTargets } from "./path";
import type { Io } from "../io";
import { type TargetOptions, WorkspaceTarget } from "../workspace/target";

/** The workspace to read: the local one, or that of the environment variables or a profile. */
export type WorkspaceOptions = Pick<TargetOptions, "local" | "data">;

/**
 * Reads every job of a workspace. Changes nothing there.
 *
 * @param targets environments, taken from the jobs' names; empty means all
 * @throws {JobstrataError} `authentication` without a login, `source` if the workspace does not answer
 */
export async function readWorkspace(
  options: WorkspaceOptions,
  targets: readonly string[],
  io: Io,
): Promise<Reading> {
  const { data = DEFAULT_DATA_DIR } = options;
  if (options.local === true && !existsSync(data)) {
    throw new JobstrataError(
      "source",
      `there is no local workspace in ${quote(data)}; npx jobstrata local try makes one, --data names another`,
    );
  }
  // Nothing runs, so no engine is installed.
  const workspace = await WorkspaceTarget.open({ ...options, executor: "simulated" }, io);
  const { client } = workspace;
  try {
    const jobs: ApiJob[] = [];
    for await (const job of client.listWholeJobs()) jobs.push(job);
    const hidden = await hiddenJobs(client, jobs);
    return onlyTargets(readWorkspaceJobs(client.http.host, jobs, hidden), targets);
  } catch (error) {
    // The stack overflowed.
    if (error instanceof RangeError)
      throw new JobstrataError("source", "a job of the workspace is nested too deeply to read");
    if (!(error instanceof WorkspaceError)) throw error;
    throw new JobstrataError("source", `the workspace cannot be read: ${error.message}`);
  } finally {
    await workspace.close();
  }
}

/** Ids of nested jobs that the workspace did not list because the user may not view them. */
async function hiddenJobs(client: JobsClient, jobs: readonly WorkspaceJob[]): Promise<Set<string>> {
  const hidden = new Set<string>();
  for (const id of unlistedJobs(jobs)) {
    const jobId = jobIdOf(id);
    if (jobId === undefined) continue;
    try {
      await client.getJob(jobId);
      hidden.add(id);
    } catch (error) {
      if (!(error instanceof WorkspaceError) || (!error.notFound && error.status !== 403))
        throw error;
      if (!error.notFound) hidden.add(id);
    }
  }
  return hidden;
}
