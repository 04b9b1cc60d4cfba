import { readJobPayload } from "../../../../src/core/readers/payload/job-payload";
import type { Dialect } from "../../../../src/core/readers/payload/job-settings";
import { readOwner } from "../../../../src/core/readers/payload/people";

const EXTERNAL = { kind: "external", expression: "12" } as const;

/** Shows what the reader asks its context for, beside the settings. */
function read(job: Record<string, unknown>) {
  const { payload } = readJobPayload(job, {
    notebook: (path, git) => ({
      identity: git === undefined ? path : `${git.url}#${path}`,
      label: path,
    }),
    job: (jobId) => ({ kind: "opaque", expression: `${typeof jobId} ${jobId}` }),
  });
  return { ...payload, tasks: payload.tasks.map((task) => ({ ...task, settings: undefined })) };
}

const notebook = { notebook_task: { notebook_path: "/Shared/seed" } };

describe("readJobPayload", () => {
  test("reads tags, environments, tasks and dependencies", () => {
    expect(
      read({
        tags: { job_level: "atomic", retries: 3 },
        environment: [{ environment_key: "default", spec: {} }],
        task: [
          {
            task_key: "seed",
            environment_key: "default",
            depends_on: [{ task_key: "tables" }, { outcome: "true" }],
            notebook_task: { notebook_path: "/Shared/seed" },
          },
          { task_key: "run", run_job_task: { job_id: 12 } },
        ],
      }),
    ).toEqual({
      tags: { job_level: "atomic", retries: "3" },
      environments: [{ key: "default" }],
      repeated: false,
      tasks: [
        {
          taskKey: "seed",
          types: ["notebook_task"],
          notebook: { identity: "/Shared/seed", label: "/Shared/seed" },
          dependsOn: ["tables", ""],
          outcomes: new Map([["", "true"]]),
          environmentKey: "default",
          onCluster: false,
        },
        {
          taskKey: "run",
          types: ["run_job_task"],
          runJob: { kind: "opaque", expression: "number 12" },
          dependsOn: [],
          onCluster: false,
        },
      ],
    });
  });

  test("reads a block that is written as an object, or as a list, the same", () => {
    const task = { task_key: "seed", depends_on: { task_key: "tables" }, ...notebook };
    expect(read({ task, environment: { environment_key: "default" } })).toEqual(
      read({
        task: [
          {
            task_key: "seed",
            depends_on: [{ task_key: "tables" }],
            notebook_task: [notebook.notebook_task],
          },
        ],
        environment: [{ environment_key: "default" }],
      }),
    );
  });

  test("reads what a task waits for, and under which condition it runs", () => {
    const { tasks } = read({
      task: [
        {
          task_key: "check",
          condition_task: { left: "{{job.parameters.n}}", op: "GREATER_THAN", right: 10 },
        },
        {
          task_key: "seed",
          run_if: "NONE_FAILED",
          disabled: true,
          depends_on: [
            { task_key: "tables" },
            { task_key: "check", outcome: true },
            { task_key: "region", outcome: "" },
          ],
        },
        {
          task_key: "sweep",
          disabled: false,
          depends_on: [
            { task_key: "check", outcome: "true" },
            { task_key: "check", outcome: "false" },
          ],
        },
      ],
    });
    expect(
      tasks.map(({ dependsOn, outcomes, runIf, condition, disabled }) => ({
        dependsOn,
        outcomes,
        runIf,
        condition,
        disabled,
      })),
    ).toEqual([
      {
        dependsOn: [],
        condition: { left: "{{job.parameters.n}}", op: "GREATER_THAN", right: "10" },
      },
      {
        dependsOn: ["tables", "check", "region"],
        outcomes: new Map([["check", "true"]]),
        runIf: "NONE_FAILED",
        disabled: true,
      },
      { dependsOn: ["check", "check"], outcomes: new Map([["check", "true, false"]]) },
    ]);
  });

  test("reads a job in the single-task format", () => {
    const { tasks } = read({ ...notebook, existing_cluster_id: "0123", depends_on: ["aws_x.y"] });
    expect(tasks).toEqual([
      {
        taskKey: "",
        types: ["notebook_task"],
        notebook: { identity: "/Shared/seed", label: "/Shared/seed" },
        dependsOn: [],
        onCluster: true,
        single: true,
      },
    ]);
  });

  test("reads the single task beside those of the other format", () => {
    const { tasks } = read({ ...notebook, task: [{ task_key: "run", run_job_task: {} }] });
    expect(tasks.map(({ types }) => types)).toEqual([["run_job_task"], ["notebook_task"]]);
  });

  test("reads dynamic blocks, of tasks and in a task", () => {
    const { tasks } = read({
      task: [
        {
          task_key: "tables",
          dynamic: { notebook_task: { for_each: [1], content: { notebook_path: "/Shared/x" } } },
        },
      ],
      dynamic: {
        task: [{ for_each: ["a", "b"], content: { task_key: "seed_${task.value}", ...notebook } }],
      },
    });
    expect(
      tasks.map(({ taskKey, types, notebook: ref, repeated }) => [
        taskKey,
        types,
        ref?.label,
        repeated,
      ]),
    ).toEqual([
      ["tables", ["notebook_task"], "/Shared/x", undefined],
      ["seed_${task.value}", ["notebook_task"], "/Shared/seed", true],
    ]);
  });

  test("reads the task inside of a for-each task", () => {
    const { tasks } = read({
      task: [
        {
          task_key: "each_region",
          for_each_task: { inputs: "[1]", task: { task_key: "iteration", ...notebook } },
        },
      ],
    });
    expect(tasks[0]?.types).toEqual(["for_each_task"]);
    expect(tasks[0]?.forEach?.notebook?.label).toBe("/Shared/seed");
  });

  test("counts every kind of task, known or not", () => {
    const [task] = read({
      task: [{ task_key: "seed", dbt_task: {}, quantum_task: {}, run_job_task: { job_id: "1" } }],
    }).tasks;
    expect(task?.types).toEqual(["dbt_task", "quantum_task", "run_job_task"]);
  });

  test("takes null and an empty list for nothing", () => {
    const { tasks, repeated } = read({
      count: null,
      for_each: null,
      notebook_task: [],
      task: [{ task_key: "run", notebook_task: null, new_cluster: [], run_job_task: {} }],
    });
    expect(repeated).toBe(false);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]?.types).toEqual(["run_job_task"]);
    expect(tasks[0]?.onCluster).toBe(false);
  });

  test.each(["job_cluster_key", "existing_cluster_id", "new_cluster"])(
    "sees that a task runs on a cluster by %s",
    (key) => {
      expect(read({ task: [{ task_key: "seed", [key]: "main" }] }).tasks[0]?.onCluster).toBe(true);
    },
  );

  test.each([
    [{}, "/Shared/seed"],
    [
      { git_source: { url: "https://github.com/acme/monitor" } },
      "https://github.com/acme/monitor#/Shared/seed",
    ],
  ])("takes notebooks from git_source if there is one: %j", (job, identity) => {
    const [task] = read({ ...job, task: [{ task_key: "seed", ...notebook }] }).tasks;
    expect(task?.notebook?.identity).toBe(identity);
  });

  test("reads a workspace notebook as such, even if the job has a git_source", () => {
    const [task] = read({
      git_source: [{ url: "https://github.com/acme/monitor", branch: "main" }],
      task: [{ task_key: "seed", notebook_task: { notebook_path: "/x", source: "WORKSPACE" } }],
    }).tasks;
    expect(task?.notebook?.identity).toBe("/x");
  });

  test.each([
    [{ count: 0 }, false],
    [{ count: 1 }, false],
    [{ count: "1" }, false],
    [{ count: "${var.enabled ? 1 : 0}" }, false],
    [{ count: "${(var.paused ? 0 : 1)}" }, false],
    [{ count: "${var.paused ? 0 : 1}" }, false],
    [{ count: 2 }, true],
    [{ count: "${var.regions}" }, true],
    [{ count: "${var.all ? 10 : 0}" }, true],
    [{ for_each: "${toset(var.regions)}" }, true],
    [{ for_each: {} }, true],
  ])("knows whether %j can make several jobs", (job, repeated) => {
    expect(read(job).repeated).toBe(repeated);
  });

  test("distinguishes unknown values from absent ones", () => {
    const unknown = "${known after apply}";
    const { tasks } = read({
      task: {
        max_retries: unknown,
        environment_key: unknown,
        notebook_task: { notebook_path: "a", base_parameters: unknown },
      },
    });
    expect(tasks).toMatchObject([
      { environmentKey: unknown, parameters: { [unknown]: "" }, unknown: new Set(["max_retries"]) },
    ]);
  });

  test("reads nothing from arguments of another shape", () => {
    expect(read({ tags: "${var.tags}", task: "${var.tasks}", environment: null })).toEqual({
      tags: {},
      environments: [],
      unknown: new Set(["tags", "tasks"]),
      tasks: [],
      repeated: false,
    });
  });
});

describe("what starts a job", () => {
  const started = (job: object, dialect: Dialect) =>
    readJobPayload(
      { ...job },
      { notebook: (path) => ({ identity: path, label: path }), job: () => EXTERNAL },
      dialect,
    ).payload.triggers;

  test.each<[object, object]>([
    [
      { schedule: { quartz_cron_expression: "0 0 6 * * ?", timezone_id: "Europe/Berlin" } },
      { kind: "schedule", detail: "0 0 6 * * ? (Europe/Berlin)", paused: false },
    ],
    [
      { schedule: { quartz_cron_expression: "${var.cron}", pause_status: "${var.paused}" } },
      { kind: "schedule", detail: "${var.cron}" },
    ],
    [
      { trigger: { periodic: { interval: 2, unit: "HOURS" }, pause_status: "PAUSED" } },
      { kind: "trigger", detail: "every 2 hours", paused: true },
    ],
    [
      { trigger: { periodic: { interval: "${var.N}", unit: "${var.UNIT}" } } },
      { kind: "trigger", detail: "every ${var.N} ${var.UNIT}", paused: false },
    ],
    [
      { trigger: { file_arrival: { url: "s3://alerts/in/" } } },
      { kind: "trigger", detail: "files in s3://alerts/in/", paused: false },
    ],
    [
      { trigger: { table_update: { table_names: ["main.gold.a", "main.gold.b"] } } },
      { kind: "trigger", detail: "updates of main.gold.a, main.gold.b", paused: false },
    ],
    [
      { trigger: { table: { table_names: ["a", "b"], condition: "ALL_UPDATED" } } },
      { kind: "trigger", detail: "updates of all of a, b", paused: false },
    ],
    [
      { trigger: { model: { securable_name: "main.ml.m", condition: "MODEL_VERSION_READY" } } },
      { kind: "trigger", detail: "model version ready main.ml.m", paused: false },
    ],
    [{ continuous: { pause_status: "UNPAUSED" } }, { kind: "continuous", paused: false }],
    [{ trigger: { periodic: null } }, { kind: "trigger", paused: false }],
  ])("%j", (job, expected) => {
    expect(started(job, "terraform")).toEqual([expected]);
    expect(started(job, "api")).toEqual([expected]);
    const [[name, block] = []] = Object.entries(job);
    expect(started({ [String(name)]: [block] }, "terraform")).toEqual([expected]);
  });
});

test("the owner is the principal with IS_OWNER, in bundles and Terraform", () => {
  expect(readOwner([{ level: "CAN_VIEW", group_name: "users" }])).toBeUndefined();
  expect(readOwner([{ level: "IS_OWNER", group_name: "data" }])).toEqual({ group: "data" });
  expect(
    readOwner([{ permission_level: "IS_OWNER", user_name: "ada@example.com", group_name: "" }]),
  ).toEqual({ user: "ada@example.com" });
  expect(readOwner(undefined)).toBeUndefined();
});
