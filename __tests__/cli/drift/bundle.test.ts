import { rmSync } from "node:fs";
import { join } from "node:path";
import { jobstrata } from "../program-support";
import { freshFolder } from "../../support/synth";
import { DeployedBundle, writeFiles } from "./support";

interface Report {
  readonly result: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly {
    readonly key: string;
    readonly job_id?: string;
    readonly matched_by?: string;
    readonly kinds: readonly string[];
    readonly note?: string;
    readonly changes: readonly {
      readonly kind: string;
      readonly path: readonly string[];
      readonly code?: unknown;
      readonly live?: unknown;
      readonly message: string;
    }[];
    readonly platform_values: readonly { readonly path: readonly string[] }[];
  }[];
  readonly findings: readonly {
    readonly kind: string;
    readonly job_id?: string;
    readonly message: string;
    readonly creator?: string;
    readonly other_job_ids?: readonly string[];
  }[];
}

describe("jobstrata drift of a bundle", () => {
  let bundle: DeployedBundle;
  let ids: ReadonlyMap<string, number>;

  beforeEach(async () => {
    process.env.JOBSTRATA_CACHE = freshFolder();
    bundle = await DeployedBundle.start(freshFolder());
    ids = await bundle.deploy("prod");
  });

  afterEach(async () => {
    await bundle.stop();
    delete process.env.JOBSTRATA_CACHE;
  });

  const drift = async (...args: string[]): Promise<Report & { readonly code: number }> => {
    const { code, out, err } = await jobstrata("drift", bundle.folder, "--format", "json", ...args);
    if (out === "") throw new Error(err);
    return { code, ...(JSON.parse(out) as Report) };
  };
  const idOf = (key: string): string => String(ids.get(key));

  it("finds nothing after a deployment, in either mode, with the state or without", async () => {
    await bundle.deploy("dev");
    for (const target of ["dev", "prod"]) {
      for (const more of [[], ["--no-states"]]) {
        const { code, jobs, findings, counts } = await drift("-t", target, ...more);
        expect({ code, jobs, findings }).toEqual({ code: 0, jobs: [], findings: [] });
        expect(counts).toMatchObject({ jobs: 3, equal: 3, live: 6, elsewhere: 3 });
      }
    }
  });

  it("says field by field what is other, whose it is and that the platform gave some of it", async () => {
    await bundle.update(ids.get("load"), {
      timeout_seconds: 60,
      description: "by hand",
      performance_target: "PERFORMANCE_OPTIMIZED",
    });
    await bundle.update(ids.get("report"), {
      schedule: {
        quartz_cron_expression: "0 0 6 * * ?",
        timezone_id: "UTC",
        pause_status: "PAUSED",
      },
    });
    await bundle.call("PATCH", `2.0/permissions/jobs/${idOf("nightly")}`, {
      access_control_list: [
        { group_name: "users", permission_level: "CAN_MANAGE" },
        { user_name: "bob@x.example", permission_level: "CAN_VIEW" },
      ],
    });

    const { out, code } = await jobstrata("drift", bundle.folder, "-t", "prod", "--all");

    expect(code).toBe(1);
    expect(out.replaceAll(/\((job \d+), .*?jobs\.yml:/g, "($1, jobs.yml:"))
      .toBe(`prod at ${bundle.host}: 0 of 3 jobs equal; 1 changed, 1 with other permissions, 1 paused
  ~ load (job 1, jobs.yml:4:5)
      timeout_seconds is 60; the code has 3600
      description is "by hand"; the code does not set it
      performance_target is "PERFORMANCE_OPTIMIZED", from the platform
  ~ report (job 2, jobs.yml:22:5)
      schedule is paused; the code lets it run
  ~ nightly (job 3, jobs.yml:32:5)
      group users has CAN_MANAGE; the code gives CAN_VIEW
      user bob@x.example has CAN_VIEW; the code gives nothing
3 live jobs; 1 value not compared, as only the deployment knows it
`);
  });

  it("compares tasks one by one, and the jobs that they run", async () => {
    const copy = await bundle.create({ name: "Load, once more" });
    await bundle.update(ids.get("nightly"), {
      tasks: [
        { task_key: "load", run_job_task: { job_id: copy } },
        { task_key: "extra", run_job_task: { job_id: copy } },
      ],
    });

    const { jobs } = await drift("-t", "prod");

    const [nightly] = jobs;
    expect(nightly?.changes.map(({ message }) => message).sort()).toEqual([
      expect.stringMatching(/^task "extra" is run_job_task .*; the code does not set it$/),
      `task "load": run_job_task.job_id is "${copy}" (Load, once more); the code has "${idOf("load")}" (load)`,
    ]);
  });

  it("finds jobs that are gone, orphans, jobs of no code, and broken references", async () => {
    await bundle.call("POST", "2.2/jobs/delete", { job_id: ids.get("report") });
    const copy = await bundle.create({ name: "[prod] Load" });
    const other = await bundle.create({ name: "Ad hoc" });
    const again = await bundle.create({ name: "Ad hoc" });
    const locked = await bundle.create({
      name: "Of a bundle",
      deployment: { kind: "BUNDLE", metadata_file_path: "/Workspace/x/state/metadata.json" },
    });
    const foreign = await bundle.create({
      name: "[prod] Load",
      deployment: { kind: "BUNDLE", metadata_file_path: "/Workspace/y/state/metadata.json" },
    });
    const lost = await bundle.create({
      name: "Renamed since",
      deployment: {
        kind: "BUNDLE",
        metadata_file_path: "/Workspace/Shared/shop/prod/state/metadata.json",
      },
    });

    const { code, jobs, findings } = await drift("-t", "prod");

    expect(code).toBe(1);
    expect(jobs.map(({ key, kinds }) => [key, kinds])).toEqual([
      ["report", ["missing"]],
      ["nightly", ["changed"]],
    ]);
    expect(jobs[0]?.note).toBe(`job ${idOf("report")} of the state is gone`);
    expect(jobs[1]?.changes[0]?.message).toBe(
      `task "report": run_job_task.job_id is "${idOf("report")}"; the code has (report, which is missing)`,
    );
    expect(findings.map(({ kind, job_id: id, message }) => [kind, id, message])).toEqual([
      [
        "orphan",
        String(copy),
        expect.stringContaining(`the name of load, beside job ${idOf("load")}`),
      ],
      ["orphan", String(lost), "this bundle deployed it, but its state does not have it"],
      ["duplicate", idOf("load"), `jobs ${idOf("load")}, ${foreign} have the same name`],
      [
        "reference",
        idOf("nightly"),
        `the live job runs job ${idOf("report")}, which does not exist`,
      ],
      ["unmanaged", String(other), `no code manages it; job ${again} of the same name`],
      ["unmanaged", String(again), `no code manages it; job ${other} of the same name`],
      ["unmanaged", String(locked), "another bundle deployed it: /Workspace/x/state/metadata.json"],
      [
        "unmanaged",
        String(foreign),
        "another bundle deployed it: /Workspace/y/state/metadata.json",
      ],
    ]);
    expect(findings[0]?.creator).toBe("local-user@example.com");
  });

  it("names a job that the state has and the code does not, and one that is not deployed yet", async () => {
    const folder = join(bundle.folder, ".databricks/bundle/prod");
    rmSync(folder, { recursive: true });
    const state = { "resources.jobs.old": { __id__: idOf("report") } };
    await bundle.call("POST", "2.0/workspace/mkdirs", { path: "/Shared/shop/prod/state" });
    await bundle.call("POST", "2.0/workspace/import", {
      path: "/Shared/shop/prod/state/resources.json",
      format: "AUTO",
      content: Buffer.from(JSON.stringify({ state_version: 2, serial: 1, state })).toString(
        "base64",
      ),
    });

    const { jobs, findings } = await drift("-t", "prod");

    expect(jobs.map(({ key, kinds }) => [key, kinds])).toEqual([
      ["load", ["missing"]],
      ["report", ["missing"]],
      ["nightly", ["missing"]],
    ]);
    expect(findings.map(({ kind, job_id: id }) => [kind, id])).toEqual([
      ["orphan", idOf("load")],
      ["orphan", idOf("nightly")],
      ["unmanaged", idOf("report")],
    ]);
    expect(findings[2]?.message).toBe("the code no longer has old; the next deployment deletes it");
  });

  it("finds a job by its tags if there are several of its name and no state", async () => {
    await bundle.create({ name: "[prod] Load", tags: { job_level: "composite" } });
    rmSync(join(bundle.folder, ".databricks"), { recursive: true });

    const { findings, code } = await drift("-t", "prod", "--all");

    expect(code).toBe(1);
    const duplicates = findings.filter(({ kind }) => kind === "duplicate");
    expect(duplicates.map(({ job_id: id, other_job_ids: others }) => [id, others])).toEqual([
      [idOf("load"), ["4"]],
    ]);
  });

  it("finds a reference of the code to a job that does not exist", async () => {
    writeFiles(bundle.folder, {
      "resources/audit.yml": `resources:
  jobs:
    audit:
      name: Audit
      tasks:
        - { task_key: old, run_job_task: { job_id: 987654 } }
        - { task_key: load, run_job_task: { job_id: ${idOf("load")} } }
`,
    });

    const { findings, jobs } = await drift("-t", "prod");

    expect(findings.map(({ kind, message }) => [kind, message])).toEqual([
      ["reference", "the code runs job 987654, which does not exist"],
    ]);
    expect(jobs.map(({ key, kinds }) => [key, kinds])).toEqual([["audit", ["missing"]]]);
  });

  it("fails on the kinds of --fail-on", async () => {
    await bundle.update(ids.get("load"), { timeout_seconds: 1 });
    await bundle.create({ name: "Ad hoc" });
    const codeOf = async (...args: string[]) => (await drift("-t", "prod", ...args)).code;
    expect(await codeOf("--fail-on", "missing,paused")).toBe(0);
    expect(await codeOf("--fail-on", "unmanaged")).toBe(1);
    expect(await codeOf("--fail-on", "error")).toBe(1);
    expect(await codeOf("--fail-on", "none")).toBe(0);
  });

  it("refuses what it cannot compare", async () => {
    const said = async (...args: string[]) => {
      const { code, err } = await jobstrata("drift", bundle.folder, ...args);
      return [code, err.trim()];
    };
    expect(await said()).toEqual([2, 'select a target with -t: "dev", "prod"']);
    expect(await said("-t", "prd")).toEqual([2, expect.stringContaining('did you mean "prod"?')]);
    expect(await said("-t", "prod", "--fail-on", "everything")).toEqual([
      2,
      expect.stringContaining("Allowed are missing, changed,"),
    ]);
    expect(await said("-t", "prod", "--state", "nowhere.json")).toEqual([
      2,
      '--state "nowhere.json": there is no such file',
    ]);
  });
});
