import { join, relative } from "node:path";
import { DataDatabricksJob } from "@cdktf/provider-databricks/lib/data-databricks-job";
import { Notebook } from "@cdktf/provider-databricks/lib/notebook";
import {
  DataTerraformRemoteStateLocal,
  Fn,
  S3Backend,
  TerraformAsset,
  TerraformOutput,
  type TerraformStack,
  TerraformVariable,
  Token,
} from "cdktf";
import {
  App,
  AtomicJob,
  fromJobId,
  JobEnvironment,
  JobLayer,
  NotebookSource,
} from "../../src/index";
import type { JobRef } from "../../src/model/job-spec";
import { environmentOf, readStacks, type TerraformConfig } from "../../src/readers/stack-reader";
import { atomicL1, compositeL1, plainStack, useOutdir } from "../support/stacks";

const outdir = useOutdir();
const FILE = "src/alerting/setup_alerting_tables.py";

/** The graphs of an app, read as the policy reads them. */
function read(app: App): ReturnType<typeof readStacks> {
  const stacks = app.node.children as TerraformStack[];
  for (const stack of stacks) stack.prepareStack();
  return readStacks(
    stacks.map((stack) => ({
      stack,
      config: stack.toTerraform() as TerraformConfig,
      workingDirectory: join(outdir.path, "stacks", stack.node.id),
    })),
  );
}

describe("environmentOf", () => {
  it.each([
    ["alerting-dev", "dev"],
    ["prod_jobs", "prod"],
    ["Staging", "staging"],
    ["jobs.uat.eu", "uat"],
    ["alerting", "default"],
    ["developers", "default"],
    ["product", "default"],
  ])("of the stack %s is %s", (id, environment) => {
    expect(environmentOf(plainStack(new App({ outdir: outdir.path }), id))).toBe(environment);
  });

  it("is what a stack of this library says, whatever its name", () => {
    const app = new App({ outdir: outdir.path });
    const environment = new JobEnvironment({ name: "sandbox_7", mode: "development" });
    expect(environmentOf(new JobLayer(app, "prod", { environment }).atomic)).toBe("sandbox_7");
  });
});

describe("notebooks", () => {
  /** The identities of the notebooks of two jobs, the first of which is uploaded from the file by this library. */
  function beside(makeOther: (stack: TerraformStack) => string): string[] {
    const app = new App({ outdir: outdir.path });
    const environment = new JobEnvironment({ name: "dev", mode: "development" });
    const { atomic } = new JobLayer(app, "alerting", { environment });
    new AtomicJob(atomic, "alerting_tables_job", { notebook: NotebookSource.fromFile(FILE) });
    atomicL1(atomic, "alerting_other_job", makeOther(atomic));
    const [graph] = read(app);
    return (graph?.jobs ?? []).map(({ tasks }) => tasks[0]?.notebook?.identity ?? "none");
  }

  const root = "/Shared/jobstrata/dev/src/alerting";
  it.each<[string, (stack: TerraformStack) => string]>([
    ["the workspace path that it is uploaded to", () => `${root}/setup_alerting_tables`],
    ["that path, spelled otherwise", () => `/Workspace${root}/./setup_alerting_tables.py`],
    ["the resource that uploads it", () => "${databricks_notebook.alerting_tables_job.path}"],
    [
      "a second upload of the file by its path",
      (stack) => {
        const source = relative(join(outdir.path, "stacks", stack.node.id), FILE);
        return new Notebook(stack, "again", { path: "/Shared/again", source }).path;
      },
    ],
    [
      "a second upload of the file as an asset",
      (stack) => {
        const asset = new TerraformAsset(stack, "asset", { path: join(process.cwd(), FILE) });
        return new Notebook(stack, "again", { path: "/Shared/again", source: asset.path }).path;
      },
    ],
  ])("are one when the other is %s", (_, makeOther) => {
    const [first, second] = beside(makeOther);
    expect(first).toMatch(/^file:.*setup_alerting_tables\.py$/);
    expect(second).toBe(first);
  });

  it.each<[string, (stack: TerraformStack) => string]>([
    ["another workspace path", () => `${root}/seed_all_alerts`],
    [
      "an upload of other content",
      (stack) =>
        new Notebook(stack, "other", {
          path: "/Shared/o",
          contentBase64: "eA==",
          language: "PYTHON",
        }).path,
    ],
  ])("are two when the other is %s", (_, makeOther) => {
    const [first, second] = beside(makeOther);
    expect(second).not.toBe(first);
  });
});

describe("job references", () => {
  /** What the only task of a composite in `alerting-dev-composite` refers to. */
  function refOf(
    makeId: (stacks: {
      atomic: TerraformStack;
      composite: TerraformStack;
      prod: TerraformStack;
    }) => unknown,
  ): JobRef | undefined {
    const app = new App({ outdir: outdir.path });
    const stacks = {
      atomic: plainStack(app, "alerting-dev-atomic"),
      composite: plainStack(app, "alerting-dev-composite"),
      prod: plainStack(app, "alerting-prod"),
    };
    compositeL1(stacks.composite, "alerting_setup_job", [makeId(stacks) as number]);
    const graph = read(app).find(({ environment }) => environment === "dev");
    return graph?.jobs.find(({ key }) => key === "alerting_setup_job")?.tasks[0]?.runJob;
  }

  const JOB = { kind: "job", id: "alerting-dev-atomic/alerting_tables_job" };
  const tablesIn = (stack: TerraformStack) =>
    atomicL1(stack, "alerting_tables_job", "/Shared/setup");

  it("lead to a job of the same stack", () => {
    expect(refOf(({ composite }) => Token.asNumber(tablesIn(composite).id))).toEqual({
      kind: "job",
      id: "alerting-dev-composite/alerting_tables_job",
    });
  });

  it("lead through cdktf's own outputs to a job of another stack", () => {
    expect(refOf(({ atomic }) => Token.asNumber(tablesIn(atomic).id))).toEqual(JOB);
  });

  it("lead through a function of Terraform", () => {
    expect(refOf(({ atomic }) => Fn.tonumber(tablesIn(atomic).id))).toEqual(JOB);
  });

  it.each(["local", "s3"])(
    "lead through an explicit output and the %s state of the stack",
    (backend) => {
      expect(
        refOf(({ atomic, composite }) => {
          if (backend === "s3")
            new S3Backend(atomic, { bucket: "state", key: "alerting", region: "eu-central-1" });
          new TerraformOutput(atomic, "tables_id", { value: tablesIn(atomic).id, staticId: true });
          return atomic
            .ensureBackendExists()
            .getRemoteStateDataSource(composite, "atomic", atomic.node.path)
            .getNumber("tables_id");
        }),
      ).toEqual(JOB);
    },
  );

  it("notice an output that does not exist", () => {
    expect(
      refOf(({ atomic, composite }) =>
        atomic
          .ensureBackendExists()
          .getRemoteStateDataSource(composite, "atomic", atomic.node.path)
          .getNumber("tabels_id"),
      ),
    ).toMatchObject({ kind: "missing" });
  });

  it("notice a job of another environment", () => {
    expect(refOf(({ prod }) => Token.asNumber(tablesIn(prod).id))).toMatchObject({
      kind: "foreign",
      environment: "prod",
    });
  });

  it.each<[string, unknown, JobRef]>([
    ["a number", 123, { kind: "literal", jobId: "123" }],
    ["a number as text", "123", { kind: "literal", jobId: "123" }],
    [
      "a job that does not exist",
      "${databricks_job.alerting_tabels_job.id}",
      { kind: "missing", expression: "${databricks_job.alerting_tabels_job.id}" },
    ],
  ])("take %s for what it is", (_, id, ref) => {
    expect(refOf(() => id)).toEqual(ref);
  });

  it("know nothing of a variable", () => {
    expect(
      refOf(({ composite }) => new TerraformVariable(composite, "job", {}).numberValue),
    ).toEqual({
      kind: "opaque",
      expression: "${var.job}",
    });
  });

  it.each<[string, (stack: TerraformStack) => unknown]>([
    ["declared by number", (stack) => Number(fromJobId(stack, "billing_job", 123).id)],
    ["declared by expression", (stack) => fromJobId(stack, "billing_job", "${var.billing_job}").id],
    [
      "looked up by name",
      (stack) => Token.asNumber(new DataDatabricksJob(stack, "billing", { jobName: "Billing" }).id),
    ],
    [
      "read from the state of another project",
      (stack) =>
        new DataTerraformRemoteStateLocal(stack, "billing", { path: "/state" }).getNumber("job_id"),
    ],
  ])("accept a job of others that is %s", (_, makeId) => {
    expect(refOf(({ composite }) => makeId(composite))).toMatchObject({ kind: "external" });
  });
});
