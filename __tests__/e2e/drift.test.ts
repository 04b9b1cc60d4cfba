import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../cli/program-support";
import { makeEverything } from "../support/everything";
import { succeeded, TestWorkspace } from "./support/local-workspace";
import { ROOT } from "./support/processes";
import { smallApp } from "./support/small-app";
import { describeWithTerraform } from "./support/terraform";

interface Report {
  readonly jobs: readonly {
    readonly key: string;
    readonly kinds: readonly string[];
    readonly changes: readonly { readonly message: string }[];
    readonly not_compared: readonly string[];
  }[];
  readonly findings: readonly {
    readonly kind: string;
    readonly job_id: string;
    readonly message: string;
  }[];
}

const STACKS = ["alerting-dev-atomic", "alerting-dev-composite"];
/** The everything app runs job 42 and one that it looks up by the name `Audit`. */
const EXTERNAL_JOB = 42;

const GIT_SOURCE = {
  git_url: "https://github.com/health/alerting",
  git_provider: "gitHub",
  git_tag: "v2",
  job_source: {
    job_config_path: "jobs/seed.yml",
    import_from_git_branch: "main",
    dirty_state: "NOT_SYNCED",
  },
};

/**
 * Leaves out what this workspace refuses: another workspace's id, and triggers that this provider does not have yet. Two jobs
 * have the same name, which would be reported.
 */
function withoutRefused(file: string): void {
  const config = JSON.parse(readFileSync(file, "utf8")) as {
    resource: { databricks_job: Record<string, Record<string, unknown>> };
  };
  for (const [key, job] of Object.entries(config.resource.databricks_job)) {
    if (job.name === "[dev] Everything") job.name = `[dev] ${key}`;
    delete job.provider_config;
    if (JSON.stringify(job.trigger ?? "").includes('"model"')) delete job.trigger;
  }
  writeFileSync(file, JSON.stringify(config, undefined, 1));
}

describeWithTerraform("drift after terraform apply", () => {
  let workspace: TestWorkspace;

  beforeEach(async () => {
    workspace = await TestWorkspace.open();
  });

  afterEach(async () => {
    await workspace.close();
  });

  async function drift(): Promise<Report & { readonly code: number | null }> {
    const { code, stdout, stderr } = await commandLine(
      ["drift", "-t", "dev", "--local", "--data", workspace.dataDir, "--format", "json", "--all"],
      { cwd: ROOT, env: { ...process.env, JOBSTRATA_CACHE: join(workspace.folder, "cache") } },
    );
    if (stdout === "") throw new Error(stderr);
    return { code, ...(JSON.parse(stdout) as Report) };
  }

  it("is nothing for jobs with every prop, and exactly what somebody changes", async () => {
    for (let id = 1; id <= EXTERNAL_JOB; id++)
      await workspace.api("POST", "/api/2.2/jobs/create", {
        name: id === EXTERNAL_JOB ? "Audit" : `Other ${id}`,
      });
    workspace.synth(makeEverything);
    for (const stack of STACKS) withoutRefused(join(workspace.stackFolder(stack), "cdk.tf.json"));
    await workspace.init(...STACKS);
    for (const stack of STACKS) await workspace.apply(stack);

    const clean = await drift();

    expect(clean.jobs.flatMap(({ changes }) => changes.map(({ message }) => message))).toEqual([]);
    expect(clean.jobs.flatMap(({ not_compared: open }) => open)).toEqual([]);
    expect(clean.findings.filter(({ kind }) => kind !== "unmanaged")).toEqual([]);
    expect(clean.findings).toHaveLength(EXTERNAL_JOB);
    expect(clean.code).toBe(0);
    expect(clean.jobs.length).toBeGreaterThan(10);

    const { job_id } = await workspace.job("[dev] alerting_seed_job");
    await workspace.api("POST", "/api/2.2/jobs/update", {
      job_id,
      new_settings: { git_source: GIT_SOURCE, parameters: [{ name: "region", default: "apac" }] },
    });
    const { code, jobs } = await drift();
    expect(code).toBe(1);
    expect(
      jobs.flatMap(({ key, changes }) => changes.map(({ message }) => `${key}: ${message}`)),
    ).toEqual([
      'alerting_seed_job: git_source.git_tag is "v2"; the code has "v1"',
      'alerting_seed_job: parameter "region": default is "apac"; the code has "emea"',
    ]);
  });

  it("names the job whose creation was carried out while its answer was lost", async () => {
    workspace.synth(smallApp({ seed: {}, tables: {} }));
    const [atomic = ""] = STACKS;
    await workspace.init(atomic);
    await workspace.faults({
      requests: [{ match: "POST *jobs/create", fault: "drop", carried_out: true, times: 1 }],
    });
    const apply = ["apply", "-input=false", "-auto-approve"];
    expect((await workspace.terraform(atomic, ...apply)).code).toBe(1);
    const lost = await drift();

    expect(lost.findings).toEqual([
      expect.objectContaining({
        kind: "orphan",
        message: expect.stringContaining("which has no live job in its state") as string,
      }),
    ]);
    expect(lost.jobs.filter(({ kinds }) => kinds.includes("missing"))).toHaveLength(2);
    succeeded(await workspace.terraform(atomic, ...apply));
    const again = await drift();
    const [orphan] = lost.findings;
    expect(again.findings).toEqual([
      expect.objectContaining({
        kind: "orphan",
        job_id: orphan?.job_id,
        message: expect.stringMatching(/beside job \d+, and is in no state/) as string,
      }),
    ]);
  });
});
