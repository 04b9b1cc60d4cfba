import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readBundle } from "@jobstrata/core/readers";
import { replaceFiles, restoreFiles } from "../../../src/cli/split/write-files";
import { folderOf, notebookText } from "../../core/split/support";
import { jobstrata, type Said } from "../program-support";

const ROOT = `bundle:
  name: shop
variables:
  catalog: { default: main }
  labels: { type: complex, default: { layer: sales } }
include: [resources/*.yml]
targets:
  dev: { mode: development }
  prod: { variables: { catalog: prod } }
`;

const BEFORE = `# The nightly load.
x-cluster: &cluster { spark_version: 15.4.x-scala2.12, num_workers: 2 }

resources:
  jobs:
    # all of it
    nightly_job:
      name: "[\${bundle.target}] Nightly"   # shown
      schedule: { quartz_cron_expression: "0 0 3 * * ?", timezone_id: UTC }
      tags:
        layer: sales   # the layer
      run_as:
        service_principal_name: robot # a robot
      parameters:
        - name: day
          default: "{{job.start_time.iso_date}}"
      environments:
        # serverless
        - environment_key: default
          spec:
            environment_version: "4"
      job_clusters:
        - job_cluster_key: big
          new_cluster: *cluster
      tasks:
        # first
        - task_key: extract
          environment_key: default
          max_retries: 2
          # reads everything
          notebook_task:
            notebook_path: ../src/extract.py
            base_parameters:
              catalog: \${var.catalog} # where
              run: "{{job.run_id}}"
        - notebook_task: { notebook_path: ../src/load.py }
          task_key: load
          job_cluster_key: big
          # when
          depends_on:
            - task_key: extract

    # another
    other_job: {name: other, tasks: [{task_key: load_it, sql_task: {warehouse_id: w, query: {query_id: q}}}]}
`;

const AFTER = `# The nightly load.
x-cluster: &cluster { spark_version: 15.4.x-scala2.12, num_workers: 2 }

resources:
  jobs:
    # all of it
    nightly_job:
      name: "[\${bundle.target}] Nightly"   # shown
      schedule: { quartz_cron_expression: "0 0 3 * * ?", timezone_id: UTC }
      tags:
        layer: sales   # the layer
        job_level: composite
        orchestrator: "true"
      run_as:
        service_principal_name: robot # a robot
      parameters:
        - name: day
          default: "{{job.start_time.iso_date}}"
      tasks:
        # first
        - task_key: extract
          run_job_task:
            job_id: \${resources.jobs.nightly_extract_job.id}
            job_parameters:
              run: "{{job.run_id}}"
              day: "{{job.parameters.day}}"
        - run_job_task:
            job_id: \${resources.jobs.nightly_load_job.id}
            job_parameters:
              day: "{{job.parameters.day}}"
          task_key: load
          # when
          depends_on:
            - task_key: extract

    nightly_extract_job:
      name: "[\${bundle.target}] Nightly - extract"
      description: "Atomic job: extract"
      tags:
        job_level: atomic
        layer: sales
      parameters:
        - name: day
          default: "{{job.start_time.iso_date}}"
        - name: run
          default: "{{job.run_id}}"
      run_as:
        service_principal_name: robot # a robot
      environments:
        # serverless
        - environment_key: default
          spec:
            environment_version: "4"
      tasks:
        - task_key: extract
          environment_key: default
          max_retries: 2
          # reads everything
          notebook_task:
            notebook_path: ../src/extract.py
            base_parameters:
              catalog: \${var.catalog} # where
              run: "{{job.parameters.run}}"

    nightly_load_job:
      name: "[\${bundle.target}] Nightly - load"
      description: "Atomic job: load"
      tags:
        job_level: atomic
        layer: sales
      parameters:
        - name: day
          default: "{{job.start_time.iso_date}}"
      run_as:
        service_principal_name: robot # a robot
      job_clusters:
        - job_cluster_key: big
          new_cluster: *cluster
      tasks:
        - task_key: load
          notebook_task: { notebook_path: ../src/load.py }
          job_cluster_key: big

    # another
    other_job: {name: other, tasks: [{task_key: load_it, sql_task: {warehouse_id: w, query: {query_id: q}}}]}
`;

const NOTEBOOKS = {
  "src/extract.py": notebookText(["day", "catalog", "run"]),
  "src/load.py": notebookText(["day"]),
};

const shop = (jobs = BEFORE, more: Readonly<Record<string, string>> = {}): string =>
  folderOf({ "databricks.yml": ROOT, "resources/nightly.yml": jobs, ...NOTEBOOKS, ...more });

const split = (folder: string, ...args: string[]): Promise<Said> =>
  jobstrata("split", folder, ...args);
const jobsIn = (folder: string): string =>
  readFileSync(join(folder, "resources/nightly.yml"), "utf8");

/** A file of jobs with one job of two notebooks. */
const withTasks = (tasks: string, more = ""): string => `resources:
  jobs:
    nightly_job:
      name: Nightly
${more}      environments: [{ environment_key: default, spec: { environment_version: "4" } }]
      tasks:
${tasks}`;
const TWO = `        - { task_key: extract, environment_key: default, notebook_task: { notebook_path: ../src/extract.py } }
        - { task_key: load, environment_key: default, notebook_task: { notebook_path: ../src/load.py } }
`;
const block = (key: string, more = ""): string => `        - task_key: ${key}
          environment_key: default
          notebook_task:
            notebook_path: ../src/${key}.py
${more}`;

describe("split", () => {
  it("changes what is split, and leaves every other byte as it is", async () => {
    const folder = shop();
    const said = await split(folder);
    expect(said.err).toBe("1 job split into 2 new atomic jobs.\n");
    expect(jobsIn(folder)).toBe(AFTER);
    expect(said.code).toBe(0);
    expect(readFileSync(join(folder, "databricks.yml"), "utf8")).toBe(ROOT);
    expect(readdirSync(join(folder, "resources"))).toEqual(["nightly.yml"]);
    const { code, out } = await jobstrata("check", folder, "--preset", "spec");
    expect([code, out]).toEqual([0, expect.not.stringContaining("error")]);
  });

  it("changes nothing the second time", async () => {
    const folder = shop(AFTER);
    const said = await split(folder);
    expect(said).toMatchObject({
      code: 0,
      err: "Every job follows the rules: nothing is split.\n",
    });
    expect(jobsIn(folder)).toBe(AFTER);
  });

  it("writes with the line breaks of the file", async () => {
    const folder = shop(BEFORE.replaceAll("\n", "\r\n"));
    expect((await split(folder)).code).toBe(0);
    expect(jobsIn(folder)).toBe(AFTER.replaceAll("\n", "\r\n"));
  });

  it("shows what it would do, and does not do it", async () => {
    const folder = shop();
    const said = await split(folder, "--dry-run");
    expect(said.code).toBe(1);
    expect(said.out).toContain("nightly_job: composite of 2 atomic jobs");
    expect(said.out).toContain("extract → nightly_extract_job (gets run)");
    expect(said.out).toContain("~ type: notebook_task → run_job_task");
    expect((await split(folder, "--dry-run", "--format", "diff")).out).toContain(
      "+            job_id: ${resources.jobs.nightly_load_job.id}",
    );
    expect((await split(folder, "--dry-run", "--format", "mermaid")).out).toContain(
      "nightly_load_job",
    );
    const json = JSON.parse((await split(folder, "--dry-run", "--format", "json")).out) as {
      environments: { environment: string; atomics: { key: string }[] }[];
    };
    expect(
      json.environments.map(({ environment, atomics }) => [environment, atomics.length]),
    ).toEqual([
      ["dev", 2],
      ["prod", 2],
    ]);
    expect(jobsIn(folder)).toBe(BEFORE);
  });

  it("runs both versions first", async () => {
    const folder = shop();
    const said = await split(folder, "--verify");
    expect(said.err).toMatch(/"nightly_job": \d+ runs of both versions, no difference/);
    expect(jobsIn(folder)).toBe(AFTER);
  });

  it("splits one job if asked, and says what it does not know", async () => {
    const second = BEFORE.slice(BEFORE.indexOf("resources:"), BEFORE.indexOf("    # another"))
      .replace("nightly_job", "weekly_job")
      .replace("Nightly", "Weekly")
      .replace("*cluster", "{ num_workers: 2 }")
      .replaceAll("src/extract", "src/a")
      .replaceAll("src/load", "src/b");
    const more = {
      "resources/weekly.yml": second,
      "src/a.py": notebookText(),
      "src/b.py": notebookText(),
    };
    const folder = shop(BEFORE, more);
    expect((await split(folder, "weekly_job")).code).toBe(0);
    expect(jobsIn(folder)).toBe(BEFORE);
    expect(readFileSync(join(folder, "resources/weekly.yml"), "utf8")).toContain("weekly_load_job");
    expect(await split(folder, "nightly_jb")).toMatchObject({
      code: 2,
      err: expect.stringContaining('no job "nightly_jb" (did you mean "nightly_job"?)') as string,
    });
    expect((await split(folder, "-t", "test")).err).toContain('there is no target "test"');
  });

  it("is done on the way into a project, too, and leaves the bundle as it is", async () => {
    const folder = shop();
    const output = join(folder, "app");
    const said = await jobstrata(
      "import",
      folder,
      "-o",
      output,
      "--split",
      "--name-template",
      "{task}_now",
    );
    expect([said.code, said.err]).toEqual([0, ""]);
    expect(said.out).toContain("4 jobs: 1 atomic, 1 composite, 2 as generated");
    const files = readdirSync(join(output, "jobs"), { recursive: true }).map(String);
    expect(files.map((file) => file.replace(/^.*[\\/]/, "")).sort()).toEqual(
      expect.arrayContaining(["extract_now.ts", "load_now.ts", "nightly_job.ts"]),
    );
    expect(jobsIn(folder)).toBe(BEFORE);
    const state = await jobstrata("import", "-o", output, "--split", "--local");
    expect([state.code, state.err]).toEqual([
      2,
      expect.stringContaining("--split splits the jobs of a bundle"),
    ]);
  });

  it("writes what is shared only once, in the file of its first user", async () => {
    const job = (key: string, region: string): string => `resources:
  jobs:
    ${key}:
      name: "[x] ${key}"
      environments: [{ environment_key: default, spec: { environment_version: "4" } }]
      tasks:
        - task_key: load
          environment_key: default
          notebook_task:
            notebook_path: ../src/load.py
            base_parameters:
              region: ${region} # here
`;
    const folder = shop(job("emea_job", "emea"), {
      "resources/apac.yml": job("apac_job", "'apac'"),
    });
    expect((await split(folder, "--verify")).code).toBe(0);
    const [graph] = readBundle(join(folder, "databricks.yml")).graphs;
    expect(graph?.jobs.map(({ key, tasks }) => [key, tasks[0]?.parameters])).toEqual([
      ["apac_job", { region: "apac" }],
      ["load_job", { region: "{{job.parameters.region}}" }],
      ["emea_job", { region: "emea" }],
    ]);
    expect(readFileSync(join(folder, "resources/apac.yml"), "utf8")).toContain("region: 'apac'");
    expect(jobsIn(folder)).toContain("region: emea\n");
    expect((await jobstrata("check", folder, "--preset", "spec")).code).toBe(0);
  });

  it("lets an atomic job take what differs as parameters", async () => {
    const jobs = `resources:
  jobs:
    load_job:
      name: Load
      tags: { job_level: atomic }
      environments: [{ environment_key: default, spec: { environment_version: "4" } }]
      tasks:
        - task_key: load
          environment_key: default
          notebook_task:
            notebook_path: ../src/load.py
            base_parameters:
              day: today # always
    nightly_job:
      name: Nightly
      environments: [{ environment_key: default, spec: { environment_version: "4" } }]
      tasks:
        - task_key: again
          environment_key: default
          notebook_task: { notebook_path: ../src/load.py, base_parameters: { day: yesterday } }
        - task_key: first
          environment_key: default
          notebook_task: { notebook_path: ../src/extract.py }
`;
    const folder = shop(jobs);
    const said = await split(folder, "--verify");
    expect([said.code, said.err]).toEqual([
      0,
      expect.stringContaining("1 job split into 1 new atomic job"),
    ]);
    expect(jobsIn(folder)).toContain(`              day: "{{job.parameters.day}}" # always`);
    expect(jobsIn(folder)).toContain(`        - name: day\n          default: today\n`);
  });

  it.each<[string, string, string]>([
    ["tasks in one line", withTasks(TWO), "not-editable"],
    [
      "tasks of an anchor",
      `x-tasks: &tasks\n${TWO}${withTasks("").replace("tasks:\n", "tasks: *tasks\n")}`,
      "shared-anchor",
    ],
    [
      "an anchor that another job refers to",
      withTasks(block("extract").replace("notebook_task:", "notebook_task: &nb") + block("load")) +
        "    other_job:\n      name: other\n      tasks:\n        - task_key: a\n          environment_key: x\n          notebook_task: *nb\n",
      "shared-anchor",
    ],
    [
      "tags of a variable",
      withTasks(block("extract") + block("load"), "      tags: ${var.labels}\n"),
      "not-editable",
    ],
    [
      "tasks that a target overrides",
      `${withTasks(block("extract") + block("load"))}targets:\n  prod:\n    resources:\n      jobs:\n        nightly_job:\n          tasks:\n            - task_key: load\n              max_retries: 3\n`,
      "target-override",
    ],
  ])("refuses %s, and writes nothing", async (_, jobs, code) => {
    const folder = shop(jobs);
    const said = await split(folder, "nightly_job");
    expect([said.code, said.out]).toEqual([1, expect.stringContaining(`(${code})`)]);
    expect(jobsIn(folder)).toBe(jobs);
  });

  it("writes out settings that tasks merge from an anchor, where they do not belong together", async () => {
    const jobs = `x-task: &task
  environment_key: default
  run_if: ALL_DONE
  max_retries: 1
${withTasks(block("extract").replace("          environment_key: default\n", "          <<: *task\n") + block("load"))}`;
    const folder = shop(jobs);
    expect((await split(folder, "--verify")).code).toBe(0);
    const [graph] = readBundle(join(folder, "databricks.yml")).graphs;
    const tasks = graph?.jobs.flatMap((job) => job.tasks.map(({ settings }) => settings)) ?? [];
    expect(tasks.filter(({ task_key: key }) => key === "extract")).toMatchObject([
      { run_if: "ALL_DONE", run_job_task: {} },
      { environment_key: "default", max_retries: 1, notebook_task: {} },
    ]);
  });

  it.each([
    [["--name-template", "x"], "It needs {task} or {notebook}"],
    [["--name-template", "{task}_{layer}"], "not {layer}"],
    [["--job-key", "load"], "Write a task key"],
  ])("refuses %j", async (args, message) => {
    const said = await split(shop(), ...args);
    expect([said.code, said.err]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("files that a split replaces", () => {
  const changes = (folder: string) =>
    ["a.yml", "b.yml"].map((name) => ({
      file: join(folder, name),
      before: `${name} before`,
      after: `${name} after`,
      changes: 1,
    }));
  const textsOf = (folder: string): string[] =>
    readdirSync(folder)
      .sort()
      .map((name) => readFileSync(join(folder, name), "utf8"));

  it("are all replaced, or none", () => {
    const folder = folderOf({ "a.yml": "a.yml before", "b.yml": "somebody's" });
    expect(() => replaceFiles(changes(folder))).toThrow("has changed in the meantime");
    expect(textsOf(folder)).toEqual(["a.yml before", "somebody's"]);
    writeFileSync(join(folder, "b.yml"), "b.yml before");
    replaceFiles(changes(folder));
    expect(textsOf(folder)).toEqual(["a.yml after", "b.yml after"]);
  });

  it("are restored after a process was killed that had replaced only some", () => {
    const folder = folderOf({ "a.yml": "a.yml after", "b.yml": "b.yml before" });
    const journal = join(process.cwd(), ".jobstrata/split-journal.json");
    mkdirSync(join(process.cwd(), ".jobstrata"), { recursive: true });
    writeFileSync(journal, JSON.stringify(changes(folder)));
    expect(restoreFiles().map((file) => relative(folder, file))).toEqual(["a.yml"]);
    expect(textsOf(folder)).toEqual(["a.yml before", "b.yml before"]);
    expect(existsSync(journal)).toBe(false);
  });
});
