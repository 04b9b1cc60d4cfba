import { runJobCycle } from "../../../../src/core/policy/rules/run-job-cycle";
import { atomicSpec, check, compositeSpec, runJobTask, task } from "../../../support/policy";

describe("run-job-cycle", () => {
  test("accepts a job that two others run", () => {
    expect(
      check(runJobCycle, [
        compositeSpec("alerting_nightly_job", ["alerting_setup_job", "alerting_seed_job"]),
        compositeSpec("alerting_setup_job", ["alerting_seed_job"]),
        atomicSpec("alerting_seed_job"),
      ]),
    ).toEqual([]);
  });

  test("rejects jobs that run each other", () => {
    expect(
      check(runJobCycle, [
        compositeSpec("alerting_nightly_job", ["alerting_setup_job"]),
        compositeSpec("alerting_setup_job", ["alerting_nightly_job"]),
      ]),
    ).toEqual([
      {
        message:
          'jobs run each other: "alerting_nightly_job" -> "alerting_setup_job" -> "alerting_nightly_job"',
        fix: "remove one of these run_job_task",
        sites: ["alerting-dev/alerting_nightly_job", "alerting-dev/alerting_setup_job"],
      },
    ]);
  });

  test("rejects a job that runs itself, also from a for-each task", () => {
    const job = compositeSpec("alerting_nightly_job", [], {
      tasks: [
        task("each_region", {
          types: ["for_each_task"],
          forEach: runJobTask("iteration", "alerting_nightly_job"),
        }),
      ],
    });
    expect(check(runJobCycle, [job]).map(({ message }) => message)).toEqual([
      'jobs run each other: "alerting_nightly_job" -> "alerting_nightly_job"',
    ]);
  });

  test("rejects stacks that depend on each other, even if their jobs form no cycle", () => {
    const at = (stack: string) => ({ stack });
    const found = check(runJobCycle, [
      compositeSpec("alerting_nightly_job", ["alerting_seed_job"], at("composite")),
      atomicSpec("alerting_seed_job", "seed.py", at("atomic")),
      compositeSpec("alerting_weekly_job", ["alerting_tables_job"], at("atomic")),
      atomicSpec("alerting_tables_job", "tables.py", at("composite")),
    ]);
    expect(found).toEqual([
      {
        message: `stacks run each other's jobs: "composite" -> "atomic" -> "composite"`,
        fix: "move one of these jobs, so that stacks depend on each other in only one direction",
        sites: ["alerting-dev/alerting_nightly_job", "alerting-dev/alerting_weekly_job"],
      },
    ]);
  });

  test("does not report the stacks of jobs that are a cycle already", () => {
    const found = check(runJobCycle, [
      compositeSpec("alerting_nightly_job", ["alerting_weekly_job"], { stack: "nightly" }),
      compositeSpec("alerting_weekly_job", ["alerting_nightly_job"], { stack: "weekly" }),
    ]);
    expect(found.map(({ fix }) => fix)).toEqual(["remove one of these run_job_task"]);
  });
});
