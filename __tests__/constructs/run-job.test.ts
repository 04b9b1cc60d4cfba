import {
  App,
  AtomicJob,
  CompositeJob,
  JobEnvironment,
  JobStack,
  NotebookSource,
} from "@jobstrata/cdktf";
import {
  compositeJob,
  messageOf,
  plainStack,
  plannable,
  synthesizeOnce,
  tempFolder,
} from "../support/policy";

const dev = new JobEnvironment({ name: "dev", mode: "development" });

const errorsOf = (app: App): string[] =>
  messageOf(() => {
    app.synth();
  })
    .split("\n")
    .filter((line) => line.startsWith("error"));

function seedIn(stack: JobStack): AtomicJob {
  return new AtomicJob(stack, "alerting_seed_job", {
    purpose: "seed",
    notebook: NotebookSource.fromFile("src/alerting/seed_all_alerts.py"),
  });
}

describe("jobs that run jobs", () => {
  test("a cycle across stacks of the library is reported with everything else", () => {
    const outdir = tempFolder();
    synthesizeOnce(outdir);
    const app = new App({ outdir });
    const [first, second] = ["nightly", "weekly"].map(
      (id) => new JobStack(app, id, { environment: dev }),
    ) as [JobStack, JobStack];
    const nightly = new CompositeJob(first, "alerting_nightly_job", { purpose: "nightly" });
    const weekly = new CompositeJob(second, "alerting_weekly_job", { purpose: "weekly" });
    nightly.addRunJobTask("weekly", weekly);
    weekly.addRunJobTask("nightly", nightly);
    compositeJob(second, "alerting_fixed_job", { fixed: 123 });
    expect(errorsOf(app)).toEqual([
      'error job-reference [dev]: run_job_task names its job by the literal id "123"',
      'error run-job-cycle [dev]: jobs run each other: "alerting_nightly_job" -> "alerting_weekly_job" -> "alerting_nightly_job"',
    ]);
    expect(plannable(outdir)).toEqual([]);
  });

  test("a cycle of stacks is reported, even if their jobs form none", () => {
    const app = new App({ outdir: tempFolder() });
    const [first, second] = ["first", "second"].map(
      (id) => new JobStack(app, id, { environment: dev }),
    ) as [JobStack, JobStack];
    const seed = seedIn(first);
    const tables = new AtomicJob(second, "alerting_tables_job", {
      purpose: "tables",
      notebook: NotebookSource.fromFile("src/alerting/setup_alerting_tables.py"),
    });
    new CompositeJob(first, "alerting_nightly_job", { purpose: "nightly" }).addRunJobTask(
      "tables",
      tables,
    );
    new CompositeJob(second, "alerting_weekly_job", { purpose: "weekly" }).addRunJobTask(
      "seed",
      seed,
    );
    expect(errorsOf(app)).toEqual([
      `error run-job-cycle [dev]: stacks run each other's jobs: "first" -> "second" -> "first"`,
    ]);
  });

  test("a cycle across plain stacks stops the synthesis, with nothing to plan", () => {
    const outdir = tempFolder();
    synthesizeOnce(outdir);
    const app = new App({ outdir });
    const first = plainStack(app, "nightly-dev");
    const second = plainStack(app, "weekly-dev");
    const weekly = compositeJob(second, "alerting_weekly_job", {});
    const nightly = compositeJob(first, "alerting_nightly_job", { weekly });
    weekly.putTask([
      { taskKey: "nightly", runJobTask: { jobId: nightly.id as unknown as number } },
    ]);
    expect(() => {
      app.synth();
    }).toThrow("circular dependency");
    expect(plannable(outdir)).toEqual([]);
  });

  test("three levels of Run Job tasks across stacks pass, four do not", () => {
    const build = (depth: number): App => {
      const app = new App({ outdir: tempFolder() });
      const seed = seedIn(new JobStack(app, "level-0", { environment: dev }));
      let below: AtomicJob | CompositeJob = seed;
      for (let level = 1; level <= depth; level++) {
        const stack = new JobStack(app, `level-${level}`, { environment: dev });
        const job: CompositeJob = new CompositeJob(stack, `level_${level}`, { purpose: "test" });
        job.addRunJobTask("below", below);
        below = job;
      }
      return app;
    };
    build(3).synth();
    expect(errorsOf(build(4))).toEqual([
      'error run-job-depth [dev]: run_job_task nests 4 deep: "level_4" -> "level_3" -> "level_2" -> "level_1" -> "alerting_seed_job"',
    ]);
  });
});
