import type { JobSpec } from "@jobstrata/cdktf";
import { atomicEnvironment } from "../../../../src/core/policy/rules/atomic-environment";
import { atomicSpec, check, notebookTask, task } from "../../../support/policy";

function tables(
  taskSpec: Parameters<typeof notebookTask>[2],
  spec: Partial<JobSpec> = {},
): JobSpec {
  const run = notebookTask("run", "tables.py", taskSpec);
  return atomicSpec("alerting_tables_job", "tables.py", { tasks: [run], ...spec });
}

const DEFINE =
  'give the job an environment "default" with environment_version "4" and the task its environment_key';

describe("atomic-environment", () => {
  test.each([
    ["an environment_key that the job defines", tables({ environmentKey: "default" })],
    ["a cluster", tables({ environmentKey: undefined, onCluster: true }, { environments: [] })],
    [
      "a key where nothing is known of the environments",
      tables({}, { environments: [], unknown: new Set(["environments"]) }),
    ],
    ["a key that is known only at the plan", tables({ environmentKey: "${var.environment}" })],
    [
      "a job that is not atomic",
      tables({ environmentKey: undefined }, { tags: { job_level: "composite" } }),
    ],
    [
      "a notebook on a SQL warehouse, which has no environment",
      tables({
        environmentKey: undefined,
        settings: { notebook_task: { warehouse_id: "w", notebook_path: "/Shared/x" } },
      }),
    ],
  ])("accepts %s", (_, job) => {
    expect(check(atomicEnvironment, [job])).toEqual([]);
  });

  test.each([
    [
      "no environment_key although the job has an environment",
      tables({ environmentKey: undefined }),
      'the notebook of atomic job "alerting_tables_job" has no environment_key',
      'set environment_key to "default"',
    ],
    [
      "neither environment_key nor environment",
      tables({ environmentKey: undefined }, { environments: [] }),
      'the notebook of atomic job "alerting_tables_job" has no environment_key',
      DEFINE,
    ],
    [
      "an environment_key without environment",
      tables({}, { environments: [] }),
      'the notebook of atomic job "alerting_tables_job" has environment_key "default", which no environment of the job defines',
      'give the job an environment "default" with environment_version "4"',
    ],
    [
      "the key of another environment",
      tables({ environmentKey: "defualt" }, { environments: [{ key: "default" }, { key: "ml" }] }),
      'the notebook of atomic job "alerting_tables_job" has environment_key "defualt", which no environment of the job defines',
      'did you mean "default"?',
    ],
  ])("rejects %s", (_, job, message, fix) => {
    expect(check(atomicEnvironment, [job])).toEqual([
      { message, fix, sites: ["alerting-dev/alerting_tables_job#run"] },
    ]);
  });

  test("sees the notebook inside a for-each task", () => {
    const forEach = notebookTask("iteration", "tables.py", { environmentKey: undefined });
    const job = atomicSpec("alerting_tables_job", "tables.py", {
      tasks: [task("each_region", { types: ["for_each_task"], forEach })],
    });
    expect(check(atomicEnvironment, [job]).map(({ sites }) => sites)).toEqual([
      ["alerting-dev/alerting_tables_job#iteration"],
    ]);
  });
});
