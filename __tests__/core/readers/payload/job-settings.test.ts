import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobGraph } from "../../../../src/core/model/job-graph";
import { UNKNOWN_VALUE } from "../../../../src/core/model/placeholder";
import { isSettings, settingAt, type Settings, textAt } from "../../../../src/core/model/settings";
import { readBundle } from "../../../../src/core/readers/bundle/read-bundle";
import { readJobPayload } from "../../../../src/core/readers/payload/job-payload";
import type { Dialect } from "../../../../src/core/readers/payload/job-settings";
import { readTerraformJson } from "../../../../src/core/readers/terraform/plan-or-state";
import { readWorkspaceJobs } from "../../../../src/core/readers/workspace/jobs";
import { tempFolder } from "../../../support/policy";

function settingsOf(job: object, dialect: Dialect, more?: Settings): Settings {
  const { payload, settings } = readJobPayload(
    { ...job },
    {
      notebook: (path) => ({ identity: path, label: path }),
      job: (id) => ({ kind: "opaque", expression: String(id) }),
    },
    dialect,
  );
  const whole = settings(more);
  // A task and its part of the job are the same.
  const tasks = settingAt(whole, "tasks");
  if (Array.isArray(tasks)) {
    const byKey = new Map(payload.tasks.map((task) => [task.taskKey, task.settings]));
    for (const task of tasks.filter(isSettings))
      expect(byKey.get(textAt(task, "task_key") ?? "")).toEqual(task);
  }
  return whole;
}

const NO_QUEUE = { queue: { enabled: false } };

describe("settings of the Jobs API", () => {
  test.each<[string, object, object]>([
    [
      "what is the same as nothing is left out",
      {
        name: "Seed",
        description: null,
        tags: {},
        email_notifications: {},
        webhook_notifications: { on_failure: [] },
        max_concurrent_runs: 1,
        timeout_seconds: 0,
        format: "MULTI_TASK",
        queue: { enabled: true },
        schedule: { quartz_cron_expression: "c", timezone_id: "UTC", pause_status: "UNPAUSED" },
        tasks: [
          {
            task_key: "run",
            run_if: "ALL_SUCCESS",
            max_retries: 0,
            disabled: false,
            depends_on: [],
            notebook_task: { notebook_path: "/Shared/seed", source: "WORKSPACE" },
          },
        ],
      },
      {
        name: "Seed",
        schedule: { quartz_cron_expression: "c", timezone_id: "UTC" },
        tasks: [{ task_key: "run", notebook_task: { notebook_path: "/Shared/seed" } }],
      },
    ],
    [
      "what says something stays, however small",
      {
        max_concurrent_runs: 2,
        queue: { enabled: false },
        parameters: [{ name: "day", default: "" }],
        tasks: [{ task_key: "run", pipeline_task: {}, max_retries: -1 }],
      },
      {
        max_concurrent_runs: 2,
        queue: { enabled: false },
        parameters: [{ name: "day", default: "" }],
        tasks: [{ task_key: "run", pipeline_task: {}, max_retries: -1 }],
      },
    ],
    [
      "values are of one type, whether they are in quotes or not",
      {
        max_concurrent_runs: "3",
        tags: { owner: 7, live: true },
        parameters: [{ name: "n", default: 1 }],
        queue: { enabled: "false" },
      },
      {
        max_concurrent_runs: 3,
        tags: { owner: "7", live: "true" },
        parameters: [{ name: "n", default: "1" }],
        queue: { enabled: false },
      },
    ],
    [
      "what has no order is sorted, what has one is not",
      {
        email_notifications: { on_failure: ["b@x", "a@x"] },
        webhook_notifications: { on_start: [{ id: "b" }, { id: "a" }] },
        tasks: [
          {
            task_key: "b",
            depends_on: [{ task_key: "z" }, { task_key: "a", outcome: "true" }],
            spark_python_task: { python_file: "/x.py", parameters: ["b", "a"] },
          },
          { task_key: "a", libraries: [{ whl: "/b.whl" }, { pypi: { package: "a" } }] },
        ],
      },
      {
        email_notifications: { on_failure: ["a@x", "b@x"] },
        webhook_notifications: { on_start: [{ id: "a" }, { id: "b" }] },
        tasks: [
          { task_key: "a", libraries: [{ pypi: { package: "a" } }, { whl: "/b.whl" }] },
          {
            task_key: "b",
            depends_on: [{ outcome: "true", task_key: "a" }, { task_key: "z" }],
            spark_python_task: { python_file: "/x.py", parameters: ["b", "a"] },
          },
        ],
      },
    ],
    [
      "the single task of the old format is a task",
      { notebook_task: { notebook_path: "/x" }, max_retries: 2, timeout_seconds: 5 },
      {
        timeout_seconds: 5,
        tasks: [{ notebook_task: { notebook_path: "/x" }, max_retries: 2 }],
      },
    ],
    [
      "what is unknown, or of another shape, stays as it is",
      {
        new_setting: { deep: [1, { x: null, y: "" }] },
        tags: "${var.tags}",
        tasks: [{ task_key: "run", quantum_task: { qubits: 3 }, max_retries: "${var.n}" }, "x"],
        schedule: "daily",
        parameters: { name: "a" },
      },
      {
        new_setting: { deep: [1, { y: "" }] },
        tags: "${var.tags}",
        tasks: ["x", { task_key: "run", quantum_task: { qubits: 3 }, max_retries: "${var.n}" }],
        schedule: "daily",
        parameters: { name: "a" },
      },
    ],
    [
      "a continuous job has no queue, whether that is written or not",
      { continuous: {}, queue: { enabled: false } },
      { continuous: {} },
    ],
    [
      "files of a Git source come from there by themselves",
      {
        git_source: { git_url: "https://x/y", git_provider: "gitHub", git_branch: "main" },
        tasks: [
          { task_key: "a", notebook_task: { notebook_path: "x", source: "GIT" } },
          { task_key: "b", notebook_task: { notebook_path: "/x", source: "WORKSPACE" } },
        ],
      },
      {
        git_source: { git_url: "https://x/y", git_provider: "gitHub", git_branch: "main" },
        tasks: [
          { task_key: "a", notebook_task: { notebook_path: "x" } },
          { task_key: "b", notebook_task: { notebook_path: "/x", source: "WORKSPACE" } },
        ],
      },
    ],
    [
      "inputs that are YAML are JSON",
      { tasks: [{ task_key: "each", for_each_task: { inputs: ["a", 1], task: {} } }] },
      { tasks: [{ task_key: "each", for_each_task: { inputs: '["a",1]', task: {} } }] },
    ],
    [
      "what the Databricks CLI notes on the jobs of a bundle is not theirs",
      { deployment: { kind: "BUNDLE", metadata_file_path: "/x" }, edit_mode: "UI_LOCKED" },
      {},
    ],
  ])("%s", (_, job, expected) => {
    expect(settingsOf(job, "api")).toEqual(expected);
  });

  test("have references to secrets, and no secrets", () => {
    const cluster = (password: string, key = "fs.azure.account.key.x"): object => ({
      new_cluster: {
        docker_image: { url: "u", basic_auth: { username: "maria", password } },
        spark_conf: { [key]: password, "spark.speculation": "true" },
        spark_env_vars: { DB_PASSWORD: "{{secrets/db/password}}", API_TOKEN: "${var.token}" },
      },
    });
    const of = (password: string): Settings =>
      settingsOf({ tasks: [{ task_key: "run", ...cluster(password) }] }, "api");
    const text = JSON.stringify(of("hunter2"));
    expect(text).not.toContain("hunter2");
    expect(text).toContain("maria");
    expect(text).toContain("{{secrets/db/password}}");
    expect(text).toContain("${var.token}");
    expect(text).toContain('"spark.speculation":"true"');
    expect(of("hunter2")).toEqual(of("hunter2"));
    expect(of("hunter2")).not.toEqual(of("hunter3"));
  });

  test("have what another place says of the job", () => {
    const access = { access_control_list: [{ permission_level: "CAN_VIEW", group_name: "users" }] };
    expect(settingsOf({ permissions: [{ level: "CAN_VIEW" }] }, "api", access)).toEqual(access);
  });
});

describe("settings of Terraform", () => {
  test.each<[string, object, object]>([
    [
      "blocks are objects or lists, by the names of the Jobs API",
      {
        environment: { environment_key: "default", spec: [{ environment_version: "4" }] },
        job_cluster: [{ job_cluster_key: "big", new_cluster: [{ num_workers: 2 }] }],
        parameter: [{ name: "day", default: "1" }],
        git_source: [{ url: "https://x/y", branch: "main", provider: "gitHub" }],
        task: {
          task_key: "each",
          for_each_task: [
            {
              inputs: "[1]",
              task: [{ task_key: "body", library: { pypi: [{ package: "x" }] } }],
            },
          ],
          depends_on: { task_key: "a" },
        },
      },
      {
        environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
        job_clusters: [{ job_cluster_key: "big", new_cluster: { num_workers: 2 } }],
        parameters: [{ name: "day", default: "1" }],
        git_source: { git_url: "https://x/y", git_branch: "main", git_provider: "gitHub" },
        tasks: [
          {
            task_key: "each",
            for_each_task: {
              inputs: "[1]",
              task: { task_key: "body", libraries: [{ pypi: { package: "x" } }] },
            },
            depends_on: [{ task_key: "a" }],
          },
        ],
      },
    ],
    [
      "arguments of Terraform itself are not the job's",
      {
        "//": {},
        count: 1,
        depends_on: ["a.b"],
        provider: "x",
        timeouts: { create: "1m" },
        id: "7",
      },
      {},
    ],
    [
      "dynamic blocks are blocks, beside what they repeat",
      {
        environment: { environment_key: "a" },
        dynamic: {
          environment: [{ for_each: ["b"], content: { environment_key: "${environment.value}" } }],
          task: { for_each: "${var.t}", content: { task_key: "t", notebook_task: {} } },
        },
      },
      {
        environments: [{ environment_key: "${environment.value}" }, { environment_key: "a" }],
        tasks: [{ task_key: "t", notebook_task: {} }],
        dynamic: { environments: { for_each: ["b"] }, tasks: { for_each: "${var.t}" } },
      },
    ],
    [
      "what the provider fills in is not known, and nobody has written it",
      {
        run_as: UNKNOWN_VALUE,
        task: { task_key: "t", retry_on_timeout: UNKNOWN_VALUE, max_retries: UNKNOWN_VALUE },
      },
      { tasks: [{ task_key: "t", max_retries: UNKNOWN_VALUE }] },
    ],
  ])("%s", (_, job, expected) => {
    expect(settingsOf(job, "terraform")).toEqual({ ...NO_QUEUE, ...expected });
  });
});

const first = ({ jobs }: JobGraph): Settings => jobs[0]?.settings ?? {};

describe("settings of a source", () => {
  test("have, of a bundle, paths from its folder, presets and everybody's permissions", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "resources"));
    writeFileSync(
      join(folder, "databricks.yml"),
      "bundle: {name: load}\ninclude: [resources/*.yml]\npermissions: [{level: CAN_RUN, group_name: ops}]\nsync: {paths: [.]}\n",
    );
    writeFileSync(
      join(folder, "resources", "load.yml"),
      JSON.stringify({
        resources: {
          jobs: {
            load: {
              permissions: [{ level: "IS_OWNER", user_name: "maria" }],
              environments: [
                {
                  environment_key: "e",
                  spec: { dependencies: ["../dist/load.whl", "requests==2.0"] },
                },
              ],
              tasks: [
                { task_key: "a", notebook_task: { notebook_path: "../src/a.py" } },
                { task_key: "b", sql_task: { file: { path: "../b.sql" }, warehouse_id: "w" } },
                { task_key: "c", sql_task: { file: { path: "/Shared/c.sql" }, warehouse_id: "w" } },
                { task_key: "d", dbt_task: { project_directory: "../", commands: ["dbt run"] } },
                { task_key: "e", spark_python_task: { python_file: "s3://x/e.py" } },
                { task_key: "f", spark_python_task: { python_file: "x.py", source: "GIT" } },
                {
                  task_key: "g",
                  spark_python_task: { python_file: "${workspace.file_path}/src/g.py" },
                },
                { task_key: "h", libraries: [{ whl: "../dist/*.whl" }] },
              ],
            },
          },
        },
      }),
    );
    const [graph] = readBundle(join(folder, "databricks.yml")).graphs;
    if (graph === undefined) throw new Error("nothing was read");
    const { tasks, ...job } = first(graph);
    expect(job).toEqual({
      access_control_list: [
        { group_name: "ops", permission_level: "CAN_MANAGE_RUN" },
        { permission_level: "IS_OWNER", user_name: "maria" },
      ],
      environments: [
        { environment_key: "e", spec: { dependencies: ["dist/load.whl", "requests==2.0"] } },
      ],
    });
    const paths = (tasks as Settings[]).map(
      (task) =>
        textAt(task, "notebook_task", "notebook_path") ??
        textAt(task, "sql_task", "file", "path") ??
        textAt(task, "dbt_task", "project_directory") ??
        textAt(task, "spark_python_task", "python_file") ??
        JSON.stringify(task.libraries),
    );
    expect(paths).toEqual([
      "src/a.py",
      "b.sql",
      "/Shared/c.sql",
      ".",
      "s3://x/e.py",
      "x.py",
      "src/g.py",
      '[{"whl":"dist/*.whl"}]',
    ]);
  });

  test("have, of a plan, masked secrets, and references as somebody would write them", () => {
    const job = (name: string, values: object, more: object = {}): object => ({
      address: `databricks_job.${name}`,
      mode: "managed",
      type: "databricks_job",
      name,
      values: { name, ...values },
      sensitive_values: {},
      ...more,
    });
    const reading = readTerraformJson(
      {
        format_version: "1.2",
        planned_values: {
          root_module: {
            resources: [
              job(
                "load",
                {
                  parameter: [{ name: "token", default: "hunter2" }],
                  email_notifications: [],
                  task: [{ task_key: "t", run_job_task: [{}], timeout_seconds: null }],
                },
                { sensitive_values: { parameter: [{ default: true }] } },
              ),
              job("seed", {}),
            ],
          },
        },
        resource_changes: [
          {
            address: "databricks_job.load",
            change: { after_unknown: { id: true, task: [{ run_job_task: [{ job_id: true }] }] } },
          },
        ],
        configuration: {
          root_module: {
            resources: [
              {
                type: "databricks_job",
                name: "load",
                expressions: {
                  task: [
                    {
                      task_key: { constant_value: "t" },
                      run_job_task: [{ job_id: { references: ["databricks_job.seed.id"] } }],
                    },
                  ],
                },
              },
            ],
          },
        },
      },
      "plan.json",
    );
    const [graph] = reading.graphs;
    expect(graph && first(graph)).toEqual({
      ...NO_QUEUE,
      name: "load",
      parameters: [{ name: "token", default: "${sensitive}" }],
      tasks: [{ task_key: "t", run_job_task: { job_id: "${databricks_job.seed.id}" } }],
    });
  });

  test("have, of a workspace, what the Jobs API gives", () => {
    const [graph] = readWorkspaceJobs("https://x", [
      {
        job_id: 1,
        settings: { name: "load", format: "MULTI_TASK", tasks: [{ task_key: "a", sql_task: {} }] },
      },
    ]).graphs;
    expect(graph && first(graph)).toEqual({
      name: "load",
      tasks: [{ task_key: "a", sql_task: {} }],
    });
  });
});
