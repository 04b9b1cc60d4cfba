import { jobLevelTag } from "../../../../src/core/policy/rules/job-level-tag";
import type { JobSpec } from "../../../../src/core/model/job-spec";
import {
  atomicSpec,
  check,
  compositeSpec,
  jobSpec,
  notebookTask,
  runJobTask,
  task,
} from "../../../support/policy";

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

  test("reports that the tags are unknown", () => {
    const job = jobSpec("alerting_tables_job", { unknown: new Set(["tags"]) });
    expect(check(jobLevelTag, [job])).toMatchObject([
      {
        message:
          'the tags of job "alerting_tables_job", such as job_level, are not known before it is deployed',
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

  const untagged = { tags: {} };
  const sql = task("report", { types: ["sql_task"] });
  const tables = atomicSpec("alerting_tables_job", "tables.py", untagged);
  const setup = compositeSpec("alerting_setup_job", ["alerting_tables_job"], untagged);
  test.each<[string, JobSpec, string]>([
    ["one notebook", tables, 'tag it job_level = "atomic"'],
    [
      "a typo",
      atomicSpec("alerting_tables_job", "tables.py", { tags: { job_level: "Atomic" } }),
      'did you mean "atomic"?',
    ],
    ["a job that runs atomic jobs", setup, 'tag it job_level = "composite"'],
    [
      "a job that runs one which runs others",
      compositeSpec("platform_setup_job", ["alerting_setup_job"], untagged),
      'tag it job_level = "orchestrator"',
    ],
    [
      "several notebooks",
      jobSpec("alerting_job", {
        tasks: [notebookTask("tables", "tables.py"), notebookTask("seed", "seed.py")],
      }),
      'create an atomic job for each of its 2 tasks with code, run those jobs with run_job_task, and tag this job job_level = "composite"',
    ],
    [
      "a notebook beside a job",
      jobSpec("alerting_job", {
        tasks: [notebookTask("load", "load.py"), runJobTask("rest", "alerting_tables_job")],
      }),
      'move the code of task "load" to an atomic job and run that with run_job_task; then tag this job job_level = "composite"',
    ],
  ])("says how to fix it: %s", (_, spec, fix) => {
    const known = [
      atomicSpec("alerting_tables_job"),
      compositeSpec("alerting_setup_job", ["alerting_tables_job"]),
    ];
    const others = known.filter(({ key }) => key !== spec.key);
    expect(check(jobLevelTag, [spec, ...others]).map((found) => found.fix)).toEqual([fix]);
  });

  test("asks nothing of jobs without notebook and without other jobs, unless code is the unit", () => {
    const report = jobSpec("alerting_report_job", { tasks: [sql] });
    expect(check(jobLevelTag, [report])).toEqual([]);
    expect(check(jobLevelTag, [report], { unit: "code" })).toMatchObject([
      { fix: 'tag it job_level = "atomic"' },
    ]);
    const mixed = jobSpec("alerting_report_job", { tasks: [sql, notebookTask("load", "load.py")] });
    expect(check(jobLevelTag, [mixed])).toHaveLength(1);
  });
});
