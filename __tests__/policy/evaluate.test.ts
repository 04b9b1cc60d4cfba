import { JobGraph } from "../../src/model/job-graph";
import { evaluate } from "../../src/policy/evaluate";
import { defineRule } from "../../src/policy/rule";
import { RULES } from "../../src/policy/rules";
import { atomic, composite } from "../support/graph";

const tables = atomic("alerting_tables_job");
const good = new JobGraph("dev", [tables, composite("alerting_setup_job", [tables])]);

const about = { name: "owned-jobs", summary: "", rationale: "", severity: "warning" as const };

describe("evaluate", () => {
  it("has nothing against a good hierarchy", () => {
    expect(evaluate([good], RULES)).toEqual([]);
  });

  it("judges each environment by itself", () => {
    expect(evaluate([good, new JobGraph("prod", good.jobs)], RULES)).toEqual([]);
  });

  it("adds rule, severity and environment to what a rule finds", () => {
    const rule = defineRule({ ...about, check: () => [{ message: "m", fix: "f", sites: [] }] });
    expect(evaluate([good], [rule])).toEqual([
      {
        rule: "owned-jobs",
        severity: "warning",
        environment: "dev",
        message: "m",
        fix: "f",
        sites: [],
      },
    ]);
  });

  it.each([[[]], [[new JobGraph("dev", []), new JobGraph("prod", [])]]])(
    "fails when it saw no job (%#)",
    (graphs) => {
      expect(evaluate(graphs, RULES)).toMatchObject([
        { rule: "policy-saw-jobs", severity: "error" },
      ]);
    },
  );

  it("is content with an environment without jobs beside one that has some", () => {
    expect(evaluate([good, new JobGraph("prod", [])], RULES)).toEqual([]);
  });

  it("turns a rule that throws into an error, also half-way through its findings", () => {
    const rule = defineRule({
      ...about,
      *check() {
        yield { message: "found before", fix: "", sites: [] };
        throw new Error("out of \u001b[31mluck");
      },
    });
    expect(evaluate([good], [rule])).toMatchObject([
      {
        rule: "owned-jobs",
        severity: "error",
        message: 'the rule failed: "out of \\u001b[31mluck"',
      },
    ]);
  });
});

describe("RULES", () => {
  it("are named after their files, each with a summary and a rationale", () => {
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
    for (const { name, summary, rationale, severity } of RULES) {
      expect(jest.requireActual<object>(`../../src/policy/rules/${name}`)).toBeDefined();
      expect(summary).toMatch(/\.$/);
      expect(rationale).toMatch(/\.$/);
      expect(severity).toBe("error");
    }
  });
});
