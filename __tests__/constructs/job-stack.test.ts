import { App as CdktfApp } from "cdktf";
import { Construct } from "constructs";
import { App, AtomicJob, CompositeJob, JobLayer, JobStack } from "../../src/index";
import { alertingLayer, devEnvironment, notebook } from "../support/alerting";
import { makeEverything } from "../support/everything";
import { freshFolder, readOutput, synthesize } from "../support/synth";

describe("JobStack", () => {
  it("is a stack of its own without a layer", () => {
    const { stack, job } = synthesize((app) => {
      const jobs = new JobStack(app, "maintenance", { environment: devEnvironment() });
      new AtomicJob(jobs, "vacuum_job", { notebook: notebook("vacuum") });
      expect(JobStack.isJobStack(jobs)).toBe(true);
      expect(JobStack.isJobStack(app)).toBe(false);
      expect(JobStack.of(new Construct(jobs, "nested"))).toBe(jobs);
    });
    expect(job("vacuum_job").tags).toEqual({ job_level: "atomic" });
    expect(stack("maintenance").output).toHaveProperty("vacuum_job_id");
  });

  it("is the same when it is synthesized again", () => {
    const app = new App({ outdir: freshFolder() });
    makeEverything(app);
    app.synth();
    const first = readOutput(app.outdir).text;
    app.synth();
    expect(readOutput(app.outdir).text).toBe(first);
  });

  it("gets jobs between two syntheses", () => {
    const app = new App({ outdir: freshFolder() });
    const { atomic, composite } = alertingLayer(app);
    const tables = new AtomicJob(atomic, "tables_job", { notebook: notebook("tables") });
    const setup = new CompositeJob(composite, "setup_job");
    setup.addRunJobTask("tables", tables);
    app.synth();
    setup.addRunJobTask("tables_again", tables);
    app.synth();
    expect(readOutput(app.outdir).job("setup_job").task).toHaveLength(2);
  });

  it("works in an app of cdktf's own", () => {
    const app = new CdktfApp({ outdir: freshFolder() });
    const { atomic, composite } = new JobLayer(app, "alerting", { environment: devEnvironment() });
    const tables = new AtomicJob(atomic, "tables_job", { notebook: notebook("tables") });
    new CompositeJob(composite, "setup_job").addRunJobTask("tables", tables);
    app.synth();
    const { job, dependencies } = readOutput(app.outdir);
    expect(job("setup_job").task).toMatchObject([
      {
        run_job_task: {
          job_id: "${data.terraform_remote_state.alerting-dev-atomic.outputs.tables_job_id}",
        },
      },
    ]);
    expect(dependencies["alerting-dev-composite"]).toEqual(["alerting-dev-atomic"]);
  });

  it("refuses a composite job without tasks in an app of cdktf's own, too", () => {
    const app = new CdktfApp({ outdir: freshFolder() });
    new CompositeJob(alertingLayer(app).composite, "setup_job");
    expect(() => {
      app.synth();
    }).toThrow("the composite job has no task; add one with addRunJobTask");
  });

  it("leaves every name to the jobs", () => {
    const { job } = synthesize((app) => {
      const { atomic } = alertingLayer(app);
      for (const key of ["databricks", "catalog", "output", "state"]) {
        new AtomicJob(atomic, key, { notebook: notebook(key) });
      }
    });
    expect(job("databricks")).toHaveProperty("name", "[dev] databricks");
  });
});
