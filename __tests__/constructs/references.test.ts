import { Permissions } from "@cdktf/provider-databricks/lib/permissions";
import { Schema } from "@cdktf/provider-databricks/lib/schema";
import {
  AzurermBackend,
  CloudBackend,
  GcsBackend,
  HttpBackend,
  LocalBackend,
  NamedCloudWorkspace,
  NamedRemoteWorkspace,
  PgBackend,
  RemoteBackend,
  S3Backend,
  TaggedCloudWorkspaces,
  TerraformOutput,
  type TerraformStack,
} from "cdktf";
import { Construct } from "constructs";
import {
  type App,
  AtomicJob,
  CompositeJob,
  fromJobId,
  fromJobName,
  type JobEnvironment,
  JobLayer,
} from "@jobstrata/cdktf";
import { alertingLayer, devEnvironment, notebook } from "../support/alerting";
import {
  errorOf,
  folderWith,
  freshFolder,
  inFolder,
  synthesize,
  type Synthesized,
} from "../support/synth";

const TABLES_ID =
  "${data.terraform_remote_state.alerting-dev-atomic.outputs.alerting_tables_job_id}";

interface Jobs {
  readonly layer: JobLayer;
  readonly tables: AtomicJob;
  readonly orchestrator: CompositeJob;
}

/** A composite job that runs `alerting_tables_job`. */
function alerting(app: App, environment?: JobEnvironment, singleStack = false): Jobs {
  const layer = new JobLayer(app, "alerting", {
    environment: environment ?? devEnvironment(),
    singleStack,
  });
  const tables = new AtomicJob(layer.atomic, "alerting_tables_job", {
    purpose: "tables",
    notebook: notebook("tables"),
  });
  const orchestrator = new CompositeJob(layer.composite, "alerting_setup_job", {
    purpose: "setup",
  });
  orchestrator.addRunJobTask("tables", tables);
  return { layer, tables, orchestrator };
}

describe("JobLayer", () => {
  it("is two stacks, of which the composite one depends on the atomic one", () => {
    const { dependencies } = synthesize((app) => {
      alerting(app);
    });
    expect(dependencies).toEqual({
      "alerting-dev-atomic": [],
      "alerting-dev-composite": ["alerting-dev-atomic"],
    });
  });

  it("is one stack on request", () => {
    const { dependencies, stack, job } = synthesize((app) => {
      const { layer } = alerting(app, undefined, true);
      expect(layer.composite).toBe(layer.atomic);
    });
    expect(dependencies).toEqual({ "alerting-dev": [] });
    expect(job("alerting_setup_job").task).toMatchObject([
      { run_job_task: { job_id: "${databricks_job.alerting_tables_job.id}" } },
    ]);
    expect(stack("alerting-dev")).not.toHaveProperty("data");
    expect(Object.keys(stack("alerting-dev").output ?? {})).toEqual([
      "alerting_setup_job_id",
      "alerting_setup_job_url",
      "alerting_tables_job_id",
      "alerting_tables_job_url",
    ]);
  });

  it("exposes its environment", () => {
    synthesize((app) => {
      const environment = devEnvironment();
      const { layer } = alerting(app, environment);
      expect(layer.environment).toBe(environment);
      expect(layer.atomic.environment).toBe(environment);
      expect(layer.atomic.layer).toBe("alerting");
      expect(layer.atomic.jobKeys).toEqual(["alerting_tables_job"]);
    });
  });

  it.each(["team.alerting", "2alerting", "alerting layer", "alerting*", ""])(
    "refuses the name %j, which no Terraform reference could hold",
    (name) => {
      const error = errorOf(() =>
        synthesize((app) => {
          new JobLayer(app, name, { environment: devEnvironment() });
        }),
      );
      expect(error.code).toBe("invalid-stack");
      expect(error.message).toContain(`"${name}-dev-atomic"`);
    },
  );
});

describe("the outputs of a stack", () => {
  it("are the id and the URL of every job, readable and not sensitive", () => {
    const { stack } = synthesize((app) => {
      const { layer } = alerting(app);
      new AtomicJob(layer.atomic, "alerting_seed", { purpose: "seed", notebook: notebook("seed") });
    });
    expect(stack("alerting-dev-atomic").output).toEqual({
      alerting_tables_job_id: { value: "${databricks_job.alerting_tables_job.id}" },
      alerting_tables_job_url: { value: "${databricks_job.alerting_tables_job.url}" },
      alerting_seed_job_id: { value: "${databricks_job.alerting_seed.id}" },
      alerting_seed_job_url: { value: "${databricks_job.alerting_seed.url}" },
    });
  });

  it("are listed where the CLI looks for them", () => {
    const { stack } = synthesize((app) => {
      alerting(app);
    });
    expect(stack("alerting-dev-atomic")["//"].outputs).toEqual({
      "alerting-dev-atomic": {
        alerting_tables_job_id: "alerting_tables_job_id",
        alerting_tables_job_url: "alerting_tables_job_url",
      },
    });
  });

  it("stand beside those of the user", () => {
    const { stack } = synthesize((app) => {
      const { layer } = alerting(app);
      new TerraformOutput(layer.atomic, "catalog", { value: "${var.catalog}", staticId: true });
    });
    expect(stack("alerting-dev-atomic").output).toMatchObject({
      catalog: { value: "${var.catalog}" },
      alerting_tables_job_id: { value: "${databricks_job.alerting_tables_job.id}" },
    });
    expect(stack("alerting-dev-atomic")["//"].outputs).toMatchObject({
      "alerting-dev-atomic": { catalog: "catalog" },
    });
  });

  it("may not be given another meaning", () => {
    const error = errorOf(() =>
      synthesize((app) => {
        const { layer } = alerting(app);
        new TerraformOutput(layer.atomic, "alerting_tables_job_id", {
          value: "42",
          staticId: true,
        });
      }),
    );
    expect(error.code).toBe("duplicate-job-key");
    expect(error.message).toContain('"alerting_tables_job_id"');
  });
});

describe("a job of another stack", () => {
  it("gives its id to any other resource by a readable name", () => {
    const { stack, dependencies } = synthesize((app) => {
      const { layer, tables } = alerting(app);
      new Permissions(layer.composite, "tables_permissions", {
        jobId: tables.id,
        accessControl: [{ groupName: "analysts", permissionLevel: "CAN_VIEW" }],
      });
      new Schema(layer.composite, "gold", {
        name: "gold",
        catalogName: "dev",
        comment: `Made by ${tables.url}`,
      });
    });
    expect(stack("alerting-dev-composite").resource).toMatchObject({
      databricks_permissions: { tables_permissions: { job_id: TABLES_ID } },
      databricks_schema: {
        gold: {
          comment:
            "Made by ${data.terraform_remote_state.alerting-dev-atomic.outputs.alerting_tables_job_url}",
        },
      },
    });
    expect(stack("alerting-dev-atomic").output?.alerting_tables_job_id).toEqual({
      value: "${databricks_job.alerting_tables_job.id}",
    });
    expect(dependencies["alerting-dev-composite"]).toEqual(["alerting-dev-atomic"]);
  });

  it("is a dependency also when nothing but the plain id is used", () => {
    const { stack, dependencies } = synthesize((app) => {
      const environment = devEnvironment();
      const { tables } = alerting(app, environment);
      const { atomic } = new JobLayer(app, "reporting", { environment });
      new Schema(atomic, "gold", { name: "gold", catalogName: "dev", comment: tables.id });
    });
    expect(dependencies["reporting-dev-atomic"]).toEqual(["alerting-dev-atomic"]);
    expect(stack("reporting-dev-atomic").resource?.databricks_schema?.gold?.comment).toBe(
      TABLES_ID,
    );
  });

  it("is told apart from other resources, whose values may be secret", () => {
    const { stack } = synthesize((app) => {
      const { layer } = alerting(app);
      const gold = new Schema(layer.atomic, "gold", { name: "gold", catalogName: "dev" });
      new Schema(layer.composite, "copy", { name: "copy", catalogName: "dev", comment: gold.id });
    });
    expect(stack("alerting-dev-atomic").output?.databricks_schema_gold_id).toEqual({
      value: "${databricks_schema.gold.id}",
      sensitive: true,
    });
    expect(stack("alerting-dev-composite").resource?.databricks_schema?.copy?.comment).toBe(
      "${data.terraform_remote_state.alerting-dev-atomic.outputs.databricks_schema_gold_id}",
    );
  });

  it("may be in a nested scope", () => {
    const { job } = synthesize((app) => {
      const { layer, orchestrator } = alerting(app);
      const scope = new Construct(layer.atomic, "seeding");
      const seed = new AtomicJob(scope, "alerting_seed_job", {
        purpose: "seed",
        notebook: notebook("seed"),
      });
      orchestrator.addRunJobTask("seed", seed);
    });
    expect(job("alerting_setup_job").task).toMatchObject([
      {
        run_job_task: {
          job_id: TABLES_ID.replace("tables", "seed"),
        },
      },
      {},
    ]);
  });

  const s3 = { bucket: "state", region: "eu-west-1" };
  const azure = { resourceGroupName: "rg", storageAccountName: "sa", containerName: "state" };
  it.each<
    [name: string, backend: (stack: TerraformStack) => unknown, kind: string, config: object]
  >([
    [
      "Local",
      (stack) => new LocalBackend(stack, { path: `${stack.node.id}.tfstate` }),
      "local",
      { path: "alerting-dev-atomic.tfstate" },
    ],
    [
      "S3",
      (stack) => new S3Backend(stack, { ...s3, key: stack.node.id }),
      "s3",
      { ...s3, key: "alerting-dev-atomic" },
    ],
    [
      "Azurerm",
      (stack) => new AzurermBackend(stack, { ...azure, key: stack.node.id }),
      "azurerm",
      { container_name: "state", key: "alerting-dev-atomic" },
    ],
    [
      "Gcs",
      (stack) => new GcsBackend(stack, { bucket: "state", prefix: stack.node.id }),
      "gcs",
      { bucket: "state", prefix: "alerting-dev-atomic" },
    ],
    [
      "Pg",
      (stack) => new PgBackend(stack, { connStr: "postgres://state", schemaName: stack.node.id }),
      "pg",
      { conn_str: "postgres://state", schema_name: "alerting-dev-atomic" },
    ],
    [
      "Http",
      (stack) => new HttpBackend(stack, { address: `https://state.example/${stack.node.id}` }),
      "http",
      { address: "https://state.example/alerting-dev-atomic" },
    ],
    [
      "Remote",
      (stack) =>
        new RemoteBackend(stack, {
          organization: "health",
          workspaces: new NamedRemoteWorkspace(stack.node.id),
        }),
      "remote",
      { organization: "health", workspaces: { name: "alerting-dev-atomic" } },
    ],
    [
      "Cloud",
      (stack) =>
        new CloudBackend(stack, {
          organization: "health",
          workspaces: new NamedCloudWorkspace(stack.node.id),
        }),
      "remote",
      { organization: "health", workspaces: { name: "alerting-dev-atomic" } },
    ],
  ])("is read from the state in a %s backend", (name, backend, kind, config) => {
    const { stack, dependencies } = synthesize((app) => {
      alerting(app, devEnvironment({ backend }));
    });
    expect(stack("alerting-dev-composite").data).toMatchObject({
      terraform_remote_state: { "alerting-dev-atomic": { backend: kind, config } },
    });
    const { terraform } = stack("alerting-dev-atomic");
    expect(name === "Cloud" ? terraform : terraform.backend).toHaveProperty(name.toLowerCase());
    expect(stack("alerting-dev-composite").resource?.databricks_job).toMatchObject({
      alerting_setup_job: { task: [{ run_job_task: { job_id: TABLES_ID } }] },
    });
    expect(dependencies["alerting-dev-composite"]).toEqual(["alerting-dev-atomic"]);
  });

  it("cannot be read from a backend with tagged workspaces, which does not name the state", () => {
    const backend = (stack: TerraformStack): unknown =>
      new CloudBackend(stack, {
        organization: "health",
        workspaces: new TaggedCloudWorkspaces([stack.node.id]),
      });
    expect(() =>
      synthesize((app) => {
        alerting(app, devEnvironment({ backend }));
      }),
    ).toThrow("NamedCloudWorkspace");
  });
});

describe("the local backend", () => {
  it("keeps the state beside the app, by a path that holds on any machine", () => {
    const { stack, text } = inFolder(freshFolder(), () =>
      synthesize(
        (app) => {
          alerting(app);
        },
        { outdir: "cdktf.out" },
      ),
    );
    expect(stack("alerting-dev-atomic").terraform.backend).toEqual({
      local: { path: "../../../terraform.alerting-dev-atomic.tfstate" },
    });
    expect(stack("alerting-dev-composite").data?.terraform_remote_state).toMatchObject({
      "alerting-dev-atomic": { config: { path: "../../../terraform.alerting-dev-atomic.tfstate" } },
    });
    expect(text).not.toContain(process.cwd());
  });
});

describe("jobs that others own", () => {
  it.each<[what: string, jobId: string | number, expected: string]>([
    ["a number", 42, "42"],
    ["text", "735618492", "735618492"],
    ["a variable", "${var.ingest_job_id}", "${var.ingest_job_id}"],
  ])("are run by an id given as %s", (_what, jobId, expected) => {
    const { job } = synthesize((app) => {
      const { orchestrator, layer } = alerting(
        app,
        devEnvironment({ variables: { ingest_job_id: undefined } }),
      );
      orchestrator.addRunJobTask("ingest", fromJobId(layer.composite, "ingest", jobId));
    });
    expect(job("alerting_setup_job").task).toMatchObject([
      { task_key: "ingest", run_job_task: { job_id: expected } },
      {},
    ]);
  });

  it.each(["", "0", "-1", "1.5", "ingest", "4 2"])("have no id %j", (jobId) => {
    synthesize((app) => {
      const { layer } = alerting(app);
      const error = errorOf(() => fromJobId(layer.composite, "ingest", jobId));
      expect(error.code).toBe("invalid-job");
      expect(error.message).toContain("[alerting-dev-composite/ingest]");
    });
  });

  it("are looked up by their name", () => {
    const { stack } = synthesize((app) => {
      const { orchestrator, layer } = alerting(app);
      orchestrator.addRunJobTask("ingest", fromJobName(layer.composite, "ingest", "[dev] Ingest"));
    });
    const { data, resource } = stack("alerting-dev-composite");
    expect(data?.databricks_job).toMatchObject({ ingest: { job_name: "[dev] Ingest" } });
    expect(resource?.databricks_job?.alerting_setup_job?.task).toMatchObject([
      { run_job_task: { job_id: "${data.databricks_job.ingest.id}" } },
      {},
    ]);
  });

  it("are looked up once, even if several jobs run them", () => {
    const { stack, dependencies } = synthesize((app) => {
      const { orchestrator, layer } = alerting(app);
      orchestrator.addRunJobTask("ingest", fromJobName(layer.atomic, "ingest", "[dev] Ingest"));
    });
    expect(stack("alerting-dev-atomic").data?.databricks_job).toHaveProperty("ingest");
    const { resource } = stack("alerting-dev-composite");
    const [ingest] = (resource?.databricks_job?.alerting_setup_job?.task ?? []) as {
      run_job_task: { job_id: string };
    }[];
    const output = /^\$\{data\.terraform_remote_state\.alerting-dev-atomic\.outputs\.(\w+)\}$/.exec(
      ingest?.run_job_task.job_id ?? "",
    )?.[1];
    expect(stack("alerting-dev-atomic").output?.[output ?? ""]).toEqual({
      value: "${data.databricks_job.ingest.id}",
    });
    expect(dependencies["alerting-dev-composite"]).toEqual(["alerting-dev-atomic"]);
  });

  it("are not mixed up when their ids are equal in different scopes", () => {
    const { stack, job } = synthesize((app) => {
      const { orchestrator, layer } = alerting(app);
      for (const source of ["billing", "audit"]) {
        const scope = new Construct(layer.composite, source);
        orchestrator.addRunJobTask(source, fromJobName(scope, "ingest", `Ingest ${source}`));
      }
    });
    const lookups = Object.values(stack("alerting-dev-composite").data?.databricks_job ?? {});
    expect(lookups.map(({ job_name }) => job_name).sort()).toEqual([
      "Ingest audit",
      "Ingest billing",
    ]);
    const tasks = job("alerting_setup_job").task as { run_job_task: { job_id: string } }[];
    expect(new Set(tasks.map(({ run_job_task }) => run_job_task.job_id)).size).toBe(3);
  });

  it("may have any construct id", () => {
    const { stack, job } = synthesize((app) => {
      const { orchestrator, layer } = alerting(app);
      orchestrator.addRunJobTask("ingest", fromJobName(layer.composite, "team ingest", "Ingest"));
    });
    const [name = ""] = Object.keys(stack("alerting-dev-composite").data?.databricks_job ?? {});
    expect(name).toMatch(/^[A-Za-z_][\w-]*$/);
    expect(job("alerting_setup_job").task).toMatchObject([
      { run_job_task: { job_id: `\${data.databricks_job.${name}.id}` } },
      {},
    ]);
  });

  it("are found in the stacks of this library only by name", () => {
    synthesize((app) => {
      alerting(app);
      const error = errorOf(() => fromJobName(new Construct(app, "loose"), "ingest", "Ingest"));
      expect(error.code).toBe("no-environment");
    });
  });
});

describe("a nested project folder", () => {
  it("does not matter to the state of the stacks", () => {
    const { stack } = inFolder(folderWith({ "app/main.txt": "" }), () =>
      synthesize(
        (app) => {
          new AtomicJob(alertingLayer(app).atomic, "alerting_tables_job", {
            purpose: "tables",
            notebook: notebook("tables"),
          });
        },
        { outdir: "app/out" },
      ),
    ) satisfies Synthesized;
    expect(stack("alerting-dev-atomic").terraform.backend).toEqual({
      local: { path: "../../../../terraform.alerting-dev-atomic.tfstate" },
    });
  });
});
