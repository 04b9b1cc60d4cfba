import { TerraformVariable, Token } from "cdktf";
import { Construct } from "constructs";
import {
  AtomicJob,
  type AtomicJobProps,
  type ErrorCode,
  type JobEnvironmentProps,
  JobCompute,
  JobTrigger,
} from "@jobstrata/cdktf";
import {
  alertingLayer,
  devEnvironment,
  notebook,
  prodEnvironment,
  synthesizeTablesJob,
  tablesJob,
} from "../support/alerting";
import { errorOf, messageOf, synthesize } from "../support/synth";

describe("AtomicJob", () => {
  it("needs no more than a purpose and a notebook", () => {
    expect(tablesJob()).toEqual({
      name: "[dev] alerting_tables_job",
      tags: { job_level: "atomic", layer: "alerting", purpose: "setup" },
      max_concurrent_runs: 4,
      queue: { enabled: true },
      environment: [{ environment_key: "default", spec: { environment_version: "4" } }],
      task: [
        {
          task_key: "setup_alerting_tables",
          environment_key: "default",
          notebook_task: { notebook_path: "/Shared/alerting/setup_alerting_tables" },
        },
      ],
    });
  });

  describe("passes each prop on", () => {
    it.each<[prop: string, props: Partial<AtomicJobProps>, expected: object]>([
      ["name", { name: "Tables Setup" }, { name: "[dev] Tables Setup" }],
      ["description", { description: "Creates tables" }, { description: "Creates tables" }],
      [
        "layer",
        { layer: "cost" },
        { tags: { job_level: "atomic", layer: "cost", purpose: "setup" } },
      ],
      [
        "purpose",
        { purpose: "seed" },
        { tags: { job_level: "atomic", layer: "alerting", purpose: "seed" } },
      ],
      [
        "tags",
        { tags: { team: "health" } },
        { tags: { job_level: "atomic", layer: "alerting", team: "health" } },
      ],
      ["taskKey", { taskKey: "setup_tables" }, { task: [{ task_key: "setup_tables" }] }],
      [
        "parameters",
        { parameters: { catalog: "${var.catalog}", "a.b-c_1": "x" } },
        {
          task: [
            { notebook_task: { base_parameters: { catalog: "${var.catalog}", "a.b-c_1": "x" } } },
          ],
        },
      ],
      [
        "jobParameters, in the order written",
        { jobParameters: { mode: "full", catalog: "dev" } },
        {
          parameter: [
            { name: "mode", default: "full" },
            { name: "catalog", default: "dev" },
          ],
        },
      ],
      ["timeoutSeconds", { timeoutSeconds: 600 }, { timeout_seconds: 600 }],
      ["timeoutSeconds 0", { timeoutSeconds: 0 }, { timeout_seconds: 0 }],
      ["maxConcurrentRuns", { maxConcurrentRuns: 2 }, { max_concurrent_runs: 2 }],
      ["maxConcurrentRuns 0", { maxConcurrentRuns: 0 }, { max_concurrent_runs: 0 }],
      ["queue", { queue: false }, { queue: { enabled: false } }],
      [
        "healthRules",
        { healthRules: [{ metric: "RUN_DURATION_SECONDS", value: 900 }] },
        {
          health: { rules: [{ metric: "RUN_DURATION_SECONDS", op: "GREATER_THAN", value: 900 }] },
        },
      ],
      [
        "emailNotifications",
        {
          emailNotifications: {
            onStart: ["start@health.example"],
            onSuccess: ["success@health.example"],
            onFailure: ["failure@health.example"],
            onDurationWarningThresholdExceeded: ["slow@health.example"],
            onStreamingBacklogExceeded: ["backlog@health.example"],
          },
        },
        {
          email_notifications: {
            on_start: ["start@health.example"],
            on_success: ["success@health.example"],
            on_failure: ["failure@health.example"],
            on_duration_warning_threshold_exceeded: ["slow@health.example"],
            on_streaming_backlog_exceeded: ["backlog@health.example"],
          },
        },
      ],
      [
        "webhookNotifications",
        {
          webhookNotifications: {
            onStart: ["w1"],
            onSuccess: ["w2"],
            onFailure: ["w3", "w4", "w5"],
            onDurationWarningThresholdExceeded: ["w6"],
            onStreamingBacklogExceeded: ["w7"],
          },
        },
        {
          webhook_notifications: {
            on_start: [{ id: "w1" }],
            on_success: [{ id: "w2" }],
            on_failure: [{ id: "w3" }, { id: "w4" }, { id: "w5" }],
            on_duration_warning_threshold_exceeded: [{ id: "w6" }],
            on_streaming_backlog_exceeded: [{ id: "w7" }],
          },
        },
      ],
      [
        "noAlertForSkippedRuns",
        { noAlertForSkippedRuns: true },
        { notification_settings: { no_alert_for_skipped_runs: true } },
      ],
      [
        "noAlertForCanceledRuns",
        { noAlertForCanceledRuns: false },
        { notification_settings: { no_alert_for_canceled_runs: false } },
      ],
      [
        "runAs a service principal",
        { runAs: { servicePrincipalName: "4f0a8b5e" } },
        { run_as: { service_principal_name: "4f0a8b5e" } },
      ],
      [
        "runAs a user",
        { runAs: { userName: "ana@health.example" } },
        { run_as: { user_name: "ana@health.example" } },
      ],
      [
        "how the task is tried",
        { maxRetries: -1, minRetryIntervalMillis: 5000, retryOnTimeout: true },
        { task: [{ max_retries: -1, min_retry_interval_millis: 5000, retry_on_timeout: true }] },
      ],
    ])("%s", (_prop, props, expected) => {
      expect(tablesJob(props)).toMatchObject(expected);
    });

    it("permissions, as a resource beside the job", () => {
      const { resource } = synthesizeTablesJob({
        permissions: [
          { groupName: "analysts", level: "CAN_VIEW" },
          { userName: "ana@health.example", level: "CAN_MANAGE_RUN" },
          { servicePrincipalName: "4f0a8b5e", level: "CAN_MANAGE" },
        ],
      }).stack("alerting-dev-atomic");
      expect(resource?.databricks_permissions?.alerting_tables_job).toMatchObject({
        job_id: "${databricks_job.alerting_tables_job.id}",
        access_control: [
          { permission_level: "CAN_VIEW", group_name: "analysts" },
          { permission_level: "CAN_MANAGE_RUN", user_name: "ana@health.example" },
          { permission_level: "CAN_MANAGE", service_principal_name: "4f0a8b5e" },
        ],
      });
    });
  });

  it("leaves out empty lists", () => {
    const job = tablesJob({
      parameters: {},
      jobParameters: {},
      healthRules: [],
      emailNotifications: {},
      webhookNotifications: {},
    });
    expect(Object.keys(job).sort()).toEqual(
      ["environment", "max_concurrent_runs", "name", "queue", "tags", "task"].sort(),
    );
    expect(job.task).not.toMatchObject([{ notebook_task: { base_parameters: {} } }]);
  });

  describe("refuses what a deployment would stumble over", () => {
    const long = (length: number): string => "x".repeat(length);
    const manyTags = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`tag_${at}`, "x"]));

    it.each<[what: string, props: Partial<AtomicJobProps>, code: ErrorCode, phrase: string]>([
      ["a task key with a space", { taskKey: "setup tables" }, "invalid-task", '"setup tables"'],
      ["an empty task key", { taskKey: "" }, "invalid-task", '""'],
      ["a task key of 101 characters", { taskKey: long(101) }, "invalid-task", "1-100"],
      [
        "a parameter name with a space",
        { parameters: { "gold schema": "gold" } },
        "invalid-job",
        'parameters has the name "gold schema"',
      ],
      [
        "a job parameter name with a slash",
        { jobParameters: { "gold/schema": "gold" } },
        "invalid-job",
        'jobParameters has the name "gold/schema"',
      ],
      ["a name of 4097 bytes", { name: long(4091) }, "invalid-job", "4097 bytes"],
      [
        "a name whose bytes are more than its characters",
        { name: "ä".repeat(2048) },
        "invalid-job",
        "4102 bytes",
      ],
      [
        "a description of 27 701 characters",
        { description: long(27_701) },
        "invalid-job",
        "27701 characters",
      ],
      [
        "1001 concurrent runs",
        { maxConcurrentRuns: 1001 },
        "invalid-job",
        "it must be a whole number, 0-1000",
      ],
      [
        "-1 concurrent runs",
        { maxConcurrentRuns: -1 },
        "invalid-job",
        "it must be a whole number, 0-1000",
      ],
      ["one and a half runs", { maxConcurrentRuns: 1.5 }, "invalid-job", "1.5"],
      ["no number of runs", { maxConcurrentRuns: NaN }, "invalid-job", "NaN"],
      ["26 tags", { tags: manyTags(23) }, "invalid-job", "26 tags"],
      [
        "4 webhooks of one event",
        { webhookNotifications: { onStart: ["1", "2", "3", "4"] } },
        "invalid-job",
        "webhookNotifications.onStart names 4",
      ],
    ])("%s", (_what, props, code, phrase) => {
      const error = errorOf(() => tablesJob(props));
      expect(error.code).toBe(code);
      expect(error.message).toContain("[alerting-dev-atomic/alerting_tables_job]");
      expect(error.message).toContain(phrase);
    });

    it.each<[what: string, props: Partial<AtomicJobProps>]>([
      ["a task key of 100 characters", { taskKey: long(100) }],
      ["a name of 4096 bytes", { name: long(4090) }],
      ["a description of 27 700 characters", { description: long(27_700) }],
      ["1000 concurrent runs", { maxConcurrentRuns: 1000 }],
      ["25 tags", { tags: manyTags(22) }],
      ["3 webhooks of each event", { webhookNotifications: { onFailure: ["1", "2", "3"] } }],
    ])("but not %s", (_what, props) => {
      expect(tablesJob(props)).toHaveProperty("name");
    });

    it("with the webhooks of the environment counted", () => {
      const environment = devEnvironment({ failureNotifications: { webhooks: ["w1", "w2"] } });
      const error = errorOf(() =>
        tablesJob({ webhookNotifications: { onFailure: ["w3", "w4"] } }, environment),
      );
      expect(error.code).toBe("invalid-job");
      expect(error.message).toContain("webhookNotifications.onFailure names 4");
    });

    it("in one complete sentence", () => {
      expect(messageOf(() => tablesJob({ maxConcurrentRuns: 1001 }))).toMatchInlineSnapshot(
        `"[alerting-dev-atomic/alerting_tables_job] maxConcurrentRuns is 1001; it must be a whole number, 0-1000 (<source line>)"`,
      );
      expect(messageOf(() => tablesJob({ taskKey: "setup tables" }))).toMatchInlineSnapshot(
        `"[alerting-dev-atomic/alerting_tables_job] the task key "setup tables" must be 1-100 letters, digits, _ and -; give another as taskKey (<source line>)"`,
      );
    });
  });

  it("names the line that made the job", () => {
    const error = errorOf(() => tablesJob({ taskKey: "setup tables" }));
    expect(error.message).toMatch(/\(__tests__\/support\/alerting\.ts:\d+\)$/);
  });

  it.each(["1_job", "-job", "alerting tables", "alerting.tables", "alerting/tables", "täbles"])(
    "refuses the key %j, which Terraform could not name",
    (key) => {
      synthesize((app) => {
        const { atomic } = alertingLayer(app);
        const error = errorOf(
          () =>
            new AtomicJob(atomic, key, {
              purpose: "test",
              notebook: notebook("setup_alerting_tables"),
            }),
        );
        expect(error.code).toBe("invalid-job-key");
        new AtomicJob(atomic, "alerting_tables_job", {
          purpose: "tables",
          notebook: notebook("tables"),
        });
      });
    },
  );

  it.each(["alerting_tables_job", "_tables", "Tables-2"])("takes the key %j", (key) => {
    const { stacks } = synthesize((app) => {
      new AtomicJob(alertingLayer(app).atomic, key, {
        purpose: "test",
        notebook: notebook("tables"),
      });
    });
    expect(stacks["alerting-dev-atomic"]?.resource?.databricks_job).toHaveProperty([key]);
  });

  it("must be in a stack that has an environment", () => {
    synthesize((app) => {
      const { atomic } = alertingLayer(app);
      new AtomicJob(atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
      });
      const error = errorOf(
        () =>
          new AtomicJob(new Construct(app, "loose"), "job", {
            purpose: "job",
            notebook: notebook("seed"),
          }),
      );
      expect(error.code).toBe("no-environment");
      expect(error.message).toContain(
        "[loose/job] jobs need an environment; create them in a JobStack or in the stacks of a JobLayer",
      );
    });
  });

  describe("owns its tags", () => {
    it.each<
      [what: string, tags: Record<string, string>, props: Partial<AtomicJobProps>, phrase: string]
    >([
      ["another job_level", { job_level: "composite" }, {}, "follows from the class"],
      ["orchestrator", { orchestrator: "true" }, {}, "has none"],
      ["another layer than the stack", { layer: "cost" }, {}, "give it as layer"],
      [
        "another layer than the job",
        { layer: "cost" },
        { layer: "alerting" },
        "remove the tag or change layer",
      ],
      [
        "another purpose",
        { purpose: "seed" },
        { purpose: "setup" },
        "remove the tag or change purpose",
      ],
    ])("and refuses %s", (_what, tags, props, phrase) => {
      const error = errorOf(() => tablesJob({ ...props, tags }));
      expect(error.code).toBe("tag-conflict");
      expect(error.message).toContain(phrase);
    });

    it("and says so", () => {
      expect(
        messageOf(() => tablesJob({ tags: { job_level: "composite" } })),
      ).toMatchInlineSnapshot(
        `"[alerting-dev-atomic/alerting_tables_job] the tag job_level is "composite", but the atomic job has "atomic"; remove the tag; it follows from the class of the job (<source line>)"`,
      );
    });

    it("but none that only looks like one of JavaScript's", () => {
      expect(tablesJob({ tags: { constructor: "x", toString: "y" } }).tags).toMatchObject({
        toString: "y",
      });
    });

    it("but takes a tag that says the same", () => {
      const tags = { job_level: "atomic", layer: "alerting", purpose: "setup" };
      expect(tablesJob({ purpose: "setup", tags }).tags).toEqual(tags);
    });

    it("also against the environment", () => {
      const environment = devEnvironment({ tags: { job_level: "composite" } });
      expect(errorOf(() => tablesJob({}, environment)).code).toBe("tag-conflict");
    });

    it("and lets the job's tags win over the environment's", () => {
      const environment = devEnvironment({ tags: { team: "platform", cost_center: "42" } });
      expect(tablesJob({ tags: { team: "health" } }, environment).tags).toEqual({
        job_level: "atomic",
        layer: "alerting",
        purpose: "setup",
        team: "health",
        cost_center: "42",
      });
    });
  });

  describe("has a key of its own in its stack", () => {
    it.each([
      ["twice the same", "alerting_tables_job", "alerting_tables_job"],
      ["one with and one without _job", "alerting_tables", "alerting_tables_job"],
    ])("and refuses %s, even in different scopes", (_what, first, second) => {
      synthesize((app) => {
        const { atomic } = alertingLayer(app);
        new AtomicJob(atomic, first, { purpose: "test", notebook: notebook("tables") });
        const error = errorOf(
          () =>
            new AtomicJob(new Construct(atomic, "nested"), second, {
              purpose: "test",
              notebook: notebook("seed"),
            }),
        );
        expect(error.code).toBe("duplicate-job-key");
        expect(error.message).toContain(`"alerting-dev-atomic/${first}"`);
        expect(error.message).toContain('"alerting_tables_job_id"');
      });
    });

    it("which is its resource name in any scope", () => {
      const { stack, job } = synthesize((app) => {
        const scope = new Construct(new Construct(alertingLayer(app).atomic, "team"), "tables");
        new AtomicJob(scope, "alerting_tables_job", {
          purpose: "tables",
          notebook: notebook("tables"),
        });
      });
      expect(Object.keys(stack("alerting-dev-atomic").resource?.databricks_job ?? {})).toEqual([
        "alerting_tables_job",
      ]);
      expect(job("alerting_tables_job")).toHaveProperty("name", "[dev] alerting_tables_job");
    });

    it("which another stack may use again", () => {
      const { stacks } = synthesize((app) => {
        for (const environment of [devEnvironment(), prodEnvironment()]) {
          new AtomicJob(alertingLayer(app, environment).atomic, "alerting_tables_job", {
            purpose: "tables",
            notebook: notebook("tables"),
          });
        }
      });
      for (const name of ["dev", "prod"]) {
        expect(stacks[`alerting-${name}-atomic`]?.resource?.databricks_job).toMatchObject({
          alerting_tables_job: { name: `[${name}] alerting_tables_job` },
        });
      }
    });
  });

  it("takes values that only Terraform knows", () => {
    const { stack } = synthesize((app) => {
      const { atomic } = alertingLayer(app);
      const runs = new TerraformVariable(atomic, "runs", { type: "number" });
      const owner = new TerraformVariable(atomic, "owner", { type: "string" });
      new AtomicJob(atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
        name: `Tables of ${owner.stringValue}`,
        maxConcurrentRuns: runs.numberValue,
        timeoutSeconds: Token.asNumber(runs.value),
        tags: { owner: owner.stringValue },
        parameters: { owner: owner.stringValue, limit: Token.asString(runs.numberValue) },
        emailNotifications: { onFailure: Token.asList(owner.value) },
        compute: JobCompute.jobCluster({
          sparkVersion: owner.stringValue,
          nodeTypeId: owner.stringValue,
          numWorkers: runs.numberValue,
        }),
        trigger: JobTrigger.periodic({ interval: runs.numberValue, unit: "DAYS" }),
      });
    });
    expect(stack("alerting-dev-atomic").resource?.databricks_job).toMatchObject({
      alerting_tables_job: {
        name: "[dev] Tables of ${var.owner}",
        max_concurrent_runs: "${var.runs}",
        timeout_seconds: "${var.runs}",
        tags: { owner: "${var.owner}" },
        task: [
          { notebook_task: { base_parameters: { owner: "${var.owner}", limit: "${var.runs}" } } },
        ],
        email_notifications: { on_failure: "${var.owner}" },
        job_cluster: [
          { new_cluster: { spark_version: "${var.owner}", num_workers: "${var.runs}" } },
        ],
        trigger: { periodic: { interval: "${var.runs}", unit: "DAYS" } },
      },
    });
  });

  it("tells what it is", () => {
    synthesize((app) => {
      const { atomic } = alertingLayer(app);
      const job = new AtomicJob(atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
        name: "Tables Setup",
        taskKey: "setup_tables",
        jobParameters: { mode: "full" },
      });
      expect(job).toMatchObject({
        key: "alerting_tables_job",
        name: "[dev] Tables Setup",
        taskKey: "setup_tables",
        jobParameterNames: ["mode"],
        stack: atomic,
      });
      expect(Token.isUnresolved(job.id)).toBe(true);
      expect(Token.isUnresolved(job.url)).toBe(true);
    });
  });
});

describe("the override of one job in one environment", () => {
  const overridden = (
    jobs: JobEnvironmentProps["jobs"],
    props: Partial<AtomicJobProps> = {},
  ): Record<string, unknown> => tablesJob(props, devEnvironment({ jobs }));

  it("replaces single values and merges maps by key", () => {
    const job = overridden(
      {
        alerting_tables_job: {
          timeoutSeconds: 60,
          tags: { team: "platform" },
          parameters: { gold_schema: "silver" },
          jobParameters: { mode: "quick" },
          compute: JobCompute.existingCluster("0923-164208-meows279"),
        },
      },
      {
        timeoutSeconds: 600,
        description: "Creates tables",
        tags: { team: "health", cost_center: "42" },
        parameters: { catalog: "dev", gold_schema: "gold" },
        jobParameters: { mode: "full", region: "emea" },
      },
    );
    expect(job).toMatchObject({
      timeout_seconds: 60,
      description: "Creates tables",
      tags: { team: "platform", cost_center: "42" },
      parameter: [
        { name: "mode", default: "quick" },
        { name: "region", default: "emea" },
      ],
      task: [
        {
          existing_cluster_id: "0923-164208-meows279",
          notebook_task: { base_parameters: { catalog: "dev", gold_schema: "silver" } },
        },
      ],
    });
    expect(job).not.toHaveProperty("environment");
  });

  it("does not reach other environments", () => {
    const environment = prodEnvironment();
    expect(tablesJob({ timeoutSeconds: 600 }, environment)).toMatchObject({ timeout_seconds: 600 });
  });

  it("is checked like the job itself", () => {
    const error = errorOf(() =>
      overridden({ alerting_tables_job: { maxConcurrentRuns: 1001 } }, {}),
    );
    expect(error.code).toBe("invalid-job");
  });

  it("must be of a job that exists", () => {
    expect(() => overridden({ alerting_table_job: { timeoutSeconds: 60 } })).toThrow(
      'environment "dev" overrides job "alerting_table_job" (did you mean "alerting_tables_job"?), which does not exist',
    );
  });

  it("counts jobs of every stack of the environment", () => {
    expect(() =>
      synthesize((app) => {
        const environment = devEnvironment({
          jobs: { alerting_tables_job: { timeoutSeconds: 1 } },
        });
        const alerting = alertingLayer(app, environment);
        new AtomicJob(alerting.composite, "alerting_seed_job", {
          purpose: "seed",
          notebook: notebook("seed"),
        });
        new AtomicJob(alerting.atomic, "alerting_tables_job", {
          purpose: "tables",
          notebook: notebook("tables"),
        });
      }),
    ).not.toThrow();
  });
});
