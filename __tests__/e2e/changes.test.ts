import { terraformBinaries, describeWithTerraform } from "./support/terraform";
import { NOTHING, succeeded, TestWorkspace } from "./support/local-workspace";
import { type SmallApp, smallApp } from "./support/small-app";

const ATOMIC = "alerting-dev-atomic";
const COMPOSITE = "alerting-dev-composite";
const JOBS: SmallApp = { tables: {}, seed: {}, validation: {} };

describeWithTerraform("a change of the app", () => {
  let workspace: TestWorkspace;

  /** Makes the app and the workspace the same, whatever the test before left. */
  async function deploy(jobs: SmallApp): Promise<void> {
    workspace.synth(smallApp(jobs));
    for (const stack of [ATOMIC, COMPOSITE]) await workspace.apply(stack);
  }

  beforeAll(async () => {
    workspace = await TestWorkspace.open();
    workspace.synth(smallApp(JOBS));
    await workspace.init(ATOMIC, COMPOSITE);
  });

  afterAll(async () => {
    await workspace.close();
  });

  it("is planned empty when there is none", async () => {
    await deploy(JOBS);

    expect(await workspace.plan(ATOMIC)).toEqual(NOTHING);
    expect(await workspace.plan(COMPOSITE)).toEqual(NOTHING);
    expect(await workspace.jobNames()).toEqual(
      ["Setup", "seed", "tables", "validation"].map((name) => `[dev] ${name}`),
    );
  });

  it("of one tag is exactly one update in place", async () => {
    await deploy(JOBS);
    const before = await workspace.jobs();

    workspace.synth(smallApp({ ...JOBS, seed: { tags: { team: "health" } } }));

    expect(await workspace.plan(ATOMIC)).toEqual({ add: 0, change: 1, destroy: 0 });
    const requests = await workspace.requestsDuring(async () => {
      expect(await workspace.apply(ATOMIC)).toEqual({ add: 0, change: 1, destroy: 0 });
    }, "POST *");
    expect(requests).toBe(1);
    expect(await workspace.plan(COMPOSITE)).toEqual(NOTHING);
    const after = await workspace.jobs();
    expect(after.map(({ job_id }) => job_id)).toEqual(before.map(({ job_id }) => job_id));
    expect(after.filter(({ settings }) => settings.tags?.team === "health")).toHaveLength(1);
  });

  it("made through the API is found and repaired", async () => {
    await deploy(JOBS);
    const { job_id } = await workspace.job("[dev] tables");

    await workspace.api("POST", "/api/2.2/jobs/update", {
      job_id,
      new_settings: {
        name: "Somebody's own",
        tags: { job_level: "atomic" },
        max_concurrent_runs: 9,
      },
    });

    expect(await workspace.plan(ATOMIC)).toEqual({ add: 0, change: 1, destroy: 0 });
    await workspace.apply(ATOMIC);
    expect(await workspace.plan(ATOMIC)).toEqual(NOTHING);
    expect((await workspace.job("[dev] tables")).job_id).toBe(job_id);
  });

  it("makes a job again that was deleted through the API, and leads the composite to it", async () => {
    await deploy(JOBS);
    const { job_id } = await workspace.job("[dev] tables");

    await workspace.api("POST", "/api/2.2/jobs/delete", { job_id });

    expect(await workspace.apply(ATOMIC)).toEqual({ add: 1, change: 0, destroy: 0 });
    expect(await workspace.apply(COMPOSITE)).toEqual({ add: 0, change: 1, destroy: 0 });
    const composite = await workspace.job("[dev] Setup");
    const again = await workspace.job("[dev] tables");
    expect(again.job_id).not.toBe(job_id);
    const { settings } = await workspace.api<{ settings: { tasks: object[] } }>(
      "GET",
      `/api/2.2/jobs/get?job_id=${composite.job_id}`,
    );
    expect(settings.tasks).toContainEqual(
      expect.objectContaining({ run_job_task: { job_id: again.job_id } }),
    );
  });

  it("of a job's name keeps the job", async () => {
    await deploy(JOBS);
    const { job_id } = await workspace.job("[dev] tables");

    workspace.synth(smallApp({ ...JOBS, tables: { name: "Tables Setup" } }));

    expect(await workspace.apply(ATOMIC)).toEqual({ add: 0, change: 1, destroy: 0 });
    expect((await workspace.job("[dev] Tables Setup")).job_id).toBe(job_id);
    expect(await workspace.plan(COMPOSITE)).toEqual(NOTHING);
  });

  it("of a job's key is another job, which the composite runs instead", async () => {
    await deploy(JOBS);

    workspace.synth(smallApp({ tables: {}, seeding: { name: "seed" }, validation: {} }));

    expect(await workspace.apply(ATOMIC)).toEqual({ add: 1, change: 0, destroy: 1 });
    expect(await workspace.apply(COMPOSITE)).toEqual({ add: 0, change: 1, destroy: 0 });
    expect(await workspace.jobNames()).toHaveLength(4);
  });

  it("that removes a job destroys it", async () => {
    await deploy(JOBS);

    workspace.synth(smallApp({ tables: {}, seed: {} }));

    expect(await workspace.apply(COMPOSITE)).toEqual({ add: 0, change: 1, destroy: 0 });
    expect(await workspace.apply(ATOMIC)).toEqual({ add: 0, change: 0, destroy: 1 });
    expect(await workspace.jobNames()).toEqual(["[dev] Setup", "[dev] seed", "[dev] tables"]);
  });

  it("that adopts an existing job imports it", async () => {
    await deploy(JOBS);
    const { job_id } = await workspace.api<{ job_id: number }>("POST", "/api/2.2/jobs/create", {
      name: "Made by hand",
      tasks: [{ task_key: "adopted", notebook_task: { notebook_path: "/Shared/adopted" } }],
    });
    workspace.synth(smallApp({ ...JOBS, adopted: {} }));

    succeeded(
      await workspace.terraform(
        ATOMIC,
        "import",
        "-input=false",
        "databricks_job.adopted",
        String(job_id),
      ),
    );

    expect(await workspace.apply(ATOMIC)).toEqual({ add: 0, change: 1, destroy: 0 });
    expect(await workspace.plan(ATOMIC)).toEqual(NOTHING);
    expect((await workspace.job("[dev] adopted")).job_id).toBe(job_id);
  });

  it("of two environments at once is applied to both", async () => {
    const environments = ["blue", "green"];
    workspace.synth((app) => {
      for (const name of environments) smallApp(JOBS, name)(app);
    });
    const stacks = environments.map((name) => `alerting-${name}-atomic`);
    await Promise.all(stacks.map((stack) => workspace.init(stack)));

    const counts = await Promise.all(stacks.map((stack) => workspace.apply(stack)));

    expect(counts).toEqual(stacks.map(() => ({ add: 3, change: 0, destroy: 0 })));
    for (const stack of stacks) expect(await workspace.plan(stack)).toEqual(NOTHING);
    const names = await workspace.jobNames();
    for (const name of environments) {
      expect(names.filter((each) => each.startsWith(`[${name}]`))).toHaveLength(3);
    }
  });

  it.each(terraformBinaries)("deploys and destroys everything with %s", async (binary) => {
    const name = `with-${binary}`;
    workspace.synth(smallApp({ tables: {} }, name));
    const stack = `alerting-${name}-atomic`;
    const of = (...args: string[]): Promise<unknown> =>
      workspace.startTerraform(stack, args, binary).ended.then((ended) => succeeded(ended));

    await of("init", "-input=false");
    await of("apply", "-input=false", "-auto-approve");
    await of("plan", "-input=false", "-detailed-exitcode");
    expect(await workspace.jobNames()).toContain(`[${name}] tables`);
    await of("destroy", "-input=false", "-auto-approve");
    expect(await workspace.jobNames()).not.toContain(`[${name}] tables`);
  });

  it("that removes everything leaves nothing", async () => {
    workspace.synth((app) => {
      for (const name of ["dev", "blue", "green"]) smallApp(JOBS, name)(app);
    });
    for (const stack of [COMPOSITE, ATOMIC, "alerting-blue-atomic", "alerting-green-atomic"]) {
      succeeded(await workspace.terraform(stack, "destroy", "-input=false", "-auto-approve"));
    }
    expect(await workspace.jobs()).toEqual([]);
  });
});
