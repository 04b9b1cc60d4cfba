import { DRIFT_FORMATS, type DriftFormat } from "../../../src/cli/drift/formats";
import { DRIFT_KINDS, type DriftReport, exitCodeOf } from "../../../src/cli/drift/report";
import { changeText } from "../../../src/cli/drift/words";
import { maskSecret } from "../../../src/core/model/placeholder";

const location = { file: "resources/jobs.yml", line: 4, column: 5 };
const REPORT: DriftReport = {
  target: "prod",
  host: "https://adb-1.2.azuredatabricks.net",
  source: { kind: "bundle", path: "databricks.yml" },
  problems: [],
  live: 4,
  elsewhere: 1,
  requests: 9,
  failOn: new Set(["changed", "missing", "orphan"]),
  jobs: [
    {
      key: "load",
      name: "[prod] Load",
      location,
      jobId: "17",
      matchedBy: "name",
      kinds: ["changed", "paused"],
      changes: [
        { kind: "changed", path: ["tags", "te|am"], code: "<b>", live: "@ana\u001b[31m" },
        {
          kind: "changed",
          path: ["job_clusters", "main", "new_cluster", "spark_env_vars", "API_TOKEN"],
          code: maskSecret("one"),
          live: maskSecret("two"),
        },
        { kind: "paused", path: ["schedule", "pause_status"], live: "PAUSED" },
      ],
      given: [{ path: ["performance_target"], value: "PERFORMANCE_OPTIMIZED", by: "platform" }],
      open: ["tasks.load.notebook_task.base_parameters.x"],
    },
    { key: "seed", name: "Seed", kinds: ["missing"], changes: [], given: [], open: [] },
    { key: "report", name: "Report", jobId: "19", kinds: [], changes: [], given: [], open: [] },
  ],
  findings: [
    { kind: "orphan", jobId: "42", name: "[prod] Load", key: "load", location, text: "a copy" },
    { kind: "unmanaged", jobId: "43", name: "Ad hoc", text: "no code manages it", created: 0 },
  ],
};
const format = (name: DriftFormat): string => DRIFT_FORMATS[name](REPORT, {});

describe("formats of drift", () => {
  it("has every finding in SARIF, with its place and how urgent it is", () => {
    const { runs } = JSON.parse(format("sarif")) as {
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: {
          ruleId: string;
          level: string;
          message: { text: string };
          locations?: unknown[];
        }[];
      }[];
    };
    const [run] = runs;
    expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(
      DRIFT_KINDS.map((kind) => `drift/${kind}`),
    );
    expect(run?.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ["drift/changed", "error"],
      ["drift/changed", "error"],
      ["drift/paused", "warning"],
      ["drift/missing", "error"],
      ["drift/orphan", "warning"],
      ["drift/unmanaged", "note"],
    ]);
    expect(run?.results[0]?.locations).toHaveLength(1);
  });

  it("has a test case in JUnit for each job, which fails for what fails the audit", () => {
    const xml = format("junit");
    expect(xml).toContain('tests="8" failures="3"');
    expect(xml).toMatch(/name="report"[^>]*\/>/);
    expect(xml).not.toContain("is paused");
  });

  it("has a table in Markdown in which external text is escaped", () => {
    const text = format("markdown");
    expect(text).toContain(
      "### Drift of prod: 1 of 3 jobs equal; 1 missing, 1 changed, 1 paused, 1 orphan",
    );
    expect(text).toContain("te\\|am");
    expect(text).toContain("&lt;b&gt;");
    expect(text).not.toMatch(/@ana/);
  });

  it.each(["text", "json", "sarif", "junit", "github", "markdown"] as const)(
    "shows neither secrets nor control characters in %s",
    (name) => {
      const text = format(name);
      expect(text.replaceAll("\\", "")).toContain("(sensitive)");
      expect(text).not.toContain("${sensitive");
      // eslint-disable-next-line no-control-regex -- finding them is the point
      expect(text).not.toMatch(/\u001b/);
    },
  );

  it("has everything in JSON", () => {
    expect(JSON.parse(format("json"))).toMatchObject({
      version: 1,
      result: "DRIFT",
      exit_code: 1,
      counts: {
        jobs: 3,
        equal: 1,
        changed: 1,
        paused: 1,
        missing: 1,
        orphan: 1,
        unmanaged: 1,
        live: 4,
      },
      jobs: [
        {
          key: "load",
          job_id: "17",
          url: "https://adb-1.2.azuredatabricks.net/jobs/17",
          matched_by: "name",
          changes: [
            { path: ["tags", "te|am"], code: "<b>" },
            { code: "(sensitive)", live: "(sensitive)" },
            { kind: "paused" },
          ],
          not_compared: ["tasks.load.notebook_task.base_parameters.x"],
        },
        { key: "seed", kinds: ["missing"] },
      ],
      findings: [{ kind: "orphan", job_id: "42" }, { created: "1970-01-01T00:00:00.000Z" }],
    });
  });

  it.each<[path: string, text: string]>([
    ["tasks.parameters.timeout_seconds", 'task "parameters": timeout_seconds'],
    ["parameters.tasks.default", 'parameter "tasks": default'],
    ["health.rules.rules.value", 'health: health rule "rules": value'],
    ["tasks.tasks", 'task "tasks"'],
    ["tags.tasks", "tags.tasks"],
  ])("names %s, whatever keys are called", (path, text) => {
    const change = { kind: "changed", path: path.split("."), code: 1, live: 2 } as const;
    expect(changeText(change, () => undefined)).toBe(`${text} is 2; the code has 1`);
  });

  it("fails for the kinds that it is given", () => {
    expect(exitCodeOf(REPORT)).toBe(1);
    expect(exitCodeOf({ ...REPORT, failOn: new Set(["reference", "duplicate"]) })).toBe(0);
    expect(exitCodeOf({ ...REPORT, failOn: new Set() })).toBe(0);
  });

  it("says in every format that code could not be read", () => {
    const problem = { severity: "error", message: "not YAML", fix: "fix it", location } as const;
    const partly: DriftReport = { ...REPORT, jobs: [], findings: [], problems: [problem] };
    const said = (name: DriftFormat): string => DRIFT_FORMATS[name](partly, {});
    expect(exitCodeOf(partly)).toBe(2);
    expect(JSON.parse(said("json"))).toMatchObject({
      result: "INCOMPLETE",
      exit_code: 2,
      problems: [{ message: "not YAML", location }],
    });
    expect(said("junit")).toMatch(/failures="1"[^]*resources\/jobs\.yml:4:5: not YAML/);
    expect(said("sarif")).toMatch(/"executionSuccessful": false/);
    for (const name of ["text", "markdown"] as const)
      expect(said(name)).toContain("a part of the code could not be read");
  });

  it("fits into a comment, however long the names of jobs are", () => {
    const findings = Array.from({ length: 90 }, (_, at) => ({
      kind: "unmanaged" as const,
      jobId: String(at),
      name: "|".repeat(4000),
      text: "no code manages it",
    }));
    const text = DRIFT_FORMATS.markdown({ ...REPORT, jobs: [], findings }, {});
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/… and \d+ more\.$/);
  });
});
