import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckReport } from "../../../src/core/model/check-report";
import { check } from "../../../src/core/policy/check";
import { RULES } from "../../../src/core/policy/rules";
import { startProvider } from "../../../src/local/provider";
import { readBundle } from "../../../src/core/readers/bundle/bundle-reader";
import type { Reading } from "../../../src/core/readers/reading";
import { readSynthesized } from "../../../src/core/readers/synthesized";
import { readTerraformJson } from "../../../src/core/readers/terraform-json";
import { readWorkspaceJobs } from "../../../src/core/readers/workspace-jobs";
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
    Object.entries(jobs).map(([key, { tasks, environments, parameters, ...job }]) => [
      key,
      {
        ...job,
        task: tasks,
        ...(environments !== undefined && { environment: environments }),
        ...(parameters !== undefined && { parameter: parameters }),
      },
    ]),
  );
}

function asBundle(hierarchy: Hierarchy): Reading {
  const jobs = withReferences(hierarchy, (key) => `\${resources.jobs.${key}.id}`);
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
    .map(({ rule, severity, environment = "", message, sites }) => {
      const places = sites.map(({ job, taskKey = "" }) => `${job.key ?? ""}#${taskKey}`);
      return [severity, rule, environment, places.sort().join(" "), message].join(" | ");
    })
    .sort();
}

describe.each(CLIS)("the same hierarchy, deployed with %s", (cli) => {
  const readings = new Map<string, Readonly<Record<string, Reading>>>();

  beforeAll(async () => {
    const provider = await startProvider({ retryDelay: () => 100 });
    try {
      for (const [name, hierarchy] of Object.entries({ THREE_LAYERS, WRONG })) {
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
  }, 180_000);

  test.each(["synthesized", "plan", "state", "workspace"])(
    "has, read from %s, the findings that its bundle has",
    (source) => {
      const { bundle, [source]: other } = readings.get("WRONG") ?? {};
      if (bundle === undefined || other === undefined) throw new Error("nothing was read");
      const expected = findingsOf(bundle);
      expect(expected.length).toBeGreaterThan(15);
      expect(findingsOf(other)).toEqual(expected);
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
