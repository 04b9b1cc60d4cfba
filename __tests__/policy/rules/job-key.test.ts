import { jobKey } from "../../../src/policy/rules/job-key";
import { atomic, findings, itAccepts } from "../../support/graph";

const tables = atomic("alerting_tables_job");

describe("job-key", () => {
  itAccepts(jobKey, { "jobs of different names": [tables, atomic("alerting_seed_job")] });

  it("finds jobs that share a resource name", () => {
    const job = { ...tables, duplicates: ["alerting-dev/legacy/alerting_tables_job"] };
    expect(findings(jobKey, job)).toEqual([
      {
        message: '2 jobs of stack "alerting-dev" have the resource name "alerting_tables_job"',
        fix: "give each its own construct id, or its own id in overrideLogicalId",
        sites: ["alerting-dev/alerting_tables_job", "alerting-dev/legacy/alerting_tables_job"],
      },
    ]);
  });
});
