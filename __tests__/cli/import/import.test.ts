import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import fc from "fast-check";
import { formatted } from "../../support/prettier";
import * as ts from "typescript";
import { stringify } from "yaml";
import { comparable } from "../../../src/cli/emit";
import type { JobRef } from "@jobstrata/core/model";
import { bundleFile, readBundle } from "@jobstrata/core/readers";
import { diffHierarchies, type HierarchyDiff } from "@jobstrata/core/render";
import { runExport } from "../../../src/cli/export/command";
import { type ImportOptions, runImport } from "../../../src/cli/import/command";
import { listener, synthesizeProjects } from "../../support/imported";
import { bundle } from "../../support/random-bundle";
import { AlertingJobs } from "../../../src/alerting/atomic-jobs";
import { dev } from "../../../src/alerting/environments";
import {
  folderWith,
  freshFolder,
  inFolder,
  synthesize,
  type TerraformJson,
} from "../../support/synth";
import { JobLayer } from "@jobstrata/cdktf";

const FIXTURES = resolve(__dirname, "..", "..", "fixtures");
const NOTEBOOK = "# Databricks notebook source\n";

/** Whatever an import has to handle beside plain jobs. */
const EVERYTHING = {
  "databricks.yml": `
bundle: { name: shop }
include: [resources/*/*.yml]
variables:
  catalog: { default: main, description: Where tables are }
  warehouse: { lookup: { warehouse: Shared } }
  billing: { lookup: { job: Billing - Close } }
  cluster: { type: complex, default: { spark_version: 15.4.x-scala2.12, node_type_id: i3.xlarge, num_workers: 2 } }
targets:
  dev: { mode: development }
  prod:
    variables: { catalog: prod }
    run_as: { service_principal_name: robot }
    permissions: [{ level: CAN_VIEW, group_name: users }]
    resources:
      jobs:
        ingest: { timeout_seconds: 60, tags: { extra: "1" }, parameters: [{ name: mode, default: full }] }
        only_prod: { tasks: [{ task_key: x, notebook_task: { notebook_path: ./src/only.py } }] }
`,
  "resources/sales/jobs.yml": `
resources:
  jobs:
    # Loads the orders.
    ingest:
      name: "[\${bundle.target}] Ingest"
      # Every night.
      schedule: { quartz_cron_expression: "0 0 3 * * ?", timezone_id: UTC }
      parameters: [{ name: mode, default: delta }]
      tasks:
        - task_key: load
          job_cluster_key: main
          notebook_task: { notebook_path: ../../src/ingest.py, base_parameters: { catalog: "\${var.catalog}" } }
      job_clusters: [{ job_cluster_key: main, new_cluster: "\${var.cluster}" }]
    score:
      tasks: [{ task_key: score, notebook_task: { notebook_path: "/Users/\${workspace.current_user.userName}/score" } }]
    rescore:
      tasks: [{ task_key: rescore, job_cluster_key: main, notebook_task: { notebook_path: /Shared/rescore } }]
      job_clusters: [{ job_cluster_key: main, new_cluster: "\${var.cluster}" }]
    ask:
      tasks: [{ task_key: ask, notebook_task: { notebook_path: /Shared/ask, warehouse_id: "\${var.warehouse}" } }]
    refit:
      tasks:
        - task_key: refit
          notebook_task: { notebook_path: /Shared/refit }
          new_cluster: { spark_version: 15.4.x-scala2.12, node_type_id: i3.xlarge, num_workers: 1 }
    nightly:
      tasks:
        - task_key: check
          condition_task: { left: "{{job.parameters.mode}}", op: EQUAL_TO, right: full }
        - task_key: ingest
          depends_on: [{ task_key: check, outcome: "true" }]
          run_job_task: { job_id: "\${resources.jobs.ingest.id}", job_parameters: { mode: full } }
        - task_key: billing
          run_job_task: { job_id: "\${var.billing}" }
        - task_key: audit
          run_job_task: { job_id: 123 }
        - task_key: each
          for_each_task: { inputs: '["eu","us"]', task: { task_key: each_iteration, run_job_task: { job_id: "\${resources.jobs.score.id}" } } }
    mixed:
      permissions: [{ level: CAN_MANAGE, user_name: a@example.com }]
      tasks:
        # Shared with the other task.
        - task_key: first
          notebook_task: { notebook_path: ../../src/shared.py }
        - task_key: second
          depends_on: [{ task_key: first }]
          sql_task: { warehouse_id: "\${var.warehouse}", file: { path: ../../src/report.sql } }
        - task_key: third
          spark_python_task: { python_file: ../../src/script.py, parameters: ["--pipeline", "\${resources.pipelines.dlt.id}", "\${FOO-x}"] }
          environment_key: default
        - task_key: fourth
          run_job_task: { job_id: "\${resources.jobs.score.id}" }
      environments: [{ environment_key: default, spec: { client: "1", dependencies: [../../dist/*.whl] } }]
`,
  "src/ingest.py": NOTEBOOK,
  "src/shared.py": NOTEBOOK,
  "src/only.py": NOTEBOOK,
  "src/script.py": "print(1)\n",
  "src/report.sql": "SELECT 1\n",
};

/** A job of the generated class whose maps and permissions differ by target. */
const UNEVEN = {
  "databricks.yml": `
bundle: { name: uneven }
resources:
  jobs:
    orders:
      tasks:
        - { task_key: raw, notebook_task: { notebook_path: /Shared/raw, base_parameters: { day: today } } }
        - { task_key: daily, notebook_task: { notebook_path: /Shared/daily, base_parameters: { level: high } } }
targets:
  dev:
    resources: { jobs: { orders: { max_concurrent_runs: 4, tags: { dev: ann, team: sales } } } }
  prod:
    resources:
      jobs:
        orders:
          permissions: [{ level: CAN_MANAGE, user_name: a@example.com }]
          tags: { team: sales }
          tasks: [{ task_key: raw, notebook_task: { base_parameters: { mode: full } } }]
`,
};

function options(output: string, more: Partial<ImportOptions> = {}): ImportOptions {
  return { output, framework: "cdktf", ...more };
}

function filesOf(project: string): string[] {
  const { files } = JSON.parse(readFileSync(join(project, "jobstrata.import.json"), "utf8")) as {
    files: string[];
  };
  return files;
}

const external = (ref: JobRef): string => {
  if (ref.kind === "literal") return `id ${ref.jobId}`;
  if (ref.kind === "external" && ref.name !== undefined) return `name ${ref.name}`;
  return "expression" in ref ? ref.expression : ref.id;
};

/** What differs between two bundles, in all targets. */
function bundleDiffs(before: string, after: string): HierarchyDiff["jobs"] {
  const [old, now] = [before, after].map(
    (folder) => readBundle(bundleFile(folder) ?? "", { repository: "/" }).graphs,
  );
  return (old ?? []).flatMap((graph) => {
    const other = now?.find(({ environment }) => environment === graph.environment);
    const toOld = (text: string): string =>
      /^(?:\.\.\/)+[\w.-]/.test(text) ? relative(before, resolve(after, text)) : text;
    const diff = diffHierarchies(
      comparable(graph, { external }),
      other && comparable(other, { external, text: toOld }),
    );
    return "jobs" in diff ? diff.jobs : [];
  });
}

describe("jobstrata import of bundles, and export of what it wrote", () => {
  const root = freshFolder();
  const everything = folderWith(EVERYTHING);
  const uneven = folderWith(UNEVEN);
  const random = fc.sample(bundle, { numRuns: 15, seed: 20_261_129 }).map((value, at) => {
    const folder = join(root, `bundle-${at}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "databricks.yml"), stringify(value));
    return folder;
  });
  const fixtures = ["alerting-bundle", "three-layer-bundle", "wrong-bundle"].map((name) =>
    join(FIXTURES, name),
  );
  const bundles = [everything, uneven, ...fixtures, ...random];
  const projectOf = (folder: string): string => join(root, `project-${bundles.indexOf(folder)}`);

  beforeAll(async () => {
    for (const folder of bundles) {
      const io = listener();
      expect([await runImport(folder, options(projectOf(folder)), io), io.errors]).toEqual([0, []]);
    }
    expect(synthesizeProjects(root, bundles.map(projectOf))).toEqual([]);
  });

  it("synthesizes jobs that equal those of the source, in every target", async () => {
    for (const folder of bundles) {
      const io = listener();
      const code = await runImport(folder, options(projectOf(folder), { verify: true }), io);
      expect([code, io.lines.join("\n")]).toEqual([0, expect.stringMatching(/^Equal: /)]);
    }
  });

  it("notices when they do not", async () => {
    const other = folderWith({
      ...EVERYTHING,
      "databricks.yml": EVERYTHING["databricks.yml"].replace(
        "timeout_seconds: 60",
        "timeout_seconds: 61",
      ),
    });
    const io = listener();
    expect(await runImport(other, options(projectOf(everything), { verify: true }), io)).toBe(1);
    expect(io.lines.join("\n")).toContain("timeout_seconds: 61");
  });

  it("is formatted by Prettier", async () => {
    for (const folder of bundles) {
      for (const file of filesOf(projectOf(folder)).filter((path) => path.endsWith(".ts"))) {
        const code = readFileSync(join(projectOf(folder), file), "utf8");
        expect(await formatted(code)).toBe(code);
      }
    }
  });

  it("compiles under --strict", () => {
    const program = ts.createProgram(
      [everything, uneven].map((folder) => join(projectOf(folder), "main.ts")),
      {
        strict: true,
        noUncheckedIndexedAccess: true,
        noUnusedLocals: true,
        noUnusedParameters: true,
        skipLibCheck: true,
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.Node16,
        moduleResolution: ts.ModuleResolutionKind.Node16,
        types: ["node"],
        resolveJsonModule: true,
        jsx: ts.JsxEmit.ReactJSX,
        jsxImportSource: "preact",
        typeRoots: [resolve("node_modules/@types")],
      },
    );
    const own = ts
      .getPreEmitDiagnostics(program)
      .filter(({ file }) => file?.fileName.startsWith(root) === true)
      .map(
        ({ messageText, file }) =>
          `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
      );
    expect(own).toEqual([]);
  });

  it("grants permissions only in the environments that have some", () => {
    const code = readFileSync(join(projectOf(uneven), "jobs/uneven/orders.ts"), "utf8");
    expect(code).toContain(`  onlyIn(
    environment,
    ["prod"],
    () =>
      new Permissions(stack, "orders_permissions", {
        jobId: job.id,
        accessControl: [
          { permissionLevel: "CAN_MANAGE", userName: "a@example.com" },
        ],
      }),
  );
`);
  });

  it("reads as code that a person would have written", () => {
    const read = (path: string): string =>
      readFileSync(join(projectOf(everything), path), "utf8").replace(
        relative(projectOf(everything), everything),
        "..",
      );
    expect(read("jobs/sales/ingest.ts")).toMatchInlineSnapshot(`
     "import {
       AtomicJob,
       JobCompute,
       type JobStack,
       JobTrigger,
       NotebookSource,
     } from "@jobstrata/cdktf";
     import { mainCluster } from "../clusters";

     // Loads the orders.
     export function addIngest(stack: JobStack): AtomicJob {
       const { environment } = stack;
       return new AtomicJob(stack, "ingest", {
         name: \`[dev \\\${var.workspace_current_user_short_name}] [\${environment.name}] Ingest\`,
         purpose: "ingest",
         notebook: NotebookSource.fromFile("../src/ingest.py"),
         taskKey: "load",
         jobParameters: { mode: "delta" },
         // Every night.
         trigger: JobTrigger.schedule({
           quartzCronExpression: "0 0 3 * * ?",
           timezoneId: "UTC",
         }),
         parameters: { catalog: environment.variable("catalog") },
         compute: JobCompute.jobCluster(mainCluster, "main"),
       });
     }
     "
    `);
    expect(read("jobs/clusters.ts")).toMatchInlineSnapshot(`
     "import type { JobCluster } from "@jobstrata/cdktf";

     // Clusters that several jobs share. Each run of a job starts its own.

     export const mainCluster: JobCluster = {
       sparkVersion: "15.4.x-scala2.12",
       nodeTypeId: "i3.xlarge",
       numWorkers: 2,
     };
     "
    `);
    expect(read("jobs/sales/nightly.ts")).toMatchInlineSnapshot(`
     "import { CompositeJob, type IJob, type JobStack } from "@jobstrata/cdktf";
     import { billingCloseJob, job123Job } from "../external";

     interface Jobs {
       readonly ingest: IJob;
       readonly score: IJob;
     }

     export function addNightly(stack: JobStack, jobs: Jobs): CompositeJob {
       const job = new CompositeJob(stack, "nightly", {
         name: "Untitled",
         purpose: "nightly",
       });
       job.addRunJobTask("audit", job123Job(stack));
       job.addRunJobTask("billing", billingCloseJob(stack));
       const check = job.addConditionTask("check", {
         left: "{{job.parameters.mode}}",
         op: "EQUAL_TO",
         right: "full",
       });
       job.addForEachTask("each", jobs.score, { inputs: ["eu", "us"] });
       job.addRunJobTask("ingest", jobs.ingest, {
         jobParameters: { mode: "full" },
         dependsOn: check.whenTrue,
       });
       return job;
     }
     "
    `);
    expect(read("jobs/environments.ts")).toMatchInlineSnapshot(`
     "import { JobEnvironment } from "@jobstrata/cdktf";

     /**
      * The same jobs are made once for each. Mode "imported" adds nothing to what the jobs say; "development" and
      * "production" bring the defaults and demands of the library.
      */
     export const environments: readonly JobEnvironment[] = [
       new JobEnvironment({
         name: "dev",
         mode: "imported",
         hierarchyTags: false,
         variables: {
           catalog: { default: "main", description: "Where tables are" },
           warehouse: { description: "Id of the warehouse Shared" },
           file_whl: { description: "What the source has as dist/*.whl" },
           workspace_current_user_short_name: {
             description: "What the source has as workspace.current_user.short_name",
           },
           workspace_current_user_user_name: {
             description: "What the source has as workspace.current_user.userName",
           },
           resources_pipelines_dlt_id: {
             description: "What the source has as resources.pipelines.dlt.id",
           },
           foo_x: { description: "What the source has as FOO-x" },
         },
         tags: { dev: "\${var.workspace_current_user_short_name}" },
         defaults: { atomic: { maxConcurrentRuns: 4 } },
         jobs: {
           ingest: { paused: true },
           nightly: { maxConcurrentRuns: 4 },
         },
       }),
       new JobEnvironment({
         name: "prod",
         mode: "imported",
         hierarchyTags: false,
         variables: {
           catalog: { default: "prod", description: "Where tables are" },
           warehouse: { description: "Id of the warehouse Shared" },
           file_whl: { description: "What the source has as dist/*.whl" },
           workspace_current_user_short_name: {
             description: "What the source has as workspace.current_user.short_name",
           },
           workspace_current_user_user_name: {
             description: "What the source has as workspace.current_user.userName",
           },
           resources_pipelines_dlt_id: {
             description: "What the source has as resources.pipelines.dlt.id",
           },
           foo_x: { description: "What the source has as FOO-x" },
         },
         runAs: { servicePrincipalName: "robot" },
         permissions: [{ level: "CAN_VIEW", groupName: "users" }],
         jobs: {
           ingest: {
             name: "[prod] Ingest",
             jobParameters: { mode: "full" },
             tags: { extra: "1" },
             timeoutSeconds: 60,
           },
         },
       }),
     ];

     /** The value for an environment. */
     export function inEnvironment<T>(
       { name }: JobEnvironment,
       values: Readonly<Record<string, NoInfer<T>>>,
     ): T {
       if (!(name in values)) throw new Error(\`no value for environment \${name}\`);
       return values[name] as T;
     }

     /** A value that only some environments have. */
     export function onlyIn<T>(
       { name }: JobEnvironment,
       names: readonly string[],
       make: () => T,
     ): T | undefined {
       return names.includes(name) ? make() : undefined;
     }
     "
    `);
  });

  it("has the five jobs of the alerting app, as that has them", () => {
    const stack = "alerting-dev-atomic";
    const app = synthesize((root) => {
      new AlertingJobs(new JobLayer(root, "alerting", { environment: dev }).atomic);
    }).stack(stack);
    const project = projectOf(join(FIXTURES, "alerting-bundle"));
    const file = join(project, `cdktf.out/stacks/${stack}/cdk.tf.json`);
    const imported = JSON.parse(readFileSync(file, "utf8")) as TerraformJson;
    const jobsOf = ({ resource }: TerraformJson): object =>
      Object.fromEntries(
        Object.entries(resource?.databricks_job ?? {}).map(([key, job]) => [
          key,
          { ...job, "//": undefined },
        ]),
      );
    expect(Object.keys(jobsOf(imported))).toHaveLength(5);
    expect(jobsOf(imported)).toEqual(jobsOf(app));
  });

  it("comes back as the bundle that it was", async () => {
    for (const folder of bundles) {
      const back = `${projectOf(folder)}-back`;
      const io = listener();
      const code = await inFolderAsync(projectOf(folder), () =>
        runExport("cdktf.out", { output: back, name: "back" }, io),
      );
      expect([code, io.errors]).toEqual([0, []]);
      expect(bundleDiffs(folder, back)).toEqual([]);
    }
  });
});

async function inFolderAsync<T>(folder: string, action: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await action();
  } finally {
    process.chdir(before);
  }
}

describe("jobstrata import", () => {
  const simple = (task: string): Record<string, string> => ({
    "databricks.yml": `
bundle: { name: shop }
resources:
  jobs:
    load: { tasks: [${task}] }
    other: { tasks: [{ task_key: a, notebook_task: { notebook_path: /Shared/other } }] }
`,
  });
  const good = simple("{ task_key: a, notebook_task: { notebook_path: /Shared/load } }");

  it("exports to a folder beside the source, whose notebooks it finds", async () => {
    const source = folderWith({
      "databricks.yml": `
bundle: { name: shop }
resources:
  jobs:
    load: { tasks: [{ task_key: load, notebook_task: { notebook_path: src/load.py } }] }
`,
      "src/load.py": NOTEBOOK,
    });
    const output = `${source}-exported`;
    const io = listener();
    const code = await inFolderAsync(source, () => runExport(".", { output, name: "shop" }, io));
    expect([code, io.errors]).toEqual([0, []]);
    const [graph] = readBundle(join(output, "databricks.yml"), { repository: "/" }).graphs;
    const found = graph?.jobs[0]?.tasks[0]?.notebook?.identity.replace("file:", "/");
    expect(found === undefined ? undefined : resolve("/", found)).toBe(join(source, "src/load.py"));
  });

  it("leaves the profiles of a dbt project relative to the project", async () => {
    const folder = folderWith({
      "databricks.yml": "{ bundle: { name: shop }, include: [resources/*.yml] }",
      "resources/orders.yml": `
resources:
  jobs:
    orders:
      tasks:
        - task_key: models
          environment_key: default
          dbt_task: { project_directory: ../dbt, profiles_directory: profiles/, commands: [dbt run] }
      environments: [{ environment_key: default, spec: { environment_version: "4" } }]
`,
      "dbt/dbt_project.yml": "name: orders\n",
      "dbt/profiles/profiles.yml": "orders: {}\n",
    });
    const project = join(folder, "project");
    const io = listener();
    expect([await runImport(folder, options(project), io), io.errors]).toEqual([0, []]);
    expect(readFileSync(join(project, "jobs/shop/orders.ts"), "utf8")).toContain(
      'profilesDirectory: "profiles/"',
    );
  });

  it("says that nothing has changed, and shows what has, before it writes over it", async () => {
    const folder = folderWith(good);
    const project = join(folder, "project");
    expect(await runImport(folder, options(project), listener())).toBe(0);
    const again = listener();
    expect(await runImport(folder, options(project), again)).toBe(0);
    expect(again.lines).toEqual(["Nothing has changed."]);

    writeFileSync(
      join(folder, "databricks.yml"),
      (good["databricks.yml"] ?? "")
        .replace("/Shared/load", "/Shared/reload")
        .replace(/.*other.*\n/, ""),
    );
    const changed = listener();
    expect(await runImport(folder, options(project), changed)).toBe(1);
    expect(changed.lines.join("\n")).toContain(
      '+    notebook: NotebookSource.fromWorkspace("/Shared/reload")',
    );
    expect(changed.lines.at(-1)).toBe("gone from the source: jobs/shop/other.ts");
    expect(readFileSync(join(project, "jobs/shop/load.ts"), "utf8")).toContain("/Shared/load");

    expect(await runImport(folder, options(project, { force: true }), listener())).toBe(0);
    expect(readFileSync(join(project, "jobs/shop/load.ts"), "utf8")).toContain("/Shared/reload");
    expect(existsSync(join(project, "jobs/shop/other.ts"))).toBe(false);
  });

  it.each([
    ["{ task_key: a, ai_runtime_task: { x: 1 } }", "tasks[a].ai_runtime_task"],
    [
      "{ task_key: a, notebook_task: { notebook_path: ./none.py } }",
      "tasks[a].notebook_task.notebook_path names",
    ],
    [
      '{ task_key: a, run_job_task: { job_id: "${resources.jobs.none.id}" } }',
      "refers to a job that does not exist",
    ],
  ])("refuses %s by name, and writes nothing but with --partial", async (task, message) => {
    const folder = folderWith(simple(task));
    const io = listener();
    expect(await runImport(folder, options(join(folder, "project")), io)).toBe(1);
    expect(io.errors.join("\n")).toContain(message);
    expect(readdirSync(folder)).toEqual(["databricks.yml"]);
  });

  it("leaves out what cannot be expressed, and what runs it, with --partial", async () => {
    const folder = folderWith({
      "databricks.yml": `
bundle: { name: shop }
resources:
  jobs:
    good: { tasks: [{ task_key: a, notebook_task: { notebook_path: /Shared/good } }] }
    missing: { tasks: [{ task_key: a, notebook_task: { notebook_path: ./none.py } }] }
    nightly: { tasks: [{ task_key: a, run_job_task: { job_id: "\${resources.jobs.missing.id}" } }] }
`,
      ".databricks/bundle/default/resources.json": JSON.stringify({
        state_version: 2,
        serial: 1,
        state: {
          "resources.jobs.good": { __id__: "17" },
          "resources.jobs.missing": { __id__: "18" },
        },
      }),
    });
    const project = join(folder, "project");
    const io = listener();
    const partial = options(project, { partial: true, adopt: true });
    expect(await runImport(folder, partial, io)).toBe(0);
    expect(io.errors.join("\n")).toContain(
      'job "nightly" of default: tasks run missing, which is refused',
    );
    expect(filesOf(project)).not.toContain("jobs/shop/missing.ts");
    const read = (path: string): string => readFileSync(join(project, path), "utf8");
    expect(read("main.ts")).not.toMatch(/missing|nightly/i);
    expect(read("jobs/adopted.ts")).not.toContain("18");
    expect(read("release/unbind.sh")).not.toContain("missing");
    expect(synthesizeProjects(folder, [project])).toEqual([]);
    const verified = listener();
    const verify = options(project, { partial: true, verify: true });
    expect([await runImport(folder, verify, verified), verified.lines]).toEqual([
      0,
      ["Equal: 1 job in default."],
    ]);
  });

  it("says that a project has to be synthesized before it can be compared", async () => {
    const folder = folderWith(good);
    const verify = options(join(folder, "project"), { verify: true });
    await expect(runImport(folder, verify, listener())).rejects.toThrow(
      "does not exist; synthesize the project first",
    );
  });

  it.each([
    ["nowhere", {}, '"nowhere" does not exist'],
    [".", {}, '"." holds no bundle (databricks.yml)'],
  ])("refuses the source %s", async (path, more, message) => {
    const folder = freshFolder();
    await expect(
      inFolder(folder, () => runImport(path, options("project", more), listener())),
    ).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  const deployed = (target: string, id: string): Record<string, string> => ({
    [`.databricks/bundle/${target}/resources.json`]: JSON.stringify({
      state_version: 2,
      serial: 3,
      state: { "resources.jobs.load": { __id__: id } },
    }),
  });
  const targets = `${good["databricks.yml"] ?? ""}targets: { dev: {}, prod: {} }\n`;

  it("takes running jobs over by the ids of a bundle's state, until --done", async () => {
    const folder = folderWith({ ...good, "databricks.yml": targets, ...deployed("dev", "17") });
    const project = join(folder, "project");
    const io = listener();
    expect(await runImport(folder, options(project, { adopt: true }), io)).toBe(0);
    expect(io.lines).toEqual(
      expect.arrayContaining([
        "dev: the first deployment imports 1 job",
        "  to add: other, not deployed yet",
        "  to change: edit_mode, deployment of load: the bundle locks its jobs in the workspace",
        "prod: the first deployment imports 0 jobs",
      ]),
    );
    expect(readFileSync(join(project, "release/unbind.sh"), "utf8")).toMatch(
      /^databricks bundle deployment unbind load --target dev$/m,
    );
    expect(readFileSync(join(project, "jobs/adopted.ts"), "utf8")).toContain('load: "17"');
    expect(synthesizeProjects(folder, [project])).toEqual([]);
    const stack = readFileSync(
      join(project, "cdktf.out/stacks/shop-dev-atomic/cdk.tf.json"),
      "utf8",
    );
    expect(JSON.parse(stack)).toMatchObject({ import: [{ id: "17", to: "databricks_job.load" }] });

    expect(await runImport(undefined, options(project, { done: true }), listener())).toBe(0);
    expect(existsSync(join(project, "jobs/adopted.ts"))).toBe(false);
    expect(existsSync(join(project, "release"))).toBe(false);
    expect(readFileSync(join(project, "main.ts"), "utf8")).not.toContain("adopt");
    const again = listener();
    expect(await runImport(folder, options(project), again)).toBe(0);
    expect(again.lines).toEqual(["Nothing has changed."]);
  });

  it.each([
    ["no job is deployed", {}, /found no deployed job/],
    [
      "two environments have one job",
      { ...deployed("dev", "17"), ...deployed("prod", "17") },
      /two environments cannot manage one job/,
    ],
  ])("refuses to adopt where %s", async (_, states, message) => {
    const folder = folderWith({ ...good, "databricks.yml": targets, ...states });
    const project = join(folder, "project");
    await expect(runImport(folder, options(project, { adopt: true }), listener())).rejects.toThrow(
      message,
    );
    expect(existsSync(project)).toBe(false);
  });

  it("reads a state, without its secrets, and the ids of its jobs", async () => {
    const state = {
      format_version: "1.0",
      values: {
        root_module: {
          resources: [
            {
              address: "databricks_job.load",
              mode: "managed",
              type: "databricks_job",
              name: "load",
              values: {
                id: "17",
                name: "Load",
                queue: [{ enabled: true }],
                job_cluster: [
                  {
                    job_cluster_key: "main",
                    new_cluster: [
                      {
                        spark_version: "15.4.x-scala2.12",
                        node_type_id: "i3.xlarge",
                        num_workers: 2,
                        spark_env_vars: { API_TOKEN: "hunter2" },
                      },
                    ],
                  },
                ],
                task: [
                  {
                    task_key: "load",
                    job_cluster_key: "main",
                    notebook_task: [{ notebook_path: "/Shared/load" }],
                  },
                ],
              },
            },
          ],
        },
      },
    };
    const folder = folderWith({ "state.json": JSON.stringify(state) });
    const project = join(folder, "project");
    const io = listener();
    expect(await runImport(join(folder, "state.json"), options(project, { adopt: true }), io)).toBe(
      0,
    );
    const text = filesOf(project)
      .map((file) => readFileSync(join(project, file), "utf8"))
      .join("\n");
    expect(text).not.toContain("hunter2");
    expect(text).toContain("sensitive: true");
    expect(text).toContain('load: "17"');
    expect(synthesizeProjects(folder, [project])).toEqual([]);
    expect(
      await runImport(join(folder, "state.json"), options(project, { verify: true }), io),
    ).toBe(0);
  });

  it("takes over the notebooks that a state manages, where they are", async () => {
    const folder = folderWith({ "old/load.py": NOTEBOOK, "old/extra.py": NOTEBOOK });
    const notebook = (name: string): object => ({
      address: `databricks_notebook.${name}`,
      mode: "managed",
      type: "databricks_notebook",
      name,
      values: {
        id: `/Shared/old/${name}`,
        path: `/Shared/old/${name}`,
        source: join(folder, `old/${name}.py`),
      },
    });
    const job = (name: string, index: string, keys: readonly string[]): object => ({
      address: `databricks_job.${name}${index}`,
      mode: "managed",
      type: "databricks_job",
      name,
      ...(index !== "" && { index: "eu" }),
      values: {
        id: name,
        name,
        task: keys.map((key) => ({
          task_key: key,
          notebook_task: [{ notebook_path: `/Shared/old/${key}` }],
        })),
      },
    });
    const permissions = {
      address: "databricks_permissions.load",
      mode: "managed",
      type: "databricks_permissions",
      name: "load",
      values: {
        id: "/jobs/load",
        job_id: "load",
        access_control: [{ group_name: "users", permission_level: "CAN_VIEW" }],
      },
    };
    const resources = [
      notebook("load"),
      notebook("extra"),
      job("load", "", ["load"]),
      job("both", '["eu"]', ["extra", "extra_2"]),
      permissions,
    ];
    const state = { format_version: "1.0", values: { root_module: { resources } } };
    writeFileSync(join(folder, "state.json"), JSON.stringify(state));
    const project = join(folder, "project");
    const io = listener();
    const code = await runImport(join(folder, "state.json"), options(project, { adopt: true }), io);
    expect([code, io.errors]).toEqual([0, []]);
    expect(io.lines).toContain(
      "  to import: 2 notebooks, where they are; source and md5 change, since the project has copies of the files",
    );
    const read = (path: string): string => readFileSync(join(project, path), "utf8");
    expect(read("jobs/state/load.ts")).toContain('workspacePath: "/Shared/old/load"');
    expect(read("jobs/state/both_eu.ts")).toContain('"/Shared/old/extra"');
    expect(read("jobs/adopted.ts")).toContain(
      'default: ["/Shared/old/extra", "/Shared/old/load"],',
    );
    for (const file of ["jobs/adopted.ts", "jobs/uploads.ts"])
      expect(await formatted(read(file))).toBe(read(file));
    expect(read("release/removed.tf").match(/from = .*/g)).toEqual([
      "from = databricks_job.load",
      "from = databricks_job.both",
      "from = databricks_notebook.load",
      "from = databricks_notebook.extra",
      "from = databricks_permissions.load",
    ]);
    expect(synthesizeProjects(folder, [project])).toEqual([]);
    const { databricks_notebook: notebooks } =
      (JSON.parse(read("cdktf.out/stacks/state-default-atomic/cdk.tf.json")) as TerraformJson)
        .resource ?? {};
    const paths = Object.values(notebooks ?? {}).map(({ path }) => path);
    expect(paths.sort()).toEqual(["/Shared/old/extra", "/Shared/old/load"]);
  });

  it("writes nothing of a source that cannot be read as a whole", async () => {
    const folder = folderWith({ "databricks.yml": "bundle: { name: x }\nresources: [" });
    expect(await runImport(folder, options(join(folder, "project")), listener())).toBe(2);
    expect(readdirSync(folder)).toEqual(["databricks.yml"]);
  });
});
