import { JOB_LEVEL_TAG, JOB_LEVELS, type JobSpec } from "@jobstrata/core/model";
import type { ChangedJob, Reason } from "./document";

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
