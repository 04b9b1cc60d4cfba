import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import * as fc from "fast-check";
import { bundleFile, readBundle } from "../../../../src/core/readers/bundle/read-bundle";
import type { JobSpec } from "@jobstrata/cdktf";
import type { Reading } from "../../../../src/core/readers/reading";
import { expectLinear } from "../../../support/growth";
import { tempFolder } from "../../../support/policy";

type Files = Readonly<Record<string, string | Buffer>>;

function write(files: Files, folder = tempFolder()): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

function read(files: Files, targets: string[] = [], env: Record<string, string> = {}): Reading {
  const folder = write(files);
  const [root = ""] = Object.keys(files);
  return readBundle(join(folder, root), { targets, env });
}

/** A job of a bundle of one file, without problems. */
function jobOf(yaml: string, key = "seed", target?: string, env?: Record<string, string>): JobSpec {
  const reading = read({ "databricks.yml": yaml }, target === undefined ? [] : [target], env);
  expect(problemsOf(reading)).toEqual([]);
  const job = reading.graphs[0]?.jobs.find((each) => each.key === key);
  if (job === undefined) throw new Error(`there is no job ${key}`);
  return job;
}

/** What is wrong, without the folder. The files of most tasks here are not there, which is tested elsewhere. */
function problemsOf({ problems }: Reading): string[] {
  const others = problems.filter(({ rule = "" }) => !["notebook-file", "task-file"].includes(rule));
  return others.map(({ severity, message, location }) => {
    const { file = "", line } = location ?? {};
    const place = [file.split("/").at(-1), line].filter((part) => part !== undefined).join(":");
    return `${severity} ${place}: ${message.replaceAll(/"(?:[^"]*\/)?([^"/]+)"/g, '"$1"')}`;
  });
}

const JOB = `resources:
  jobs:
    seed:
      name: Seed
      tasks:
        - task_key: seed
          notebook_task:
            notebook_path: ./seed.py
`;

describe("a job of a bundle", () => {
  test("has everything that the rules ask for", () => {
    const job = jobOf(`resources:
  jobs:
    seed:
      name: Seed
      description: Seeds all alerts
      tags: {job_level: atomic, priority: 1, critical: true}
      environments:
        - environment_key: default
          spec: {environment_version: "4"}
        - environment_key: old
          spec: {client: "2"}
      parameters:
        - {name: catalog, default: main}
      job_clusters: [{job_cluster_key: main}]
      max_concurrent_runs: 2
      timeout_seconds: 3600
      schedule: {quartz_cron_expression: "0 0 6 * * ?", timezone_id: UTC, pause_status: PAUSED}
      email_notifications: {on_failure: [a@example.com, b@example.com]}
      run_as: {service_principal_name: 6c1e}
      permissions: [{group_name: data, level: CAN_VIEW}, {user_name: ada@example.com, level: IS_OWNER}]
      tasks:
        - task_key: seed
          environment_key: default
          max_retries: 2
          notebook_task: {notebook_path: ./seed.py, base_parameters: {day: 1}}
        - task_key: each
          depends_on: [{task_key: seed}]
          for_each_task:
            inputs: '[1, 2]'
            concurrency: 2
            task:
              task_key: inner
              run_job_task: {job_id: "\${resources.jobs.seed.id}"}
`);
    expect(job).toMatchObject({
      id: "resources.jobs.seed",
      key: "seed",
      stack: "bundle",
      name: "Seed",
      description: "Seeds all alerts",
      tags: { job_level: "atomic", priority: "1", critical: "true" },
      environments: [
        { key: "default", version: "4" },
        { key: "old", version: "2" },
      ],
      parameters: [{ name: "catalog", default: "main" }],
      jobClusterKeys: ["main"],
      maxConcurrentRuns: 2,
      timeoutSeconds: 3600,
      triggers: [{ kind: "schedule", detail: "0 0 6 * * ? (UTC)", paused: true }],
      notifications: [
        {
          event: "on_failure",
          channel: "email",
          count: 2,
          to: ["a@example.com", "b@example.com"],
        },
      ],
      runAs: { servicePrincipal: "6c1e" },
      owner: { user: "ada@example.com" },
      hasPermissions: true,
      tasks: [
        {
          taskKey: "seed",
          types: ["notebook_task"],
          environmentKey: "default",
          maxRetries: 2,
          parameters: { day: "1" },
          notebook: { file: { exists: false } },
        },
        {
          taskKey: "each",
          dependsOn: ["seed"],
          types: ["for_each_task"],
          forEachInputs: "[1, 2]",
          forEachConcurrency: 2,
          forEach: { taskKey: "inner", runJob: { kind: "job", id: "resources.jobs.seed" } },
        },
      ],
    });
  });

  test("and each of its tasks says file, line and column, whatever the line breaks", () => {
    const yaml = `resources:\n  jobs:\n    seed:\n      tasks:\n        - task_key: a\n          notebook_task: {notebook_path: a}\n        - task_key: b\n`;
    for (const text of [yaml, yaml.replaceAll("\n", "\r\n"), `\uFEFF${yaml}`]) {
      const job = jobOf(text);
      expect(job.source).toMatchObject({ line: 3, column: 5 });
      expect(job.source?.file).toMatch(/databricks\.yml$/);
      expect(job.tasks.map(({ source }) => source?.line)).toEqual([5, 7]);
    }
  });

  test.each([
    "spark_python_task: {python_file: /Shared/x.py}",
    "spark_jar_task: {main_class_name: x}",
    "python_wheel_task: {package_name: x, entry_point: y}",
    "sql_task: {warehouse_id: x, query: {query_id: y}}",
    "dbt_task: {commands: [dbt run]}",
    "pipeline_task: {pipeline_id: x}",
    "condition_task: {left: 1, op: EQUAL_TO, right: 1}",
    "dashboard_task: {dashboard_id: x}",
    "clean_rooms_notebook_task: {clean_room_name: x, notebook_name: y}",
  ])("may have a %s", (type) => {
    const yaml = `resources:\n  jobs:\n    seed:\n      tasks:\n        - task_key: a\n          ${type}\n`;
    expect(jobOf(yaml).tasks[0]?.types).toEqual([type.replace(/:.*/, "")]);
  });

  test.each([
    ["${resources.jobs.seed.id}", { kind: "job", id: "resources.jobs.seed" }],
    ["${resources.jobs.gone.id}", { kind: "missing", expression: "${resources.jobs.gone.id}" }],
    ["123", { kind: "literal", jobId: "123" }],
    ["${var.shared_job}", { kind: "external", expression: "${var.shared_job}", name: "Shared" }],
    ["${var.plain}", { kind: "literal", jobId: "42" }],
    ["${var.nothing}", { kind: "opaque", expression: "${var.nothing}" }],
  ])("refers to %s", (expression, expected) => {
    const job = jobOf(`variables:
  shared_job: {lookup: {job: Shared}}
  plain: {default: 42}
  nothing: {description: given when it is deployed}
resources:
  jobs:
    seed:
      tasks: [{task_key: a, run_job_task: {job_id: "${expression}"}}]
`);
    expect(job.tasks[0]?.runJob).toEqual(expected);
  });
});

describe("targets", () => {
  const YAML = `targets:
  dev:
    default: true
    resources:
      jobs:
        seed:
          max_concurrent_runs: 3
          tags: {owner: dev}
          parameters: [{name: catalog, default: dev}, {name: added, default: x}]
          environments: [{environment_key: default, spec: {environment_version: "4"}}]
          job_clusters: [{job_cluster_key: main, new_cluster: {num_workers: 1}}]
          tasks:
            - task_key: b
              max_retries: 5
            - task_key: c
              notebook_task: {notebook_path: ./c.py}
        only_dev:
          tasks: [{task_key: a, notebook_task: {notebook_path: ./d.py}}]
  prod: {}
resources:
  jobs:
    seed:
      tags: {job_level: atomic, owner: all}
      parameters: [{name: catalog, default: main}]
      environments: [{environment_key: default, spec: {environment_version: "2"}}]
      job_clusters: [{job_cluster_key: main, new_cluster: {spark_version: "16"}}]
      tasks:
        - task_key: a
          notebook_task: {notebook_path: ./a.py}
        - task_key: b
          max_retries: 1
          notebook_task: {notebook_path: ./b.py}
`;

  test("change the job as the Databricks CLI merges them: by task_key, by name, by key", () => {
    const reading = read({ "databricks.yml": YAML }, ["dev"]);
    expect(problemsOf(reading)).toEqual([
      'warning databricks.yml:10: the Databricks CLI does not merge environments, so the job would get two with the key "default"',
    ]);
    expect(reading.graphs[0]?.jobs[0]).toMatchObject({
      maxConcurrentRuns: 3,
      tags: { job_level: "atomic", owner: "dev" },
      parameters: [
        { name: "catalog", default: "dev" },
        { name: "added", default: "x" },
      ],
      environments: [{ key: "default", version: "4" }],
      jobClusterKeys: ["main"],
      tasks: [
        { taskKey: "a" },
        { taskKey: "b", maxRetries: 5, notebook: { file: { exists: false } } },
        { taskKey: "c" },
      ],
    });
    expect(jobOf(YAML, "seed", "prod")).toMatchObject({
      tags: { owner: "all" },
      environments: [{ key: "default", version: "2" }],
      tasks: [{ taskKey: "a" }, { taskKey: "b", maxRetries: 1 }],
    });
  });

  test("are all read, each with its own jobs, unless some are chosen", () => {
    const all = read({ "databricks.yml": YAML });
    expect(
      all.graphs.map(({ environment, jobs }) => [environment, jobs.map(({ key }) => key)]),
    ).toEqual([
      ["dev", ["seed", "only_dev"]],
      ["prod", ["seed"]],
    ]);
    const some = read({ "databricks.yml": YAML }, ["prod"]);
    expect(some.graphs.map(({ environment }) => environment)).toEqual(["prod"]);
  });

  test("apply to variable keys and complex values of variables", () => {
    const job = jobOf(`variables:
  main: {default: main}
  cluster: {type: complex, default: {num_workers: 1}}
targets:
  dev:
    resources:
      jobs:
        seed:
          job_clusters: [{job_cluster_key: "\${var.main}", new_cluster: "\${var.cluster}"}]
          tasks: [{task_key: "\${var.main}", max_retries: 5}]
resources:
  jobs:
    seed:
      job_clusters: [{job_cluster_key: main, new_cluster: {spark_version: "16"}}]
      tasks: [{task_key: main, job_cluster_key: main, notebook_task: {notebook_path: ./a.py}}]
`);
    expect(job.jobClusterKeys).toEqual(["main"]);
    expect(job.tasks).toMatchObject([{ taskKey: "main", maxRetries: 5, jobClusterKey: "main" }]);
  });

  test("change only the merged part of a bundle", () => {
    const yaml = `run_as: {user_name: somebody}
targets:
  dev:
    run_as: {service_principal_name: 6c1e}
    permissions: [{level: CAN_VIEW, group_name: data}]
resources:
  jobs:
    seed: {tasks: [{task_key: a, notebook_task: {notebook_path: ./a.py}}]}
`;
    expect(jobOf(yaml)).toMatchObject({
      runAs: { servicePrincipal: "6c1e" },
      hasPermissions: true,
    });
    expect(jobOf(yaml).runAs).not.toHaveProperty("user");
  });

  test("that put one kind of value on another are refused, as nothing is known of the outcome", () => {
    const reading = read({
      "databricks.yml": `variables:
  tasks: {type: complex, default: [{task_key: a, notebook_task: {notebook_path: ./a.py}}]}
targets:
  dev: {resources: {jobs: {seed: {tasks: [{task_key: a, max_retries: 1}]}}}}
resources:
  jobs:
    seed: {tasks: "\${var.tasks}"}
`,
    });
    expect(problemsOf(reading)).toEqual([
      "error databricks.yml:4: targets.dev.resources.jobs.seed.tasks is a single value and cannot be overridden by a list",
    ]);
  });

  test("may be called environments, as once", () => {
    const yaml = `environments: {dev: {mode: development}, prod: {}}\n${JOB}`;
    const reading = read({ "databricks.yml": yaml });
    const { graphs } = reading;
    expect(problemsOf(reading)).toEqual([]);
    expect(graphs.map(({ environment, target }) => [environment, target?.mode])).toEqual([
      ["dev", "development"],
      ["prod", undefined],
    ]);
    expect(problemsOf(read({ "databricks.yml": `targets: {qa: {}}\n${yaml}` }))).toEqual([
      "error databricks.yml:2: there are both targets and environments",
    ]);
  });

  test("that do not exist are refused with the existing ones", () => {
    expect(() => read({ "databricks.yml": YAML }, ["prd"])).toThrow(
      /has no target "prd" \(did you mean "prod"\?\); it has "dev", "prod"$/,
    );
  });

  test("development mode and presets change names, tags, triggers and concurrency", () => {
    const yaml = `targets:
  dev: {mode: development}
  qa:
    presets: {name_prefix: "[\${bundle.target}] ", tags: {team: data}, trigger_pause_status: PAUSED, jobs_max_concurrent_runs: 7}
  prod: {mode: production, run_as: {service_principal_name: 6c1e}}
resources:
  jobs:
    seed:
      name: Seed
      tags: {team: own}
      schedule: {quartz_cron_expression: "0 0 6 * * ?", timezone_id: UTC}
      tasks: [{task_key: a, notebook_task: {notebook_path: ./a.py}}]
`;
    expect(jobOf(yaml, "seed", "dev")).toMatchObject({
      name: "[dev ${workspace.current_user.short_name}] Seed",
      tags: { dev: "${workspace.current_user.short_name}", team: "own" },
      maxConcurrentRuns: 4,
      triggers: [{ paused: true }],
    });
    const empty = yaml.replace(
      "{mode: development}",
      '{mode: development, presets: {name_prefix: "", jobs_max_concurrent_runs: 0}}',
    );
    expect(jobOf(empty, "seed", "dev")).toMatchObject({
      name: "[dev ${workspace.current_user.short_name}] Seed",
      maxConcurrentRuns: 4,
    });
    expect(jobOf(yaml, "seed", "qa")).toMatchObject({
      name: "[qa] Seed",
      tags: { team: "own" },
      maxConcurrentRuns: 7,
      triggers: [{ paused: true }],
    });
    expect(jobOf(yaml, "seed", "prod")).toMatchObject({
      name: "Seed",
      triggers: [{ paused: false }],
      runAs: { servicePrincipal: "6c1e" },
    });
  });
});

describe("what the Databricks CLI refuses of a target", () => {
  const PAUSE = "presets: {trigger_pause_status: UNPAUSED}";
  const NEITHER = "run_as has neither user_name nor service_principal_name";
  test.each<[string, string, string[]]>([
    [
      "triggers that run in development mode",
      `targets:\n  dev: {mode: development, ${PAUSE}}\n  prod: {mode: production, ${PAUSE}}`,
      [
        'error databricks.yml:2: trigger_pause_status of presets is UNPAUSED in target "dev", whose mode is development',
      ],
    ],
    [
      "the same for all targets",
      `${PAUSE}\ntargets:\n  dev: {mode: development}\n  prod: {mode: production}`,
      [
        'error databricks.yml:1: trigger_pause_status of presets is UNPAUSED in target "dev", whose mode is development',
      ],
    ],
    [
      "an unknown status",
      "presets: {trigger_pause_status: paused}",
      ['error databricks.yml:1: trigger_pause_status of presets is "paused"'],
    ],
    ["a run_as without value", "run_as:", [`error databricks.yml:1: ${NEITHER}`]],
    ["an empty run_as", "run_as: {}", [`error databricks.yml:1: ${NEITHER}`]],
    ["empty names", "run_as: {user_name: ''}", [`error databricks.yml:1: ${NEITHER}`]],
    [
      "a name from an empty variable",
      "variables: {who: {default: ''}}\nrun_as: {user_name: '${var.who}'}",
      [`error databricks.yml:2: ${NEITHER}`],
    ],
    [
      "an empty run_as of a target",
      "run_as: {user_name: ada}\ntargets:\n  dev: {}\n  prod: {run_as: {}}",
      [`error databricks.yml:4: ${NEITHER}`],
    ],
    ["nothing of the legacy run_as", "experimental: {use_legacy_run_as: true}\nrun_as: {}", []],
    [
      "no name given at deployment",
      "variables: {who: {description: x}}\nrun_as: {user_name: '${var.who}'}",
      [],
    ],
  ])("%s", (_, yaml, expected) => {
    expect(problemsOf(read({ "databricks.yml": `${yaml}\n${JOB}` }))).toEqual(expected);
  });

  test("two names in a run_as, although each job has its own", () => {
    const own = JOB.replace("name: Seed", "run_as: {user_name: ada}");
    const yaml = `run_as: {user_name: ada, service_principal_name: 6c1e}\n${own}`;
    expect(problemsOf(read({ "databricks.yml": yaml }))).toEqual([
      "error databricks.yml:1: run_as has both user_name and service_principal_name",
    ]);
  });
});

describe("variables", () => {
  const yaml = (name: string): string => `bundle: {name: health}
variables:
  catalog: {default: main}
  schema: {default: "\${var.catalog}_gold"}
  cluster: {type: complex, default: {spark: {version: 16}, sizes: [1, 2]}}
workspace: {root_path: /Workspace/x}
targets:
  dev: {variables: {catalog: dev}}
  prod: {variables: {catalog: {default: prod}}}
resources:
  jobs:
    seed:
      name: "${name}"
      tasks: [{task_key: a, notebook_task: {notebook_path: ./a.py}}]
`;
  test.each([
    ["${var.catalog}", "prod", "prod"],
    ["${var.catalog}", "dev", "dev"],
    ["[${bundle.target}] ${bundle.name} ${var.schema}", "dev", "[dev] health dev_gold"],
    ["${var.cluster.spark.version}-${var.cluster.sizes[1]}", "dev", "16-2"],
    ["${workspace.root_path}/y", "dev", "/Workspace/x/y"],
    ["${workspace.current_user.userName}", "dev", "${workspace.current_user.userName}"],
    ["${resources.pipelines.x.id}", "dev", "${resources.pipelines.x.id}"],
    ["$${var.catalog} ${ var.catalog }", "dev", "$dev ${ var.catalog }"],
  ])("%s is, in %s, %s", (name, target, expected) => {
    expect(jobOf(yaml(name), "seed", target === "prod" ? "prod" : "dev").name).toBe(expected);
  });

  test("of the environment win", () => {
    const env = { BUNDLE_VAR_catalog: "mine" };
    expect(jobOf(yaml("${var.schema}"), "seed", "dev", env).name).toBe("mine_gold");
  });

  const YAML = `bundle: {name: health}
variables:
  size: {default: small}
  schema_small: {default: tiny}
  cluster: {type: complex, default: {spark: 16, pool: old}}
  list: {type: complex, default: [a]}
  pool: {lookup: {instance_pool: Main}}
  policy: {default: none}
  größe: {default: 5}
targets:
  dev:
    mode: development
    presets: {name_prefix: "-"}
    workspace: {root_path: "~/x"}
    variables:
      cluster: {spark: 17}
      list: [b, c]
      pool: 0815
      policy: {lookup: {cluster_policy: Main}}
resources: {jobs: {seed: {name: "NAME", tasks: [{task_key: a, notebook_task: {notebook_path: ./a.py}}]}}}
`;
  test.each([
    [
      "a complex value is replaced, not merged",
      "${var.cluster.spark} ${var.cluster.pool}",
      "17 ${var.cluster.pool}",
    ],
    ["a list is replaced", "${var.list[0]}", "b"],
    ["a value takes the place of a lookup", "${var.pool}", "815"],
    ["a lookup takes the place of a value", "${var.policy}", "${var.policy}"],
    ["the long form", "${variables.cluster.value.spark}", "17"],
    ["a reference inside of a reference", "${var.schema_${var.size}}", "tiny"],
    ["letters of any alphabet", "${var.größe}", "5"],
    ["the mode", "${bundle.mode}", "development"],
    [
      "paths",
      "${workspace.file_path}",
      "/Workspace/Users/${workspace.current_user.userName}/x/files",
    ],
  ])("%s", (_, name, expected) => {
    expect(jobOf(YAML.replace("NAME", name)).name).toBe(`-${expected}`);
  });

  test.each([
    ["a field of a job", "${resources.jobs.other.git_source.git_branch}", "main"],
    ["the same in Terraform's words", "${resources.jobs.other.git_source[0].branch}", "main"],
    ["blocks of Terraform", "${resources.jobs.other.task[0].library[0].whl}", "/x.whl"],
    ["the name of a job", "${resources.jobs.other.name}", "Other"],
    ["what the deployment makes", "${resources.jobs.other.id}", "${resources.jobs.other.id}"],
    ["a field that nothing has", "${resources.jobs.other.tag}", "${resources.jobs.other.tag}"],
  ])("name %s", (_, reference, expected) => {
    expect(jobOf(withOther(reference)).description).toBe(expected);
  });

  test("name no name that gets a prefix when it is deployed", () => {
    const text = withOther("${resources.jobs.other.name}");
    for (const target of ["mode: development", 'presets: {name_prefix: "x "}'])
      expect(jobOf(`${text}targets: {dev: {${target}}}\n`).description).toBe(
        "${resources.jobs.other.name}",
      );
  });

  test("that only a target knows are refused", () => {
    expect(
      problemsOf(read({ "databricks.yml": `targets: {dev: {variables: {day: 1}}}\n${JOB}` })),
    ).toEqual([
      'error databricks.yml:1: targets.dev gives a value to variable "day", which the bundle does not declare',
    ]);
  });

  test("of a file beside the bundle win over defaults, for their target alone", () => {
    const files = {
      "databricks.yml": yaml("${var.catalog}"),
      ".databricks/bundle/dev/variable-overrides.json": '{"catalog": "mine"}',
    };
    const names = read(files).graphs.map(({ jobs }) => jobs[0]?.name);
    expect(names).toEqual(["mine", "prod"]);
    expect(read(files, ["dev"], { BUNDLE_VAR_catalog: "env" }).graphs[0]?.jobs[0]?.name).toBe(
      "env",
    );
    const broken = { ...files, ".databricks/bundle/dev/variable-overrides.json": "{" };
    expect(problemsOf(read(broken))).toEqual([
      expect.stringMatching(/^error variable-overrides\.json:1: this is not YAML/),
    ]);
  });

  test("that nobody declares are reported once for all targets", () => {
    expect(problemsOf(read({ "databricks.yml": yaml("${var.catlog}") }))).toEqual([
      'error databricks.yml:13: ${var.catlog} is not a variable of the bundle (did you mean "catalog"?)',
    ]);
  });

  test.each(["${aaaa", "${a-b_c", "${var.aaaa"])(
    "references that do not end are read in linear time: %s",
    (start) => {
      expectLinear((size) => {
        const name = `${start}${"a".repeat(size)}!`;
        return () => {
          expect(jobOf(yaml(name)).name).toBe(name);
        };
      }, 10_000);
    },
  );

  test("do not grow without end", () => {
    const doubling = Array.from(
      { length: 40 },
      (_, at) => `  v${at}: {default: "\${var.v${at + 1}}\${var.v${at + 1}}"}\n`,
    ).join("");
    const text = `variables:\n${doubling}  v40: {default: xx}\n${JOB.replace("Seed", '"${var.v0}"')}`;
    expect(jobOf(text).name?.length).toBeLessThan(1_000_000);
  });
});

describe("files", () => {
  test("that include names are put together; paths are relative to their file", () => {
    const reading = read({
      "databricks.yml": "include: [resources/*.yml, resources/**/*.json, more.yaml]\n",
      "resources/a.yml": JOB.replace("seed:", "a:"),
      "resources/deep/b.json": JSON.stringify({
        resources: {
          jobs: {
            b: { tasks: [{ task_key: "x", notebook_task: { notebook_path: "../../seed.py" } }] },
          },
        },
      }),
      "more.yaml": JOB.replace("seed:", "c:"),
      "not-included.yml": JOB.replace("seed:", "d:"),
      "seed.py": "dbutils.widgets.get('catalog')",
    });
    expect(problemsOf(reading)).toEqual([
      'warning not-included.yml:1: nothing in "not-included.yml" is deployed, as no include finds it: resources.jobs.d',
    ]);
    const jobs = reading.graphs[0]?.jobs ?? [];
    expect(
      jobs.map(({ key, source, tasks }) => [
        key,
        source?.file.split("/").at(-1),
        tasks[0]?.notebook?.file?.exists,
      ]),
    ).toEqual([
      ["a", "a.yml", false],
      ["b", "b.json", true],
      ["c", "more.yaml", true],
    ]);
    expect(jobs[1]?.tasks[0]?.notebook?.identity).toBe(jobs[2]?.tasks[0]?.notebook?.identity);
    expect(jobs[2]?.tasks[0]?.notebook?.file?.widgets?.reads).toEqual(["catalog"]);
  });

  test("anchors, aliases and merge keys", () => {
    const job = jobOf(`common: &common
  max_retries: 2
  timeout_seconds: 60
resources:
  jobs:
    seed:
      environments: &environments [{environment_key: default}]
      tasks:
        - <<: *common
          task_key: a
          timeout_seconds: 5
          notebook_task: {notebook_path: ./a.py}
        - <<: [*common, {environment_key: default}]
          task_key: b
          notebook_task: {notebook_path: ./b.py}
    other:
      environments: *environments
      tasks: []
`);
    expect(job.tasks).toMatchObject([
      { taskKey: "a", maxRetries: 2, timeoutSeconds: 5 },
      { taskKey: "b", maxRetries: 2, timeoutSeconds: 60, environmentKey: "default" },
    ]);
  });

  test("of several maps merged the last counts, and null is a value, as to the Databricks CLI", () => {
    const job = jobOf(`one: &one {max_retries: 1, environment_key: one}
two: &two {max_retries: 2}
resources:
  jobs:
    seed:
      tasks:
        - <<: [*one, *two]
          task_key: a
          environment_key: null
`);
    expect(job.tasks[0]).toMatchObject({ taskKey: "a", maxRetries: 2 });
    expect(job.tasks[0]?.environmentKey).toBeUndefined();
  });

  test("notebooks in the workspace, in git and below the uploaded files", () => {
    const yaml = (path: string, more = ""): string =>
      `resources:\n  jobs:\n    seed:\n      tasks: [{task_key: a, notebook_task: {notebook_path: "${path}"}}]\n${more}`;
    const identity = (path: string, more?: string): string | undefined =>
      jobOf(yaml(path, more)).tasks[0]?.notebook?.identity;
    expect(identity("/Workspace/Shared/seed")).toBe("workspace:/Shared/seed");
    expect(identity("${workspace.file_path}/seed.py")).toMatch(/^file:.*\/seed\.py$/);
    expect(identity("${workspace.root_path}/files/seed.py")).toMatch(/^file:.*\/seed\.py$/);
    const below = "workspace: {root_path: /Users/x/y}\n";
    expect(identity("/Workspace/Users/x/y/files/seed.py", below)).toMatch(/^file:.*\/seed\.py$/);
    expect(
      identity(
        "src/seed",
        "      git_source: {git_url: https://github.com/o/r, git_provider: gitHub, git_branch: main}\n",
      ),
    ).toBe("git:github.com/o/r:/src/seed");
  });

  test("the same job in two files is one too many", () => {
    const reading = read({
      "databricks.yml": "include: ['*.yaml']\n",
      "a.yaml": JOB,
      "b.yaml": JOB,
    });
    const [job] = reading.graphs[0]?.jobs ?? [];
    expect(job?.source?.file).toMatch(/a\.yaml$/);
    expect(job?.duplicates.map(({ source }) => source?.file.split("/").at(-1))).toEqual(["b.yaml"]);
  });

  test("jobs defined in Python are reported, not skipped", () => {
    for (const python of ["python: {resources: ['x:y']}", "experimental: {python: {}}"])
      expect(problemsOf(read({ "databricks.yml": `${python}\n${JOB}` }))).toEqual([
        expect.stringMatching(
          /^warning databricks\.yml:1: jobs that ".*python" defines in Python are not read/,
        ),
      ]);
  });

  test("a bundle is found by the names that the Databricks CLI knows", () => {
    for (const name of ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"])
      expect(relative("/", bundleFile(write({ [name]: JOB })) ?? "")).toContain(name);
    expect(bundleFile(write({ "other.yml": JOB }))).toBeUndefined();
    expect(bundleFile(join(tempFolder(), "gone"))).toBeUndefined();
  });
});

describe("what cannot be read is reported with its location, and the rest is read", () => {
  const broken = (content: string | Buffer): Reading =>
    read({
      "databricks.yml": "include: ['*.yaml']\n",
      "broken.yaml": content,
      "good.yaml": JOB,
    });

  const bomb = (): string => {
    let text = `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n`;
    for (let at = 1; at < 12; at++)
      text += `a${at}: &a${at} [${Array.from({ length: 10 }, () => `*a${at - 1}`).join(", ")}]\n`;
    return text;
  };

  test.each<[string, string | Buffer, RegExp]>([
    ["no YAML", "resources:\n  jobs: {\n", /broken\.yaml:3: this is not YAML: /],
    ["a tab", "resources:\n\tjobs: {}\n", /broken\.yaml:2: this is not YAML: /],
    ["an alias without anchor", "a: *b\n", /broken\.yaml:1: /],
    ["an alias of itself", "a: &a [*a]\n", /broken\.yaml:1: alias "a" has no anchor/],
    ["an alias bomb", bomb(), /broken\.yaml:\d+: there are more than 1000000 values/],
    [
      "two merges",
      "a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a\n",
      /broken\.yaml:4: key "<<" is written twice/,
    ],
    [
      "a merge of another value than a map",
      "a: {<<: 5}\n",
      /broken\.yaml:1: "<<" merges a value that is not a map/,
    ],
    ["deep nesting", `a: ${"[".repeat(50_000)}`, /broken\.yaml.*(?:nest|YAML)/],
    ["deep nesting that ends", `a: ${"[".repeat(200)}${"]".repeat(200)}`, /nest deeper than 100/],
    ["3 MB", `# ${"x".repeat(3 * 2 ** 20)}\n`, /more than the 2097152 that are read/],
    ["what is not UTF-8", Buffer.from([0x61, 0x3a, 0xff, 0xfe]), /the file is not UTF-8/],
    ["UTF-16", Buffer.from("\uFEFFa: b", "utf16le"), /the file is not UTF-8/],
    ["a list", "- a\n", /broken\.yaml:1: the file must hold a map/],
    ["two documents", "a: 1\n---\nb: 2\n", /broken\.yaml/],
  ])("%s", (_, content, expected) => {
    const reading = broken(content);
    expect(problemsOf(reading)[0]).toMatch(expected);
    expect(reading.problems[0]?.severity).toBe("error");
    expect(reading.graphs[0]?.jobs.map(({ key }) => key)).toEqual(["seed"]);
  });

  test.each(["", "# nothing\n", "---\n", "null\n"])(
    "%j holds nothing, which is fine",
    (content) => {
      expect(problemsOf(broken(content))).toEqual([]);
    },
  );

  test("numbers and dates where text belongs are the text that the service gets", () => {
    const job = jobOf(`resources:
  jobs:
    seed:
      name: 2026-11-24
      tags: {"1": 2, yes: no}
      tasks: [{task_key: 7, environment_key: 4, notebook_task: {notebook_path: 12}}]
`);
    expect(job).toMatchObject({
      name: "2026-11-24",
      tags: { "1": "2", yes: "no" },
      tasks: [{ taskKey: "7", environmentKey: "4" }],
    });
  });

  test.each([
    ["../outside/*.yml", "outside/a.yml"],
    ["../outside/a.yml", "outside/a.yml"],
  ])("include %s leads out of the bundle", (include, outside) => {
    const folder = write({ "bundle/databricks.yml": `include: ["${include}"]\n`, [outside]: JOB });
    const reading = readBundle(join(folder, "bundle", "databricks.yml"));
    expect(problemsOf(reading)).toEqual([
      expect.stringMatching(/^error databricks\.yml:1: include .* leads out of the bundle/),
    ]);
    expect(reading.graphs[0]?.jobs).toEqual([]);
  });

  test("links: each file is read once, one out of the bundle is refused", () => {
    const folder = write({
      "bundle/databricks.yml": "include: ['*.yaml', '*/*/*/*.yaml']\n",
      "bundle/seed.yaml": JOB,
      "out.yaml": JOB,
    });
    const bundle = join(folder, "bundle");
    symlinkSync(bundle, join(bundle, "again"));
    symlinkSync("seed.yaml", join(bundle, "also.yaml"));
    const reading = readBundle(join(bundle, "databricks.yml"));
    expect(problemsOf(reading)).toEqual([]);
    expect(reading.graphs[0]?.jobs).toMatchObject([{ key: "seed", duplicates: [] }]);

    symlinkSync("../out.yaml", join(bundle, "link.yaml"));
    symlinkSync("loop.yaml", join(bundle, "loop.yaml"));
    symlinkSync("gone.txt", join(bundle, "to-nothing.yaml"));
    const problems = problemsOf(readBundle(join(bundle, "databricks.yml")));
    for (const problem of [
      'error databricks.yml:1: include "*.yaml" leads out of the bundle, which is in no git repository, to "link.yaml"',
      "error loop.yaml: the file cannot be read: too many symbolic links (ELOOP)",
      "error to-nothing.yaml: the file cannot be read: no such file or folder (ENOENT), a link to nothing",
    ])
      expect(problems).toContainEqual(problem);
  });

  test.each([
    ["include: x", 'include must be a list, not "x"'],
    ["include: [{a: 1}]", "an item of include must be text, not a map"],
    ["include: [gone.yml]", 'include names "gone.yml", which does not exist'],
    ["include: ['a[*.yml']", 'include names "a[*.yml", in which a [ is not closed'],
  ])("%s", (yaml, message) => {
    const problems = problemsOf(read({ "databricks.yml": `${yaml}\n${JOB}` }));
    expect(problems).toEqual([`error databricks.yml:1: ${message}`]);
  });

  test("an include in an included file is reported and not read", () => {
    const reading = read({
      "databricks.yml": "include: [a.yml]\n",
      "a.yml": `include: [b.yml]\n${JOB}`,
      "b.yml": JOB.replace("seed:", "other:"),
    });
    expect(problemsOf(reading)).toEqual([
      "warning a.yml:1: only the include of the bundle's own file counts",
      'warning b.yml:1: nothing in "b.yml" is deployed, as no include finds it: resources.jobs.other',
    ]);
    expect(reading.graphs[0]?.jobs).toHaveLength(1);
  });

  test("include finds nothing but files of YAML and JSON", () => {
    const reading = read({ "databricks.yml": "include: ['*']\n", "job.yml": JOB, "seed.py": "" });
    expect(problemsOf(reading)).toEqual([
      'error databricks.yml:1: include "*" finds "seed.py", which is not a .yml, .yaml or .json file',
    ]);
    expect(reading.graphs[0]?.jobs).toHaveLength(1);
  });

  test.each<[string, (size: number) => string]>([
    ["comments", (size) => `${"# jobstrata-ignore retries: later\n".repeat(size)}${JOB}`],
    [
      "slashes",
      (size) =>
        `${JOB}      git_source: {git_url: "https://x${"/".repeat(size * 10)}x", git_branch: main}\n`,
    ],
  ])("many %s are read in linear time", (_, textOf) => {
    expectLinear((size) => {
      const text = textOf(size);
      return () => {
        expect(JSON.stringify(read({ "databricks.yml": text }).graphs)).toContain("seed");
      };
    }, 4000);
  });

  test("more than 32 MiB of files are not read", () => {
    const filler = `# ${"x".repeat(2_000_000)}\n`;
    const files = Array.from({ length: 18 }, (_, at) => [`f${at}.yaml`, filler] as const);
    const reading = read({
      "databricks.yml": "include: ['*.yaml']\n",
      ...Object.fromEntries(files),
    });
    expect(problemsOf(reading)).toEqual([
      "error databricks.yml: the files of the bundle have more than 33554432 characters or 1500000 values",
    ]);
  });
});

describe("any files are read without an exception", () => {
  const names = fc.constantFrom(
    ...["resources", "jobs", "tasks", "targets", "variables", "include", "presets", "bundle"],
    ...["task_key", "notebook_task", "notebook_path", "run_job_task", "job_id", "for_each_task"],
    ...["environments", "parameters", "tags", "task", "default", "lookup", "mode", "python", "<<"],
    ...["__proto__", "constructor", "a", "b"],
  );
  const leaf = fc.oneof(
    fc.constantFrom("${var.a}", "${resources.jobs.a.id}", "*.yml", "..", "", "development"),
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(names, tie("value"), { maxKeys: 5 }),
    ),
  }));
  const folder = tempFolder();
  const file = join(folder, "databricks.yml");
  const reads = (text: string): void => {
    writeFileSync(file, text);
    const { graphs, problems } = readBundle(file);
    // Everything that is asked of a job later on.
    JSON.stringify([graphs.map(({ jobs }) => jobs), problems]);
  };

  test("values of any shape", () => {
    const jobs = fc.record({ resources: fc.record({ jobs: value }), targets: value });
    fc.assert(
      fc.property(fc.oneof(value, jobs), (content) => {
        reads(JSON.stringify(content));
      }),
      { numRuns: 300 },
    );
  });

  test("text with pieces of YAML", () => {
    const piece = fc.constantFrom(
      ...["resources:", "\n", "  ", "jobs:", "- ", "{", "}", "[", "]", "&a ", "*a", "<<: ", "|\n"],
      ...["'", '"', "#", ": ", "!!binary ", "? ", "---\n", "${", "\t", "\u0000", "é"],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (pieces) => {
        reads(pieces.join(""));
      }),
      { numRuns: 300 },
    );
  });
});

test("integers are exact, and are those that the Databricks CLI reads", () => {
  const withTag = (written: string): JobSpec =>
    jobOf(`resources: { jobs: { seed: { name: Seed, tags: { value: ${written} } } } }`);
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (id) => {
      expect(withTag(String(id)).tags).toEqual({ value: String(id) });
      const { tasks } = jobOf(
        `resources: { jobs: { seed: { tasks: [{ task_key: run, run_job_task: { job_id: ${id} } }] } } }`,
      );
      expect(tasks[0]?.settings).toEqual({ task_key: "run", run_job_task: { job_id: String(id) } });
    }),
    { numRuns: 50 },
  );
  const tagOf = (written: string): string | undefined => withTag(written).tags.value;
  expect(["1_000", "0x10", "0o17", "0b11", "017", "+60", "-1"].map(tagOf)).toEqual([
    "1000",
    "16",
    "15",
    "3",
    "17",
    "60",
    "-1",
  ]);
  expect(['"1_000"', "1__0", "_1", "1_"].map(tagOf)).toEqual(["1_000", "1__0", "_1", "1_"]);
});

test("a pattern of include may find files where it wants folders", () => {
  const reading = read({
    "databricks.yml": "bundle: { name: load }\ninclude: [apps/*/bundle.yml]",
    "apps/README.md": "",
    "apps/load/bundle.yml": "resources: { jobs: { seed: { name: Seed, tasks: [] } } }",
  });
  expect(problemsOf(reading)).toEqual([]);
  expect(reading.graphs[0]?.jobs.map(({ key }) => key)).toEqual(["seed"]);
});

/** A job whose description is a reference to another job. */
const withOther = (reference: string): string => `resources:
  jobs:
    seed: {name: Seed, description: "${reference}"}
    other:
      name: Other
      git_source: {git_branch: main, git_url: "https://example.com/x", git_provider: gitHub}
      tasks:
        - task_key: a
          libraries: [{whl: /x.whl}]
          notebook_task: {notebook_path: /Shared/x}
`;
