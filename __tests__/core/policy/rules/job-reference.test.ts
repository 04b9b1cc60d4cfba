import type { JobRef } from "@jobstrata/cdktf";
import { jobReference } from "../../../../src/core/policy/rules/job-reference";
import { atomicSpec, check, compositeSpec, runJobTask, task } from "../../../support/policy";

const KEY = "alerting_setup_orchestrator_job";
const running = (runJob: JobRef) =>
  compositeSpec(KEY, [], { tasks: [task("seed_all_alerts", { types: ["run_job_task"], runJob })] });

describe("job-reference", () => {
  test.each<[string, JobRef]>([
    ["a job of the app", { kind: "job", id: "alerting-dev/alerting_seed_job" }],
    ["a job declared as somebody else's", { kind: "external", expression: "123" }],
  ])("accepts %s", (_, runJob) => {
    expect(check(jobReference, [running(runJob)])).toEqual([]);
  });

  test("accepts a job without run_job_task", () => {
    expect(check(jobReference, [atomicSpec("alerting_tables_job")])).toEqual([]);
  });

  test.each<[string, JobRef, string, string]>([
    [
      "a literal id",
      { kind: "literal", jobId: "123" },
      'run_job_task names its job by the literal id "123"',
      "refer to a job resource (addRunJobTask takes the job), or declare an external job with fromJobId or fromJobName",
    ],
    [
      "a job that does not exist",
      { kind: "missing", expression: "${databricks_job.seed.id}" },
      'run_job_task refers to "${databricks_job.seed.id}", which does not exist',
      "refer to a job resource (addRunJobTask takes the job), or declare an external job with fromJobId or fromJobName",
    ],
    [
      "a job of another environment",
      { kind: "foreign", expression: "${…}", environment: "prod" },
      'run_job_task refers to a job of environment "prod"',
      "refer to the job of the same name in its own environment",
    ],
    [
      "an expression that says nothing before the plan",
      { kind: "opaque", expression: "${var.seed_job_id}" },
      'run_job_task takes its job from "${var.seed_job_id}", which is unknown before the plan',
      "refer to a job resource (addRunJobTask takes the job), or declare an external job with fromJobId or fromJobName",
    ],
    [
      "the number that Number() makes of a token",
      { kind: "opaque", expression: "NaN" },
      "run_job_task has the job id NaN: a number was made of text that is not one",
      "refer to a job resource (addRunJobTask takes the job); Token.asNumber(job.id) keeps a reference where Number(job.id) gives NaN",
    ],
  ])("rejects %s", (_, runJob, message, fix) => {
    expect(check(jobReference, [running(runJob)])).toEqual([
      { message, fix, sites: [`alerting-dev/${KEY}#seed_all_alerts`] },
    ]);
  });

  test("rejects a run_job_task without job_id", () => {
    const job = compositeSpec(KEY, [], {
      tasks: [task("seed_all_alerts", { types: ["run_job_task"] })],
    });
    expect(check(jobReference, [job])).toEqual([
      {
        message: "run_job_task has no job_id",
        fix: "set its job_id to the id of a job resource",
        sites: [`alerting-dev/${KEY}#seed_all_alerts`],
      },
    ]);
  });

  test("sees the literal id inside a for-each task", () => {
    const job = compositeSpec(KEY, [], {
      tasks: [
        task("each_region", {
          types: ["for_each_task"],
          forEach: runJobTask("iteration", "", { runJob: { kind: "literal", jobId: "7" } }),
        }),
      ],
    });
    expect(check(jobReference, [job]).map(({ sites }) => sites)).toEqual([
      [`alerting-dev/${KEY}#iteration`],
    ]);
  });
});
