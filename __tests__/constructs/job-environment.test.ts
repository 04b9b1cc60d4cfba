import { TerraformVariable } from "cdktf";
import {
  AtomicJob,
  type AtomicJobProps,
  CompositeJob,
  type JobEnvironment,
  type JobEnvironmentProps,
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
import { errorOf, messageOf, synthesize, type TerraformJson } from "../support/synth";

const nightly = JobTrigger.schedule({ quartzCronExpression: "0 0 2 * * ?" });

function atomicStack(environment: JobEnvironment): TerraformJson {
  return synthesizeTablesJob({}, environment).stack(`alerting-${environment.name}-atomic`);
}

describe("JobEnvironment", () => {
  it.each(["dev", "staging", "prod", "eu_west-1", "2026"])("may be called %s", (name) => {
    const environment = devEnvironment({ name });
    expect(tablesJob({ name: "Tables" }, environment)).toMatchObject({ name: `[${name}] Tables` });
  });

  it.each<[what: string, props: Partial<JobEnvironmentProps>, phrase: string]>([
    ["an empty name", { name: "" }, "its name must be"],
    ["a name with a space", { name: "my dev" }, 'environment "my dev"'],
    ["a name with a bracket", { name: "[dev]" }, 'environment "[dev]"'],
    ["a variable that Terraform could not name", { variables: { "gold schema": "x" } }, "gold sch"],
    [
      "a variable whose name Terraform keeps for itself",
      { variables: { version: "1" } },
      'invalid name of a Terraform variable: "version"',
    ],
    ["a relative notebook folder", { notebookRoot: "Shared/alerting" }, '"Shared/alerting"'],
  ])("refuses %s", (_what, props, phrase) => {
    const error = errorOf(() => devEnvironment(props));
    expect(error.code).toBe("invalid-environment");
    expect(error.message).toContain(phrase);
  });

  describe("in development mode", () => {
    it.each<[what: string, props: Partial<AtomicJobProps>, expected: object]>([
      ["schedules", { trigger: nightly }, { schedule: { pause_status: "PAUSED" } }],
      [
        "schedules that say otherwise",
        { trigger: nightly, paused: false },
        { schedule: { pause_status: "PAUSED" } },
      ],
      [
        "file arrival triggers",
        { trigger: JobTrigger.fileArrival({ url: "/Volumes/dev/gold/landing/" }) },
        { trigger: { pause_status: "PAUSED" } },
      ],
      [
        "continuous jobs",
        { trigger: JobTrigger.continuous() },
        { continuous: { pause_status: "PAUSED" } },
      ],
    ])("pauses %s", (_what, props, expected) => {
      expect(tablesJob(props)).toMatchObject(expected);
    });

    it("lets only its override of the job un-pause it", () => {
      const environment = devEnvironment({ jobs: { alerting_tables_job: { paused: false } } });
      expect(tablesJob({ trigger: nightly }, environment)).toMatchObject({
        schedule: { pause_status: "UNPAUSED" },
      });
    });

    it("lets 4 runs overlap, except for a continuous job", () => {
      expect(tablesJob()).toMatchObject({ max_concurrent_runs: 4 });
      expect(tablesJob({ trigger: JobTrigger.continuous() })).toMatchObject({
        max_concurrent_runs: 1,
      });
    });

    it("demands neither run_as nor permissions", () => {
      expect(tablesJob()).not.toHaveProperty("run_as");
      expect(atomicStack(devEnvironment()).resource).not.toHaveProperty("databricks_permissions");
    });
  });

  describe("in production mode", () => {
    it("runs schedules, unless the job is paused", () => {
      expect(tablesJob({ trigger: nightly }, prodEnvironment())).toMatchObject({
        schedule: { pause_status: "UNPAUSED" },
      });
      expect(tablesJob({ trigger: nightly, paused: true }, prodEnvironment())).toMatchObject({
        schedule: { pause_status: "PAUSED" },
      });
    });

    it("runs one run at a time", () => {
      expect(tablesJob({}, prodEnvironment())).toMatchObject({ max_concurrent_runs: 1 });
    });

    it("demands run_as and permissions", () => {
      expect(messageOf(() => prodEnvironment({ runAs: undefined as never }))).toMatchInlineSnapshot(
        `"environment "prod": production mode requires runAs; name a service principal, so that jobs do not depend on the account of a user (<source line>)"`,
      );
      expect(messageOf(() => prodEnvironment({ permissions: [] }))).toMatchInlineSnapshot(
        `"environment "prod": production mode requires permissions; grant at least CAN_VIEW, for example to the group users (<source line>)"`,
      );
    });

    it("gives them to every job, unless the job has its own", () => {
      const environment = prodEnvironment();
      expect(tablesJob({}, environment)).toMatchObject({
        run_as: { service_principal_name: "4f0a8b5e-alerting" },
      });
      expect(tablesJob({ runAs: { userName: "ana@health.example" } }, environment).run_as).toEqual({
        user_name: "ana@health.example",
      });
      expect(atomicStack(environment).resource?.databricks_permissions).toMatchObject({
        alerting_tables_job: {
          access_control: [{ group_name: "analysts", permission_level: "CAN_VIEW" }],
        },
      });
      const own = synthesizeTablesJob(
        { permissions: [{ groupName: "operators", level: "CAN_MANAGE" }] },
        environment,
      ).stack("alerting-prod-atomic");
      expect(own.resource?.databricks_permissions?.alerting_tables_job?.access_control).toEqual([
        { group_name: "operators", permission_level: "CAN_MANAGE" },
      ]);
    });

    it("requires permissions for every job", () => {
      const error = errorOf(() => tablesJob({ permissions: [] }, prodEnvironment()));
      expect(error.code).toBe("invalid-job");
      expect(error.message).toContain("which production mode requires");
      expect(tablesJob({ permissions: [] })).toHaveProperty("name");
    });

    it("gives composite jobs their permissions in their own stack", () => {
      const { stack } = synthesize((app) => {
        const { atomic, composite } = alertingLayer(app, prodEnvironment());
        const tables = new AtomicJob(atomic, "alerting_tables_job", {
          purpose: "tables",
          notebook: notebook("tables"),
        });
        new CompositeJob(composite, "setup_job", { purpose: "setup" }).addRunJobTask(
          "tables",
          tables,
        );
      });
      expect(stack("alerting-prod-composite").resource?.databricks_permissions).toMatchObject({
        setup_job: { job_id: "${databricks_job.setup_job.id}" },
      });
    });
  });

  it("notifies the environment's recipients of every failure, in addition to those of the job", () => {
    const environment = devEnvironment({
      failureNotifications: { emails: ["oncall@health.example"], webhooks: ["pager"] },
    });
    expect(tablesJob({}, environment)).toMatchObject({
      email_notifications: { on_failure: ["oncall@health.example"] },
      webhook_notifications: { on_failure: [{ id: "pager" }] },
    });
    const own = tablesJob(
      {
        emailNotifications: {
          onSuccess: ["ana@health.example"],
          onFailure: ["ana@health.example", "oncall@health.example"],
        },
        webhookNotifications: { onFailure: ["pager", "chat"] },
      },
      environment,
    );
    expect(own).toMatchObject({
      email_notifications: {
        on_success: ["ana@health.example"],
        on_failure: ["ana@health.example", "oncall@health.example"],
      },
      webhook_notifications: { on_failure: [{ id: "pager" }, { id: "chat" }] },
    });
  });

  describe("has variables", () => {
    const environment = devEnvironment({
      variables: {
        catalog: "dev",
        retries: 3,
        dry_run: true,
        warehouse_id: undefined,
        webhook: { description: "Where to post", sensitive: true },
        gold_schema: { default: "gold", description: "Schema of the gold tables" },
      },
    });

    it("in every stack, each with the type of its default", () => {
      const { stacks } = synthesize((app) => {
        const { atomic, composite } = alertingLayer(app, environment);
        const tables = new AtomicJob(atomic, "tables_job", {
          purpose: "tables",
          notebook: notebook("tables"),
        });
        new CompositeJob(composite, "setup_job", { purpose: "setup" }).addRunJobTask(
          "tables",
          tables,
        );
      });
      for (const { variable } of Object.values(stacks)) {
        expect(variable).toEqual({
          catalog: { type: "string", default: "dev" },
          retries: { type: "number", default: 3 },
          dry_run: { type: "bool", default: true },
          warehouse_id: { type: "string" },
          webhook: { type: "string", description: "Where to post", sensitive: true },
          gold_schema: {
            type: "string",
            default: "gold",
            description: "Schema of the gold tables",
          },
        });
      }
    });

    it("to refer to", () => {
      expect(environment.variable("gold_schema")).toBe("${var.gold_schema}");
    });

    it("and knows no other", () => {
      expect(errorOf(() => environment.variable("gold_shema")).code).toBe("unknown-variable");
      expect(messageOf(() => environment.variable("gold_shema"))).toMatchInlineSnapshot(
        `"environment "dev" has no variable "gold_shema" (did you mean "gold_schema"?); declare it in its variables (<source line>)"`,
      );
    });

    it("which its own values must declare too", () => {
      const error = errorOf(() =>
        prodEnvironment({ runAs: { servicePrincipalName: "${var.service_principal}" } }),
      );
      expect(error.code).toBe("unknown-variable");
      expect(
        prodEnvironment({
          variables: { service_principal: undefined },
          runAs: { servicePrincipalName: "${var.service_principal}" },
        }).variable("service_principal"),
      ).toBe("${var.service_principal}");
    });

    it("whose names a job or a construct may have as well", () => {
      const { stack } = synthesize((app) => {
        const { atomic } = alertingLayer(app, environment);
        new AtomicJob(atomic, "catalog", { purpose: "catalog", notebook: notebook("tables") });
        new TerraformVariable(atomic, "more", { default: "x" });
      });
      expect(stack("alerting-dev-atomic").resource?.databricks_job).toHaveProperty("catalog");
      expect(stack("alerting-dev-atomic").variable).toHaveProperty("more");
    });
  });

  it.each<[what: string, workspace: JobEnvironmentProps["workspace"], expected: object]>([
    ["nothing, for unified authentication", undefined, {}],
    ["a host", { host: "https://health.example" }, { host: "https://health.example" }],
    ["a profile", { profile: "health" }, { profile: "health" }],
    [
      "both",
      { host: "https://health.example", profile: "health" },
      { host: "https://health.example", profile: "health" },
    ],
  ])("finds its workspace by %s", (_what, workspace, expected) => {
    expect(atomicStack(devEnvironment({ workspace })).provider).toEqual({ databricks: [expected] });
  });

  it("pins the provider that the constructs were made for", () => {
    expect(atomicStack(devEnvironment()).terraform).toMatchObject({
      required_providers: { databricks: { source: "databricks/databricks", version: "1.99.0" } },
    });
  });
});
