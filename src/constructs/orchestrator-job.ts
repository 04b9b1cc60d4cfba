import type { Construct } from "constructs";
import { quote } from "@jobstrata/core/model";
import type { JobBase } from "./job";
import { JobOfJobs, type RunJobTaskProps } from "./job-of-jobs";
import type { JobProps } from "./job-props";
import { JOB } from "./job-shapes";

/** Options of an {@link OrchestratorJob}. */
export type OrchestratorJobProps = JobProps;

/**
 * The third level: a job that runs composite jobs in order, such as those of bronze, silver and gold. Runs an atomic
 * job only if the task sets `runsAtomicJob`. Has the tags `job_level = "orchestrator"` and `orchestrator = "true"`.
 *
 * The policy checks that Run Job tasks nest at most three deep.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the key matters only to the tasks of this very job
export class OrchestratorJob<Key extends string = any> extends JobOfJobs<Key> {
  /** @throws {JobstrataError} if the key, a tag or a parameter is invalid, or a limit of the Jobs API is exceeded */
  public constructor(scope: Construct, id: Key, props: OrchestratorJobProps) {
    super(scope, id, props, {
      level: "orchestrator",
      constructor: new.target,
      shapes: JOB,
      required: ["purpose"],
    });
  }

  /** @internal */
  protected override mayRun(job: JobBase, { runsAtomicJob }: RunJobTaskProps): string | undefined {
    if (job.level !== "atomic" || runsAtomicJob === true) return undefined;
    return `runs the atomic job ${quote(job.key)}; let a composite job run it, or allow it: { runsAtomicJob: true }`;
  }
}
