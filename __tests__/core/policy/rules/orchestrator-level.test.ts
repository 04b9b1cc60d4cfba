import type { JobSpec } from "../../../../src/core/model/job-spec";
import { orchestratorLevel } from "../../../../src/core/policy/rules/orchestrator-level";
import { compositeRunsJobs } from "../../../../src/core/policy/rules/composite-runs-jobs";
import { atomicOneNotebook } from "../../../../src/core/policy/rules/atomic-one-notebook";
import {
  atomicSpec,
  check,
  compositeSpec,
  notebookTask,
  runJobTask,
} from "../../../support/policy";

const orchestrator = (key: string, runs: readonly string[], spec: Partial<JobSpec> = {}): JobSpec =>
  compositeSpec(key, runs, { tags: { job_level: "orchestrator" }, ...spec });
const seed = atomicSpec("seed");
const setup = compositeSpec("setup", ["seed"]);

describe("orchestrator-level", () => {
  test.each<[string, JobSpec[]]>([
    ["an orchestrator of composite jobs", [seed, setup, orchestrator("platform", ["setup"])]],
    [
      "an orchestrator of composite and atomic jobs",
      [seed, setup, orchestrator("platform", ["setup", "seed"])],
    ],
    [
      "an orchestrator of orchestrators",
      [seed, setup, orchestrator("platform", ["setup"]), orchestrator("all", ["platform"])],
    ],
    ["a composite of atomic jobs", [seed, setup]],
    [
      "an orchestrator of a job that is not known here",
      [
        orchestrator("platform", [], {
          tasks: [
            runJobTask("x", "x", { runJob: { kind: "external", expression: "${var.other}" } }),
          ],
        }),
      ],
    ],
    [
      "a composite that runs an atomic job which wrongly runs others: that is the mistake",
      [
        seed,
        atomicSpec("wrong", "wrong.py", { tasks: [runJobTask("run_seed", "seed")] }),
        compositeSpec("setup", ["wrong"]),
      ],
    ],
  ])("accepts %s", (_, jobs) => {
    expect(check(orchestratorLevel, jobs)).toEqual([]);
  });

  test("suggests orchestrator for a composite that runs composites", () => {
    expect(check(orchestratorLevel, [seed, setup, compositeSpec("platform", ["setup"])])).toEqual([
      {
        message: 'composite job "platform" runs "setup", which itself runs other jobs',
        fix: 'set its tag job_level to "orchestrator"',
        sites: ["alerting-dev/platform", "alerting-dev/setup"],
      },
    ]);
    expect(orchestratorLevel).toMatchObject({ severity: "warning", preset: "spec" });
  });

  test("counts a job without tag that runs others as one that does", () => {
    const untagged = compositeSpec("setup", ["seed"], { tags: {} });
    const found = check(orchestratorLevel, [seed, untagged, compositeSpec("platform", ["setup"])]);
    expect(found).toHaveLength(1);
  });

  test("suggests composite for an orchestrator of atomic jobs", () => {
    expect(check(orchestratorLevel, [seed, orchestrator("platform", ["seed"])])).toEqual([
      {
        message: 'orchestrator "platform" runs atomic jobs only',
        fix: 'set its tag job_level to "composite"',
        sites: ["alerting-dev/platform"],
      },
    ]);
  });
});

test("a notebook in an orchestrator is an error", () => {
  const job = orchestrator("platform", [], {
    tasks: [runJobTask("run_setup", "setup"), notebookTask("load", "load.py")],
  });
  expect(check(compositeRunsJobs, [seed, setup, job])).toMatchObject([
    { message: 'orchestrator job "platform" holds a notebook_task of notebook "load.py"' },
  ]);
});

test("an atomic job that runs jobs is reported once, with its level", () => {
  const job = atomicSpec("wrong", "wrong.py", { tasks: [runJobTask("run_setup", "setup")] });
  expect(check(atomicOneNotebook, [seed, setup, job])).toEqual([
    {
      message: 'atomic job "wrong" runs another job and no notebook',
      fix: 'tag it job_level = "orchestrator"',
      sites: ["alerting-dev/wrong"],
    },
  ]);
});
