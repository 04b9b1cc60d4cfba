import type { Finding } from "../../src/model/finding";
import { textReport } from "../../src/report/text";

const finding: Finding = {
  rule: "job-level-tag",
  severity: "error",
  environment: "dev",
  message: 'job "alerting_tables_job" has no tag job_level',
  fix: "tag it",
  sites: [
    {
      job: { id: "alerting-dev-atomic/alerting_tables_job", source: "main.ts:12" },
      taskKey: "setup_tables",
    },
    { job: { id: "alerting-dev-atomic/alerting_seed_job" } },
  ],
};

describe("textReport", () => {
  it("says rule, environment, mistake, every place and the mend", () => {
    expect(textReport([finding])).toMatchInlineSnapshot(`
"error job-level-tag [dev]: job "alerting_tables_job" has no tag job_level
  at alerting-dev-atomic/alerting_tables_job, task setup_tables (main.ts:12)
  at alerting-dev-atomic/alerting_seed_job
  fix: tag it"
`);
  });

  it("separates findings by an empty line, and leaves out what there is not", () => {
    const { environment: _, ...failure } = { ...finding, severity: "warning" as const, sites: [] };
    expect(textReport([failure, failure]).split("\n\n")).toEqual([
      'warning job-level-tag: job "alerting_tables_job" has no tag job_level\n  fix: tag it',
      'warning job-level-tag: job "alerting_tables_job" has no tag job_level\n  fix: tag it',
    ]);
  });

  it("shows hostile paths and keys as text", () => {
    const report = textReport([
      {
        ...finding,
        environment: "d\u001b[2Jev",
        sites: [{ job: { id: "a\nerror fake", source: "x\u202e.ts:1" }, taskKey: "k\u0007" }],
      },
    ]);
    expect(report).toContain("[d\\u001b[2Jev]");
    expect(report).toContain("  at a\\u000aerror fake, task k\\u0007 (x\\u202e.ts:1)");
  });
});
