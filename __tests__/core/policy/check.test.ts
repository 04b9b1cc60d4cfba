import { defineRule, JobGraph, type JobSpec } from "@jobstrata/cdktf";
import type { BaselineEntry } from "../../../src/core/config/baseline";
import type { CheckReport } from "../../../src/core/model/check-report";
import { check } from "../../../src/core/policy/check";
import type { Reading } from "../../../src/core/readers/reading";
import { jobSpec } from "../../support/policy";

const untimed = defineRule({
  name: "untimed",
  summary: "Every job has a timeout.",
  rationale: "It would run forever.",
  severity: "error",
  preset: "spec",
  docs: { wrong: "", right: "", fix: "Set one.", source: "this test" },
  *check(graph) {
    for (const job of graph.jobs)
      if (job.timeoutSeconds === undefined)
        yield { message: `job "${job.key}" has no timeout`, fix: "set one", sites: [{ job }] };
  },
});

/** A job as the stacks of several environments have it, made in one line of an app. */
const inStack = (environment: string, line: number, key = "seed"): JobSpec =>
  jobSpec(key, {
    id: `alerting-${environment}-atomic/${key}`,
    definition: `alerting-*-atomic/${key}`,
    source: { file: "main.ts", line },
  });
const reading = (jobs: Readonly<Record<string, readonly JobSpec[]>>): Reading => ({
  kind: "cdktf",
  path: "cdktf.out",
  graphs: Object.entries(jobs).map(([environment, specs]) => new JobGraph(environment, specs)),
  problems: [],
  suppressions: [],
});

function judge(
  jobs: Readonly<Record<string, readonly JobSpec[]>>,
  entries: readonly BaselineEntry[] = [],
): CheckReport {
  return check({
    readings: [reading(jobs)],
    rules: [untimed],
    config: { config: {} },
    baseline: { file: "jobstrata.baseline.json", entries },
    today: "2026-11-24",
  });
}

test("a mistake of one line in several environments is one finding", () => {
  const { findings } = judge({ dev: [inStack("dev", 3)], prod: [inStack("prod", 3)] });
  expect(findings).toMatchObject([{ rule: "untimed", environments: ["dev", "prod"] }]);
  const apart = judge({ dev: [inStack("dev", 3)], prod: [inStack("prod", 9)] });
  expect(apart.findings).toMatchObject([{ environments: ["dev"] }, { environments: ["prod"] }]);
});

test("a suppression applies to one environment only", () => {
  const jobs = { dev: [inStack("dev", 3)], prod: [inStack("prod", 3)] };
  const { findings } = check({
    readings: [
      {
        ...reading(jobs),
        suppressions: [
          {
            rules: ["untimed"],
            reason: "tried out",
            line: 3,
            jobIds: ["alerting-dev-atomic/seed"],
          },
        ],
      },
    ],
    rules: [untimed],
    config: { config: {} },
    today: "2026-11-24",
  });
  expect(findings).toMatchObject([
    { environments: ["dev"], suppression: { kind: "source", reason: "tried out" } },
    { environments: ["prod"] },
  ]);
  expect(findings[1]?.suppression).toBeUndefined();
});

test("a fingerprint survives moved lines and other environments, not another job", () => {
  const fingerprints = [
    judge({ dev: [inStack("dev", 3)] }),
    judge({ dev: [inStack("dev", 300)] }),
    judge({ prod: [inStack("prod", 3)] }),
    judge({ dev: [inStack("dev", 3, "sync")] }),
  ].map(({ findings }) => findings[0]?.fingerprint);
  expect(fingerprints[1]).toBe(fingerprints[0]);
  expect(fingerprints[2]).toBe(fingerprints[0]);
  expect(fingerprints[3]).not.toBe(fingerprints[0]);
});

test("a baseline has an entry for each place, and covers no more than it has", () => {
  const twice = { dev: [inStack("dev", 3)], prod: [inStack("prod", 9)] };
  const entries = judge(twice).findings.map(({ rule, message, fingerprint }) => ({
    rule,
    message,
    fingerprint,
  }));
  expect(entries).toHaveLength(2);
  const open = (report: CheckReport): unknown[] =>
    report.findings.filter(({ suppression }) => suppression === undefined);
  expect(open(judge(twice, entries))).toEqual([]);
  expect(open(judge(twice, entries.slice(1)))).toMatchObject([{ rule: "untimed" }]);
  expect(judge({ dev: twice.dev }, entries)).toMatchObject({ fixed: 1 });
});

test("an entry of a rule that does not apply today is not fixed", () => {
  const jobs = { dev: [jobSpec("seed", { timeoutSeconds: 60 })] };
  const entry = { message: "it was there", fingerprint: "0a" };
  expect(judge(jobs, [{ rule: "retries", ...entry }])).toMatchObject({ fixed: 0, findings: [] });
  expect(judge(jobs, [{ rule: "untimed", ...entry }])).toMatchObject({ fixed: 1 });
});
