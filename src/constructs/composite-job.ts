import type { Construct } from "constructs";
import { JobOfJobs, type RunJobTaskProps } from "./job-of-jobs";
import type { JobProps } from "./job-props";
import { JOB } from "./job-shapes";

/** Options of a {@link CompositeJob}. */
export type CompositeJobProps = JobProps;

/**
 * A job that runs atomic jobs in order. It cannot hold a notebook or other code. It is tagged
 * `job_level = "composite"` and `orchestrator = "true"`.
 *
 * A job that runs composite jobs is an `OrchestratorJob`; the policy warns of a composite job that does, and proves that
 * Run Job tasks nest at most three deep.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the key matters only to the tasks of this very job
export class CompositeJob<Key extends string = any> extends JobOfJobs<Key> {
  /** @throws {JobstrataError} if the key, a tag, a parameter or a limit of the Jobs API is not kept */
  public constructor(scope: Construct, id: Key, props: CompositeJobProps) {
    super(scope, id, props, {
      level: "composite",
      constructor: new.target,
      shapes: JOB,
      required: ["purpose"],
    });
  }

  /** @internal */
  protected override mayRun(_job: unknown, { runsAtomicJob }: RunJobTaskProps): string | undefined {
    return runsAtomicJob === undefined
      ? undefined
      : "has runsAtomicJob, which is for orchestrators; a composite job runs atomic jobs anyway";
  }
}
