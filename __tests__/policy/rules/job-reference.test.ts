import type { JobRef } from "../../../src/model/job-spec";
import { jobReference } from "../../../src/policy/rules/job-reference";
import { atomic, bareTask, composite, findings, itAccepts, runTask } from "../../support/graph";

const tables = atomic("alerting_tables_job");
const running = (runJob: JobRef) =>
  composite("alerting_setup_job", [], { tasks: [{ ...runTask("setup", tables), runJob }] });

describe("job-reference", () => {
  itAccepts(jobReference, {
    "a job of the app": [tables, composite("alerting_setup_job", [tables])],
    "a job declared as somebody else's": [running({ kind: "external", expression: "123" })],
    "tasks that run no job": [tables],
  });

  it.each<{ ref: JobRef; message: string }>([
    {
      ref: { kind: "literal", jobId: "123" },
      message: 'run_job_task names its job by the literal id "123"',
    },
    {
      ref: { kind: "missing", expression: "${databricks_job.alerting_tabels_job.id}" },
      message:
        'run_job_task refers to "${databricks_job.alerting_tabels_job.id}", which is no job of this app',
    },
    {
      ref: { kind: "foreign", expression: "${…}", environment: "prod" },
      message: 'run_job_task refers to a job of environment "prod"',
    },
    {
      ref: { kind: "opaque", expression: "${var.job}" },
      message:
        'run_job_task takes its job from "${var.job}", which nothing is known of before the plan',
    },
  ])("finds: $message", ({ ref, message }) => {
    expect(findings(jobReference, running(ref))).toEqual([
      {
        message,
        fix: expect.any(String) as string,
        sites: ["alerting-dev/alerting_setup_job#setup"],
      },
    ]);
  });

  it("finds a run_job_task without a job, also inside a for-each task", () => {
    const job = composite("alerting_setup_job", [], {
      tasks: [
        bareTask("setup", "run_job_task"),
        { ...bareTask("regions", "for_each_task"), forEach: bareTask("inner", "run_job_task") },
      ],
    });
    expect(findings(jobReference, job).map(({ message, sites }) => [message, ...sites])).toEqual([
      ["run_job_task names no job", "alerting-dev/alerting_setup_job#setup"],
      ["run_job_task names no job", "alerting-dev/alerting_setup_job#inner"],
    ]);
  });
});
