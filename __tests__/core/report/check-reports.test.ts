import { writeFileSync } from "node:fs";
import { join } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is a class
import Ajv = require("ajv");
import { xml2js } from "xml-js";
import { readBundle } from "../../../src/core/readers/bundle/read-bundle";
import { check } from "../../../src/core/policy/check";
import { RULES } from "../../../src/core/policy/rules";
import type { CheckReport } from "../../../src/core/model/check-report";
import { CHECK_FORMATS, type CheckFormat } from "../../../src/core/report/check/formats";
import { groupFindings } from "../../../src/core/report/check/parts";
import { tempFolder } from "../../support/policy";

function reportOf(jobs: object, config: object = {}, comment = ""): CheckReport {
  const file = join(tempFolder(), "databricks.yml");
  writeFileSync(file, `${JSON.stringify({ resources: { jobs } })}${comment}\n`);
  return check({
    readings: [readBundle(file)],
    rules: RULES,
    config: { config },
    today: "2026-11-24",
  });
}

function printed(format: CheckFormat, report: CheckReport): string {
  return CHECK_FORMATS[format](report, { lines: () => ["a line\u001b[31m of the file"] });
}

const JSON_OF = (text: string): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>;

const notebook = { task_key: "a", notebook_task: { notebook_path: "/Shared/seed" } };
const WRONG = {
  seed: { name: "Seed", tasks: [notebook] },
  again: { name: "Again", tasks: [notebook] },
};

/** What breaks out of each of the formats, if it is let. */
const HOSTILE = [
  "\u001b[31mred\u001b[0m",
  "\u0007\b\r",
  "a\n::error::b",
  "%0A::error::",
  "a;sourcepath=b]##vso[task.setvariable variable=PATH]c",
  "]]></failure>",
  "<script>alert(1)</script>",
  "`code` | cell | [click](https://evil.example) @everyone",
  "\u202Eright to left",
  "'\"&",
  "x".repeat(4096),
];
const hostile = (): CheckReport =>
  reportOf(
    Object.fromEntries(
      HOSTILE.map((name) => [
        name,
        { name, tags: { [name]: name }, tasks: [{ ...notebook, task_key: name }] },
      ]),
    ),
  );

// eslint-disable-next-line no-control-regex -- finding them is the point
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe("external names", () => {
  const report = hostile();

  test.each(["text", "markdown", "github", "junit", "azure"] as const)(
    "bring no control characters into %s",
    (format) => {
      expect(report.findings.length).toBeGreaterThan(HOSTILE.length);
      expect(printed(format, report)).not.toMatch(CONTROL);
    },
  );

  test("cannot be workflow commands", () => {
    const lines = printed("github", report).split("\n");
    expect(lines).toHaveLength(groupFindings(report).length + 1);
    for (const line of lines.slice(0, -1))
      expect(line).toMatch(
        /^::error file=[^:,]+,line=\d+,col=\d+,title=[\w-]+ ?(%5B|\[)default[^:]*::/,
      );
    for (const format of ["text", "markdown"] as const)
      expect(printed(format, report)).not.toMatch(/^\s*::/m);
  });

  test("cannot be logging commands of Azure Pipelines", () => {
    const lines = printed("azure", report).split("\n");
    expect(lines).toHaveLength(groupFindings(report).length + 1);
    for (const line of lines.slice(0, -1))
      expect(line).toMatch(
        /^##vso\[task\.logissue type=error;sourcepath=[^;\]]+;linenumber=\d+;columnnumber=\d+;code=[\w-]+;\]\S/,
      );
    expect(lines.at(-1)).not.toContain("##vso");
  });

  test("end no element of XML", () => {
    const xml = xml2js(printed("junit", report), { compact: true }) as {
      testsuites: { testsuite: { testcase: { failure?: { _cdata?: string | string[] } }[] } };
    };
    const cases = xml.testsuites.testsuite.testcase;
    expect(cases).toHaveLength(report.rules.length);
    const text = cases.flatMap(({ failure }) => failure?._cdata ?? []).flat();
    expect(text.join("")).toContain('job "]] ></failure>"');
    expect(text.join("")).toContain('job "<script>alert(1)</script>"');
  });

  test("are text in Markdown: no cell, link, code, HTML or mention", () => {
    const rows = printed("markdown", report)
      .split("\n")
      .filter((line) => line.startsWith("| "));
    for (const row of rows) {
      expect(row.match(/(?<!\\)\|/g)).toHaveLength(6);
      expect(row.replaceAll("<br>", "")).not.toMatch(/<|@(?!&#8203;)|(?<!\\)[`[\]]|:\/\//);
    }
  });

  test("make no links in SARIF", () => {
    const texts = [...printed("sarif", report).matchAll(/"text": "(.*)"/g)].map(([text]) => text);
    expect(texts.join("\n")).toContain("[click] (https://evil.example)");
    expect(texts.join("\n")).not.toContain("](");
  });

  test("stay as they are in JSON", () => {
    const { findings } = JSON_OF(printed("json", report)) as { findings: { job?: string }[] };
    expect(findings.map(({ job }) => job)).toContain("a\n::error::b");
  });
});

describe("sarif", () => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- JSON, which has no types
  const schema = require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json") as object;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const draft4 = require("ajv/lib/refs/json-schema-draft-04.json") as object;
  const ajv = new Ajv({ schemaId: "auto", unknownFormats: "ignore" });
  ajv.addMetaSchema(draft4);
  const validate = ajv.compile(schema);
  const problems = (report: CheckReport): unknown => {
    validate(JSON.parse(printed("sarif", report)));
    return validate.errors ?? [];
  };

  test("the schema refuses invalid SARIF", () => {
    expect(validate({ version: "2.1.0", runs: [{ tool: {} }] })).toBe(false);
  });

  test.each<[string, () => CheckReport]>([
    ["nothing found", () => reportOf({})],
    ["findings", () => reportOf(WRONG)],
    ["hostile names", hostile],
    [
      "a suppression",
      () =>
        reportOf(WRONG, {
          suppressions: [{ rule: "job-level-tag", job: "seed", reason: "later" }],
        }),
    ],
    ["every rule", () => reportOf(WRONG, { presets: ["spec", "limits", "recommended"] })],
  ])("keeps to its schema with %s", (_, make) => {
    expect(problems(make())).toEqual([]);
  });

  test("names rules, places, fingerprints and suppressions", () => {
    const report = reportOf(WRONG, {
      suppressions: [{ rule: "job-level-tag", job: "seed", reason: "later" }],
    });
    const { runs } = JSON.parse(printed("sarif", report)) as {
      runs: { tool: { driver: { rules: { id: string }[] } }; results: Record<string, unknown>[] }[];
    };
    const { tool, results } = runs[0] ?? { tool: { driver: { rules: [] } }, results: [] };
    const twice = results.find(({ ruleId }) => ruleId === "notebook-in-one-job");
    expect(twice).toMatchObject({
      level: "error",
      locations: [{ physicalLocation: { region: { startLine: 1 } } }],
      relatedLocations: [{ id: 1, physicalLocation: { region: { startLine: 1 } } }],
      suppressions: [],
    });
    expect(tool.driver.rules[twice?.ruleIndex as number]?.id).toBe("notebook-in-one-job");
    expect(twice?.partialFingerprints).toEqual({
      "jobstrata/v1": expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
    });
    expect(
      results.filter(({ suppressions }) => (suppressions as unknown[]).length > 0),
    ).toMatchObject([
      { ruleId: "job-level-tag", suppressions: [{ kind: "external", justification: "later" }] },
    ]);
  });
});

describe("json", () => {
  test("is what docs/check.md says", () => {
    const report = reportOf(WRONG);
    const { version, sources, summary, findings } = JSON_OF(printed("json", report)) as Record<
      string,
      unknown
    > & { findings: Record<string, unknown>[] };
    expect({ version, sources, summary }).toMatchObject({
      version: 1,
      sources: [{ kind: "bundle", environments: ["default"], jobs: 2 }],
      summary: {
        jobs: 2,
        tasks: 2,
        errors: findings.length,
        warnings: 0,
        suppressed: 0,
        complete: true,
      },
    });
    expect(findings.find(({ rule }) => rule === "notebook-in-one-job")).toMatchObject({
      severity: "error",
      environment: "default",
      job: "seed",
      task: "a",
      notebook: "/Shared/seed",
      jobs: ["seed", "again"],
      location: { line: 1, column: expect.any(Number) as unknown },
      related: [{ job: "again", task: "a", location: { line: 1 } }],
      help: "jobstrata rules notebook-in-one-job",
    });
  });
});

test("the gitlab report gives each finding a unique fingerprint, a path and a line", () => {
  const issues = JSON.parse(printed("gitlab", hostile())) as {
    fingerprint: string;
    location: { path: string; lines: { begin: number } };
  }[];
  expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
  for (const { location } of issues) {
    expect(location.path).toMatch(/databricks\.yml$/);
    expect(location.lines.begin).toBe(1);
  }
});

test("junit has a test case for each rule, which fails with its findings", () => {
  const report = reportOf(WRONG);
  const xml = printed("junit", report);
  expect(xml.match(/<testcase /g)).toHaveLength(report.rules.length);
  const failed = new Set(report.findings.map(({ rule }) => rule));
  expect(xml.match(/<failure/g)).toHaveLength(failed.size);
});

describe("text", () => {
  test("shows files, lines, how to fix it and what to do next", () => {
    const report = reportOf({ seed: WRONG.seed }, {});
    const [file = "", finding = "", line = "", fix = ""] = printed("text", report).split("\n");
    expect(file).toMatch(/databricks\.yml$/);
    expect(finding).toMatch(/^ {2}1:\d+ {2}error [\w-]+ \[default\] {2}\S/);
    expect(line).toBe("        1 | a line\\u001b[31m of the file");
    expect(fix).toMatch(/^ {4}fix: /);
    expect(printed("text", report).split("\n").slice(-4)).toEqual([
      "1 job, 1 task: 1 error",
      "1. See why, and how to fix it: jobstrata rules job-level-tag",
      "2. Fix 1 finding automatically: jobstrata check --fix (add --dry-run for a preview)",
      "3. Accept the current findings and fail on new ones: jobstrata check --update-baseline",
    ]);
  });

  const many = (count: number): Record<string, object> =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `job${index}`,
        {
          environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
          tasks: [
            {
              task_key: "a",
              environment_key: index === 0 ? "defualt" : "default",
              notebook_task: { notebook_path: `/Shared/n${index}` },
            },
          ],
        },
      ]),
    );

  test("reports findings that all jobs share once, with a count, after single ones", () => {
    const report = reportOf(many(12));
    const text = printed("text", report);
    expect(text.match(/ error /g)).toHaveLength(2);
    expect(text.indexOf("error environment-key")).toBeLessThan(text.indexOf("In many jobs"));
    expect(text).toMatch(
      /^ {2}error job-level-tag {2}12 of 12 jobs, as job "job0" has no tag job_level\n {4}\S+databricks\.yml:1:\d+, \S+, \S+, and 9 more: --all lists them\n {4}fix: tag it job_level: atomic$/m,
    );
    expect(text).toContain("12 jobs, 12 tasks: 13 errors");
    expect(text).toContain(
      "1. Fix what breaks deployments or runs: 1 error, shown alone by --preset correctness; why: jobstrata rules environment-key",
    );
    const all = CHECK_FORMATS.text(report, { lines: () => undefined, all: true });
    expect(all.match(/ error /g)).toHaveLength(13);
    expect(printed("markdown", report)).toMatch(
      /12 of 12 jobs, as job &quot;|12 of 12 jobs, as job/,
    );
    expect(printed("markdown", report).match(/^\| /gm)).toHaveLength(3);
    // What fails a run first, as GitHub shows ten of each kind.
    const annotations = printed("github", report).split("\n");
    expect(annotations).toHaveLength(3);
    expect(annotations[0]).toContain("title=environment-key");
    expect(annotations[1]).toMatch(
      /::12 of 12 jobs, as job "job0" has no tag job_level%0Aalso \S+:1:\d+ \(job1\)%0A/,
    );
  });

  test("reports findings that two of two jobs share for each job", () => {
    expect(printed("text", reportOf(many(2))).match(/ error /g)).toHaveLength(3);
  });

  test("counts a job of two targets once", () => {
    const file = join(tempFolder(), "databricks.yml");
    const targets = { dev: { mode: "development" }, prod: { mode: "production" } };
    writeFileSync(file, JSON.stringify({ resources: { jobs: many(3) }, targets }));
    const report = check({
      readings: [readBundle(file)],
      rules: RULES,
      config: { config: {} },
      today: "2026-11-28",
    });
    expect(printed("text", report)).toContain("3 jobs in 2 targets, 3 tasks: 4 errors");
  });

  test("of nothing found is one line", () => {
    const job = {
      tags: { job_level: "atomic" },
      environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
      tasks: [{ ...notebook, environment_key: "default" }],
    };
    expect(printed("text", reportOf({ seed: job }))).toBe("1 job, 1 task: no findings");
  });
});

test("a finding in a plan of Terraform stands at the address of its resource", () => {
  const report = reportOf(WRONG);
  const location = { file: "plan.json", address: 'module.etl.databricks_job.load["eu"]' };
  const planned = { ...report, findings: report.findings.map((each) => ({ ...each, location })) };
  for (const format of ["text", "github", "junit"] as const)
    expect(printed(format, planned)).toContain('module.etl.databricks_job.load["eu"]');
  expect(printed("text", planned)).toMatch(
    /^plan\.json\n {2}module\.etl\.databricks_job\.load\["eu"\] {2}error /,
  );
});
