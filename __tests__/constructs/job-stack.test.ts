import { Job } from "@cdktf/provider-databricks/lib/job";
import { App as CdktfApp, type TerraformResource, Token } from "cdktf";
import { Construct } from "constructs";
import {
  App,
  AtomicJob,
  type AtomicJobProps,
  CompositeJob,
  fromJobId,
  JobLayer,
  JobStack,
  JobTrigger,
} from "@jobstrata/cdktf";
import { alertingLayer, devEnvironment, notebook } from "../support/alerting";
import { makeEverything } from "../support/everything";
import { errorOf, freshFolder, readOutput, synthesize } from "../support/synth";

describe("JobStack", () => {
  it("is a stack of its own without a layer", () => {
    const { stack, job } = synthesize((app) => {
      const jobs = new JobStack(app, "maintenance", { environment: devEnvironment() });
      new AtomicJob(jobs, "vacuum_job", { purpose: "vacuum", notebook: notebook("vacuum") });
      expect(JobStack.isJobStack(jobs)).toBe(true);
      expect(JobStack.isJobStack(app)).toBe(false);
      expect(JobStack.of(new Construct(jobs, "nested"))).toBe(jobs);
    });
    expect(job("vacuum_job").tags).toEqual({ job_level: "atomic", purpose: "vacuum" });
    expect(stack("maintenance").output).toHaveProperty("vacuum_job_id");
  });

  it("has no outputs, which Terraform would refuse, with jobs of the provider's class alone", () => {
    const { stack } = synthesize((app) => {
      const jobs = new JobStack(app, "maintenance", { environment: devEnvironment() });
      const other = fromJobId(jobs, "other_job", "17");
      new Job(jobs, "vacuum_job", {
        task: [{ taskKey: "vacuum", runJobTask: { jobId: Token.asNumber(other.id) } }],
        tags: { job_level: "composite", orchestrator: "true" },
      });
    });
    expect(stack("maintenance")).not.toHaveProperty("output");
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
    const tables = new AtomicJob(atomic, "tables_job", {
      purpose: "tables",
      notebook: notebook("tables"),
    });
    const setup = new CompositeJob(composite, "setup_job", { purpose: "setup" });
    setup.addRunJobTask("tables", tables);
    app.synth();
    setup.addRunJobTask("tables_again", tables);
    app.synth();
    expect(readOutput(app.outdir).job("setup_job").task).toHaveLength(2);
  });

  it("works in an app of cdktf's own", () => {
    const app = new CdktfApp({ outdir: freshFolder() });
    const { atomic, composite } = new JobLayer(app, "alerting", { environment: devEnvironment() });
    const tables = new AtomicJob(atomic, "tables_job", {
      purpose: "tables",
      notebook: notebook("tables"),
    });
    new CompositeJob(composite, "setup_job", { purpose: "setup" }).addRunJobTask("tables", tables);
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

  it("does not export a job that was removed again", () => {
    const { stack } = synthesize((app) => {
      const { atomic } = alertingLayer(app);
      new AtomicJob(atomic, "tables_job", { purpose: "tables", notebook: notebook("tables") });
      new AtomicJob(atomic, "seed_job", { purpose: "seed", notebook: notebook("seed") });
      atomic.node.tryRemoveChild("seed_job");
    });
    const { resource, output } = stack("alerting-dev-atomic");
    expect(Object.keys(resource?.databricks_job ?? {})).toEqual(["tables_job"]);
    expect(Object.keys(output ?? {})).toEqual(["tables_job_id", "tables_job_url"]);
  });

  it("keeps the resource name of a job, by which others refer to it", () => {
    synthesize((app) => {
      const { atomic } = alertingLayer(app);
      const job = new AtomicJob(atomic, "tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
      });
      const resource = job.node.defaultChild as TerraformResource;
      expect(() => {
        resource.overrideLogicalId("renamed");
      }).toThrow(
        'the resource name of a job is its construct id; rename the construct to "renamed"',
      );
    });
  });

  it.each<[Partial<AtomicJobProps>, string]>([
    [{ trigger: JobTrigger.continuous(), queue: true }, "a continuous job cannot queue"],
    [{ timeoutSeconds: -1 }, "timeoutSeconds is -1; it must be a whole number, 0 or more"],
    [{ maxRetries: 1.5 }, "maxRetries is 1.5; it must be a whole number, -1 or more"],
    [{ minRetryIntervalMillis: -5 }, "minRetryIntervalMillis is -5"],
  ])("refuses a job with %j", (props, problem) => {
    const { atomic } = alertingLayer(new App({ outdir: freshFolder() }));
    const error = errorOf(
      () =>
        new AtomicJob(atomic, "tables_job", {
          purpose: "setup",
          notebook: notebook("tables"),
          ...props,
        }),
    );
    expect(error.code).toBe("invalid-job");
    expect(error.message).toContain(problem);
  });

  it("leaves every name to the jobs", () => {
    const { job } = synthesize((app) => {
      const { atomic } = alertingLayer(app);
      for (const key of ["databricks", "catalog", "output", "state"]) {
        new AtomicJob(atomic, key, { purpose: "test", notebook: notebook(key) });
      }
    });
    expect(job("databricks")).toHaveProperty("name", "[dev] databricks");
  });
});
