import type { JobSpec } from "../../../src/model/job-spec";
import { runJobDepth } from "../../../src/policy/rules/run-job-depth";
import { atomic, composite, findings, itAccepts } from "../../support/graph";

/** An atomic job and `depth` composites, each of which runs the one before. */
function chain(depth: number): JobSpec[] {
  const jobs: JobSpec[] = [atomic("alerting_tables_job")];
  for (let level = 1; level <= depth; level++) {
    jobs.push(composite(`alerting_level_${level}_job`, jobs.slice(-1)));
  }
  return jobs;
}

describe("run-job-depth", () => {
  itAccepts(runJobDepth, { "three levels": chain(3), "a single atomic job": chain(0) });

  it.each([4, 6])("finds %d levels where they first get too deep", (depth) => {
    expect(findings(runJobDepth, ...chain(depth))).toEqual([
      {
        message:
          'run_job_task nests 4 deep: "alerting_level_4_job" -> "alerting_level_3_job" -> "alerting_level_2_job" -> "alerting_level_1_job" -> "alerting_tables_job"',
        fix: 'keep it at 3: let "alerting_level_4_job" run the lower jobs itself',
        sites: ["alerting-dev/alerting_level_4_job"],
      },
    ]);
  });
});
