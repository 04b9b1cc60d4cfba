import {
  type App,
  AtomicJob,
  CompositeJob,
  type ErrorCode,
  fromJobId,
  fromJobName,
  JobLayer,
  type JobStack,
  JobTrigger,
  type RunIf,
  type Task,
} from "@jobstrata/cdktf";
import { alertingLayer, devEnvironment, notebook, prodEnvironment } from "../support/alerting";
import { type Attributes, errorOf, messageOf, synthesize } from "../support/synth";

interface Jobs {
  readonly app: App;
  readonly atomic: JobStack;
  readonly composite: JobStack;
  readonly tables: AtomicJob;
  readonly seed: AtomicJob;
  readonly orchestrator: CompositeJob;
}

const KEY = "alerting_setup_orchestrator_job";

/** The orchestrator that `fill` gives its tasks. */
function orchestrator(fill: (jobs: Jobs) => void): Attributes {
  return synthesize((app) => {
    fill(jobsIn(app));
  }).job(KEY);
}

function jobsIn(app: App): Jobs {
  const { atomic, composite } = alertingLayer(app);
  const tables = new AtomicJob(atomic, "alerting_tables_job", {
    purpose: "tables",
    notebook: notebook("tables"),
  });
  const seed = new AtomicJob(atomic, "alerting_seed_job", {
    purpose: "seed",
    notebook: notebook("seed"),
    jobParameters: { force_reseed: "false", region: "emea" },
  });
  return {
    app,
    atomic,
    composite,
    tables,
    seed,
    orchestrator: new CompositeJob(composite, KEY, { purpose: "test" }),
  };
}

/** The error of `action`, whatever else is missing for a synthesis. */
function refused(action: (jobs: Jobs) => void): ReturnType<typeof errorOf> {
  return errorOf(() => {
    synthesize((app) => {
      action(jobsIn(app));
    });
  });
}

const TABLES_ID =
  "${data.terraform_remote_state.alerting-dev-atomic.outputs.alerting_tables_job_id}";
const SEED_ID = "${data.terraform_remote_state.alerting-dev-atomic.outputs.alerting_seed_job_id}";

describe("CompositeJob", () => {
  it("needs no more than a purpose and a job to run", () => {
    expect(
      orchestrator(({ orchestrator, tables }) => {
        orchestrator.addRunJobTask("setup_alerting_tables", tables);
      }),
    ).toEqual({
      name: `[dev] ${KEY}`,
      tags: { job_level: "composite", layer: "alerting", orchestrator: "true", purpose: "test" },
      max_concurrent_runs: 4,
      queue: { enabled: true },
      task: [{ task_key: "setup_alerting_tables", run_job_task: { job_id: TABLES_ID } }],
    });
  });

  it("has every prop that an atomic job has, except for the notebook", () => {
    const { job } = synthesize((app) => {
      const { composite, tables, orchestrator } = jobsIn(app);
      orchestrator.addRunJobTask("setup_alerting_tables", tables);
      new CompositeJob(composite, "alerting_nightly_job", {
        name: "Nightly",
        description: "Composite job: Every night",
        purpose: "setup",
        tags: { team: "health" },
        jobParameters: { mode: "full" },
        trigger: JobTrigger.schedule({ quartzCronExpression: "0 0 2 * * ?" }),
        timeoutSeconds: 3600,
        maxConcurrentRuns: 1,
        queue: false,
        healthRules: [{ metric: "RUN_DURATION_SECONDS", value: 1800 }],
        emailNotifications: { onFailure: ["failure@health.example"] },
        webhookNotifications: { onSuccess: ["w1"] },
        noAlertForSkippedRuns: true,
        runAs: { userName: "ana@health.example" },
      }).addRunJobTask("setup_alerting_tables", tables);
    });
    expect(job("alerting_nightly_job")).toMatchObject({
      name: "[dev] Nightly",
      description: "Composite job: Every night",
      tags: { job_level: "composite", purpose: "setup", orchestrator: "true", team: "health" },
      parameter: [{ name: "mode", default: "full" }],
      schedule: { pause_status: "PAUSED" },
      timeout_seconds: 3600,
      max_concurrent_runs: 1,
      queue: { enabled: false },
      health: { rules: [{ value: 1800 }] },
      email_notifications: { on_failure: ["failure@health.example"] },
      webhook_notifications: { on_success: [{ id: "w1" }] },
      notification_settings: { no_alert_for_skipped_runs: true },
      run_as: { user_name: "ana@health.example" },
    });
  });

  it("has no way to take a notebook", () => {
    const error = refused(({ composite }) => {
      // @ts-expect-error -- the type has no such prop
      new CompositeJob(composite, "other_job", { purpose: "other", notebook: notebook("seed") });
    });
    expect(error.code).toBe("invalid-job");
    expect(error.message).toContain('there is no prop "notebook"');
  });

  it("must run something", () => {
    expect(() => orchestrator(() => undefined)).toThrow(`composite job "${KEY}" runs no job`);
  });

  it("takes no override that only an atomic job has", () => {
    const error = errorOf(() => {
      synthesize((app) => {
        const environment = devEnvironment({
          jobs: { [KEY]: { parameters: { catalog: "dev" }, maxRetries: 1, timeoutSeconds: 1 } },
        });
        new CompositeJob(alertingLayer(app, environment).composite, KEY, { purpose: "test" });
      });
    });
    expect(error.code).toBe("invalid-job");
    expect(error.message).toContain('environment "dev" overrides its parameters, maxRetries');
  });

  it("takes every other override", () => {
    const { job } = synthesize((app) => {
      const environment = devEnvironment({ jobs: { [KEY]: { timeoutSeconds: 1 } } });
      const { atomic, composite } = alertingLayer(app, environment);
      const tables = new AtomicJob(atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
      });
      new CompositeJob(composite, KEY, { purpose: "test", timeoutSeconds: 600 }).addRunJobTask(
        "setup",
        tables,
      );
    });
    expect(job(KEY)).toMatchObject({ timeout_seconds: 1 });
  });

  it("runs composite jobs", () => {
    const { job } = synthesize((app) => {
      const { composite, tables, orchestrator } = jobsIn(app);
      orchestrator.addRunJobTask("setup_alerting_tables", tables);
      new CompositeJob(composite, "nightly_job", { purpose: "nightly" }).addRunJobTask(
        "alerting",
        orchestrator,
      );
    });
    expect(job("nightly_job").task).toEqual([
      { task_key: "alerting", run_job_task: { job_id: `\${databricks_job.${KEY}.id}` } },
    ]);
  });

  it("gets its tasks and their dependencies sorted by key, as the provider reads them", () => {
    const { task } = orchestrator(({ orchestrator, tables, seed }) => {
      const zulu = orchestrator.addRunJobTask("zulu", tables);
      const upper = orchestrator.addRunJobTask("Upper", seed);
      const alpha = orchestrator.addRunJobTask("alpha", tables, { dependsOn: [zulu, upper] });
      orchestrator.addRunJobTask("_under", tables, { dependsOn: [zulu, alpha, upper] });
    });
    expect(task).toMatchObject([
      { task_key: "Upper" },
      {
        task_key: "_under",
        depends_on: [{ task_key: "Upper" }, { task_key: "alpha" }, { task_key: "zulu" }],
      },
      { task_key: "alpha", depends_on: [{ task_key: "Upper" }, { task_key: "zulu" }] },
      { task_key: "zulu" },
    ]);
  });
});

describe("addRunJobTask", () => {
  it("passes each option on", () => {
    const { task } = orchestrator(({ orchestrator, tables, seed }) => {
      const setup = orchestrator.addRunJobTask("setup_alerting_tables", tables);
      orchestrator.addRunJobTask("seed_all_alerts", seed, {
        dependsOn: setup,
        runIf: "ALL_DONE",
        description: "Seeds the alerts",
        jobParameters: { force_reseed: "true" },
        timeoutSeconds: 600,
        maxRetries: 2,
        minRetryIntervalMillis: 1000,
      });
    });
    expect(task).toEqual([
      {
        task_key: "seed_all_alerts",
        depends_on: [{ task_key: "setup_alerting_tables" }],
        run_if: "ALL_DONE",
        description: "Seeds the alerts",
        run_job_task: { job_id: SEED_ID, job_parameters: { force_reseed: "true" } },
        timeout_seconds: 600,
        max_retries: 2,
        min_retry_interval_millis: 1000,
      },
      { task_key: "setup_alerting_tables", run_job_task: { job_id: TABLES_ID } },
    ]);
  });

  it.each<RunIf>([
    "ALL_SUCCESS",
    "AT_LEAST_ONE_SUCCESS",
    "NONE_FAILED",
    "ALL_DONE",
    "AT_LEAST_ONE_FAILED",
    "ALL_FAILED",
  ])("knows %s", (runIf) => {
    const { task } = orchestrator(({ orchestrator, tables, seed }) => {
      const dependsOn = orchestrator.addRunJobTask("a", tables);
      orchestrator.addRunJobTask("b", seed, { dependsOn, runIf });
    });
    expect(task).toMatchObject([{}, { run_if: runIf }]);
  });

  it("names a repeated dependency once", () => {
    const { task } = orchestrator(({ orchestrator, tables, seed }) => {
      const setup = orchestrator.addRunJobTask("setup_alerting_tables", tables);
      orchestrator.addRunJobTask("seed_all_alerts", seed, { dependsOn: [setup, setup] });
    });
    expect(task).toMatchObject([{ depends_on: [{ task_key: "setup_alerting_tables" }] }, {}]);
  });

  it.each<[what: string, action: (jobs: Jobs) => unknown, code: ErrorCode, phrase: string]>([
    [
      "a task key that is taken",
      ({ orchestrator, tables, seed }) => {
        orchestrator.addRunJobTask("setup", tables);
        orchestrator.addRunJobTask("setup", seed);
      },
      "duplicate-task-key",
      'the task key "setup" is taken',
    ],
    [
      "a task key with a dot",
      ({ orchestrator, tables }) => orchestrator.addRunJobTask("setup.tables", tables),
      "invalid-task",
      '"setup.tables"',
    ],
    [
      "a handle of another job",
      ({ orchestrator, composite, tables, seed }) => {
        const other = new CompositeJob(composite, "other_job", { purpose: "other" });
        const dependsOn = other.addRunJobTask("setup", tables);
        orchestrator.addRunJobTask("seed", seed, { dependsOn });
      },
      "foreign-task",
      'depends on "setup" of job "other_job"',
    ],
    [
      "a parameter that the job does not declare",
      ({ orchestrator, seed }) =>
        orchestrator.addRunJobTask("seed", seed, { jobParameters: { force_reseeed: "true" } }),
      "invalid-task",
      '"force_reseeed" (did you mean "force_reseed"?), which job "alerting_seed_job"',
    ],
    [
      "a job of another environment",
      ({ app, orchestrator }) => {
        const { atomic } = alertingLayer(app, prodEnvironment());
        const job = new AtomicJob(atomic, "prod_job", {
          purpose: "prod",
          notebook: notebook("tables"),
        });
        orchestrator.addRunJobTask("setup", job);
      },
      "foreign-job",
      '"prod_job" of environment "prod", but this job belongs to "dev"',
    ],
    [
      "a job that others own, declared for another environment",
      ({ app, orchestrator }) => {
        const { atomic } = alertingLayer(app, prodEnvironment());
        orchestrator.addRunJobTask("ingest", fromJobName(atomic, "ingest", "Ingest"));
      },
      "foreign-job",
      '"ingest" of environment "prod"',
    ],
  ])("refuses %s", (_what, action, code, phrase) => {
    const error = refused(action);
    expect(error.code).toBe(code);
    expect(error.message).toContain(`[alerting-dev-composite/${KEY}]`);
    expect(error.message).toContain(phrase);
  });

  it("reports a mistake in one sentence", () => {
    expect(
      messageOf(() => {
        synthesize((app) => {
          const { orchestrator, seed } = jobsIn(app);
          orchestrator.addRunJobTask("seed", seed, { jobParameters: { reseed: "true" } });
        });
      }),
    ).toMatchInlineSnapshot(
      `"[alerting-dev-composite/alerting_setup_orchestrator_job] task "seed" sets the job parameter "reseed", which job "alerting_seed_job" does not declare; add it to the jobParameters of that job (<source line>)"`,
    );
  });

  it("takes a job of another layer of the same environment", () => {
    const { job, dependencies } = synthesize((app) => {
      const environment = devEnvironment();
      const { atomic } = alertingLayer(app, environment);
      const tables = new AtomicJob(atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
      });
      const { composite } = new JobLayer(app, "nightly", { environment });
      new CompositeJob(composite, "nightly_job", { purpose: "nightly" }).addRunJobTask(
        "tables",
        tables,
      );
    });
    expect(job("nightly_job").task).toMatchObject([{ run_job_task: { job_id: TABLES_ID } }]);
    expect(dependencies["nightly-dev-composite"]).toEqual(["alerting-dev-atomic"]);
  });

  it("knows an environment by its name, since each layer may make the same one", () => {
    const { job } = synthesize((app) => {
      const { atomic } = alertingLayer(app, devEnvironment());
      const tables = new AtomicJob(atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
      });
      const { composite } = new JobLayer(app, "nightly", { environment: devEnvironment() });
      new CompositeJob(composite, "nightly_job", { purpose: "nightly" }).addRunJobTask(
        "tables",
        tables,
      );
    });
    expect(job("nightly_job").task).toMatchObject([{ run_job_task: { job_id: TABLES_ID } }]);
  });

  it("accepts any parameter for an external job", () => {
    const { task } = orchestrator(({ orchestrator, composite }) => {
      const external = fromJobId(composite, "ingest", 42);
      orchestrator.addRunJobTask("ingest", external, { jobParameters: { region: "emea" } });
    });
    expect(task).toMatchObject([
      { run_job_task: { job_id: "42", job_parameters: { region: "emea" } } },
    ]);
  });
});

describe("addConditionTask", () => {
  it("has outcomes to depend on", () => {
    const { task } = orchestrator(({ orchestrator, tables, seed }) => {
      const full = orchestrator.addConditionTask("is_full", {
        left: "{{job.trigger.type}}",
        op: "EQUAL_TO",
        right: "full",
        description: "Whether all is asked for",
      });
      orchestrator.addRunJobTask("setup", tables, { dependsOn: full.whenTrue });
      orchestrator.addRunJobTask("seed", seed, { dependsOn: [full.whenFalse] });
      orchestrator.addRunJobTask("tidy", tables, { dependsOn: full, runIf: "ALL_DONE" });
    });
    expect(task).toEqual([
      {
        task_key: "is_full",
        description: "Whether all is asked for",
        condition_task: { left: "{{job.trigger.type}}", op: "EQUAL_TO", right: "full" },
      },
      {
        task_key: "seed",
        depends_on: [{ task_key: "is_full", outcome: "false" }],
        run_job_task: { job_id: SEED_ID },
      },
      {
        task_key: "setup",
        depends_on: [{ task_key: "is_full", outcome: "true" }],
        run_job_task: { job_id: TABLES_ID },
      },
      {
        task_key: "tidy",
        depends_on: [{ task_key: "is_full" }],
        run_if: "ALL_DONE",
        run_job_task: { job_id: TABLES_ID },
      },
    ]);
  });

  it("depends on tasks of its own job only", () => {
    const error = refused(({ orchestrator, composite, tables }) => {
      const other = new CompositeJob(composite, "other_job", { purpose: "other" });
      const dependsOn = other.addRunJobTask("setup", tables);
      orchestrator.addConditionTask("c", { left: "a", op: "NOT_EQUAL", right: "b", dependsOn });
    });
    expect(error.code).toBe("foreign-task");
  });

  it("is not enough for a job", () => {
    expect(() =>
      orchestrator(({ orchestrator }) => {
        orchestrator.addConditionTask("c", { left: "a", op: "NOT_EQUAL", right: "b" });
      }),
    ).toThrow("runs no job");
  });
});

describe("addForEachTask", () => {
  it("runs the job once for every input", () => {
    const { task } = orchestrator(({ orchestrator, seed, tables }) => {
      const setup: Task = orchestrator.addRunJobTask("setup", tables);
      orchestrator.addForEachTask("seed_regions", seed, {
        inputs: ["emea", "apac", 3, true, { region: "amer" }],
        concurrency: 2,
        jobParameters: { region: "{{input}}" },
        dependsOn: setup,
        runIf: "NONE_FAILED",
        timeoutSeconds: 600,
        maxRetries: 1,
      });
    });
    expect(task).toEqual([
      {
        task_key: "seed_regions",
        depends_on: [{ task_key: "setup" }],
        run_if: "NONE_FAILED",
        for_each_task: {
          inputs: '["emea","apac",3,true,{"region":"amer"}]',
          concurrency: 2,
          task: {
            task_key: "seed_regions_iteration",
            run_job_task: { job_id: SEED_ID, job_parameters: { region: "{{input}}" } },
            timeout_seconds: 600,
            max_retries: 1,
          },
        },
      },
      { task_key: "setup", run_job_task: { job_id: TABLES_ID } },
    ]);
  });

  it("takes inputs that another task gives", () => {
    const { task } = orchestrator(({ orchestrator, seed }) => {
      orchestrator.addForEachTask("seed_regions", seed, {
        inputs: "{{job.trigger.type}}",
      });
    });
    expect(task).toMatchObject([{ for_each_task: { inputs: "{{job.trigger.type}}" } }]);
  });

  it("keeps the inner task key within 100 characters", () => {
    const key = "x".repeat(100);
    const { task } = orchestrator(({ orchestrator, seed }) => {
      orchestrator.addForEachTask(key, seed, { inputs: ["emea"] });
    });
    expect(task).toMatchObject([
      { task_key: key, for_each_task: { task: { task_key: `${"x".repeat(90)}_iteration` } } },
    ]);
  });

  it.each([1, 100])("runs %d at a time", (concurrency) => {
    const { task } = orchestrator(({ orchestrator, seed }) => {
      orchestrator.addForEachTask("regions", seed, { inputs: ["emea"], concurrency });
    });
    expect(task).toMatchObject([{ for_each_task: { concurrency } }]);
  });

  it.each<[what: string, props: Parameters<CompositeJob["addForEachTask"]>[2], phrase: string]>([
    [
      "0 at a time",
      { inputs: ["emea"], concurrency: 0 },
      "concurrency is 0; it must be a whole number, 1-100",
    ],
    ["101 at a time", { inputs: ["emea"], concurrency: 101 }, "concurrency is 101"],
    ["one and a half at a time", { inputs: ["emea"], concurrency: 1.5 }, "concurrency is 1.5"],
    ["inputs of 10 001 characters", { inputs: "x".repeat(10_001) }, "inputs of 10001 characters"],
    ["a list that becomes too long", { inputs: ["x".repeat(9_997)] }, "inputs of 10001 characters"],
    ["parameters of others", { inputs: ["x"], jobParameters: { mode: "x" } }, '"mode"'],
  ])("refuses %s", (_what, props, phrase) => {
    const error = refused(({ orchestrator, seed }) => {
      orchestrator.addForEachTask("regions", seed, props);
    });
    expect(error.code).toBe("invalid-task");
    expect(error.message).toContain(phrase);
  });
});
