import { NOTHING, succeeded, TestWorkspace } from "./support/local-workspace";
import { jobstrata, processesWith, ROOT, start } from "./support/processes";
import { smallApp } from "./support/small-app";
import { describeWithTerraform, terraformBinaries, usesStandIn } from "./support/terraform";

const JOBS = { deploy: {}, notifications: {}, seed: {}, tables: {}, validation: {} };
const NAMES = Object.keys(JOBS).map((key) => `[dev] ${key}`);
const ATOMIC = "alerting-dev-atomic";
const APPLY = ["apply", "-input=false", "-auto-approve"];

describeWithTerraform("an apply that meets trouble", () => {
  let workspace: TestWorkspace;

  beforeAll(async () => {
    workspace = await TestWorkspace.open();
    workspace.synth(smallApp(JOBS));
    await workspace.init(ATOMIC);
  });

  afterEach(async () => {
    await workspace.faults();
    succeeded(await workspace.terraform(ATOMIC, "destroy", "-input=false", "-auto-approve"));
    for (const { job_id } of await workspace.jobs())
      await workspace.api("POST", "/api/2.2/jobs/delete", { job_id });
  });

  afterAll(async () => {
    await workspace.close();
  });

  it("succeeds without duplicate jobs despite 429 and 503", async () => {
    await workspace.faults({
      seed: 7,
      requests: [
        { match: "POST *", fault: 429, rate: 0.3 },
        { match: "GET *", fault: 503, rate: 0.3 },
      ],
    });

    expect(await workspace.apply(ATOMIC)).toEqual({ add: 5, change: 0, destroy: 0 });

    const [refused = 0, unavailable = 0] = await workspace.struck();
    expect(refused + unavailable).toBeGreaterThan(1);
    await workspace.faults();
    expect(await workspace.jobNames()).toEqual(NAMES);
    expect(await workspace.plan(ATOMIC)).toEqual(NOTHING);
  });

  it("fails at once on 500, keeps its progress, and can be applied again", async () => {
    await workspace.faults({ requests: [{ match: "POST *jobs/create", fault: 500, times: 1 }] });

    const failed = await workspace.terraform(ATOMIC, ...APPLY);

    expect(failed.code).toBe(1);
    expect(failed.text).toContain("Injected fault: internal error.");
    expect(await workspace.jobs()).toHaveLength(4);
    expect(await workspace.apply(ATOMIC)).toEqual({ add: 1, change: 0, destroy: 0 });
    expect(await workspace.jobNames()).toEqual(NAMES);
  });

  it("keeps a created job in the state even if it cannot be read", async () => {
    await workspace.faults({ requests: [{ match: "GET *jobs/get", fault: 500, times: 1 }] });

    expect((await workspace.terraform(ATOMIC, ...APPLY)).code).toBe(1);

    expect(await workspace.stateList(ATOMIC)).toHaveLength(5);
    await workspace.apply(ATOMIC);
    expect(await workspace.jobNames()).toEqual(NAMES);
  });

  // The provider cannot know that the job exists, so this is how it is with Databricks too.
  it("fails where the answer to a creation is lost, and makes that job again next time", async () => {
    await workspace.faults({
      requests: [{ match: "POST *jobs/create", fault: "drop", carried_out: true, times: 1 }],
    });

    const failed = await workspace.terraform(ATOMIC, ...APPLY);

    expect(failed.code).toBe(1);
    expect(failed.text).toMatch(/EOF/);
    expect(await workspace.jobNames()).toEqual(NAMES);
    expect(await workspace.stateList(ATOMIC)).toHaveLength(4);
    expect(await workspace.apply(ATOMIC)).toEqual({ add: 1, change: 0, destroy: 0 });
    expect(await workspace.jobs()).toHaveLength(6);
    expect(new Set(await workspace.jobNames())).toEqual(new Set(NAMES));
  });

  it("does not repeat a creation whose answer is lost on a connection that was used before", async () => {
    workspace.synth(smallApp({ tables: {} }));
    await workspace.apply(ATOMIC);
    // One at a time, each soon after the answer to the one before.
    workspace.synth(smallApp(JOBS));
    await workspace.faults({
      requests: [
        { match: "POST *jobs/create", fault: "latency", milliseconds: 0, times: 1 },
        { match: "POST *jobs/create", fault: "drop", carried_out: true, times: 1 },
      ],
    });

    const failed = await workspace.terraform(ATOMIC, ...APPLY, "-parallelism=1");

    expect(failed.code).toBe(1);
    expect(failed.text).toMatch(/EOF/);
    await workspace.faults();
    expect(await workspace.jobNames()).toEqual([...new Set(await workspace.jobNames())]);
  });

  it("reads once more where a connection that was used before is closed", async () => {
    await workspace.apply(ATOMIC);
    await workspace.faults({
      requests: [
        { match: "GET *jobs/get", fault: "latency", milliseconds: 0, times: 1 },
        { match: "GET *jobs/get", fault: "drop", times: 1 },
      ],
    });

    const { stdout } = succeeded(
      await workspace.terraform(ATOMIC, "plan", "-input=false", "-parallelism=1"),
    );

    expect(stdout).toContain("No changes.");
    expect(await workspace.struck()).toEqual([1, 1]);
  });

  it("saves its state after Ctrl-C, and the next apply does the rest", async () => {
    const [terraform = ""] = terraformBinaries;
    await workspace.faults({
      requests: [{ match: "POST *jobs/create", fault: "latency", milliseconds: 1500 }],
    });
    const command = ["exec", "--data", workspace.dataDir, "--", terraform];
    const { child, ended, printed } = start(
      jobstrata(
        "local",
        ...command,
        `-chdir=${workspace.stackFolder(ATOMIC)}`,
        ...APPLY,
        "-no-color",
        "-parallelism=2",
      ),
      { cwd: ROOT, env: { ...process.env, ...workspace.binaryEnv }, group: true },
    );
    await printed(/Creating\.\.\.[^]*Creating\.\.\./);

    process.kill(-(child.pid ?? 0), "SIGINT");
    const interrupted = await ended;

    expect(interrupted.code).toBe(1);
    expect(interrupted.text).toContain("Gracefully shutting down");
    expect(interrupted.text).not.toContain("Two interrupts received");
    // The stand-in finishes what is under way. The genuine provider drops its requests, and cannot know what they did.
    const kept = (await workspace.stateList(ATOMIC)).length;
    if (usesStandIn) expect(kept).toBe(2);
    else expect(kept).toBeLessThanOrEqual(2);
    expect(processesWith(workspace.stackFolder(ATOMIC))).toEqual([]);
    await workspace.faults();
    expect(await workspace.apply(ATOMIC)).toEqual({ add: 5 - kept, change: 0, destroy: 0 });
    const names = await workspace.jobNames();
    expect(usesStandIn ? names : [...new Set(names)]).toEqual(NAMES);
    expect(await workspace.plan(ATOMIC)).toEqual(NOTHING);
  });
});
