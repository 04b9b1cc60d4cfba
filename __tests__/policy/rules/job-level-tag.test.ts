import { jobLevelTag } from "../../../src/policy/rules/job-level-tag";
import { atomic, composite, findings, itAccepts } from "../../support/graph";

const tables = atomic("alerting_tables_job");

describe("job-level-tag", () => {
  itAccepts(jobLevelTag, { "both levels": [tables, composite("alerting_setup_job", [tables])] });

  it.each<{ tags: Record<string, string>; message: string }>([
    { tags: {}, message: 'job "alerting_tables_job" has no tag job_level' },
    {
      tags: { job_level: "Atomic" },
      message: 'job "alerting_tables_job" has the tag job_level "Atomic"',
    },
    { tags: { job_level: "" }, message: 'job "alerting_tables_job" has the tag job_level ""' },
    {
      tags: { job_level: "${var.level}" },
      message: 'job "alerting_tables_job" has the tag job_level "${var.level}"',
    },
  ])("finds: $message", ({ tags, message }) => {
    expect(findings(jobLevelTag, { ...tables, tags })).toEqual([
      {
        message,
        fix: 'tag it job_level = "atomic" if it runs one notebook, "composite" if it runs other jobs',
        sites: ["alerting-dev/alerting_tables_job"],
      },
    ]);
  });
});
