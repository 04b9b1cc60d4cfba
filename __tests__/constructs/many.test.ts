import { JobGraph, type JobSpec, RULES } from "@jobstrata/cdktf";
import { check } from "../../src/core/policy/check";
import type { SourceSuppression } from "../../src/core/model/suppression";
import { expectLinear } from "../support/growth";
import { atomicSpec, jobSpec, notebookTask, task } from "../support/policy";

const one = (spec: Partial<JobSpec>): JobSpec[] => [atomicSpec("seed", "seed.py", spec)];
const lineOf = (at: number): { file: string; line: number } => ({
  file: "databricks.yml",
  line: at + 1,
});
const excuse = (_: string, at: number): SourceSuppression => ({
  rules: ["job-level-tag"],
  reason: "legacy",
  location: lineOf(at),
  line: at + 1,
});

type Make<T> = (names: readonly string[]) => T[];

test.each<[string, Make<JobSpec>, Make<SourceSuppression>?]>([
  ["parameters", (names) => one({ parameters: names.map((name) => ({ name })) })],
  ["environments", (names) => one({ environments: names.map((key) => ({ key })) })],
  ["job clusters", (names) => one({ jobClusterKeys: names })],
  [
    "tasks that depend on what is not there",
    (names) => one({ tasks: names.map((name) => task(name, { dependsOn: ["gone"] })) }),
  ],
  ["jobs of one notebook", (names) => names.map((name) => atomicSpec(name, "seed.py"))],
  [
    "tasks of one notebook",
    (names) => one({ tasks: names.map((name) => notebookTask(name, "a.py")) }),
  ],
  [
    "comments that excuse",
    (names) => names.map((name, at) => jobSpec(name, { source: lineOf(at) })),
    (names) => names.map(excuse),
  ],
])("many %s are judged in linear time", (_, jobsOf, suppressionsOf = () => []) => {
  expectLinear((size) => {
    const names = Array.from({ length: size }, (_name, at) => `n${at}`);
    const graphs = [new JobGraph("dev", jobsOf(names))];
    const suppressions = suppressionsOf(names);
    return () =>
      check({
        readings: [{ kind: "bundle", path: "databricks.yml", graphs, problems: [], suppressions }],
        rules: RULES,
        config: { config: {} },
        today: "2026-11-24",
      });
  }, 500);
});
