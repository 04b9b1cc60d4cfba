import {
  type App,
  AtomicJob,
  CompositeJob,
  fromJobId,
  fromJobName,
  type ImportedJobProps,
  JobLayer,
  OrchestratorJob,
} from "@jobstrata/cdktf";
import { devEnvironment, notebook } from "../support/alerting";
import { freshFolder, type Synthesized, synthesize } from "../support/synth";

const environment = devEnvironment();

/** A composite job and an orchestrator that run jobs that others own. */
function withOthers(props?: ImportedJobProps): Synthesized {
  return synthesize((app: App) => {
    const { atomic, composite, orchestrator } = new JobLayer(app, "alerting", { environment });
    const ingest = fromJobId(atomic, "ingest_job", 42, props);
    const audit = fromJobName(composite, "audit_job", "[dev] Audit", props);
    const setup = new CompositeJob(composite, "alerting_setup_job", { purpose: "setup" });
    const seed = new AtomicJob(atomic, "alerting_seed_job", {
      purpose: "seed",
      notebook: notebook("seed"),
    });
    const before = setup.addRunJobTask("ingest", ingest, { jobParameters: { region: "emea" } });
    setup.addForEachTask("audit", audit, {
      inputs: ["a"],
      jobParameters: { table: "{{input}}" },
      dependsOn: before,
    });
    setup.addRunJobTask("seed", seed);
    const nightly = new OrchestratorJob(orchestrator, "nightly_job", { purpose: "nightly" });
    nightly.addRunJobTask("setup", setup);
    nightly.addRunJobTask("audit", audit);
  });
}

describe("a job that others own, in the local workspace", () => {
  beforeEach(() => {
    process.env.JOBSTRATA_LOCAL_STATE_DIR = freshFolder();
  });
  afterEach(() => {
    delete process.env.JOBSTRATA_LOCAL_STATE_DIR;
  });

  it("is replaced by a notebook of the app that takes any parameter", () => {
    const { job, stack } = withOthers();
    expect(job("ingest_job")).toMatchObject({
      name: "[dev] ingest_job (stands in for job 42)",
      tags: { job_level: "atomic", purpose: "stand-in" },
      parameter: [{ name: "region", default: "" }],
      task: [{ notebook_task: { notebook_path: "${databricks_notebook.ingest_job.path}" } }],
    });
    expect(job("audit_job")).toMatchObject({
      name: '[dev] audit_job (stands in for the job "[dev] Audit")',
      parameter: [{ name: "table", default: "" }],
    });
    const { ingest_job: stub } = stack("alerting-dev-atomic").resource?.databricks_notebook ?? {};
    expect(stub).toMatchObject({
      path: "/Shared/jobstrata/dev/stand-ins/ingest_job",
      language: "PYTHON",
    });
    expect(Buffer.from(String(stub?.content_base64), "base64").toString()).toBe(
      '# Databricks notebook source\nprint("Stands in for job 42, which others own and this machine does not have.")\n',
    );
    expect(job("alerting_setup_job").task).toMatchObject([
      { for_each_task: { task: { run_job_task: { job_id: "${databricks_job.audit_job.id}" } } } },
      { run_job_task: { job_parameters: { region: "emea" } } },
      {},
    ]);
    expect(stack("alerting-dev-composite").data?.databricks_job).toBeUndefined();
  });

  it("runs the notebook that is given for it", () => {
    const { job } = synthesize((app) => {
      const { atomic, composite } = new JobLayer(app, "alerting", { environment });
      const ingest = fromJobId(atomic, "ingest_job", 42, { local: { notebook: notebook("fake") } });
      new CompositeJob(composite, "alerting_setup_job", { purpose: "setup" }).addRunJobTask(
        "ingest",
        ingest,
      );
    });
    expect(job("ingest_job").task).toMatchObject([
      { notebook_task: { notebook_path: "/Shared/alerting/fake" } },
    ]);
  });
});

it("is not replaced outside of the local workspace", () => {
  const { job, stack } = withOthers({ local: { notebook: notebook("fake") } });
  expect(() => job("ingest_job")).toThrow("no job");
  expect(stack("alerting-dev-composite").data?.databricks_job).toHaveProperty("audit_job");
  expect(job("alerting_setup_job").task).toMatchObject([
    {},
    { run_job_task: { job_id: "42", job_parameters: { region: "emea" } } },
    {},
  ]);
});
