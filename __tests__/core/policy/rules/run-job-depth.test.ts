import type { JobSpec } from "@jobstrata/cdktf";
import { runJobDepth } from "../../../../src/core/policy/rules/run-job-depth";
import { atomicSpec, check, compositeSpec, task } from "../../../support/policy";

/** `level_4` runs `level_3`, … runs `level_0`, which is atomic. */
const chain = (depth: number): JobSpec[] => [
  atomicSpec("level_0"),
  ...Array.from({ length: depth }, (_, i) => compositeSpec(`level_${i + 1}`, [`level_${i}`])),
];

const runsOthers = (key: string): JobSpec =>
  compositeSpec(key, [], {
    tasks: [
      task("theirs", { types: ["run_job_task"], runJob: { kind: "external", expression: "7" } }),
    ],
  });

describe("run-job-depth", () => {
  test.each([0, 1, 3])("accepts %d levels of Run Job tasks", (depth) => {
    expect(check(runJobDepth, chain(depth))).toEqual([]);
  });

  test("rejects four, with the whole chain", () => {
    expect(check(runJobDepth, chain(4))).toEqual([
      {
        message:
          'run_job_task nests 4 deep: "level_4" -> "level_3" -> "level_2" -> "level_1" -> "level_0"',
        fix: 'keep it at 3: let "level_4" run the lower jobs itself',
        sites: ["alerting-dev/level_4"],
      },
    ]);
  });

  test("reports a chain of six where it first grows too deep", () => {
    expect(check(runJobDepth, chain(6)).map(({ sites }) => sites)).toEqual([
      ["alerting-dev/level_4"],
    ]);
  });

  test("measures the longest of several ways down", () => {
    const jobs = [...chain(3), compositeSpec("nightly", ["level_0", "level_3"])];
    expect(check(runJobDepth, jobs).map(({ sites }) => sites)).toEqual([["alerting-dev/nightly"]]);
  });

  test("counts a job that others own as a level", () => {
    const upper = (depth: number) =>
      Array.from({ length: depth }, (_, i) => compositeSpec(`level_${i + 2}`, [`level_${i + 1}`]));
    expect(check(runJobDepth, [runsOthers("level_1"), ...upper(2)])).toEqual([]);
    expect(check(runJobDepth, [runsOthers("level_1"), ...upper(3)])).toEqual([
      {
        message:
          'run_job_task nests 4 deep: "level_4" -> "level_3" -> "level_2" -> "level_1" -> an external job',
        fix: 'keep it at 3: let "level_4" run the lower jobs itself',
        sites: ["alerting-dev/level_4"],
      },
    ]);
  });

  test("leaves jobs in a cycle to the rule for cycles", () => {
    const jobs = [compositeSpec("nightly", ["weekly"]), compositeSpec("weekly", ["nightly"])];
    expect(check(runJobDepth, jobs)).toEqual([]);
  });
});
