import { appendFileSync, cpSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { NOTHING, succeeded, TestWorkspace } from "./support/local-workspace";
import { CDKTF, type Ended, jobstrata, ROOT, run } from "./support/processes";
import { makeProject, NOTEBOOK, VIOLATION } from "./support/project";
import { describeWithTerraform } from "./support/terraform";

const ATOMIC = "alerting-dev-atomic";
const COMPOSITE = "alerting-dev-composite";
const SEEDING = "[dev] Health Monitor - Alerting Rules Seeding";
const SETUP = "[dev] Health Monitor - Alerting Layer Setup";
const JOBS = [
  "[dev] Health Monitor - Alerting Deployment",
  SETUP,
  "[dev] Health Monitor - Alerting Notification Destinations Sync",
  "[dev] Health Monitor - Alerting Query Validation",
  SEEDING,
  "[dev] Health Monitor - Alerting Tables Setup",
];

/** The package that the notebooks import, as it is to be in the workspace. */
const PACKAGE = readdirSync(join(ROOT, "src", "alerting", "alerting"), {
  recursive: true,
  withFileTypes: true,
})
  .filter((entry) => entry.isFile() && !/__pycache__|\/\./.test(join(entry.parentPath, entry.name)))
  .map(({ parentPath, name }) => `/Shared/jobstrata/dev/${relative(ROOT, join(parentPath, name))}`)
  .sort();

const shell = (command: readonly string[]): string => command.map((word) => `'${word}'`).join(" ");

interface WorkspaceObjects {
  readonly objects?: readonly { readonly path: string; readonly object_type: string }[];
}

/** Each test goes on where the one before it has stopped, as a person does. */
describeWithTerraform("the alerting app, with the CDKTF CLI", () => {
  let workspace: TestWorkspace;
  const cdktf = (...args: string[]): Promise<Ended> => workspace.cdktf(CDKTF, ROOT, ...args);

  beforeAll(async () => {
    workspace = await TestWorkspace.open();
  });

  afterAll(async () => {
    await workspace.close();
  });

  /** Paths of everything of a type in the workspace. */
  async function objectsOf(type: "NOTEBOOK" | "FILE"): Promise<string[]> {
    const found: string[] = [];
    const folders = ["/"];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const { objects = [] } = await workspace.api<WorkspaceObjects>(
        "GET",
        `/api/2.0/workspace/list?path=${encodeURIComponent(folder)}`,
      );
      for (const { path, object_type } of objects) {
        if (object_type === "DIRECTORY") folders.push(path);
        else if (object_type === type) found.push(path);
      }
    }
    return found.sort();
  }

  it("is stopped by the policy before Terraform where two jobs have one notebook", async () => {
    const project = makeProject(workspace.folder, "violation", VIOLATION);
    writeFileSync(join(project, "tables.py"), NOTEBOOK);

    const requests = await workspace.requestsDuring(async () => {
      const deployed = await workspace.cdktf(CDKTF, project, "deploy", "*", "--auto-approve");

      expect(deployed.code).toBe(1);
      expect(deployed.text).toContain("notebook-in-one-job");
      expect(deployed.text).toContain("main.ts:");
    });

    expect(requests).toBe(0);
    expect(readdirSync(join(workspace.dataDir, "state"))).toEqual([]);
    expect(existsSync(workspace.stackFolder(ATOMIC))).toBe(false);
  });

  it("says which stack is missing where the composite jobs are planned or deployed before the atomic ones", async () => {
    const planned = await cdktf("plan", COMPOSITE);
    const deployed = await cdktf("deploy", COMPOSITE, "--auto-approve");

    expect(planned.code).toBe(1);
    expect(planned.text).toContain("Unable to find remote state");
    expect(planned.text).toContain(`data.terraform_remote_state.${ATOMIC}`);
    expect(deployed.code).toBe(1);
    expect(deployed.text).toContain(`not included in the stacks to run: ${ATOMIC}.`);
    expect(await workspace.jobs()).toEqual([]);
  });

  it("is planned, in every environment", async () => {
    // The call before has left the configuration of every stack.
    const stacks = ["dev", "staging", "prod"].map((name) => `alerting-${name}-atomic`);
    await Promise.all(
      stacks.map(async (stack) => {
        await workspace.init(stack);
        const name = "run_as_service_principal";
        const variable =
          stack === ATOMIC ? [] : [`-var=${name}=00000000-0000-0000-0000-000000000001`];
        const { text } = succeeded(
          await workspace.terraform(stack, "plan", "-input=false", ...variable),
        );
        // The jobs, their notebooks and what these import, and in production who may see each job.
        const expected = PACKAGE.length + (stack === ATOMIC ? 10 : 15);
        expect(text).toContain(`Plan: ${expected} to add, 0 to change, 0 to destroy.`);
      }),
    );
    expect(await workspace.jobs()).toEqual([]);
  });

  it("is deployed: the atomic jobs, then the composite", async () => {
    succeeded(await cdktf("deploy", ATOMIC, "--auto-approve"));
    expect(await workspace.jobNames()).toEqual(
      JOBS.filter((name) => !name.includes("Layer Setup")),
    );

    const planned = succeeded(await cdktf("plan", COMPOSITE));
    expect(planned.text).toContain("Plan: 1 to add, 0 to change, 0 to destroy.");

    succeeded(
      await cdktf("deploy", COMPOSITE, "--auto-approve", "--ignore-missing-stack-dependencies"),
    );
    expect(await workspace.jobNames()).toEqual(JOBS);
    expect(await objectsOf("NOTEBOOK")).toHaveLength(5);
    expect(await objectsOf("FILE")).toEqual(PACKAGE);
  });

  it("changes nothing when it is planned again", async () => {
    expect(await workspace.plan(ATOMIC)).toEqual(NOTHING);
    expect(await workspace.plan(COMPOSITE)).toEqual(NOTHING);
  });

  it("is deployed only as far as jobstrata changed names its stacks", async () => {
    const outdir = join(workspace.stackFolder(ATOMIC), "..", "..");
    const base = join(workspace.folder, "base");
    cpSync(outdir, base, { recursive: true, filter: (path) => !path.endsWith(".terraform") });
    const deployChanged = (): Promise<Ended> =>
      run(
        [
          "sh",
          "-c",
          `${shell(jobstrata("changed", base, outdir, "--stacks", "-t", "dev"))} | xargs -r ${shell(CDKTF)} deploy --auto-approve --ignore-missing-stack-dependencies`,
        ],
        { cwd: ROOT, env: workspace.env },
      );
    // What a deployment of each stack would undo.
    const limits = async (): Promise<(number | undefined)[]> =>
      Promise.all(
        [SEEDING, SETUP].map(async (name) => {
          const { job_id } = await workspace.job(name);
          const path = `/api/2.2/jobs/get?job_id=${job_id}`;
          const job = await workspace.api<{ settings: { max_concurrent_runs?: number } }>(
            "GET",
            path,
          );
          return job.settings.max_concurrent_runs;
        }),
      );
    const before = await limits();
    for (const name of [SEEDING, SETUP]) {
      const { job_id } = await workspace.job(name);
      const changes = { job_id, new_settings: { max_concurrent_runs: 77 } };
      await workspace.api("POST", "/api/2.2/jobs/update", changes);
    }

    const nothing = succeeded(await deployChanged());
    expect(nothing.stdout).toBe("");
    expect(nothing.stderr).toContain("no stack has changed jobs: nothing to deploy");
    expect(await limits()).toEqual([77, 77]);

    // Each stack has a copy of the notebook.
    for (const path of readdirSync(base, { recursive: true, encoding: "utf8" }))
      if (path.endsWith("seed_all_alerts.py")) appendFileSync(join(base, path), "print(1)\n");
    const { text } = succeeded(await deployChanged());
    expect(text).toContain(ATOMIC);
    expect(text).not.toContain(COMPOSITE);
    expect(await limits()).toEqual([before[0], 77]);
  });

  it("leaves nothing in the workspace when it is destroyed", async () => {
    succeeded(await cdktf("destroy", "alerting-dev-*", "--auto-approve"));

    expect(await workspace.jobs()).toEqual([]);
    expect(await objectsOf("NOTEBOOK")).toEqual([]);
    expect(await objectsOf("FILE")).toEqual([]);
  });
});
