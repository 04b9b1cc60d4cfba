import type { Construct } from "constructs";
import { JobOfJobs, type RunJobTaskProps } from "./job-of-jobs";
import type { JobProps } from "./job-props";
import { JOB } from "./job-shapes";

/** Options of a {@link CompositeJob}. */
export type CompositeJobProps = JobProps;

/**
 * A job that runs atomic jobs in order. Cannot contain a notebook or other code. Has the tags `job_level = "composite"`
 * and `orchestrator = "true"`.
 *
 * To run composite jobs, use an `OrchestratorJob`: the policy warns about a composite job that does. The policy also
 * checks that Run Job tasks nest at most three deep.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the key matters only to the tasks of this very job
export class CompositeJob<Key extends string = any> extends JobOfJobs<Key> {
  /** @throws {JobstrataError} if the key, a tag or a parameter is invalid, or a limit of the Jobs API is exceeded */
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
