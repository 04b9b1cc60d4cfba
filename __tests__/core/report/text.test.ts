import { type ReportedFinding, textReport } from "../../../src/core/report/text";

const finding: ReportedFinding = {
  rule: "notebook-in-one-job",
  severity: "error",
  environments: ["dev"],
  message: 'notebook "seed.py" is used by 2 jobs',
  fix: "keep it in one",
  sites: [
    { job: { id: "alerting-dev/seed", source: { file: "main.ts", line: 12 } }, taskKey: "run" },
    { job: { id: "alerting-dev/setup" } },
    { job: { id: "alerting-dev/legacy" }, taskKey: "" },
  ],
};

describe("textReport", () => {
  test("says rule, environment, mistake, every place and the fix", () => {
    expect(textReport([finding])).toBe(
      [
        'error notebook-in-one-job [dev]: notebook "seed.py" is used by 2 jobs',
        "  at alerting-dev/seed, task run (main.ts:12)",
        "  at alerting-dev/setup",
        "  at alerting-dev/legacy",
        "  fix: keep it in one",
      ].join("\n"),
    );
  });

  test("puts an empty line between findings and leaves out an environment that there is not", () => {
    const failure: ReportedFinding = {
      environments: [],
      rule: "policy-saw-jobs",
      severity: "error",
      message: "nothing",
      fix: "all",
      sites: [],
    };
    expect(textReport([failure, { ...failure, severity: "warning" }])).toBe(
      "error policy-saw-jobs: nothing\n  fix: all\n\nwarning policy-saw-jobs: nothing\n  fix: all",
    );
  });

  test("escapes what could move the cursor, also where a rule did not", () => {
    const evil = "\u001b[2Jseed\n\u202eerror";
    const report = textReport([
      {
        rule: evil,
        severity: "error",
        environments: [evil],
        message: evil,
        fix: evil,
        sites: [{ job: { id: evil, source: { file: evil } }, taskKey: evil }],
      },
    ]);
    const safe = "\\u001b[2Jseed\\u000a\\u202eerror";
    expect(report).toBe(
      `error ${safe} [${safe}]: ${safe}\n  at ${safe}, task ${safe} (${safe})\n  fix: ${safe}`,
    );
  });
});
