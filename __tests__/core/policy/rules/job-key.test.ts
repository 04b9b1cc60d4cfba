import { jobKey } from "../../../../src/core/policy/rules/job-key";
import { atomicSpec, check } from "../../../support/policy";

describe("job-key", () => {
  test("accepts jobs with names of their own, and one name in two stacks", () => {
    expect(
      check(jobKey, [
        atomicSpec("alerting_tables_job"),
        atomicSpec("alerting_seed_job"),
        atomicSpec("alerting_seed_job", "seed.py", { id: "other-dev/x", stack: "other-dev" }),
      ]),
    ).toEqual([]);
  });

  test("rejects jobs that overwrite each other, and lists all of them", () => {
    const job = atomicSpec("alerting_tables_job", "tables.py", {
      duplicates: [{ id: "alerting-dev/tables" }, { id: "alerting-dev/old/tables" }],
    });
    expect(check(jobKey, [job])).toEqual([
      {
        message: '3 jobs of stack "alerting-dev" have the resource name "alerting_tables_job"',
        fix: "give each its own construct id, or its own id in overrideLogicalId",
        sites: [
          "alerting-dev/alerting_tables_job",
          "alerting-dev/tables",
          "alerting-dev/old/tables",
        ],
      },
    ]);
  });
});
