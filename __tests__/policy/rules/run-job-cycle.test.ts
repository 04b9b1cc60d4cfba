import { runJobCycle } from "../../../src/policy/rules/run-job-cycle";
import { atomic, composite, findings, itAccepts } from "../../support/graph";

const tables = atomic("alerting_tables_job");
const inner = composite("alerting_inner_job", [tables]);

describe("run-job-cycle", () => {
  itAccepts(runJobCycle, {
    "composites of composites": [tables, inner, composite("alerting_outer_job", [inner, tables])],
    "stacks that need each other in one direction": [
      { ...tables, stack: "alerting-dev-atomic" },
      { ...inner, stack: "alerting-dev-composite" },
    ],
  });

  it("finds a job that runs itself", () => {
    const itself = { id: "alerting-dev/alerting_setup_job", key: "alerting_setup_job" };
    const job = composite("alerting_setup_job", [itself as never]);
    expect(findings(runJobCycle, job)).toEqual([
      {
        message: 'jobs run each other: "alerting_setup_job" -> "alerting_setup_job"',
        fix: "remove one of these run_job_task",
        sites: ["alerting-dev/alerting_setup_job"],
      },
    ]);
  });

  it("finds jobs of two stacks that run each other, and does not name the stacks as well", () => {
    const second = { id: "alerting-dev/alerting_second_job", key: "alerting_second_job" };
    const first = composite("alerting_first_job", [second as never], { stack: "a" });
    const other = composite("alerting_second_job", [first], { stack: "b" });
    expect(findings(runJobCycle, first, other)).toMatchObject([
      { sites: ["alerting-dev/alerting_first_job", "alerting-dev/alerting_second_job"] },
    ]);
  });

  it("finds stacks that need each other though no job does", () => {
    const a = { ...tables, stack: "a" };
    const b = { ...atomic("alerting_seed_job"), stack: "b" };
    const fromA = composite("alerting_a_job", [b], { stack: "a" });
    const fromB = composite("alerting_b_job", [a], { stack: "b" });
    expect(findings(runJobCycle, a, b, fromA, fromB)).toEqual([
      {
        message: `stacks run each other's jobs: "a" -> "b" -> "a"`,
        fix: "move one of these jobs, so that stacks depend on each other in one direction",
        sites: ["alerting-dev/alerting_a_job", "alerting-dev/alerting_b_job"],
      },
    ]);
  });
});
