import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckReport } from "../../../src/core/model/check-report";
import { check } from "../../../src/core/policy/check";
import { RULES } from "../../../src/core/policy/rules";
import { startProvider } from "../../../src/local/provider";
import { JOB_SCHEMA, type Shape } from "../../../src/core/model/job-schema";
import { readBundle } from "../../../src/core/readers/bundle/read-bundle";
import type { Reading } from "../../../src/core/readers/reading";
import { readSynthesized } from "../../../src/core/readers/cdktf/output";
import { readTerraformJson } from "../../../src/core/readers/terraform/plan-or-state";
import { readWorkspaceJobs } from "../../../src/core/readers/workspace/jobs";
import { tokenLogin, WorkspaceHttp } from "../../../src/run/http";
import { type ApiJob, JobsClient } from "../../../src/run/jobs-client";
import { startClient, stopAll } from "../../local/support";
import { CLIS, Folder } from "../../local/provider/terraform";
import { tempFolder } from "../../support/policy";

/** Settings of jobs as the Jobs API takes them, by key; `job_id` of a Run Job task names a key. */
type Hierarchy = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
interface Task {
  readonly run_job_task?: { readonly job_id: string };
}

const atomic = (key: string, notebook = key, more: object = {}): Record<string, unknown> => ({
  name: `[dev] ${key}`,
  tags: { job_level: "atomic", layer: "alerting", purpose: "setup" },
  environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
  parameters: [{ name: "catalog", default: "main" }],
  timeout_seconds: 3600,
  email_notifications: { on_failure: ["team@example.com"] },
  tasks: [
    {
      task_key: "run",
      environment_key: "default",
      max_retries: 1,
      notebook_task: { notebook_path: `/Shared/${notebook}` },
    },
  ],
  ...more,
});
const runs = (
  key: string,
  level: string,
  children: readonly string[],
  more: object = {},
): Record<string, unknown> => ({
  name: `[dev] ${key}`,
  tags: { job_level: level, layer: "alerting", orchestrator: "true" },
  timeout_seconds: 7200,
  email_notifications: { on_failure: ["team@example.com"] },
  tasks: children.map((child, at) => ({
    task_key: `run_${child}`,
    run_job_task: { job_id: child, job_parameters: { catalog: "dev" } },
    ...(at > 0 && { depends_on: [{ task_key: `run_${children[at - 1] ?? ""}` }] }),
  })),
  ...more,
});

const PARAMETERS = { parameters: [{ name: "catalog", default: "main" }] };
/** Orchestrator, composites, atomic jobs. */
const THREE_LAYERS: Hierarchy = {
  tables: atomic("tables"),
  seed: atomic("seed"),
  sync: atomic("sync"),
  setup: runs("setup", "composite", ["tables", "seed"], PARAMETERS),
  deploy: runs("deploy", "composite", ["sync"], PARAMETERS),
  all: runs("all", "orchestrator", ["setup", "deploy"], PARAMETERS),
};
/** Everything that the Jobs API lets pass and the rules do not. */
const WRONG: Hierarchy = {
  tables: atomic("tables"),
  copy: atomic("copy", "tables"),
  untagged: {
    name: "[dev] untagged",
    tasks: [{ task_key: "run", notebook_task: { notebook_path: "/Shared/untagged" } }],
  },
  idle: atomic("idle", "idle", {
    tags: { job_level: "atomic" },
    timeout_seconds: 0,
    email_notifications: {},
  }),
  setup: runs("setup", "composite", ["tables", "copy"], {
    tasks: [
      {
        task_key: "run_tables",
        run_job_task: { job_id: "tables", job_parameters: { schema: "x" } },
      },
      {
        task_key: "own",
        notebook_task: { notebook_path: "/Shared/own" },
        environment_key: "default",
      },
    ],
    environments: [{ environment_key: "default", spec: { environment_version: "2" } }],
  }),
  two: runs("two", "composite", ["setup"]),
  three: runs("three", "composite", ["two"]),
  four: runs("four", "orchestrator", ["three"]),
};

const CLUSTER = {
  spark_version: "15.4.x-scala2.12",
  node_type_id: "i3.xlarge",
  num_workers: 2,
  spark_conf: { "spark.speculation": "true" },
  aws_attributes: { availability: "SPOT", first_on_demand: 1 },
  init_scripts: [{ workspace: { destination: "/Shared/init.sh" } }],
};
/** Settings of every kind, many of them those that nobody would have to write. */
const EVERYTHING: Hierarchy = {
  child: atomic("child"),
  everything: {
    name: "[dev] everything",
    description: "All kinds of tasks",
    tags: { team: "data" },
    schedule: { quartz_cron_expression: "0 0 6 * * ?", timezone_id: "UTC", pause_status: "PAUSED" },
    max_concurrent_runs: 1,
    timeout_seconds: 0,
    queue: { enabled: false },
    health: { rules: [{ metric: "RUN_DURATION_SECONDS", op: "GREATER_THAN", value: 60 }] },
    notification_settings: { no_alert_for_canceled_runs: true, no_alert_for_skipped_runs: false },
    webhook_notifications: { on_failure: [{ id: "b" }, { id: "a" }] },
    email_notifications: { on_start: ["b@example.com", "a@example.com"] },
    parameters: [
      { name: "z", default: "" },
      { name: "a", default: "1" },
    ],
    job_clusters: [{ job_cluster_key: "big", new_cluster: CLUSTER }],
    tasks: [
      {
        task_key: "wheel",
        job_cluster_key: "big",
        python_wheel_task: {
          package_name: "load",
          entry_point: "main",
          named_parameters: { x: "1" },
        },
        libraries: [
          { whl: "/Volumes/main/lib/load.whl" },
          { pypi: { package: "requests" } },
          { maven: { coordinates: "a:b:1", exclusions: ["c:d"] } },
        ],
      },
      {
        task_key: "python",
        new_cluster: CLUSTER,
        spark_python_task: { python_file: "/Workspace/x.py", parameters: ["--a", "b"] },
        max_retries: 0,
      },
      {
        task_key: "check",
        condition_task: { left: "{{job.parameters.a}}", op: "EQUAL_TO", right: "" },
      },
      {
        task_key: "query",
        depends_on: [{ task_key: "wheel" }, { task_key: "check", outcome: "true" }],
        run_if: "ALL_SUCCESS",
        sql_task: { warehouse_id: "w", query: { query_id: "q" }, parameters: { day: "1" } },
      },
      {
        task_key: "file",
        depends_on: [{ task_key: "check", outcome: "false" }],
        run_if: "AT_LEAST_ONE_FAILED",
        sql_task: { warehouse_id: "w", file: { path: "/Workspace/x.sql", source: "WORKSPACE" } },
      },
      {
        task_key: "dbt",
        job_cluster_key: "big",
        disabled: true,
        dbt_task: { commands: ["dbt deps", "dbt run"], warehouse_id: "w", schema: "default" },
      },
      { task_key: "pipeline", pipeline_task: { pipeline_id: "p", full_refresh: false } },
      { task_key: "run_child", run_job_task: { job_id: "child", job_parameters: { c: "d" } } },
      {
        task_key: "each",
        for_each_task: {
          inputs: "[1,2]",
          concurrency: 1,
          task: {
            task_key: "body",
            existing_cluster_id: "0123-456789-abc",
            notebook_task: { notebook_path: "/Shared/body", base_parameters: { n: "{{input}}" } },
            libraries: [{ pypi: { package: "requests" } }],
          },
        },
      },
    ],
  },
};

/** The hierarchy with what `of` makes of each `job_id`. */
function withReferences(hierarchy: Hierarchy, of: (key: string) => string): Hierarchy {
  return Object.fromEntries(
    Object.entries(hierarchy).map(([key, job]) => [
      key,
      {
        ...job,
        tasks: (job.tasks as Task[]).map((task) =>
          task.run_job_task === undefined
            ? task
            : {
                ...task,
                run_job_task: { ...task.run_job_task, job_id: of(task.run_job_task.job_id) },
              },
        ),
      },
    ]),
  );
}

/** The names of Terraform's blocks. */
function asTerraform(hierarchy: Hierarchy): object {
  const jobs = withReferences(hierarchy, (key) => `\${databricks_job.${key}.id}`);
  return Object.fromEntries(
    Object.entries(jobs).map(([key, job]) => [key, block(job, JOB_SCHEMA)]),
  );
}

function block(value: unknown, shape: Shape | undefined): unknown {
  if (shape?.kind === "list")
    return Array.isArray(value) ? value.map((item) => block(item, shape.of)) : value;
  if (shape?.kind !== "object") return value;
  const names = Object.entries(shape.terraform ?? {});
  return Object.fromEntries(
    Object.entries(value as object).map(([name, each]) => {
      const [terraform = name] = names.find(([, api]) => api === name) ?? [];
      return [terraform, block(each, shape.fields[name])];
    }),
  );
}

function asBundle(hierarchy: Hierarchy): Reading {
  const referring = withReferences(hierarchy, (key) => `\${resources.jobs.${key}.id}`);
  // Where nobody says anything of the queue, the Databricks CLI turns it on, Terraform's provider off.
  const jobs = Object.fromEntries(
    Object.entries(referring).map(([key, job]) => [key, { queue: { enabled: false }, ...job }]),
  );
  const file = join(tempFolder(), "databricks.yml");
  writeFileSync(
    file,
    JSON.stringify({
      targets: { dev: { mode: "${var.mode}" } },
      variables: { mode: {} },
      resources: { jobs },
    }),
  );
  return readBundle(file);
}

/** What is found, without where. */
function findingsOf(reading: Reading): string[] {
  const { findings, incomplete }: CheckReport = check({
    readings: [reading],
    rules: RULES,
    // Who may see a job is not part of what the Jobs API says of it.
    config: {
      config: { presets: ["spec", "limits", "recommended"], rules: { permissions: "off" } },
    },
    today: "2026-11-24",
  });
  expect(incomplete).toBe(false);
  return findings
    .map(({ rule, severity, environments, message, sites }) => {
      const places = sites.map(({ job, taskKey = "" }) => `${job.key ?? ""}#${taskKey}`);
      return [severity, rule, environments.join(", "), places.sort().join(" "), message].join(
        " | ",
      );
    })
    .sort();
}

/** By name; with jobs that are run as their ids lead to them, which each source writes in its own way. */
function settingsOf({ graphs }: Reading): object {
  const jobs = graphs.flatMap((graph) => graph.jobs.map((job) => [graph, job] as const));
  const named = jobs.map(([graph, { name = "", settings, tasks }]): [string, object] => {
    const runs = tasks.map(({ taskKey, runJob }) => [
      taskKey,
      runJob?.kind === "job" ? graph.job(runJob.id)?.name : undefined,
    ]);
    const whole = JSON.stringify(settings, (key, value: unknown) =>
      ["job_id", "run_as"].includes(key) ? undefined : value,
    );
    return [name, { settings: JSON.parse(whole) as object, runs: runs.sort() }];
  });
  return Object.fromEntries(named);
}

describe.each(CLIS)("the same hierarchy, deployed with %s", (cli) => {
  const readings = new Map<string, Readonly<Record<string, Reading>>>();

  beforeAll(async () => {
    const provider = await startProvider({ retryDelay: () => 100 });
    try {
      for (const [name, hierarchy] of Object.entries({ THREE_LAYERS, WRONG, EVERYTHING })) {
        const { workspace } = await startClient();
        const folder = new Folder(cli, provider.env, workspace.host);
        try {
          folder.configure(
            {
              "//": { metadata: { stackName: "alerting-dev" } },
              resource: { databricks_job: asTerraform(hierarchy) },
            },
            { host: workspace.host, token: workspace.token },
          );
          const show = async (...args: string[]): Promise<Reading> =>
            readTerraformJson(JSON.parse(await folder.ok("show", "-json", ...args)), "plan.json");
          await folder.ok("init");
          await folder.ok("plan", "-out=plan");
          const plan = await show("plan");
          await folder.apply();
          const client = new JobsClient(
            new WorkspaceHttp(tokenLogin(workspace.host, workspace.token)),
          );
          const jobs: ApiJob[] = [];
          for await (const job of client.listWholeJobs()) jobs.push(job);
          const synthesized = join(tempFolder(), "cdk.tf.json");
          writeFileSync(synthesized, readFileSync(join(folder.path, "main.tf.json")));
          readings.set(name, {
            bundle: asBundle(hierarchy),
            synthesized: readSynthesized(synthesized),
            plan,
            state: await show(),
            workspace: readWorkspaceJobs(workspace.host, jobs),
          });
        } finally {
          folder.remove();
        }
      }
    } finally {
      await provider.stop();
      await stopAll();
    }
  });

  test.each(["synthesized", "plan", "state", "workspace"])(
    "has, read from %s, the findings that its bundle has",
    (source) => {
      const { bundle, [source]: other } = readings.get("WRONG") ?? {};
      if (bundle === undefined || other === undefined) throw new Error("nothing was read");
      // Each source in its own words.
      const expected = findingsOf(bundle).map((line) =>
        line.replace("of this target", "of this environment"),
      );
      expect(expected.length).toBeGreaterThan(15);
      expect(findingsOf(other)).toEqual(expected);
    },
  );

  test.each(["synthesized", "plan", "state", "workspace"])(
    "has, read from %s, the settings that its bundle has, but who runs it if nobody says so",
    (source) => {
      for (const read of [...readings.values()]) {
        const { bundle, [source]: other } = read;
        if (bundle === undefined || other === undefined) throw new Error("nothing was read");
        expect(settingsOf(other)).toEqual(settingsOf(bundle));
      }
    },
  );

  test.each(["bundle", "synthesized", "plan", "state", "workspace"])(
    "of three layers is clean, read from %s",
    (source) => {
      const reading = readings.get("THREE_LAYERS")?.[source];
      if (reading === undefined) throw new Error("nothing was read");
      expect(reading.graphs.map(({ environment, jobs }) => [environment, jobs.length])).toEqual([
        ["dev", 6],
      ]);
      expect(findingsOf(reading)).toEqual([]);
    },
  );
});
