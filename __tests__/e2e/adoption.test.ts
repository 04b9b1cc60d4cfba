import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ImportOptions, runImport } from "../../src/cli/import/command";
import { listener } from "../support/imported";
import { type Counts, NOTHING, succeeded, TestWorkspace } from "./support/local-workspace";
import { NODE_TS, ROOT, run } from "./support/processes";
import { describeWithTerraform } from "./support/terraform";

const BUNDLE = `
bundle: { name: shop }
targets: { dev: { default: true } }
resources:
  jobs:
    load:
      name: Shop - Load
      timeout_seconds: 600
      permissions: [{ level: CAN_VIEW, group_name: users }]
      tasks: [{ task_key: load, notebook_task: { notebook_path: /Shared/load } }]
    nightly:
      name: Shop - Nightly
      schedule: { quartz_cron_expression: 0 0 3 * * ?, timezone_id: UTC, pause_status: PAUSED }
      tasks: [{ task_key: load, run_job_task: { job_id: "\${resources.jobs.load.id}" } }]
`;
/** As the deployment of a bundle locks its jobs. */
const LOCKED = {
  edit_mode: "UI_LOCKED",
  format: "MULTI_TASK",
  queue: { enabled: true },
  deployment: { kind: "BUNDLE", metadata_file_path: "/Shared/shop/metadata.json" },
};

interface Created {
  readonly job_id: number;
}

/** Each test goes on where the one before it has stopped, as a person does. */
describeWithTerraform("adoption of running jobs", () => {
  let workspace: TestWorkspace;
  let load: number;
  let nightly: number;
  let run_id: number;

  beforeAll(async () => {
    workspace = await TestWorkspace.open();
    load = await create({
      ...LOCKED,
      name: "Shop - Load",
      timeout_seconds: 600,
      tasks: [{ task_key: "load", notebook_task: { notebook_path: "/Shared/load" } }],
    });
    nightly = await create({
      ...LOCKED,
      name: "Shop - Nightly",
      schedule: {
        quartz_cron_expression: "0 0 3 * * ?",
        timezone_id: "UTC",
        pause_status: "PAUSED",
      },
      tasks: [{ task_key: "load", run_job_task: { job_id: load } }],
    });
    const entry = { group_name: "users", permission_level: "CAN_VIEW" };
    await workspace.api("PATCH", `/api/2.0/permissions/jobs/${load}`, {
      access_control_list: [entry],
    });
    const started = { job_id: load };
    ({ run_id } = await workspace.api<{ run_id: number }>(
      "POST",
      "/api/2.2/jobs/run-now",
      started,
    ));
  });

  afterAll(async () => {
    await workspace.close();
  });

  async function create(settings: object): Promise<number> {
    return (await workspace.api<Created>("POST", "/api/2.2/jobs/create", settings)).job_id;
  }

  function write(path: string, text: string): string {
    const file = join(workspace.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  async function importTo(
    name: string,
    source: string | undefined,
    options: Partial<ImportOptions>,
  ): Promise<string[]> {
    const io = listener();
    const output = join(workspace.folder, name);
    const code = await runImport(source, { output, framework: "cdktf", ...options }, io);
    expect([code, io.errors]).toEqual([0, []]);
    return io.lines;
  }

  /** As `cdktf synth` does, for this workspace. */
  async function synth(name: string): Promise<void> {
    const cwd = join(workspace.folder, name);
    symlinkSync(join(ROOT, "node_modules"), join(cwd, "node_modules"));
    await synthAgain(name);
  }

  async function synthAgain(name: string): Promise<void> {
    const cwd = join(workspace.folder, name);
    succeeded(await run([...NODE_TS, "main.ts"], { cwd, env: workspace.env }));
  }

  /** What `terraform apply` did, and how many resources it imported. */
  async function adopt(stack: string): Promise<Counts & { readonly imported: number }> {
    await workspace.init(stack);
    const { stdout } = succeeded(
      await workspace.terraform(stack, "apply", "-input=false", "-auto-approve"),
    );
    const text = /Resources: (\d+) imported, (\d+) added, (\d+) changed, (\d+) destroyed/.exec(
      stdout,
    );
    const [imported = 0, add = 0, change = 0, destroy = 0] = (text ?? []).slice(1).map(Number);
    return { imported, add, change, destroy };
  }

  const runsOf = async (job: number): Promise<number[]> => {
    const { runs = [] } = await workspace.api<{ runs?: { run_id: number }[] }>(
      "GET",
      `/api/2.2/jobs/runs/list?job_id=${job}`,
    );
    return runs.map(({ run_id: id }) => id);
  };

  it("says beforehand what the first deployment of a bundle's jobs imports and changes", async () => {
    const ids = { "resources.jobs.load": load, "resources.jobs.nightly": nightly };
    const state = Object.entries(ids).map(([key, id]) => [key, { __id__: String(id) }] as const);
    const file = write("bundle/databricks.yml", BUNDLE);
    write(
      "bundle/.databricks/bundle/dev/resources.json",
      JSON.stringify({ state_version: 2, serial: 1, state: Object.fromEntries(state) }),
    );
    const lines = await importTo("shop", dirname(file), { adopt: true });
    expect(lines).toEqual(
      expect.arrayContaining([
        "dev: the first deployment imports 2 jobs",
        "  to change: edit_mode, deployment of all jobs: the bundle locks its jobs in the workspace",
      ]),
    );
    await synth("shop");
  });

  it("imports them and their permissions, changing nothing but what the report names", async () => {
    expect(await adopt("shop-dev-atomic")).toEqual({ imported: 2, add: 0, change: 1, destroy: 0 });
    expect(await adopt("shop-dev-composite")).toEqual({
      imported: 1,
      add: 0,
      change: 1,
      destroy: 0,
    });
    const jobs = await workspace.jobs();
    expect(jobs.map(({ job_id }) => job_id)).toEqual([load, nightly]);
    expect(jobs[1]?.settings).toMatchObject({ schedule: { pause_status: "PAUSED" } });
    expect(jobs[0]?.settings).not.toHaveProperty("deployment");
    expect(await runsOf(load)).toEqual([run_id]);
  });

  it("plans nothing afterwards, with the ids and once they are removed", async () => {
    expect(await workspace.plan("shop-dev-atomic")).toEqual(NOTHING);
    expect(await workspace.plan("shop-dev-composite")).toEqual(NOTHING);
    await importTo("shop", undefined, { done: true });
    await synthAgain("shop");
    expect(await workspace.plan("shop-dev-atomic")).toEqual(NOTHING);
  });

  it("imports the jobs of a workspace without any change, and keeps its runs", async () => {
    const made = await create({
      name: "Score - All",
      queue: { enabled: true },
      tasks: [{ task_key: "all", notebook_task: { notebook_path: "/Shared/all" } }],
    });
    const before = { ...process.env };
    Object.assign(process.env, {
      DATABRICKS_HOST: workspace.host,
      DATABRICKS_TOKEN: workspace.token,
    });
    try {
      await importTo("score", undefined, { source: "workspace", name: "Score*", adopt: true });
    } finally {
      process.env = before;
    }
    await synth("score");
    const [stack = ""] = workspace.stacks().filter((name) => name.startsWith("score"));
    expect(await adopt(stack)).toEqual({ imported: 1, add: 0, change: 0, destroy: 0 });
    expect(await workspace.plan(stack)).toEqual(NOTHING);
    expect(await workspace.job("Score - All")).toMatchObject({ job_id: made });
  });
});
