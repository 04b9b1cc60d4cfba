import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { AlertingJobs } from "../../src/alerting/atomic-jobs";
import { AlertingSetupOrchestrator } from "../../src/alerting/setup-orchestrator";
import { dev, staging } from "../../src/alerting/environments";
import { fromJobId, JobEnvironment, JobLayer } from "@jobstrata/cdktf";
import { jobMatchers } from "@jobstrata/cdktf/testing";
import { Testing } from "cdktf";
import {
  type Attributes,
  freshFolder,
  inFolder,
  readOutput,
  type Synthesized,
  synthesize,
} from "../support/synth";

expect.extend(jobMatchers);

const project = process.cwd();
const ENVIRONMENTS = ["dev", "staging", "prod"] as const;
const ATOMIC_JOBS = [
  "alerting_tables_job",
  "alerting_seed_job",
  "alerting_validation_job",
  "alerting_notifications_job",
  "alerting_deploy_job",
] as const;
const ORCHESTRATOR = "alerting_setup_orchestrator_job";

/** The example of an atomic job in the specification. */
const SPEC_ATOMIC = `
resources:
  jobs:
    alerting_tables_job:
      name: "[\${bundle.target}] Health Monitor - Alerting Tables Setup"
      description: "Atomic job: Creates alerting configuration tables in Unity Catalog"

      environments:
        - environment_key: default
          spec:
            environment_version: "4"

      tasks:
        - task_key: setup_tables
          environment_key: default
          notebook_task:
            notebook_path: ../../src/alerting/setup_alerting_tables.py
            base_parameters:
              catalog: \${var.catalog}
              gold_schema: \${var.gold_schema}

      tags:
        job_level: atomic
        layer: alerting
        purpose: setup
`;

/** The example of a composite job in the specification. */
const SPEC_COMPOSITE = `
resources:
  jobs:
    alerting_setup_orchestrator_job:
      name: "[\${bundle.target}] Health Monitor - Alerting Layer Setup"
      description: "Composite job: Orchestrates complete alerting setup via atomic jobs"

      tasks:
        # Step 1: Create tables
        - task_key: setup_alerting_tables
          run_job_task:
            job_id: \${resources.jobs.alerting_tables_job.id}

        # Step 2: Seed alerts (depends on tables)
        - task_key: seed_all_alerts
          depends_on:
            - task_key: setup_alerting_tables
          run_job_task:
            job_id: \${resources.jobs.alerting_seed_job.id}

        # Step 3: Validate queries (depends on seeding)
        - task_key: validate_alert_queries
          depends_on:
            - task_key: seed_all_alerts
          run_job_task:
            job_id: \${resources.jobs.alerting_validation_job.id}

        # Step 4: Sync notification destinations (parallel with validation)
        - task_key: sync_notification_destinations
          depends_on:
            - task_key: setup_alerting_tables
          run_job_task:
            job_id: \${resources.jobs.alerting_notifications_job.id}

        # Step 5: Deploy alerts (depends on validation + destinations)
        - task_key: deploy_sql_alerts
          depends_on:
            - task_key: validate_alert_queries
            - task_key: sync_notification_destinations
          run_job_task:
            job_id: \${resources.jobs.alerting_deploy_job.id}

      tags:
        job_level: composite
        layer: alerting
        orchestrator: "true"
`;

interface SpecJob {
  readonly name: string;
  readonly description: string;
  readonly environments?: readonly Attributes[];
  readonly tasks: readonly Attributes[];
  readonly tags: Readonly<Record<string, string>>;
}

/** The job of an example, as Terraform calls and orders things. */
function specJob(yaml: string, key: string, environment: string): Attributes {
  const text = yaml
    .replaceAll("${bundle.target}", environment)
    .replaceAll(/\$\{resources\.jobs\.(\w+)\.id\}/g, (_match, job: string) =>
      JSON.stringify(
        `\${data.terraform_remote_state.alerting-${environment}-atomic.outputs.${job}_id}`,
      ),
    )
    .replaceAll(/(\$\{var\.\w+\})/g, '"$1"')
    .replaceAll(/\S*\/src\/alerting\/\w+\.py/g, `"\${databricks_notebook.${key}.path}"`);
  const { resources } = parse(text) as { resources: { jobs: Record<string, SpecJob> } };
  const example = resources.jobs[key];
  if (example === undefined) throw new Error(`the example has no ${key}`);
  const { environments, tasks, ...job } = example;
  const byKey = (a: Attributes, b: Attributes): number =>
    String(a.task_key) < String(b.task_key) ? -1 : 1;
  const sorted = [...tasks].sort(byKey).map((task) => ({
    ...task,
    ...(Array.isArray(task.depends_on) && {
      depends_on: [...(task.depends_on as Attributes[])].sort(byKey),
    }),
  }));
  return { ...job, ...(environments && { environment: environments }), task: sorted };
}

/** The output of main.ts, run in a folder that holds the notebooks and nothing else. */
let output: Synthesized;
let folder: string;

beforeAll(() => {
  folder = freshFolder();
  cpSync("src/alerting", join(folder, "src/alerting"), { recursive: true });
  inFolder(folder, () => {
    jest.isolateModules(() => {
      jest.requireActual("../../main");
    });
    output = readOutput("cdktf.out");
  });
});

function jobIn(environment: string, key: string): Attributes {
  const stack = `alerting-${environment}-${key === ORCHESTRATOR ? "composite" : "atomic"}`;
  const job = output.stack(stack).resource?.databricks_job?.[key] ?? {};
  return Object.fromEntries(Object.entries(job).filter(([name]) => name !== "//"));
}

function baseParameters(environment: string, key: string): Record<string, string> {
  const [task] = jobIn(environment, key).task as [
    { notebook_task: { base_parameters: Record<string, string> } },
  ];
  return task.notebook_task.base_parameters;
}

describe("the alerting layer", () => {
  it("is two stacks in each of three environments", () => {
    expect(output.dependencies).toEqual({
      "alerting-dev-atomic": [],
      "alerting-dev-composite": ["alerting-dev-atomic"],
      "alerting-staging-atomic": [],
      "alerting-staging-composite": ["alerting-staging-atomic"],
      "alerting-prod-atomic": [],
      "alerting-prod-composite": ["alerting-prod-atomic"],
    });
  });

  describe.each(ENVIRONMENTS)("in %s", (environment) => {
    const settings = {
      max_concurrent_runs: environment === "dev" ? 4 : 1,
      queue: { enabled: true },
      ...(environment !== "dev" && {
        run_as: { service_principal_name: "${var.run_as_service_principal}" },
      }),
    };

    it("has the five atomic jobs and the orchestrator", () => {
      const jobs = (stack: string): string[] =>
        Object.keys(output.stack(stack).resource?.databricks_job ?? {});
      expect(jobs(`alerting-${environment}-atomic`).sort()).toEqual([...ATOMIC_JOBS].sort());
      expect(jobs(`alerting-${environment}-composite`)).toEqual([ORCHESTRATOR]);
    });

    it("has alerting_tables_job as specified", () => {
      expect(jobIn(environment, "alerting_tables_job")).toEqual({
        ...specJob(SPEC_ATOMIC, "alerting_tables_job", environment),
        ...settings,
      });
    });

    it("has alerting_setup_orchestrator_job as specified", () => {
      const specified = specJob(SPEC_COMPOSITE, ORCHESTRATOR, environment);
      expect(jobIn(environment, ORCHESTRATOR)).toEqual({
        ...specified,
        // The example has no such tag, but it is one of the standard tags.
        tags: { ...(specified.tags as object), purpose: "setup" },
        ...settings,
      });
    });

    it.each([
      ["alerting_tables_job", "setup", "setup_alerting_tables"],
      ["alerting_seed_job", "seed", "seed_all_alerts"],
      ["alerting_validation_job", "validate", "validate_alert_queries"],
      ["alerting_notifications_job", "notify", "sync_notification_destinations"],
      ["alerting_deploy_job", "deploy", "sync_sql_alerts"],
    ])("has %s with the purpose %s and the notebook %s", (key, purpose, file) => {
      const job = jobIn(environment, key);
      expect(job).toMatchObject({
        name: expect.stringMatching(`^\\[${environment}\\] Health Monitor - Alerting `) as string,
        description: expect.stringMatching("^Atomic job: ") as string,
        tags: { job_level: "atomic", layer: "alerting", purpose },
        environment: [{ environment_key: "default", spec: { environment_version: "4" } }],
        task: [
          {
            environment_key: "default",
            notebook_task: { notebook_path: `\${databricks_notebook.${key}.path}` },
          },
        ],
      });
      expect(Object.keys(job.tags as object)).toHaveLength(3);
      const { databricks_notebook } = output.stack(`alerting-${environment}-atomic`).resource ?? {};
      expect(databricks_notebook?.[key]).toMatchObject({
        path: `/Shared/jobstrata/${environment}/src/alerting/${file}`,
        language: "PYTHON",
        format: "SOURCE",
        source: expect.stringMatching(new RegExp(`^assets/.+/${file}\\.py$`)) as string,
      });
    });

    it.each([
      ["alerting_tables_job", {}],
      ["alerting_seed_job", { force_reseed: "false" }],
      ["alerting_validation_job", { fail_on_warning: "false" }],
      ["alerting_notifications_job", { dry_run: "${var.dry_run}" }],
      [
        "alerting_deploy_job",
        {
          warehouse_id: "${var.warehouse_id}",
          dry_run: "${var.dry_run}",
          delete_disabled: "false",
          success_threshold: "0.90",
        },
      ],
    ])("gives the notebook of %s its parameters", (key, own) => {
      expect(baseParameters(environment, key)).toEqual({
        catalog: "${var.catalog}",
        gold_schema: "${var.gold_schema}",
        ...own,
      });
    });

    it.each([
      ["alerting_seed_job", ["PyYAML>=6"]],
      ["alerting_notifications_job", ["databricks-sdk>=0.70", "tenacity>=9"]],
      ["alerting_deploy_job", ["databricks-sdk>=0.70", "tenacity>=9"]],
    ])("declares what the notebook of %s imports", (key, dependencies) => {
      const [spec] = jobIn(environment, key).environment as [{ spec: object }];
      expect(spec.spec).toEqual({ environment_version: "4", dependencies });
    });

    it("has a default for every variable but the service principal", () => {
      for (const stack of ["atomic", "composite"]) {
        const { variable } = output.stack(`alerting-${environment}-${stack}`);
        expect(variable).toMatchObject({
          catalog: { type: "string", default: environment },
          gold_schema: { type: "string", default: "gold" },
          warehouse_id: { type: "string", default: "" },
          dry_run: { type: "bool", default: environment !== "prod" },
        });
        const principal = variable?.run_as_service_principal;
        if (environment === "dev") expect(principal).toBeUndefined();
        else
          expect(principal).toEqual(
            expect.not.objectContaining({ default: expect.anything() as unknown }),
          );
      }
    });

    it("carries every notebook with the stack", () => {
      const { databricks_notebook = {} } =
        output.stack(`alerting-${environment}-atomic`).resource ?? {};
      for (const { source } of Object.values(databricks_notebook)) {
        const file = join(
          folder,
          "cdktf.out/stacks",
          `alerting-${environment}-atomic`,
          String(source),
        );
        const original = join("src/alerting", basename(file));
        expect(readFileSync(file, "utf8")).toBe(readFileSync(original, "utf8"));
      }
    });

    it("exports the id and the URL of every job", () => {
      for (const key of [...ATOMIC_JOBS, ORCHESTRATOR]) {
        const stack = key === ORCHESTRATOR ? "composite" : "atomic";
        expect(output.stack(`alerting-${environment}-${stack}`).output).toMatchObject({
          [`${key}_id`]: { value: `\${databricks_job.${key}.id}` },
          [`${key}_url`]: { value: `\${databricks_job.${key}.url}` },
        });
      }
    });
  });

  it("allows all users to view the runs of staging and production", () => {
    for (const environment of ["staging", "prod"]) {
      const { databricks_permissions } =
        output.stack(`alerting-${environment}-atomic`).resource ?? {};
      expect(Object.keys(databricks_permissions ?? {}).sort()).toEqual([...ATOMIC_JOBS].sort());
      for (const { access_control } of Object.values(databricks_permissions ?? {})) {
        expect(access_control).toEqual([{ group_name: "users", permission_level: "CAN_VIEW" }]);
      }
    }
  });

  it("differs between environments in nothing but what the environment says", () => {
    const normal = (environment: string, key: string): Attributes => {
      const text = JSON.stringify(jobIn(environment, key)).replaceAll(environment, "ENV");
      const differing = { max_concurrent_runs: undefined, run_as: undefined };
      return { ...(JSON.parse(text) as Attributes), ...differing };
    };
    for (const key of [...ATOMIC_JOBS, ORCHESTRATOR]) {
      expect(normal("staging", key)).toEqual(normal("dev", key));
      expect(normal("prod", key)).toEqual(normal("dev", key));
    }
  });

  it("knows nothing of the machine that it was synthesized on", () => {
    for (const path of [project, folder, homedir()]) expect(output.text).not.toContain(path);
    for (const { terraform } of Object.values(output.stacks)) {
      expect(JSON.stringify(terraform.backend)).toMatch(
        /^\{"local":\{"path":"(\.\.\/){3}terraform\.alerting-\w+-(atomic|composite)\.tfstate"\}\}$/,
      );
    }
  });
});

describe("AlertingSetupOrchestrator", () => {
  it("can be extended with more steps", () => {
    class NightlyOrchestrator extends AlertingSetupOrchestrator {
      public constructor(layer: JobLayer, jobs: AlertingJobs) {
        super(layer.composite, jobs);
        this.addRunJobTask("refresh_dashboards", fromJobId(layer.composite, "dashboards", 42));
      }
    }
    const { job } = synthesize((app) => {
      const layer = new JobLayer(app, "alerting", { environment: dev });
      new NightlyOrchestrator(layer, new AlertingJobs(layer.atomic));
    });
    expect((job(ORCHESTRATOR).task as Attributes[]).map(({ task_key }) => task_key)).toEqual([
      "deploy_sql_alerts",
      "refresh_dashboards",
      "seed_all_alerts",
      "setup_alerting_tables",
      "sync_notification_destinations",
      "validate_alert_queries",
    ]);
  });

  it("is blamed on the line that made it, not on its class", () => {
    expect(() =>
      synthesize((app) => {
        const { atomic, composite } = new JobLayer(app, "alerting", { environment: staging });
        const orchestrator = new AlertingSetupOrchestrator(composite, new AlertingJobs(atomic));
        orchestrator.addRunJobTask("again", orchestrator);
      }),
    ).toThrow(
      /alerting_setup_orchestrator_job \(__tests__\/alerting\/alerting-layer\.test\.ts:\d+\)/,
    );
  });

  it("runs in an environment that a team adds", () => {
    const { job, stacks } = synthesize((app) => {
      const environment = new JobEnvironment({ ...dev.props, name: "sandbox" });
      const { atomic, composite } = new JobLayer(app, "alerting", {
        environment,
        singleStack: true,
      });
      new AlertingSetupOrchestrator(composite, new AlertingJobs(atomic));
    });
    expect(Object.keys(stacks)).toEqual(["alerting-sandbox"]);
    expect(job(ORCHESTRATOR).name).toBe("[sandbox] Health Monitor - Alerting Layer Setup");
  });
});

describe("the notebooks of the alerting layer", () => {
  const files = readdirSync("src/alerting").filter((file) => file.endsWith(".py"));
  const python = spawnSync("python3", ["--version"]).status === 0;
  if (!python) process.stderr.write("no python3: the notebooks are not compiled\n");

  it("are those of the five jobs", () => {
    expect(files.sort()).toEqual([
      "seed_all_alerts.py",
      "setup_alerting_tables.py",
      "sync_notification_destinations.py",
      "sync_sql_alerts.py",
      "validate_alert_queries.py",
    ]);
  });

  (python ? it : it.skip).each(files)("%s compiles as Python", (file) => {
    const script = "import ast, sys; ast.parse(open(sys.argv[1], encoding='utf-8').read())";
    const { status, stderr } = spawnSync("python3", ["-c", script, join("src/alerting", file)], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it.each(ATOMIC_JOBS)("that %s runs declares and reads a widget for each parameter", (key) => {
    const { databricks_notebook } = output.stack("alerting-dev-atomic").resource ?? {};
    const file = basename(String(databricks_notebook?.[key]?.source));
    const text = readFileSync(join("src/alerting", file), "utf8");
    const widgets = [
      ...text.matchAll(/dbutils\.widgets\.(?:text|dropdown)\("(\w+)", "([^"]*)"/g),
    ].map(([, name = "", value = ""]) => [name, value] as const);
    const read = [...text.matchAll(/dbutils\.widgets\.get\("(\w+)"\)/g)].map(([, name]) => name);

    const parameters = baseParameters("dev", key);
    expect(widgets.map(([name]) => name).sort()).toEqual(Object.keys(parameters).sort());
    expect(read.sort()).toEqual(Object.keys(parameters).sort());
    // A literal parameter and the default of its widget are the same, so that a run by hand is, too.
    const literals = Object.entries(parameters).filter(([, value]) => !value.includes("${"));
    expect(Object.fromEntries(widgets)).toMatchObject(Object.fromEntries(literals));
  });

  it.each(["sync_notification_destinations.py", "sync_sql_alerts.py"])(
    "%s changes nothing unless it is told to",
    (file) => {
      expect(readFileSync(join("src/alerting", file), "utf8")).toContain(
        'dbutils.widgets.dropdown("dry_run", "true"',
      );
    },
  );
});

test("the orchestrator runs each atomic job after those that it needs", () => {
  const layer = new JobLayer(Testing.app(), "alerting", { environment: dev });
  const jobs = new AlertingJobs(layer.atomic);
  const setup = new AlertingSetupOrchestrator(layer.composite, jobs);
  expect(setup).toKeepTheHierarchy();
  expect(setup).toBeCompositeJob();
  expect(jobs.tables).toBeAtomicJob({ notebook: "src/alerting/setup_alerting_tables.py" });
  expect(jobs.seed).toBeAtomicJob({
    notebook: "src/alerting/seed_all_alerts.py",
    parameters: { force_reseed: "false" },
  });
  expect(setup).toRunJob("alerting_seed_job", { after: ["alerting_tables_job"] });
  expect(setup).toRunJob("alerting_deploy_job", {
    after: ["alerting_validation_job", "alerting_notifications_job", "alerting_tables_job"],
  });
  expect(setup).not.toRunJob("alerting_notifications_job", { after: ["alerting_seed_job"] });
});
