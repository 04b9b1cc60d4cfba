import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DataDatabricksJob } from "@cdktf/provider-databricks/lib/data-databricks-job";
import { Job } from "@cdktf/provider-databricks/lib/job";
import { Notebook } from "@cdktf/provider-databricks/lib/notebook";
import {
  CloudBackend,
  DataTerraformRemoteStateLocal,
  type IResolvable,
  LocalBackend,
  NamedCloudWorkspace,
  S3Backend,
  TerraformAsset,
  TerraformIterator,
  TerraformOutput,
  TerraformStack,
  TerraformVariable,
  Token,
} from "cdktf";
import {
  type App,
  AtomicJob,
  CompositeJob,
  fromJobId,
  fromJobName,
  JobEnvironment,
  type JobRef,
  JobStack,
  NotebookSource,
} from "@jobstrata/cdktf";
import { environmentOf } from "../../src/constructs/stack-reader";
import {
  atomicJob,
  compositeJob,
  graphsOf,
  jobOf,
  notebookBlock,
  plainStack,
  runJobBlock,
  SERVERLESS,
  tempFolder,
} from "../support/policy";

const dev = new JobEnvironment({ name: "dev", mode: "development" });
const SEED = "src/alerting/seed_all_alerts.py";

/** What the task of `alerting_setup_job` runs, in the app that `build` makes. */
function refIn(build: (app: App) => void): JobRef | undefined {
  return jobOf(graphsOf(build), "alerting_setup_job").tasks[0]?.runJob;
}

/** Whether the jobs `one` and `two` run the same notebook, in the app that `build` makes. */
function sameNotebook(build: (app: App) => void): boolean {
  const graphs = graphsOf(build);
  const [one, two] = ["one", "two"].map((key) => jobOf(graphs, key).tasks[0]?.notebook);
  if (one === undefined || two === undefined) throw new Error("a job has no notebook");
  return one.identity === two.identity;
}

describe("jobs", () => {
  test("reads a job of the provider package", () => {
    const graphs = graphsOf((app) => {
      atomicJob(plainStack(app, "alerting-dev"), "alerting_seed_job", "/Shared/seed");
    });
    expect(graphs.map(({ environment }) => environment)).toEqual(["dev"]);
    const { source, ...job } = jobOf(graphs, "alerting_seed_job");
    const load = {
      task_key: "run",
      environment_key: "default",
      notebook_task: { notebook_path: "/Shared/seed" },
    };
    expect(job).toEqual({
      id: "alerting-dev/alerting_seed_job",
      definition: "alerting-*/alerting_seed_job",
      key: "alerting_seed_job",
      stack: "alerting-dev",
      tags: { job_level: "atomic" },
      name: "alerting_seed_job",
      hasPermissions: false,
      environments: [{ key: "default", version: "4" }],
      duplicates: [],
      repeated: false,
      tasks: [
        {
          taskKey: "run",
          types: ["notebook_task"],
          notebook: { identity: "workspace:/Shared/seed", label: "/Shared/seed" },
          dependsOn: [],
          environmentKey: "default",
          onCluster: false,
          settings: load,
        },
      ],
      settings: {
        name: "alerting_seed_job",
        tags: { job_level: "atomic" },
        environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
        // Which Terraform's provider turns off where nobody has said anything.
        queue: { enabled: false },
        tasks: [load],
      },
    });
    expect(source?.file).toBe("__tests__/support/policy.ts");
  });

  test("calls a job of the library by the construct that the user made, and says where", () => {
    const graphs = graphsOf((app) => {
      const stack = new JobStack(app, "alerting-dev", { environment: dev });
      new AtomicJob(stack, "alerting_seed_job", {
        purpose: "seed",
        notebook: NotebookSource.fromFile(SEED),
      });
    });
    const job = jobOf(graphs, "alerting_seed_job");
    expect(job.id).toBe("alerting-dev/alerting_seed_job");
    expect(job.source).toEqual({
      file: "__tests__/constructs/stack-reader.test.ts",
      line: expect.any(Number) as number,
    });
    expect(job.tasks[0]?.notebook?.label).toBe(SEED);
  });

  test("sees a notebook task that an override puts into a run_job task of the library", () => {
    const graphs = graphsOf((app) => {
      const stack = new JobStack(app, "alerting-dev", { environment: dev });
      const seed = new AtomicJob(stack, "alerting_seed_job", {
        purpose: "seed",
        notebook: NotebookSource.fromFile(SEED),
      });
      const setup = new CompositeJob(stack, "alerting_setup_job", { purpose: "setup" });
      setup.addRunJobTask("seed_all_alerts", seed);
      (setup.node.defaultChild as Job).addOverride("task.0.notebook_task", {
        notebook_path: "/Shared/extra",
      });
    });
    const [task] = jobOf(graphs, "alerting_setup_job").tasks;
    expect(task?.types).toEqual(["run_job_task", "notebook_task"]);
    expect(task?.notebook?.label).toBe("/Shared/extra");
  });

  test("sees a task that an override appends", () => {
    const graphs = graphsOf((app) => {
      const seed = atomicJob(plainStack(app, "alerting-dev"), "alerting_seed_job", "/Shared/seed");
      seed.addOverride("task.1", { task_key: "two", notebook_task: { notebook_path: "/two" } });
    });
    expect(jobOf(graphs, "alerting_seed_job").tasks.map(({ taskKey }) => taskKey)).toEqual([
      "run",
      "two",
    ]);
  });

  test("sees a tag that an override of the stack changes in a job of the library", () => {
    const graphs = graphsOf((app) => {
      const stack = new JobStack(app, "alerting-dev", { environment: dev });
      new AtomicJob(stack, "alerting_seed_job", {
        purpose: "seed",
        notebook: NotebookSource.fromFile(SEED),
      });
      stack.addOverride("resource.databricks_job.alerting_seed_job.tags.job_level", "none");
    });
    expect(jobOf(graphs, "alerting_seed_job").tags.job_level).toBe("none");
  });

  test("reads a job that only an override of the stack holds, and references to it", () => {
    const graphs = graphsOf((app) => {
      const stack = plainStack(app, "alerting-dev");
      compositeJob(stack, "alerting_setup_job", { seed: "${databricks_job.alerting_seed_job.id}" });
      stack.addOverride("resource.databricks_job.alerting_seed_job", {
        task: [{ task_key: "run", notebook_task: { notebook_path: "/Shared/seed" } }],
      });
    });
    const seed = jobOf(graphs, "alerting_seed_job");
    expect(seed.id).toBe("alerting-dev/alerting_seed_job");
    expect(seed.tasks[0]?.notebook?.label).toBe("/Shared/seed");
    expect(jobOf(graphs, "alerting_setup_job").tasks[0]?.runJob).toEqual({
      kind: "job",
      id: seed.id,
    });
  });

  test("reads jobs where an override writes Terraform's JSON with lists", () => {
    const graphs = graphsOf((app) => {
      const stack = plainStack(app, "alerting-dev");
      stack.addOverride("resource", [
        { databricks_job: [{ alerting_seed_job: [{ tags: { job_level: "atomic" } }] }] },
      ]);
    });
    expect(jobOf(graphs, "alerting_seed_job").tags).toEqual({ job_level: "atomic" });
  });

  test("reads the single-task format", () => {
    const graphs = graphsOf((app) => {
      new Job(plainStack(app, "alerting-dev"), "alerting_seed_job", {
        notebookTask: { notebookPath: "/Shared/seed" },
        existingClusterId: "0123-456789-abcdef",
      });
    });
    const [task] = jobOf(graphs, "alerting_seed_job").tasks;
    expect(task).toMatchObject({ taskKey: "", types: ["notebook_task"], onCluster: true });
  });

  test("sees that for_each and count make several jobs", () => {
    const graphs = graphsOf((app) => {
      const stack = plainStack(app, "alerting-dev");
      const regions = TerraformIterator.fromList(["eu", "us"]);
      atomicJob(stack, "each", "/Shared/each", { forEach: regions });
      atomicJob(stack, "counted", "/Shared/counted", { count: 2 });
      atomicJob(stack, "single", "/Shared/single", { count: 1 });
    });
    expect(["each", "counted", "single"].map((key) => jobOf(graphs, key).repeated)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("reads the tasks of a dynamic block", () => {
    const graphs = graphsOf((app) => {
      const regions = TerraformIterator.fromList(["eu", "us"]);
      const task: unknown = regions.dynamic({
        task_key: Token.asString(regions.value),
        notebook_task: { notebook_path: "/Shared/seed" },
      });
      atomicJob(plainStack(app, "alerting-dev"), "alerting_seed_job", "/x", {
        task: task as IResolvable,
      });
    });
    const { tasks } = jobOf(graphs, "alerting_seed_job");
    expect(tasks.map(({ notebook, repeated }) => [notebook?.label, repeated])).toEqual([
      ["/Shared/seed", true],
    ]);
  });

  test("reads a for-each task inside of a for-each task", () => {
    const graphs = graphsOf((app) => {
      const seed = atomicJob(plainStack(app, "alerting-dev"), "alerting_seed_job", "/Shared/seed");
      seed.addOverride("task.0.for_each_task", {
        task: { for_each_task: { task: { notebook_task: { notebook_path: "/Shared/deep" } } } },
      });
    });
    const [task] = jobOf(graphs, "alerting_seed_job").tasks;
    expect(task?.forEach?.forEach?.notebook?.label).toBe("/Shared/deep");
  });

  test("lists the jobs that overwrite each other", () => {
    const graphs = graphsOf((app) => {
      const stack = plainStack(app, "alerting-dev");
      atomicJob(stack, "first", "/Shared/seed").overrideLogicalId("alerting_seed_job");
      atomicJob(stack, "second", "/Shared/seed").overrideLogicalId("alerting_seed_job");
    });
    const { id, duplicates } = jobOf(graphs, "alerting_seed_job");
    expect([id, ...duplicates.map((other) => other.id)]).toEqual([
      "alerting-dev/first",
      "alerting-dev/second",
    ]);
  });

  test("keeps the jobs of a stack within a stack apart from those around it", () => {
    const graphs = graphsOf((app) => {
      const outer = plainStack(app, "alerting-dev");
      atomicJob(outer, "outer", "/Shared/outer");
      atomicJob(plainStack(outer, "nested-dev"), "inner", "/Shared/inner");
    });
    expect(jobOf(graphs, "outer").stack).toBe("alerting-dev");
    expect(jobOf(graphs, "inner").stack).toBe("alerting-dev/nested-dev");
  });
});

describe("environments", () => {
  test.each([
    ["alerting-dev", "dev"],
    ["prod_alerting", "prod"],
    ["staging", "staging"],
    ["AlertingProd", "prod"],
    ["alertingDevAtomic", "dev"],
    ["ALERTING-QA", "qa"],
    ["alerting-pre-prod", "preprod"],
    ["alerting_non_prod", "nonprod"],
    ["alerting-preprod", "preprod"],
    ["alerting", "default"],
    ["developers", "default"],
    ["products-alerting", "default"],
  ])("takes the environment of the plain stack %s to be %s", (id, environment) => {
    expect(environmentOf(new TerraformStack(undefined as never, id))).toBe(environment);
  });

  test("takes what a stack of the library says before its name", () => {
    const prod = new JobEnvironment({ name: "blue", mode: "development" });
    const stack = new JobStack(undefined as never, "alerting-dev", { environment: prod });
    expect(environmentOf(stack)).toBe("blue");
  });

  test("makes one graph of all stacks of an environment, and one of each environment", () => {
    const graphs = graphsOf((app) => {
      for (const id of ["tables-dev", "tables-prod", "seed-dev", "seed-prod"])
        atomicJob(plainStack(app, id), id.replace("-", "_"), "/Shared/seed");
    });
    expect(
      graphs.map(({ environment, jobs }) => [environment, ...jobs.map(({ key }) => key)]),
    ).toEqual([
      ["dev", "tables_dev", "seed_dev"],
      ["prod", "tables_prod", "seed_prod"],
    ]);
  });
});

describe("references to jobs", () => {
  test.each([
    "${databricks_job.alerting_seed_job.id}",
    "${databricks_job.alerting_seed_job.job_id}",
    "${tonumber(databricks_job.alerting_seed_job.id)}",
    "${databricks_job.alerting_seed_job[0].id}",
    '${databricks_job.alerting_seed_job["eu"].id}',
    "${databricks_job.alerting_seed_job[each.key].id}",
  ])("knows the job of %s", (expression) => {
    const ref = refIn((app) => {
      const stack = plainStack(app, "alerting-dev");
      atomicJob(stack, "alerting_seed_job", "/Shared/seed");
      compositeJob(stack, "alerting_setup_job", { seed: expression });
    });
    expect(ref).toEqual({ kind: "job", id: "alerting-dev/alerting_seed_job" });
  });

  test.each([
    "${true ? 123 : databricks_job.alerting_seed_job.id}",
    "${max(123, databricks_job.alerting_seed_job.id)}",
    "1${databricks_job.alerting_seed_job.id}",
    "${databricks_job.alerting_seed_job.id}0",
    "${databricks_job.alerting_seed_job.id + 1}",
    "${true ? 123 : data.databricks_job.theirs.id}",
    "${var.seed_job_id}",
    "${local.seed_job_id}",
    "${123}",
  ])("does not take %s for a job", (expression) => {
    const ref = refIn((app) => {
      const stack = plainStack(app, "alerting-dev");
      atomicJob(stack, "alerting_seed_job", "/Shared/seed");
      compositeJob(stack, "alerting_setup_job", { seed: expression });
    });
    expect(ref).toEqual({ kind: "opaque", expression });
  });

  test("knows the job of a token, also inside of a for-each task", () => {
    const graphs = graphsOf((app) => {
      const stack = plainStack(app, "alerting-dev");
      const seed = atomicJob(stack, "alerting_seed_job", "/Shared/seed");
      new Job(stack, "alerting_setup_job", {
        task: [
          runJobBlock("seed", seed),
          {
            taskKey: "each_region",
            forEachTask: { inputs: "[1]", task: runJobBlock("iteration", seed) },
          },
        ],
      });
    });
    const { tasks } = jobOf(graphs, "alerting_setup_job");
    const expected = { kind: "job", id: "alerting-dev/alerting_seed_job" };
    expect([tasks[0]?.runJob, tasks[1]?.forEach?.runJob]).toEqual([expected, expected]);
  });

  test.each([123, "123", " 123 "])("takes %j for a literal id", (literal) => {
    const ref = refIn((app) => {
      compositeJob(plainStack(app, "alerting-dev"), "alerting_setup_job", { seed: literal });
    });
    expect(ref).toEqual({ kind: "literal", jobId: "123" });
  });

  test("misses a job that does not exist", () => {
    const expression = "${databricks_job.alerting_sede_job.id}";
    const ref = refIn((app) => {
      compositeJob(plainStack(app, "alerting-dev"), "alerting_setup_job", { seed: expression });
    });
    expect(ref).toEqual({ kind: "missing", expression });
  });

  test("takes a job that is looked up for somebody else's", () => {
    const refs = [
      refIn((app) => {
        const stack = plainStack(app, "alerting-dev");
        const theirs = new DataDatabricksJob(stack, "theirs", { jobName: "theirs" });
        compositeJob(stack, "alerting_setup_job", { seed: Token.asNumber(theirs.id) });
      }),
      refIn((app) => {
        compositeJob(plainStack(app, "alerting-dev"), "alerting_setup_job", {
          seed: '${one([for name, id in data.databricks_jobs.all.ids : id if name == "theirs"])}',
        });
      }),
      refIn((app) => {
        const stack = new JobStack(app, "alerting-dev", { environment: dev });
        new CompositeJob(stack, "alerting_setup_job", { purpose: "setup" }).addRunJobTask(
          "seed",
          fromJobName(stack, "theirs", "theirs"),
        );
      }),
    ];
    expect(refs.map((ref) => ref?.kind)).toEqual(["external", "external", "external"]);
  });

  test.each([
    ["a number", () => 123],
    ["text", () => "123"],
    ["an expression", () => "${var.their_job_id}"],
    [
      "a token",
      (stack: TerraformStack) =>
        new TerraformVariable(stack, "seed_job_id", { type: "string" }).stringValue,
    ],
  ])("takes a job that fromJobId declares by %s for somebody else's", (_, id) => {
    const ref = refIn((app) => {
      const environment = new JobEnvironment({
        ...dev.props,
        variables: { their_job_id: undefined },
      });
      const stack = new JobStack(app, "alerting-dev", { environment });
      new CompositeJob(stack, "alerting_setup_job", { purpose: "setup" }).addRunJobTask(
        "seed",
        fromJobId(stack, "theirs", id(stack)),
      );
    });
    expect(ref?.kind).toBe("external");
  });

  test("knows a job of the app behind fromJobId", () => {
    const ref = refIn((app) => {
      const stack = new JobStack(app, "alerting-dev", { environment: dev });
      const setup = new CompositeJob(stack, "alerting_setup_job", { purpose: "setup" });
      setup.addRunJobTask(
        "again",
        fromJobId(stack, "theirs", "${databricks_job.alerting_setup_job.id}"),
      );
    });
    expect(ref).toEqual({ kind: "job", id: "alerting-dev/alerting_setup_job" });
  });

  test("lets fromJobId declare an id for all stacks of its environment, and for no other", () => {
    const graphs = graphsOf((app) => {
      fromJobId(plainStack(app, "theirs-dev"), "theirs", 123);
      compositeJob(plainStack(app, "alerting-dev"), "in_dev", { seed: 123 });
      compositeJob(plainStack(app, "alerting-prod"), "in_prod", { seed: 123 });
    });
    expect(["in_dev", "in_prod"].map((key) => jobOf(graphs, key).tasks[0]?.runJob?.kind)).toEqual([
      "external",
      "literal",
    ]);
  });
});

describe("references between stacks", () => {
  const expected = { kind: "job", id: "atomic-dev/alerting_seed_job" };

  test.each<[string, (stack: TerraformStack) => void]>([
    ["no backend", () => undefined],
    ["a local backend", (stack) => new LocalBackend(stack, { path: `${stack.node.id}.tfstate` })],
    [
      "an S3 backend",
      (stack) => new S3Backend(stack, { bucket: "state", key: stack.node.id, region: "eu" }),
    ],
    [
      "a cloud backend",
      (stack) =>
        new CloudBackend(stack, {
          organization: "acme",
          workspaces: new NamedCloudWorkspace(stack.node.id),
        }),
    ],
  ])("follows automatic ones, with %s", (_, backend) => {
    const ref = refIn((app) => {
      const atomic = plainStack(app, "atomic-dev");
      const other = plainStack(app, "other-dev");
      backend(atomic);
      backend(other);
      atomicJob(other, "alerting_tables_job", "/Shared/tables");
      const seed = atomicJob(atomic, "alerting_seed_job", "/Shared/seed");
      const composite = plainStack(app, "composite-dev");
      backend(composite);
      compositeJob(composite, "alerting_setup_job", { seed });
    });
    expect(ref).toEqual(expected);
  });

  test("follows those of the library", () => {
    const ref = refIn((app) => {
      const atomic = new JobStack(app, "atomic-dev", { environment: dev });
      const seed = new AtomicJob(atomic, "alerting_seed_job", {
        purpose: "seed",
        notebook: NotebookSource.fromFile(SEED),
      });
      const composite = new JobStack(app, "composite-dev", { environment: dev });
      new CompositeJob(composite, "alerting_setup_job", { purpose: "setup" }).addRunJobTask(
        "seed",
        seed,
      );
    });
    expect(ref).toEqual(expected);
  });

  /** `alerting_setup_job` reads `expression` with a remote state of `atomic-dev` called `state`. */
  function remote(
    expression: string,
    atomicId = "atomic-dev",
    more: (atomic: TerraformStack) => void = () => undefined,
  ): JobRef | undefined {
    return refIn((app) => {
      const atomic = plainStack(app, atomicId);
      const seed = atomicJob(atomic, "alerting_seed_job", "/Shared/seed");
      new TerraformOutput(atomic, "seed_job_id", { value: seed.id, staticId: true });
      more(atomic);
      const composite = plainStack(app, "composite-dev");
      atomic
        .ensureBackendExists()
        .getRemoteStateDataSource(composite, "state", atomic.node.path)
        .overrideLogicalId("state");
      compositeJob(composite, "alerting_setup_job", { seed: expression });
    });
  }

  test.each([
    "${data.terraform_remote_state.state.outputs.seed_job_id}",
    '${data.terraform_remote_state.state.outputs["seed_job_id"]}',
    "${tonumber(data.terraform_remote_state.state.outputs.seed_job_id)}",
  ])("follows the explicit output %s", (expression) => {
    expect(remote(expression)).toEqual(expected);
  });

  test("misses an output that does not exist", () => {
    const expression = "${data.terraform_remote_state.state.outputs.sede_job_id}";
    expect(remote(expression)).toEqual({ kind: "missing", expression });
  });

  test("finds the literal id behind an output", () => {
    const ref = remote(
      "${data.terraform_remote_state.state.outputs.fixed}",
      undefined,
      (atomic) => {
        new TerraformOutput(atomic, "fixed", { value: 123, staticId: true });
      },
    );
    expect(ref).toEqual({ kind: "literal", jobId: "123" });
  });

  test("refuses a choice between an output and a number", () => {
    const expression = "${true ? 123 : data.terraform_remote_state.state.outputs.seed_job_id}";
    expect(remote(expression)).toEqual({ kind: "opaque", expression });
  });

  test("sees a job of another environment", () => {
    const expression = "${data.terraform_remote_state.state.outputs.seed_job_id}";
    expect(remote(expression, "atomic-prod")).toEqual({
      kind: "foreign",
      expression,
      environment: "prod",
    });
  });

  test("follows an output that passes on an output of a third stack", () => {
    const ref = refIn((app) => {
      const [atomic, middle, composite] = ["atomic-dev", "middle-dev", "composite-dev"].map((id) =>
        plainStack(app, id),
      ) as [TerraformStack, TerraformStack, TerraformStack];
      const seed = atomicJob(atomic, "alerting_seed_job", "/Shared/seed");
      const passed = new TerraformOutput(middle, "passed", { value: seed.id, staticId: true });
      middle
        .ensureBackendExists()
        .getRemoteStateDataSource(composite, "state", middle.node.path)
        .overrideLogicalId("state");
      compositeJob(composite, "alerting_setup_job", {
        seed: `\${data.terraform_remote_state.state.outputs.${passed.friendlyUniqueId}}`,
      });
    });
    expect(ref).toEqual(expected);
  });

  test("follows outputs that refer to each other once", () => {
    const expression = "${data.terraform_remote_state.state.outputs.circle}";
    const ref = refIn((app) => {
      const stack = plainStack(app, "alerting-dev");
      stack
        .ensureBackendExists()
        .getRemoteStateDataSource(stack, "state", stack.node.path)
        .overrideLogicalId("state");
      new TerraformOutput(stack, "circle", { value: expression, staticId: true });
      compositeJob(stack, "alerting_setup_job", { seed: expression });
    });
    expect(ref).toEqual({ kind: "missing", expression });
  });

  test("finds a stack's local state for any spelling of its path", () => {
    const ref = refIn((app) => {
      const atomic = plainStack(app, "atomic-dev");
      new LocalBackend(atomic, { path: join(process.cwd(), "atomic.tfstate") });
      const seed = atomicJob(atomic, "alerting_seed_job", "/Shared/seed");
      new TerraformOutput(atomic, "seed_job_id", { value: seed.id, staticId: true });
      const composite = plainStack(app, "composite-dev");
      const state = new DataTerraformRemoteStateLocal(composite, "state", {
        path: `${process.cwd()}/./src/../atomic.tfstate`,
      });
      compositeJob(composite, "alerting_setup_job", { seed: state.getNumber("seed_job_id") });
    });
    expect(ref).toEqual(expected);
  });

  test("takes the job of a state of another app for somebody else's", () => {
    const ref = refIn((app) => {
      const composite = plainStack(app, "composite-dev");
      const state = new DataTerraformRemoteStateLocal(composite, "state", {
        path: "/their.tfstate",
      });
      compositeJob(composite, "alerting_setup_job", { seed: state.getNumber("seed_job_id") });
    });
    expect(ref?.kind).toBe("external");
  });
});

describe("notebooks", () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "alerting"));
  const file = join(folder, "alerting", "seed.py");
  writeFileSync(file, "# Databricks notebook source\n");
  const upload = (stack: TerraformStack, id: string, path: string, source = file): Notebook =>
    new Notebook(stack, id, { path, source, language: "PYTHON" });

  test("knows a notebook by reference and by the path it is uploaded to", () => {
    for (const path of [
      "/Shared/alerting/seed",
      "/Workspace/Shared/alerting/seed",
      "/Shared/alerting/./seed.py",
    ]) {
      const same = sameNotebook((app) => {
        const stack = plainStack(app, "alerting-dev");
        atomicJob(stack, "one", upload(stack, "seed", "/Shared/alerting/seed").path);
        atomicJob(stack, "two", path);
      });
      expect([path, same]).toEqual([path, true]);
    }
  });

  test("knows a file that is uploaded twice", () => {
    const same = sameNotebook((app) => {
      const stack = plainStack(app, "alerting-dev");
      atomicJob(stack, "one", upload(stack, "first", "/Shared/first").path);
      const asset = new TerraformAsset(stack, "asset", { path: file });
      atomicJob(stack, "two", upload(stack, "second", "/Shared/second", asset.path).path);
    });
    expect(same).toBe(true);
  });

  test("distinguishes files of the same name", () => {
    const other = join(folder, "seed.py");
    writeFileSync(other, "# Databricks notebook source\n");
    const same = sameNotebook((app) => {
      const stack = plainStack(app, "alerting-dev");
      atomicJob(stack, "one", upload(stack, "first", "/Shared/first").path);
      atomicJob(stack, "two", upload(stack, "second", "/Shared/second", other).path);
    });
    expect(same).toBe(false);
  });

  test("knows a notebook that another stack of the environment uploads", () => {
    for (const byReference of [true, false]) {
      const same = sameNotebook((app) => {
        const first = plainStack(app, "tables-dev");
        const second = plainStack(app, "seed-dev");
        const notebook = upload(first, "seed", "/Shared/alerting/seed");
        atomicJob(first, "one", notebook.path);
        atomicJob(second, "two", byReference ? notebook.path : "/Shared/alerting/seed");
      });
      expect([byReference, same]).toEqual([byReference, true]);
    }
  });

  test("does not take the upload of another environment", () => {
    const same = sameNotebook((app) => {
      const stack = plainStack(app, "alerting-prod");
      atomicJob(stack, "one", upload(stack, "seed", "/Shared/alerting/seed").path);
      atomicJob(plainStack(app, "alerting-dev"), "two", "/Shared/alerting/seed");
    });
    expect(same).toBe(false);
  });

  test("identifies a git notebook regardless of its branch", () => {
    const same = sameNotebook((app) => {
      const stack = plainStack(app, "alerting-dev");
      const url = "https://github.com/acme/monitor";
      const gitSource = { url, provider: "gitHub" };
      atomicJob(stack, "one", "alerting/seed", { gitSource: { ...gitSource, branch: "main" } });
      atomicJob(stack, "two", "", {
        gitSource: { ...gitSource, url: `${url}.git`, tag: "v1" },
        task: [notebookBlock("run", "./alerting/seed")],
      });
    });
    expect(same).toBe(true);
  });

  test("knows the file of a library job in a hand-written one", () => {
    const same = sameNotebook((app) => {
      const stack = new JobStack(app, "alerting-dev", { environment: dev });
      new AtomicJob(stack, "one", { purpose: "one", notebook: NotebookSource.fromFile(file) });
      new Job(stack, "two", {
        environment: SERVERLESS,
        task: [
          notebookBlock(
            "run",
            upload(stack, "again", "/Shared/again", `${folder}/./alerting/seed.py`).path,
          ),
        ],
      });
    });
    expect(same).toBe(true);
  });
});
