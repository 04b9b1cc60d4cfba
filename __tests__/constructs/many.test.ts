import { JobGraph, type JobSpec, RULES } from "@jobstrata/cdktf";
import { check } from "../../src/core/policy/check";
import type { SourceSuppression } from "../../src/core/model/suppression";
import { atomicSpec, jobSpec, notebookTask, task } from "../support/policy";

const MANY = 20_000;
const names = Array.from({ length: MANY }, (_, at) => `n${at}`);
const many = (spec: Partial<JobSpec>): JobSpec[] => [atomicSpec("seed", "seed.py", spec)];
const LINES = names.map((name, at) =>
  jobSpec(name, { source: { file: "databricks.yml", line: at + 1 } }),
);
const COMMENTS = names.map((_, at): SourceSuppression => {
  const location = { file: "databricks.yml", line: at + 1 };
  return { rules: ["job-level-tag"], reason: "legacy", location, line: at + 1 };
});

/** What takes the square of it takes half a minute and more. */
test.each<[string, JobSpec[], SourceSuppression[]]>([
  ["parameters", many({ parameters: names.map((name) => ({ name })) }), []],
  ["environments", many({ environments: names.map((key) => ({ key })) }), []],
  ["job clusters", many({ jobClusterKeys: names }), []],
  [
    "tasks that depend on what is not there",
    many({ tasks: names.map((name) => task(name, { dependsOn: ["gone"] })) }),
    [],
  ],
  ["jobs of one notebook", names.map((name) => atomicSpec(name, "seed.py")), []],
  ["tasks of one notebook", many({ tasks: names.map((name) => notebookTask(name, "a.py")) }), []],
  ["comments that excuse", LINES, COMMENTS],
])("many %s are judged in linear time", (_, jobs, suppressions) => {
  const graphs = [new JobGraph("dev", jobs)];
  const started = process.hrtime.bigint();
  check({
    readings: [{ kind: "bundle", path: "databricks.yml", graphs, problems: [], suppressions }],
    rules: RULES,
    config: { config: {} },
    today: "2026-11-24",
  });
  expect(Number(process.hrtime.bigint() - started) / 1e9).toBeLessThan(6);
});
