import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type LocalWorkspace, startLocalWorkspace } from "../../../src/local";

/** A bundle with a target of each mode; its jobs run each other and have a bit of everything. */
export const BUNDLE_FILES: Readonly<Record<string, string>> = {
  "databricks.yml": `bundle:
  name: shop
include:
  - resources/*.yml
variables:
  catalog:
    default: dev
targets:
  dev:
    mode: development
    default: true
  prod:
    mode: production
    variables:
      catalog: prod
    workspace:
      root_path: /Workspace/Shared/shop/prod
    run_as:
      user_name: local-user@example.com
    permissions:
      - level: CAN_VIEW
        group_name: users
`,
  "resources/jobs.yml": `resources:
  jobs:
    # Loads orders.
    load:
      name: "[\${bundle.target}] Load"
      tags: { job_level: atomic, layer: sales }
      max_concurrent_runs: 2
      timeout_seconds: 3600 # an hour
      environments:
        - environment_key: default
          spec:
            environment_version: "4"
            dependencies: [requests, ../dist/*.whl]
      tasks:
        - task_key: load
          environment_key: default
          max_retries: 2
          notebook_task:
            notebook_path: ../src/load.py
            base_parameters:
              catalog: \${var.catalog}
    report:
      name: "[\${bundle.target}] Report"
      tags: { job_level: atomic, layer: sales }
      schedule:
        quartz_cron_expression: 0 0 6 * * ?
        timezone_id: UTC
      tasks:
        - task_key: report
          notebook_task:
            notebook_path: ../src/report.py
    nightly:
      name: "[\${bundle.target}] Nightly"
      tags: { job_level: composite, layer: sales }
      email_notifications: { on_failure: [b@x.example, a@x.example] }
      tasks:
        - task_key: load
          run_job_task: { job_id: "\${resources.jobs.load.id}" }
        - task_key: report
          depends_on: [{ task_key: load }]
          run_job_task: { job_id: "\${resources.jobs.report.id}" }
`,
  "src/load.py": "# Databricks notebook source\nprint(1)\n",
  "src/report.py": "# Databricks notebook source\nprint(2)\n",
};

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** Settings of a job, as tests change them. */
export type Job = Record<string, unknown>;

/** The jobs of {@link BUNDLE_FILES} as `databricks bundle deploy` 1.14 creates them, in its order. */
export function deployedJobs(
  target: "dev" | "prod",
  idOf: (key: string) => number,
): Readonly<Record<string, Job>> {
  const isDev = target === "dev";
  const home = isDev
    ? "/Workspace/Users/local-user@example.com/.bundle/shop/dev"
    : "/Workspace/Shared/shop/prod";
  const head = (name: string, tags: Job, concurrent = isDev ? 4 : 1): Job => ({
    deployment: { kind: "BUNDLE", metadata_file_path: `${home}/state/metadata.json` },
    edit_mode: "UI_LOCKED",
    format: "MULTI_TASK",
    max_concurrent_runs: concurrent,
    name: isDev ? `[dev local_user] [dev] ${name}` : `[prod] ${name}`,
    queue: { enabled: true },
    tags: { ...(isDev && { dev: "local_user" }), layer: "sales", ...tags },
    ...(!isDev && { run_as: { user_name: "local-user@example.com" } }),
  });
  return {
    load: {
      ...head("Load", { job_level: "atomic" }, 2),
      environments: [
        {
          environment_key: "default",
          spec: {
            dependencies: ["requests", `${home}/artifacts/.internal/shop-0.1.0-py3-none-any.whl`],
            environment_version: "4",
          },
        },
      ],
      tasks: [
        {
          environment_key: "default",
          max_retries: 2,
          notebook_task: {
            base_parameters: { catalog: target },
            notebook_path: `${home}/files/src/load`,
          },
          task_key: "load",
        },
      ],
      timeout_seconds: 3600,
    },
    report: {
      ...head("Report", { job_level: "atomic" }),
      schedule: {
        pause_status: isDev ? "PAUSED" : "UNPAUSED",
        quartz_cron_expression: "0 0 6 * * ?",
        timezone_id: "UTC",
      },
      tasks: [{ notebook_task: { notebook_path: `${home}/files/src/report` }, task_key: "report" }],
    },
    nightly: {
      ...head("Nightly", { job_level: "composite" }),
      email_notifications: { on_failure: ["b@x.example", "a@x.example"] },
      tasks: [
        { run_job_task: { job_id: idOf("load") }, task_key: "load" },
        {
          depends_on: [{ task_key: "load" }],
          run_job_task: { job_id: idOf("report") },
          task_key: "report",
        },
      ],
    },
  };
}

/** A local workspace to which a bundle is deployed. */
export class DeployedBundle {
  readonly #workspace: LocalWorkspace;

  private constructor(
    workspace: LocalWorkspace,
    public readonly folder: string,
  ) {
    this.#workspace = workspace;
    process.env.DATABRICKS_HOST = workspace.host;
    process.env.DATABRICKS_TOKEN = workspace.token;
  }

  public static async start(folder: string): Promise<DeployedBundle> {
    writeFiles(folder, BUNDLE_FILES);
    return new DeployedBundle(await startLocalWorkspace({ ephemeral: true }), folder);
  }

  public get host(): string {
    return this.#workspace.host;
  }

  public async stop(): Promise<void> {
    delete process.env.DATABRICKS_HOST;
    delete process.env.DATABRICKS_TOKEN;
    await this.#workspace.stop();
  }

  /** Creates the jobs of a target and the state beside the bundle. @returns the ids by keys */
  public async deploy(target: "dev" | "prod"): Promise<ReadonlyMap<string, number>> {
    const ids = new Map<string, number>();
    const idOf = (key: string): number => ids.get(key) ?? 0;
    for (const key of ["load", "report", "nightly"])
      ids.set(key, await this.create(deployedJobs(target, idOf)[key] ?? {}));
    if (target === "prod") {
      for (const id of ids.values())
        await this.call("PUT", `2.0/permissions/jobs/${id}`, {
          access_control_list: [
            { group_name: "users", permission_level: "CAN_VIEW" },
            { user_name: "local-user@example.com", permission_level: "IS_OWNER" },
          ],
        });
    }
    writeFiles(this.folder, {
      [`.databricks/bundle/${target}/resources.json`]: JSON.stringify({
        state_version: 2,
        lineage: "86c89fbe-0cef-4533-8bde-b6318d091153",
        serial: 1,
        state: Object.fromEntries(
          [...ids].map(([key, id]) => [`resources.jobs.${key}`, { __id__: String(id) }]),
        ),
      }),
    });
    return ids;
  }

  public async create(settings: Job): Promise<number> {
    return (await this.call<{ job_id: number }>("POST", "2.2/jobs/create", settings)).job_id;
  }

  public async update(id: number | undefined, new_settings: Job): Promise<void> {
    await this.call("POST", "2.2/jobs/update", { job_id: id, new_settings });
  }

  public async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.#workspace.host}/api/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#workspace.token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T;
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  }
}
