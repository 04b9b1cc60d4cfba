import { jobLevelTag } from "../../../../src/core/policy/rules/job-level-tag";
import { atomicSpec, check, compositeSpec, jobSpec } from "../../../support/policy";

const FIX =
  'tag it job_level = "atomic" if it runs one notebook, "composite" if it runs other jobs, "orchestrator" if those are composite jobs';

describe("job-level-tag", () => {
  test("accepts atomic, composite and orchestrator", () => {
    expect(
      check(jobLevelTag, [
        atomicSpec("alerting_tables_job"),
        compositeSpec("alerting_setup", []),
        jobSpec("platform_setup", { tags: { job_level: "orchestrator" } }),
      ]),
    ).toEqual([]);
  });

  test("says so where nothing is known of the tags", () => {
    const job = jobSpec("alerting_tables_job", { unknown: new Set(["tags"]) });
    expect(check(jobLevelTag, [job])).toMatchObject([
      {
        message:
          'nothing is known of the tags of job "alerting_tables_job", such as job_level, before it is deployed',
      },
    ]);
  });

  test.each([
    ["no tag", {}, 'job "alerting_tables_job" has no tag job_level'],
    ["an empty tag", { job_level: "" }, 'job "alerting_tables_job" has the tag job_level ""'],
    [
      "another value",
      { job_level: "bronze" },
      'job "alerting_tables_job" has the tag job_level "bronze"',
    ],
    [
      "another case",
      { job_level: "Atomic" },
      'job "alerting_tables_job" has the tag job_level "Atomic"',
    ],
    [
      "a variable, of which nothing is known before the plan",
      { job_level: "${var.level}" },
      'job "alerting_tables_job" has the tag job_level "${var.level}"',
    ],
    ["another key", { Job_Level: "atomic" }, 'job "alerting_tables_job" has no tag job_level'],
  ])("rejects %s", (_, tags, message) => {
    expect(check(jobLevelTag, [jobSpec("alerting_tables_job", { tags })])).toEqual([
      { message, fix: FIX, sites: ["alerting-dev/alerting_tables_job"] },
    ]);
  });
});
