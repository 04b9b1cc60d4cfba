import { JOB_LEVEL_TAG, JOB_LEVELS, type JobGraph, type JobSpec } from "@jobstrata/core/model";
import { pairsOf } from "@jobstrata/core/render";
import type { ChangedJob, Reason } from "./document";

/** Unique labels of jobs: their keys, with the stack where several jobs have the same key. */
export function labelsOf({ jobs }: Pick<JobGraph, "jobs">): ReadonlyMap<JobSpec, string> {
  return new Map(pairsOf([], jobs).flatMap(({ key, after }) => (after ? [[after, key]] : [])));
}

/** A job's entry in the document. */
export function entryFor(
  key: string,
  job: JobSpec,
  state: ChangedJob["state"],
  reasons: readonly Reason[],
): ChangedJob {
  const level = JOB_LEVELS.find((each) => each === job.tags[JOB_LEVEL_TAG]);
  return {
    job: key,
    id: job.id,
    state,
    stack: job.stack,
    ...(job.name !== undefined && { name: job.name }),
    ...(level !== undefined && { level }),
    ...(job.source !== undefined && { location: job.source }),
    reasons,
  };
}
