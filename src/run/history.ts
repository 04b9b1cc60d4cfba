import { type JobId, type RunId } from "@jobstrata/core/model";
import { statusOf } from "./api-status";
import type { ApiRun, JobsClient, ListRunsQuery } from "./jobs-client";

/** Number of recent runs that the expected duration is based on. */
const SAMPLE = 10;

/**
 * Median durations of a job and its tasks in recent successful runs; milliseconds, by task key, with "" for the job.
 * Empty without a successful run.
 *
 * @param except a run to ignore: the one to compare
 */
export async function usualDurations(
  client: JobsClient,
  jobId: JobId,
  except?: RunId,
): Promise<Map<string, number>> {
  const query = { jobId, completedOnly: true, expandTasks: true };
  const { runs } = await client.listRuns(query, undefined, { limit: SAMPLE });
  const samples = new Map<string, number[]>();
  const add = (
    key: string,
    { start_time = 0, end_time = 0 }: Pick<ApiRun, "start_time" | "end_time">,
  ) => {
    if (start_time <= 0 || end_time < start_time) return;
    samples.set(key, [...(samples.get(key) ?? []), end_time - start_time]);
  };
  for (const run of runs) {
    // Partial runs and repairs have no comparable duration.
    if (statusOf(run).state !== "SUCCESS" || run.run_id === except) continue;
    add("", run);
    for (const task of run.tasks ?? [])
      if (statusOf(task).state === "SUCCESS") add(task.task_key, task);
  }
  return new Map([...samples].map(([key, values]) => [key, median(values)]));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * Reads runs, newest first, until `limit` are kept or no more exist. Reads a limited number of pages; `complete` tells
 * whether they were enough.
 */
export async function latestRuns(
  client: JobsClient,
  query: ListRunsQuery,
  limit: number,
  keep: (run: ApiRun) => boolean = () => true,
  maxPages = 40,
): Promise<{ readonly runs: ApiRun[]; readonly complete: boolean }> {
  const kept: ApiRun[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const answer = await client.listRuns(query, pageToken);
    for (const run of answer.runs) if (kept.length < limit && keep(run)) kept.push(run);
    pageToken = answer.nextPageToken;
    if (kept.length === limit || pageToken === undefined) return { runs: kept, complete: true };
  }
  return { runs: kept, complete: false };
}
