import { Job, type JobConfig } from "@cdktf/provider-databricks/lib/job";
import { DatabricksProvider } from "@cdktf/provider-databricks/lib/provider";
import {
  Fn,
  Lazy,
  TerraformIterator,
  TerraformResource,
  TerraformStack,
  TerraformVariable,
  Token,
} from "cdktf";
import { AtomicJob, type AtomicJobProps, JobStack } from "@jobstrata/cdktf";
import { JobResource } from "../../src/constructs/job-resource";
import { alertingLayer, notebook } from "../support/alerting";
import { makeEverything } from "../support/everything";
import { maximal, terraformKeys, unknownKeys } from "../support/provider-schema";
import { type Attributes, synthesize, type TerraformJson } from "../support/synth";

const JOB_CONFIG = "job.JobConfig";

/** Makes the same job twice, with this library's class and with the generated one, and gives both. */
function both(
  makeConfig: (stack: TerraformStack) => JobConfig,
  touch: (job: TerraformResource, stack: TerraformStack) => void = () => undefined,
): { ours: TerraformJson; generated: TerraformJson } {
  const { stack } = synthesize(
    (app) => {
      for (const variant of ["ours", "generated"]) {
        const stack = new TerraformStack(app, variant);
        new DatabricksProvider(stack, "databricks");
        const config = makeConfig(stack);
        const job =
          variant === "ours"
            ? new JobResource(stack, "tables", () => config)
            : new Job(stack, "tables", config);
        touch(job, stack);
      }
    },
    { rules: [] },
  );
  return { ours: stack("ours"), generated: stack("generated") };
}

/** All but what says which stack and which class it is. */
function withoutNames(config: TerraformJson): object {
  const job: Attributes = { ...jobOf(config), "//": null };
  return {
    ...config,
    terraform: null,
    "//": null,
    resource: { ...config.resource, databricks_job: { tables: job } },
  };
}

function jobOf({ resource }: TerraformJson): Attributes {
  return resource?.databricks_job?.tables ?? {};
}

describe("the databricks_job of a job equals what the provider package makes", () => {
  it("of every argument that there is", () => {
    const { ours, generated } = both(() => maximal(JOB_CONFIG));
    expect(Object.keys(jobOf(generated)).length).toBeGreaterThan(40);
    expect(JSON.stringify(withoutNames(ours))).toBe(JSON.stringify(withoutNames(generated)));
  });

  it("of every argument that there is, as a token", () => {
    const { ours, generated } = both((stack) => {
      const text = new TerraformVariable(stack, "text", { type: "string" });
      const number = new TerraformVariable(stack, "number", { type: "number" });
      const flag = new TerraformVariable(stack, "flag", { type: "bool" });
      return maximal(JOB_CONFIG, {
        string: () => `${text.stringValue}!`,
        number: () => number.numberValue,
        boolean: () => flag.booleanValue,
      });
    });
    expect(jobOf(ours)).toMatchObject({
      name: "${var.text}!",
      max_retries: "${var.number}",
      retry_on_timeout: "${var.flag}",
    });
    expect(JSON.stringify(withoutNames(ours))).toBe(JSON.stringify(withoutNames(generated)));
  });

  it.each<[what: string, config: (stack: TerraformStack) => JobConfig]>([
    ["nothing", () => ({})],
    ["empty lists and maps", () => ({ tags: {}, task: [], environment: [], library: [] })],
    ["empty blocks", () => ({ queue: { enabled: false }, timeouts: {}, gitSource: { url: "" } })],
    ["zero, false and empty text", () => ({ timeoutSeconds: 0, alwaysRunning: false, name: "" })],
    ["undefined", () => ({ name: undefined, task: [{ taskKey: "a", description: undefined }] })],
    [
      "text that looks like Terraform",
      () => ({ name: "${var.x} %{if true} $${x}", description: "#{TfToken x" }),
    ],
    ["unusual text", () => ({ name: 'quotes " \\ \n \u2028 ä', tags: { "a b": "${" } })],
    ["numbers", () => ({ timeoutSeconds: 1e21, maxRetries: -1, minRetryIntervalMillis: 0.5 })],
    ["a list of blocks that is a token", () => ({ task: Token.asAny("${var.tasks}") })],
    ["lazy text", () => ({ name: Lazy.stringValue({ produce: () => "Tables" }) })],
    [
      "a lazy list in a block",
      () => ({ emailNotifications: { onFailure: Lazy.listValue({ produce: () => ["a"] }) } }),
    ],
    [
      "functions",
      () => ({ name: Fn.join("-", ["a", Fn.lower("B")]), tags: Fn.merge([{ a: "b" }]) as never }),
    ],
    ["a map of tokens", () => ({ tags: Token.asStringMap("${var.tags}") })],
    ["a key that is a token", () => ({ tags: { [Token.asString("${var.tag}")]: "x" } })],
    ["a number in text", () => ({ name: `Tables ${Token.asNumber("${var.n}")}` })],
    [
      "attributes of another resource",
      (stack) => {
        const other = new Job(stack, "other", { name: "Other" });
        return {
          name: other.name,
          timeoutSeconds: other.timeoutSecondsInput ?? Token.asNumber(other.id),
          task: [{ taskKey: "run", runJobTask: { jobId: Token.asNumber(other.id) } }],
        };
      },
    ],
    [
      "a dynamic block",
      () => ({
        parameter: TerraformIterator.fromList(["a"]).dynamic({ name: "x", default: "y" }),
      }),
    ],
  ])("of %s", (_what, config) => {
    const { ours, generated } = both(config);
    expect(JSON.stringify(withoutNames(ours))).toBe(JSON.stringify(withoutNames(generated)));
  });

  it.each<[what: string, touch: (job: TerraformResource, stack: TerraformStack) => void]>([
    [
      "addOverride",
      (job) => {
        job.addOverride("task.0.max_retries", 3);
      },
    ],
    [
      "addOverride of a new block",
      (job) => {
        job.addOverride("performance_target", "STANDARD");
      },
    ],
    [
      "addOverride with a token",
      (job) => {
        job.addOverride("name", Token.asString("${var.name}"));
      },
    ],
    ["prevent_destroy", (job) => (job.lifecycle = { preventDestroy: true })],
    ["ignore_changes", (job) => (job.lifecycle = { ignoreChanges: ["tags", "schedule[0]"] })],
    [
      "replace_triggered_by",
      (job) => (job.lifecycle = { replaceTriggeredBy: ["databricks_job.x.id"] }),
    ],
    ["depends_on", (job) => (job.dependsOn = ["databricks_schema.gold"])],
    ["count", (job) => (job.count = 2)],
    ["for_each", (job) => (job.forEach = TerraformIterator.fromList(["emea", "apac"]))],
    ["provisioners", (job) => (job.provisioners = [{ type: "local-exec", command: "true" }])],
    [
      "a provider alias",
      (job, stack) => (job.provider = new DatabricksProvider(stack, "eu", { alias: "eu" })),
    ],
    [
      "importFrom",
      (job) => {
        job.importFrom("735618492");
      },
    ],
    [
      "moveFromId",
      (job) => {
        job.moveFromId("databricks_job.old");
      },
    ],
    [
      "moveTo",
      (job, stack) => {
        const tasks = [{ taskKey: "a" }];
        const target =
          job instanceof Job
            ? new Job(stack, "target", { task: tasks })
            : new JobResource(stack, "target", () => ({ task: tasks }));
        target.addMoveTarget("target");
        job.moveTo("target");
      },
    ],
  ])("with %s", (_what, touch) => {
    const { ours, generated } = both(() => ({ name: "Tables", task: [{ taskKey: "a" }] }), touch);
    expect(JSON.stringify(withoutNames(ours))).toBe(JSON.stringify(withoutNames(generated)));
  });
});

describe("the way out to every argument", () => {
  const tables = (
    touch: (resource: TerraformResource, stack: JobStack) => void,
    props: Partial<AtomicJobProps> = {},
  ): Attributes =>
    synthesize((app) => {
      const { atomic } = alertingLayer(app);
      const job = new AtomicJob(atomic, "alerting_tables_job", {
        purpose: "setup",
        notebook: notebook("tables"),
        ...props,
      });
      touch(job.node.defaultChild as TerraformResource, atomic);
    }).job("alerting_tables_job");

  it("is the default child of a job", () => {
    expect.assertions(2);
    tables((resource) => {
      expect(TerraformResource.isTerraformResource(resource)).toBe(true);
      expect(resource.terraformResourceType).toBe("databricks_job");
    });
  });

  it("overrides one argument and leaves the rest", () => {
    const job = tables(
      (resource) => {
        resource.addOverride("task.0.notebook_task.warehouse_id", "abc");
        resource.addOverride("budget_policy_id", "bp");
      },
      { description: "Creates tables" },
    );
    expect(job).toMatchObject({
      budget_policy_id: "bp",
      description: "Creates tables",
      task: [{ task_key: "tables", notebook_task: { warehouse_id: "abc" } }],
    });
  });

  it("takes meta-arguments", () => {
    const job = tables((resource, stack) => {
      resource.lifecycle = { preventDestroy: true };
      resource.provider = new DatabricksProvider(stack, "eu", { alias: "eu" });
    });
    expect(job).toMatchObject({
      lifecycle: { prevent_destroy: true },
      provider: "databricks.eu",
    });
  });

  it("reaches from the stack into a job", () => {
    const job = tables((_resource, stack) => {
      stack.addOverride("resource.databricks_job.alerting_tables_job.edit_mode", "EDITABLE");
    });
    expect(job).toMatchObject({ edit_mode: "EDITABLE", name: "[dev] alerting_tables_job" });
  });

  it("leaves the other jobs and the outputs of the stack as they are", () => {
    const { stack } = synthesize((app) => {
      const { atomic } = alertingLayer(app);
      for (const key of ["alerting_tables_job", "alerting_seed_job"]) {
        new AtomicJob(atomic, key, { purpose: "test", notebook: notebook(key) });
      }
      atomic.addOverride("resource.databricks_job.alerting_tables_job.edit_mode", "EDITABLE");
      atomic.addOverride("output.alerting_seed_job_url.description", "Where to look");
    });
    expect(stack("alerting-dev-atomic")).toMatchObject({
      resource: {
        databricks_job: {
          alerting_tables_job: { name: "[dev] alerting_tables_job" },
          alerting_seed_job: { name: "[dev] alerting_seed_job" },
        },
      },
      output: {
        alerting_tables_job_id: { value: "${databricks_job.alerting_tables_job.id}" },
        alerting_seed_job_url: {
          value: "${databricks_job.alerting_seed_job.url}",
          description: "Where to look",
        },
      },
    });
  });

  it("is judged by the policy", () => {
    expect(() =>
      tables((resource) => {
        resource.addOverride("tags.job_level", "composite");
      }),
    ).toThrow('composite job "alerting_tables_job" holds a notebook_task');
  });

  it("adopts a job that exists", () => {
    const { stack } = synthesize((app) => {
      const job = new AtomicJob(alertingLayer(app).atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
      });
      (job.node.defaultChild as TerraformResource).importFrom("735618492");
    });
    expect(stack("alerting-dev-atomic")).toMatchObject({
      import: [{ id: "735618492", to: "databricks_job.alerting_tables_job" }],
      resource: { databricks_job: { alerting_tables_job: { name: "[dev] alerting_tables_job" } } },
    });
  });

  it("keeps a job whose resource has a new name", () => {
    const { stack } = synthesize((app) => {
      const job = new AtomicJob(alertingLayer(app).atomic, "alerting_tables_job", {
        purpose: "tables",
        notebook: notebook("tables"),
      });
      (job.node.defaultChild as TerraformResource).moveFromId("databricks_job.tables");
    });
    expect(stack("alerting-dev-atomic").moved).toEqual([
      { from: "databricks_job.tables", to: "databricks_job.alerting_tables_job" },
    ]);
  });
});

describe("what Terraform gets", () => {
  const STRUCTS: Readonly<Record<string, string>> = {
    databricks_job: JOB_CONFIG,
    databricks_notebook: "notebook.NotebookConfig",
    databricks_permissions: "permissions.PermissionsConfig",
  };

  it("knows the names of the provider", () => {
    const keys = terraformKeys(JOB_CONFIG);
    expect([...keys]).toEqual(
      expect.arrayContaining([
        "task.for_each_task.task.run_job_task.job_parameters.*",
        "environment.spec.environment_version",
        "webhook_notifications.on_failure.id",
      ]),
    );
    const misspelled = { task: [{ notebook_tsk: { source: "GIT" } }], tags: { any: "x" } };
    expect(unknownKeys(misspelled, keys)).toEqual(["task.notebook_tsk"]);
  });

  it("has no key that the provider does not know", () => {
    const { stacks } = synthesize((app) => {
      makeEverything(app);
    });
    let resources = 0;
    for (const { resource = {} } of Object.values(stacks)) {
      for (const [type, blocks] of Object.entries(resource)) {
        const known = terraformKeys(STRUCTS[type] ?? type);
        for (const block of Object.values(blocks)) {
          expect(unknownKeys(block, known)).toEqual([]);
          resources += 1;
        }
      }
    }
    expect(resources).toBeGreaterThan(10);
  });

  it("equals the output of cdktf, although the stack renders plain jobs itself", () => {
    const overridden = (override: boolean): object => {
      const { stacks } = synthesize((app) => {
        makeEverything(app);
        for (const stack of app.node.children) {
          if (override && JobStack.isJobStack(stack)) stack.addOverride("locals.touched", true);
        }
      });
      return Object.values(stacks).map(({ resource, data, output, variable }) => {
        return { resource, data, output, variable };
      });
    };
    expect(JSON.stringify(overridden(false)).replaceAll(/(\.\.\/)+[\w./-]*/g, "")).toBe(
      JSON.stringify(overridden(true)).replaceAll(/(\.\.\/)+[\w./-]*/g, ""),
    );
  });

  it("is the same in every synthesis", () => {
    const texts = [1, 2].map(() => {
      const { text } = synthesize((app) => {
        makeEverything(app);
      });
      return text.replaceAll(/(\.\.\/)+[\w./-]*/g, "");
    });
    expect(texts[0]).toBe(texts[1]);
  });
});
