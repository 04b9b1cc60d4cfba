/**
 * The stand-in provider under the real CLI, against a workspace in memory. Every test has a folder and a workspace of
 * its own; one provider serves them all, as it does in use.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProvider, type RunningProvider } from "../../../src/local/provider";
import { schemaOf } from "../../../src/local/provider/schemas";
import { PROVIDER_VERSIONS } from "../../../src/local/provider/version";
import { FakeWorkspace, type Json } from "./fake-workspace";
import { everyForEach, everything } from "./samples";
import { CLIS, Folder } from "./terraform";

const tables = {
  name: "alerting_tables_job",
  tags: { job_level: "atomic" },
  environment: [{ environment_key: "default", spec: { environment_version: "4" } }],
  task: [
    {
      task_key: "create_tables",
      environment_key: "default",
      notebook_task: { notebook_path: "/alerting/create_tables" },
    },
  ],
};
const setup = {
  name: "setup-${databricks_job.tables.id}",
  task: [
    {
      task_key: "tables",
      run_job_task: { job_id: "${databricks_job.tables.id}" },
    },
  ],
};

if (CLIS.length === 0) {
  it.skip("terraform and tofu are not on PATH: install one of them to test the provider with it", () =>
    undefined);
}

let onRetry = (): void => undefined;

describe.each(CLIS)("the stand-in provider under %s", (cli) => {
  let provider: RunningProvider;
  let workspace: FakeWorkspace;
  let folder: Folder;

  beforeAll(async () => {
    provider = await startProvider({
      retryDelay: () => {
        onRetry();
        return 100;
      },
    });
  });
  afterAll(async () => {
    await provider.stop();
  });
  beforeEach(async () => {
    workspace = await FakeWorkspace.start();
    folder = new Folder(cli, provider.env, workspace.host);
    await initialised({ tables });
  });
  afterEach(async () => {
    folder.remove();
    await workspace.stop();
  });

  function jobs(resources: Record<string, unknown>): { resource: { databricks_job: unknown } } {
    return { resource: { databricks_job: resources } };
  }
  async function initialised(resources: Record<string, unknown>): Promise<void> {
    folder.configure(jobs(resources));
    await folder.ok("init");
  }
  async function deployed(resources: Record<string, unknown>): Promise<void> {
    folder.configure(jobs(resources));
    await folder.apply();
  }

  it("installs nothing: no plugin and no lock file", () => {
    expect(existsSync(join(folder.path, ".terraform.lock.hcl"))).toBe(false);
    expect(readdirSync(folder.path).sort()).toEqual(["cli.tfrc", "main.tf.json"]);
  });

  it("plans a job and a job that runs it, with what is only known after apply marked so", async () => {
    folder.configure(jobs({ tables, setup }));
    const [referring, first] = await folder.plan();
    expect(first).toMatchObject({
      actions: "create",
      after: { name: "alerting_tables_job", max_concurrent_runs: 1 },
      unknown: { id: true, url: true, run_as: true, task: [{ retry_on_timeout: true }] },
    });
    // "setup-${…}" is an unknown of which the beginning is known.
    expect(referring).toMatchObject({
      actions: "create",
      unknown: { name: true, task: [{ run_job_task: [{ job_id: true }] }] },
    });
  });

  it("deploys them, and then finds nothing to do", async () => {
    await deployed({ tables, setup });
    const { id, settings } = workspace.job("alerting_tables_job");
    expect(settings).toEqual({
      name: "alerting_tables_job",
      tags: { job_level: "atomic" },
      max_concurrent_runs: 1,
      queue: { enabled: false },
      environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
      tasks: [
        {
          task_key: "create_tables",
          environment_key: "default",
          notebook_task: { notebook_path: "/alerting/create_tables" },
        },
      ],
    });
    expect(workspace.job(`setup-${id}`).settings.tasks).toEqual([
      { task_key: "tables", run_job_task: { job_id: id } },
    ]);
    expect(await folder.state("databricks_job", "tables")).toMatchObject({
      id: String(id),
      url: `${workspace.host}/#job/${id}`,
      format: "MULTI_TASK",
    });
    expect(await folder.plan()).toEqual([]);
    expect(workspace.requests.every((seen) => seen.authorization === "Bearer secret")).toBe(true);
  });

  it("changes one tag in place with one request", async () => {
    await deployed({ tables });
    const changed = { ...tables, tags: { job_level: "atomic", team: "alerts" } };
    folder.configure(jobs({ tables: changed }));
    expect(await folder.plan()).toMatchObject([
      { actions: "update", after: { tags: changed.tags } },
    ]);
    await folder.ok("apply", "plan");
    expect(workspace.calls("POST /api/2.2/jobs/reset")).toHaveLength(1);
    expect(workspace.job("alerting_tables_job").settings.tags).toEqual(changed.tags);
    expect(await folder.plan()).toEqual([]);
  });

  it("repairs what was changed in the workspace", async () => {
    await deployed({ tables });
    workspace.job("alerting_tables_job").settings.tags = { job_level: "composite" };
    expect(await folder.plan()).toMatchObject([
      {
        actions: "update",
        before: { tags: { job_level: "composite" } },
        after: { tags: tables.tags },
      },
    ]);
    await folder.ok("apply", "plan");
    expect(workspace.job("alerting_tables_job").settings.tags).toEqual(tables.tags);
  });

  it("ignores settings that only the workspace has", async () => {
    await deployed({ tables });
    const { settings } = workspace.job("alerting_tables_job");
    const [task] = settings.tasks as Json[];
    Object.assign(settings, {
      description: "by hand",
      timeout_seconds: 0,
      email_notifications: {},
    });
    Object.assign(task ?? {}, {
      run_if: "ALL_SUCCESS",
      timeout_seconds: 0,
      email_notifications: {},
    });
    delete settings.queue;
    expect(await folder.plan()).toEqual([]);
  });

  it("recreates a deleted object, and updates references to it", async () => {
    await deployed({ tables, setup });
    workspace.jobs.delete(workspace.job("alerting_tables_job").id);
    const changes = await folder.plan();
    expect(changes.map((change) => change.actions)).toEqual(["update", "create"].sort().reverse());
    await folder.ok("apply", "plan");
    expect(workspace.jobs.size).toBe(2);
    expect(await folder.plan()).toEqual([]);
  });

  it("imports a job, which then needs no change", async () => {
    workspace.jobs.set(77, {
      ...{ name: tables.name, tags: tables.tags, max_concurrent_runs: 1 },
      environments: tables.environment,
      tasks: tables.task,
    });
    await folder.ok("import", "databricks_job.tables", "77");
    expect(await folder.plan()).toEqual([]);
  });

  it("does not import what does not exist", async () => {
    const { code, text } = await folder.run("import", "databricks_job.tables", "78");
    expect(code).toBe(1);
    expect(text).toContain("Cannot import non-existent remote object");
    expect((await folder.run("import", "databricks_job.tables", "x")).text).toContain(
      '"x" is not the id of a job',
    );
  });

  it("refuses an id that it could not hold exactly", async () => {
    workspace.fault = (seen) =>
      seen.path.endsWith("create") ? { status: 200, body: { job_id: 2 ** 64 } } : undefined;
    expect((await folder.run("apply", "-auto-approve")).text).toContain("no usable job_id");
  });

  it("destroys everything, also what is gone already", async () => {
    await deployed({ tables, setup });
    workspace.jobs.delete(workspace.job("alerting_tables_job").id);
    await folder.ok("destroy", "-auto-approve");
    expect(workspace.jobs.size).toBe(0);
  });

  it("destroys a job that is configured no longer", async () => {
    await deployed({ tables, setup });
    await deployed({ tables });
    expect([...workspace.jobs.values()].map((job) => job.name)).toEqual([tables.name]);
  });

  it.each(PROVIDER_VERSIONS)("takes every argument of %s there and back", async (version) => {
    const own = await startProvider({ version });
    const other = new Folder(cli, own.env, workspace.host);
    try {
      const { block } = schemaOf("databricks_job", version);
      const whole = { name: "everything", ...everything(block) };
      other.configure(jobs({ everything: whole, loops: everyForEach(block) }));
      await other.ok("init");
      await other.apply();
      expect(await other.plan()).toEqual([]);
      const { settings } = workspace.job(whole.name);
      expect(settings.parent_path).toBe(version === "1.99" ? undefined : "some parent_path");
      const kinds = (settings.tasks as Json[]).map(({ task_key }) => task_key);
      expect(kinds.includes("task_ai_runtime_task")).toBe(version === "1.132");

      other.configure(jobs({ everything: { ...whole, description: "changed" } }));
      const changes = (await other.plan()).map((change) => `${change.address} ${change.actions}`);
      expect(changes.sort()).toEqual([
        "databricks_job.everything update",
        "databricks_job.loops delete",
      ]);
      await other.ok("apply", "plan");
      expect(workspace.job(whole.name).settings).toEqual({
        ...settings,
        description: "changed",
        format: "MULTI_TASK",
      });
    } finally {
      other.remove();
      await own.stop();
    }
  });

  it("reads a job of more tasks than fit one page", async () => {
    const task = Array.from({ length: 250 }, (_, i) => ({
      task_key: `task_${String(i).padStart(3, "0")}`,
      notebook_task: { notebook_path: "/alerting/seed" },
    }));
    await deployed({ large: { name: "large", task } });
    expect(await folder.plan()).toEqual([]);
    expect(workspace.calls("GET /api/2.2/jobs/get").at(-1)?.query.get("page_token")).toBe("200");
  });

  it("sends tasks sorted, and always plans a change for an unsorted configuration", async () => {
    const task = ["seed", "merge"].map((task_key) => ({
      task_key,
      notebook_task: { notebook_path: "/n" },
    }));
    await deployed({ unsorted: { name: "unsorted", task } });
    const sent = workspace.calls("POST /api/2.2/jobs/create")[0]?.body.tasks as Json[];
    expect(sent.map((one) => one.task_key)).toEqual(["merge", "seed"]);
    expect(await folder.plan()).toMatchObject([{ actions: "update" }]);
  });

  it("serves the old kind of job through the old API", async () => {
    await deployed({
      old: { name: "old", notebook_task: { notebook_path: "/n" }, max_retries: 2 },
    });
    expect(workspace.job("old").settings).toMatchObject({
      notebook_task: { notebook_path: "/n" },
      max_retries: 2,
    });
    expect(workspace.calls("POST /api/2.0/jobs/create")).toHaveLength(1);
    expect(await folder.plan()).toEqual([]);
  });

  it("deploys notebooks, files and folders, and only a changed content again", async () => {
    writeFileSync(join(folder.path, "seed.py"), "print('seed')\n");
    const resource = (sql: string, path = "/alerting/report"): object => ({
      databricks_directory: { shared: { path: "/shared/data" } },
      databricks_notebook: {
        seed: { path: "/alerting/seed", source: "${path.cwd}/seed.py" },
        report: { path, language: "SQL", content_base64: Buffer.from(sql).toString("base64") },
      },
      databricks_workspace_file: {
        readme: {
          path: "/shared/data/README.md",
          content_base64: "IyBoaQ==",
          depends_on: ["databricks_directory.shared"],
        },
      },
    });
    folder.configure({ resource: resource("select 1") });
    await folder.apply();
    expect(await folder.plan()).toEqual([]);
    expect(workspace.objects.get("/alerting/seed")).toMatchObject({
      language: "PYTHON",
      object_type: "NOTEBOOK",
    });
    expect(workspace.objects.get("/shared/data/README.md")).toMatchObject({ object_type: "FILE" });
    expect(await folder.state("databricks_notebook", "seed")).toMatchObject({
      id: "/alerting/seed",
      format: "SOURCE",
      language: "PYTHON",
      workspace_path: "/Workspace/alerting/seed",
      url: `${workspace.host}/#workspace/alerting/seed`,
    });

    writeFileSync(join(folder.path, "seed.py"), "print('changed')\n");
    folder.configure({ resource: resource("select 1", "/alerting/weekly") });
    const changes = (await folder.plan()).map((change) => `${change.address} ${change.actions}`);
    expect(changes.sort()).toEqual([
      "databricks_notebook.report delete,create",
      "databricks_notebook.seed update",
    ]);
    await folder.ok("apply", "plan");
    workspace.objects.delete("/shared/data/README.md");
    expect(await folder.plan()).toMatchObject([
      { address: "databricks_workspace_file.readme", actions: "create" },
    ]);
    await folder.ok("destroy", "-auto-approve");
    expect([...workspace.objects.keys()].sort()).toEqual(["/alerting", "/shared"]);
  });

  it("finds a relative source in the folders that it was given", async () => {
    const own = await startProvider({ sourceRoots: [folder.path] });
    const other = new Folder(cli, own.env, workspace.host);
    try {
      writeFileSync(join(folder.path, "seed.py"), "print('seed')\n");
      const notebook = (source: string): object => ({ seed: { path: "/seed", source } });
      other.configure({ resource: { databricks_notebook: notebook("seed.py") } });
      await other.apply();
      expect(workspace.objects.get("/seed")?.content).toBe(
        Buffer.from("print('seed')\n").toString("base64"),
      );
      other.configure({ resource: { databricks_notebook: notebook("missing.py") } });
      const { text } = await other.run("plan");
      expect(text.replace(/\s+/g, " ")).toContain(
        `File missing.py does not exist under ${folder.path}`,
      );
    } finally {
      other.remove();
      await own.stop();
    }
  });

  it("sets permissions of a job, keeps its owner, and takes them back", async () => {
    const permissions = (level: string): object => ({
      resource: {
        databricks_job: { tables },
        databricks_permissions: {
          tables: {
            job_id: "${databricks_job.tables.id}",
            access_control: [
              { user_name: "bob@example.com", permission_level: "CAN_MANAGE" },
              { group_name: "users", permission_level: level },
            ],
          },
        },
      },
    });
    folder.configure(permissions("CAN_VIEW"));
    await folder.apply();
    const id = String(workspace.job(tables.name).id);
    expect(workspace.permissions.get(id)).toContainEqual({
      user_name: "ada@example.com",
      permission_level: "IS_OWNER",
    });
    expect(await folder.plan()).toEqual([]);
    workspace.permissions
      .get(id)
      ?.push({ user_name: "eve@example.com", permission_level: "CAN_MANAGE" });
    expect(await folder.plan()).toMatchObject([{ actions: "update" }]);
    folder.configure(permissions("CAN_MANAGE_RUN"));
    await folder.apply();
    expect(workspace.permissions.get(id)).toHaveLength(3);
    await deployed({ tables });
    expect(workspace.permissions.get(id)).toEqual([
      { user_name: "ada@example.com", permission_level: "IS_OWNER" },
    ]);
    folder.configure(permissions("CAN_DO_ANYTHING"));
    expect((await folder.run("plan")).text).toContain(
      "CAN_DO_ANYTHING is not supported with job_id",
    );
  });

  it("reads a job by its id and by its name, and who it works for", async () => {
    await deployed({ tables });
    const { id } = workspace.job(tables.name);
    folder.configure({
      ...jobs({ tables }),
      data: {
        databricks_job: { by_id: { job_id: String(id) }, by_name: { job_name: tables.name } },
        databricks_current_user: { me: {} },
      },
      output: {
        found: {
          value: [
            "${data.databricks_job.by_id.name}",
            "${data.databricks_job.by_name.id}",
            "${data.databricks_job.by_id.job_settings[0].settings[0].task[0].task_key}",
            "${data.databricks_current_user.me.home}",
            "${data.databricks_current_user.me.alphanumeric}",
          ],
        },
      },
    });
    await folder.apply();
    expect(JSON.parse(await folder.ok("output", "-json", "found"))).toEqual([
      tables.name,
      String(id),
      "create_tables",
      "/Users/ada@example.com",
      "ada",
    ]);
    folder.configure({ data: { databricks_job: { none: { job_name: "none" } } } });
    expect((await folder.run("plan")).text).toContain("no job found with specified name");
  });

  it("refuses a host other than this machine", async () => {
    for (const host of [
      "https://adb-1.azuredatabricks.net",
      "http://10.0.0.8:8080",
      "https://localhost",
    ]) {
      folder.configure(jobs({ tables }), { host, token: "secret" });
      const { code, text } = await folder.run("plan");
      expect(code).toBe(1);
      expect(text).toContain(`refuses to talk to ${new URL(host).host}`);
      expect(text.replace(/\s+/g, " ")).toContain("For a real workspace use the genuine provider");
      expect(text).not.toContain("secret");
    }
  });

  it("takes host and token from its options if the configuration has none", async () => {
    const own = await startProvider({ host: workspace.host, token: "from the start" });
    const other = new Folder(cli, own.env, workspace.host);
    try {
      other.configure(jobs({ tables }), {});
      await other.apply();
      expect(workspace.requests.at(-1)?.authorization).toBe("Bearer from the start");
    } finally {
      other.remove();
      await own.stop();
    }
    folder.configure(jobs({ tables }), {});
    expect((await folder.run("plan")).text).toContain("no workspace is named");
  });

  it("applies two folders at once, each to its own workspace", async () => {
    const elsewhere = await FakeWorkspace.start();
    const other = new Folder(cli, provider.env, elsewhere.host);
    try {
      other.configure(jobs({ tables: { ...tables, name: "elsewhere" } }));
      workspace.delay = elsewhere.delay = 50;
      await Promise.all([folder.apply(), other.apply()]);
      expect([...workspace.jobs.values()].map((job) => job.name)).toEqual([tables.name]);
      expect([...elsewhere.jobs.values()].map((job) => job.name)).toEqual(["elsewhere"]);
    } finally {
      other.remove();
      await elsewhere.stop();
    }
  });

  it("says at which argument a configuration is wrong", async () => {
    const schedule = {
      quartz_cron_expression: "0 0 * * * ?",
      timezone_id: "UTC",
      pause_status: "NO",
    };
    folder.configure(jobs({ tables: { ...tables, schedule } }));
    const { text } = await folder.run("validate", "-json");
    const { diagnostics } = JSON.parse(text) as { diagnostics: Json[] };
    expect(diagnostics).toMatchObject([
      { severity: "error", summary: "Invalid pause_status", address: "databricks_job.tables" },
    ]);
    folder.configure(
      jobs({
        tables: { ...tables, schedule: { ...schedule, pause_status: "PAUSED" }, continuous: {} },
      }),
    );
    expect((await folder.run("validate")).text).toContain(
      'Only one of "continuous", "schedule" can be set',
    );
  });

  describe("when the workspace fails", () => {
    it.each([429, 503])(
      "repeats a request that is put off with %i, without a second job",
      async (status) => {
        let left = 4;
        workspace.fault = () => (left-- > 0 ? { status, body: { message: "later" } } : undefined);
        await deployed({ tables });
        expect(workspace.jobs.size).toBe(1);
      },
    );

    it("waits for a workspace that does not listen yet", async () => {
      const late = await FakeWorkspace.start();
      const { host } = late;
      await late.stop();
      folder.configure(jobs({ tables }), { host, token: "secret" });
      const { child, outcome } = folder.start("apply", "-auto-approve");
      for (let tries = 0; tries < 3; tries++)
        await new Promise<void>((resolve) => (onRetry = resolve));
      expect(child.exitCode).toBeNull();
      child.kill("SIGINT");
      expect((await outcome).text).toContain("interrupted while waiting to try again");
    });

    it.each([500, 502, 504])(
      "gives up at once on %i, and says what the workspace said",
      async (status) => {
        workspace.fault = (seen) =>
          seen.path.endsWith("create")
            ? { status, body: { error_code: "INTERNAL_ERROR", message: "out of order" } }
            : undefined;
        const { code, text } = await folder.run("apply", "-auto-approve");
        expect(code).toBe(1);
        expect(text).toContain("cannot create job: out of order");
        expect(workspace.calls("POST /api/2.2/jobs/create")).toHaveLength(1);
      },
    );

    it("leaves no state of a creation whose answer is lost, and reads once more where a read's is", async () => {
      workspace.fault = (seen) => (seen.path.endsWith("create") ? "cut" : undefined);
      expect((await folder.run("apply", "-auto-approve")).text).toContain("EOF");
      expect(await folder.state("databricks_job", "tables")).toBeUndefined();
      let cuts = 1;
      workspace.fault = (seen) => (seen.path.endsWith("get") && cuts-- > 0 ? "cut" : undefined);
      await folder.apply();
    });

    it("keeps the id of a job that was created but could not be read", async () => {
      workspace.fault = (seen) =>
        seen.path.endsWith("get") ? { status: 500, body: { message: "out of order" } } : undefined;
      const { code, text } = await folder.run("apply", "-auto-approve");
      expect(code).toBe(1);
      expect(text).toContain("cannot read job: out of order");
      expect(await folder.state("databricks_job", "tables")).toMatchObject({
        id: String(workspace.job(tables.name).id),
      });
      workspace.fault = () => undefined;
      await folder.apply();
      expect(workspace.jobs.size).toBe(1);
    });

    it.each([403, 410])(
      "takes %i on a read for an error, not for a job that is gone",
      async (status) => {
        await deployed({ tables });
        workspace.fault = () => ({
          status,
          body: { error_code: "PERMISSION_DENIED", message: "not yours" },
        });
        const { code, text } = await folder.run("plan");
        expect(code).toBe(1);
        expect(text).toContain("cannot read job: not yours");
      },
    );
  });

  describe("when it is interrupted", () => {
    it("finishes the current operation, saves the state, and resumes from it", async () => {
      folder.configure(jobs({ tables, setup }));
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const creating = new Promise<void>((resolve) => {
        workspace.hold = (seen) => {
          if (!seen.path.endsWith("create")) return undefined;
          resolve();
          return released;
        };
      });
      const { child, outcome } = folder.start("apply", "-auto-approve");
      await creating;
      const stopping = new Promise<void>((resolve) => {
        child.stdout?.on("data", (chunk: Buffer) => {
          if (chunk.includes("Stopping operation")) resolve();
        });
      });
      child.kill("SIGINT");
      await stopping;
      // It says so a moment before it does.
      await new Promise((resolve) => setTimeout(resolve, 500));
      release();
      const { code } = await outcome;
      expect(code).not.toBe(0);
      expect([...workspace.jobs.values()].map((job) => job.name)).toEqual([tables.name]);
      expect(await folder.state("databricks_job", "tables")).toMatchObject({
        id: String(workspace.job(tables.name).id),
      });
      workspace.hold = () => undefined;
      await folder.apply();
      expect(workspace.jobs.size).toBe(2);
    });
  });
});
