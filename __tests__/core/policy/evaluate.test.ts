import { defineRule, JobGraph, type Rule } from "@jobstrata/cdktf";
import { evaluate } from "../../../src/core/policy/evaluate";
import { atomicSpec } from "../../support/policy";

const seed = atomicSpec("alerting_seed_job");

function rule(name: string, check: Rule["check"], severity: Rule["severity"] = "error"): Rule {
  return defineRule({ name, summary: "…", rationale: "…", severity, check });
}

const complains = (name: string, severity?: Rule["severity"]): Rule =>
  rule(
    name,
    (graph) => graph.jobs.map((job) => ({ message: job.key, fix: "fix it", sites: [{ job }] })),
    severity,
  );

describe("evaluate", () => {
  test("applies every rule to every environment, in order", () => {
    const graphs = [new JobGraph("dev", [seed]), new JobGraph("prod", [seed])];
    const findings = evaluate(graphs, [complains("first"), complains("second", "warning")]);
    expect(
      findings.map(({ environment, rule: name, severity }) => [environment, name, severity]),
    ).toEqual([
      ["dev", "first", "error"],
      ["dev", "second", "warning"],
      ["prod", "first", "error"],
      ["prod", "second", "warning"],
    ]);
    expect(findings[0]).toEqual({
      rule: "first",
      severity: "error",
      environment: "dev",
      message: "alerting_seed_job",
      fix: "fix it",
      sites: [{ job: seed }],
    });
  });

  test.each([
    ["no environment", []],
    ["environments without jobs", [new JobGraph("dev", []), new JobGraph("prod", [])]],
  ])("fails when it saw no job: %s", (_, graphs) => {
    expect(evaluate(graphs, [])).toEqual([
      {
        rule: "policy-saw-jobs",
        severity: "error",
        message: "the policy found no jobs",
        fix: "pass a source that defines jobs; in an app, apply the policy after the jobs are defined",
        sites: [],
        inconclusive: true,
      },
    ]);
  });

  test("is content with an environment without jobs beside one with", () => {
    expect(evaluate([new JobGraph("dev", []), new JobGraph("prod", [seed])], [])).toEqual([]);
  });

  test("reports a rule that throws as an error and continues", () => {
    const broken = rule(
      "broken",
      function* () {
        yield { message: "lost", fix: "lost", sites: [] };
        throw new Error("cannot read\n\u001b[31m");
      },
      "warning",
    );
    const findings = evaluate([new JobGraph("dev", [seed])], [broken, complains("next")]);
    expect(findings.map(({ rule: name }) => name)).toEqual(["broken", "next"]);
    expect(findings[0]).toEqual({
      rule: "broken",
      severity: "error",
      environment: "dev",
      message: 'the rule failed: "cannot read\\u000a\\u001b[31m"',
      fix: "report this as a bug of the rule; until then nothing is known about what it checks",
      sites: [],
      inconclusive: true,
    });
  });

  test("makes an error of a rule that throws something else than an error", () => {
    const broken = rule("broken", () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- rules are anybody's code
      throw "no";
    });
    expect(evaluate([new JobGraph("dev", [seed])], [broken])[0]?.message).toBe(
      'the rule failed: "no"',
    );
  });
});
