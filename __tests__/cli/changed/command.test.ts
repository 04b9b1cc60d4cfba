import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ChangedDocument, ChangedJob } from "../../../src/cli/changed/document";
import { git } from "../../support/git";
import { tempFolder } from "../../support/temp-folder";
import { useTemporaryFiles } from "../temp-files";
import { jobstrata, type Said } from "../program-support";

const path = process.env.PATH;
const temporary = useTemporaryFiles();
afterEach(() => {
  process.env.PATH = path;
  // Worktrees and temporary files are gone, whatever happened.
  expect(readdirSync(temporary).filter((name) => name.startsWith("jobstrata-changed"))).toEqual([]);
});

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const NOTEBOOK = "# Databricks notebook source\n";
const FILES = {
  "databricks.yml": `bundle: {name: shop}
include: [resources/*.yml]
variables:
  catalog: {default: dev_shop}
targets:
  dev: {default: true}
  prod:
    variables: {catalog: shop}
`,
  "resources/jobs.yml": `resources:
  jobs:
    load_orders:
      tags: {job_level: atomic}
      tasks:
        - task_key: load
          notebook_task: {notebook_path: ../src/load_orders.py, base_parameters: {catalog: "\${var.catalog}"}}
    load_customers:
      tags: {job_level: atomic}
      tasks:
        - task_key: load
          notebook_task: {notebook_path: ../src/load_customers.py}
    report:
      tags: {job_level: atomic}
      tasks:
        - task_key: report
          notebook_task: {notebook_path: ../src/report.py}
    nightly:
      tags: {job_level: composite}
      tasks:
        - task_key: orders
          run_job_task: {job_id: "\${resources.jobs.load_orders.id}"}
`,
  "src/load_orders.py": `${NOTEBOOK}from lib.tables import write\nwrite(spark)\n`,
  "src/load_customers.py": `${NOTEBOOK}spark.sql("create or replace table main.shop.customers as select 1")\n`,
  "src/report.py": `${NOTEBOOK}spark.table("main.shop.customers")\n`,
  "src/lib/tables.py": "def write(spark):\n    pass\n",
};

/** A repository with a commit of the project. */
function repository(more: Readonly<Record<string, string>> = {}): string {
  const root = tempFolder();
  git(root, "init", "-q", "-b", "main");
  write(root, { ...FILES, ...more });
  commit(root);
  return root;
}

function commit(root: string): void {
  git(root, "add", "-A");
  git(root, "commit", "-qm", "x");
}

function changed(folder: string, ...args: string[]): Promise<Said> {
  process.chdir(folder);
  return jobstrata("changed", ...args);
}

/** Why each job is selected, `downstream` left out. */
async function reasons(folder: string, ...args: string[]): Promise<Record<string, string[]>> {
  const { code, out, err } = await changed(folder, ...args, "--format", "json", "-t", "dev");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const { environments, complete } = JSON.parse(out) as ChangedDocument;
  expect(complete).toBe(true);
  const jobs = environments.flatMap(({ jobs: all }) => all as ChangedJob[]);
  return Object.fromEntries(
    jobs
      .filter(({ state }) => state !== "downstream")
      .map(({ job, reasons: all }) => [job, all.map(({ text }) => text)]),
  );
}

const HELPER = ["notebook src/load_orders.py: helper src/lib/tables.py changed"];

describe("jobstrata changed", () => {
  it("names the reason and what follows", async () => {
    const root = repository();
    writeFileSync(join(root, "src/lib/tables.py"), "x = 1\n");
    writeFileSync(join(root, "src/load_customers.py"), `${FILES["src/load_customers.py"]}x = 1\n`);
    const { out } = await changed(root);
    expect(out).toBe(`2 modified, 2 downstream, 0 unchanged, since HEAD
dev, prod:
  ~ load_customers atomic
      notebook src/load_customers.py changed
  ~ load_orders atomic
      notebook src/load_orders.py: helper src/lib/tables.py changed
  > nightly composite
      runs load_orders
  > report atomic
      reads main.shop.customers, which load_customers writes
`);
    expect((await changed(root, "HEAD", "--stacks")).out).toBe("shop\n");
    const { out: matrix } = await changed(
      root,
      "HEAD",
      ".",
      "--format",
      "github-matrix",
      "-t",
      "dev",
    );
    expect(JSON.parse(matrix)).toEqual({
      include: [
        { job: "load_customers", environment: "dev", stack: "shop", state: "modified" },
        { job: "load_orders", environment: "dev", stack: "shop", state: "modified" },
        { job: "nightly", environment: "dev", stack: "shop", state: "downstream" },
        { job: "report", environment: "dev", stack: "shop", state: "downstream" },
      ],
    });
  });

  it("says in one line that nothing has changed", async () => {
    const root = repository();
    expect((await changed(root)).out).toBe("no job changed (4 jobs in all), since HEAD\n");
    expect((await changed(root, "HEAD", ".", "--format", "github-matrix")).out).toBe(
      '{"include":[]}\n',
    );
  });

  it("names no stack, not even an empty one, where there is nothing to deploy", async () => {
    const root = repository();
    expect(await changed(root, "HEAD", ".", "--stacks")).toEqual({
      code: 0,
      out: "",
      err: "no stack has changed jobs: nothing to deploy\n",
    });
    write(root, { "resources/broken.yml": "resources: [\n" });
    const { code, out, err } = await changed(root, "HEAD", ".", "--stacks");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("some jobs could not be read, so no stacks are named");
  });

  it("follows settings, and variables in the environments that use their values", async () => {
    const root = repository();
    const text = readFileSync(join(root, "databricks.yml"), "utf8");
    writeFileSync(join(root, "databricks.yml"), text.replace("dev_shop", "my_shop"));
    expect(await reasons(root)).toEqual({
      load_orders: ['task load: parameter catalog: "dev_shop" → "my_shop"'],
    });
    const { out } = await changed(root, "HEAD", "-t", "prod");
    expect(out).toBe("no job changed (4 jobs in all), since HEAD\n");
  });

  it("follows what jobs refer to, and the notebooks of a pipeline", async () => {
    const pipeline = (catalog: string): string =>
      `resources:\n  pipelines:\n    sales: {catalog: ${catalog}, libraries: [{notebook: {path: ../src/sales.py}}]}\n  jobs:\n    refresh:\n      tasks: [{task_key: a, pipeline_task: {pipeline_id: "\${resources.pipelines.sales.id}"}}]\n`;
    const root = repository({ "resources/sales.yml": pipeline("main"), "src/sales.py": NOTEBOOK });
    writeFileSync(join(root, "src/sales.py"), `${NOTEBOOK}x = 1\n`);
    expect(await reasons(root)).toEqual({
      refresh: ["resources.pipelines.sales: file src/sales.py changed"],
    });
    git(root, "checkout", "-q", ".");
    writeFileSync(join(root, "resources/sales.yml"), pipeline("other"));
    expect(await reasons(root)).toEqual({ refresh: ["resources.pipelines.sales changed"] });
  });

  it("follows the packages of a wheel, in src and beside it", async () => {
    const root = repository({
      "pyproject.toml": '[project]\nname = "orders-tools"\n[tool.pytest]\ntestpaths = ["tests"]\n',
      "orders_tools/main.py": "x = 1\n",
      "other/main.py": "x = 1\n",
      "tests/test_main.py": "x = 1\n",
      "src/tools/main.py": "x = 1\n",
      "resources/wheel.yml": `resources:
  jobs:
    wheel: {tasks: [{task_key: a, python_wheel_task: {package_name: orders_tools, entry_point: main}, libraries: [{whl: ../dist/*.whl}]}]}
`,
    });
    for (const [file, found] of [
      ["orders_tools/main.py", true],
      ["src/tools/main.py", true],
      ["other/main.py", false],
      ["tests/test_main.py", false],
    ] as const) {
      const folder = dirname(file);
      write(root, { [file]: "x = 2\n" });
      const text = `library ${folder === "src/tools" ? "src" : folder}: ${file} changed`;
      expect(await reasons(root)).toEqual(found ? { wheel: [text] } : {});
      git(root, "checkout", "-q", ".");
    }
  });

  it("counts a job as removed only if no environment has it any more", async () => {
    const root = repository();
    const text = readFileSync(join(root, "databricks.yml"), "utf8");
    write(root, { "databricks.yml": text.slice(0, text.indexOf("  prod:")) });
    const { out } = await changed(root);
    expect(out).toContain(
      "4 unchanged, some of them removed from an environment, since HEAD\nprod:\n",
    );
    expect(out).toContain("- report");
  });

  it("follows what jobs of several bundles refer to", async () => {
    const bundle = (name: string): Record<string, string> => ({
      [`${name}/databricks.yml`]: `bundle: {name: ${name}}
targets: {dev: {default: true}}
resources:
  pipelines:
    gold: {name: gold, libraries: [{notebook: {path: ./gold.py}}]}
  jobs:
    refresh_${name}: {tasks: [{task_key: main, pipeline_task: {pipeline_id: "\${resources.pipelines.gold.id}"}}]}
`,
      [`${name}/gold.py`]: NOTEBOOK,
    });
    const root = tempFolder();
    write(root, { ...bundle("sales"), ...bundle("stock"), "conf.json": "{}" });
    git(root, "init", "-q");
    git(root, "add", "-A");
    git(root, "commit", "-qm", "x");
    write(root, { "conf.json": "[]" });
    expect(await reasons(root)).toEqual({});
    const text = readFileSync(join(root, "stock/databricks.yml"), "utf8");
    write(root, { "stock/databricks.yml": text.replace("name: gold", "name: silver") });
    write(root, { "sales/gold.py": `${NOTEBOOK}x = 1\n` });
    expect(await reasons(root)).toEqual({
      refresh_sales: ["resources.pipelines.gold: file sales/gold.py changed"],
      refresh_stock: ["resources.pipelines.gold changed"],
    });
  });

  describe("in a folder of bundles with the same keys", () => {
    const bundle = (folder: string): Record<string, string> => ({
      [`${folder}/databricks.yml`]: `bundle: {name: shop}
targets: {dev: {default: true}}
include: [jobs.yml]
`,
      [`${folder}/jobs.yml`]: `resources:
  jobs:
    load: {tasks: [{task_key: load, notebook_task: {notebook_path: load.py}}]}
    nightly: {tasks: [{task_key: load, run_job_task: {job_id: "\${resources.jobs.load.id}"}}]}
`,
      [`${folder}/load.py`]: `${NOTEBOOK}spark.sql("create or replace table main.shop.${folder} as select 1")\n`,
    });
    let root: string;
    beforeEach(() => {
      root = tempFolder();
      git(root, "init", "-q");
      write(root, { ...bundle("hr"), ...bundle("sales"), ...bundle("stock") });
      write(root, {
        "hr/databricks.yml": `bundle: {name: hr}
targets: {dev: {default: true}}
include: [jobs.yml]
resources:
  jobs:
    report: {tasks: [{task_key: report, notebook_task: {notebook_path: report.py}}]}
`,
        "hr/report.py": `${NOTEBOOK}spark.table("main.shop.sales")\n`,
      });
      commit(root);
    });
    /** Ids of the jobs, with their states and first reasons. */
    const states = async (...args: string[]): Promise<[string, string, string | undefined][]> => {
      const { out } = await changed(root, ...args, "--format", "json");
      const [environment] = (JSON.parse(out) as ChangedDocument).environments;
      return (environment?.jobs ?? []).map(({ id, state, reasons: [first] }) => [
        id.replace("resources.jobs.", ""),
        state,
        first?.text,
      ]);
    };

    it("follows the changed job, not one of another bundle", async () => {
      appendFileSync(join(root, "sales/load.py"), "x = 1\n");
      const expected = [
        ["hr: report", "downstream", "reads main.shop.sales, which shop/load writes"],
        ["sales: load", "modified", "notebook sales/load.py changed"],
        ["sales: nightly", "downstream", "runs shop/load"],
      ];
      expect(await states()).toEqual(expected);
      // With a changed definition, jobs are paired with those of the base.
      const text = readFileSync(join(root, "stock/jobs.yml"), "utf8");
      write(root, { "stock/jobs.yml": `${text}# x\n` });
      expect(await states()).toEqual(expected);
      const { out } = await changed(root);
      expect(out).toContain("1 modified, 2 downstream, 4 unchanged");
      rmSync(join(root, "hr"), { recursive: true });
      rmSync(join(root, "sales"), { recursive: true });
      expect(await states()).toEqual([
        ["hr: load", "removed", "was removed"],
        ["hr: nightly", "removed", "was removed"],
        ["hr: report", "removed", "was removed"],
        ["sales: load", "removed", "was removed"],
        ["sales: nightly", "removed", "was removed"],
      ]);
    });

    it("counts only the jobs of a bundle as modified that cannot be read at the base", async () => {
      const text = readFileSync(join(root, "sales/jobs.yml"), "utf8");
      write(root, { "sales/jobs.yml": text.replace("resources:", "resources: [") });
      commit(root);
      write(root, { "sales/jobs.yml": text });
      const why = "bundle sales cannot be read at the base";
      expect(await states()).toEqual([
        ["hr: report", "downstream", "reads main.shop.sales, which shop/load writes"],
        ["sales: load", "modified", why],
        ["sales: nightly", "modified", why],
      ]);
      const { code, err } = await changed(root);
      expect(code).toBe(0);
      expect(err).toMatch(
        /^bundle sales cannot be read at the base: HEAD:sales\/jobs\.yml:3:5: .*; each of its jobs counts as modified\n$/,
      );
      // A folder as the base.
      const other = join(tempFolder(), "other");
      cpSync(root, other, { recursive: true });
      write(other, { "sales/jobs.yml": "resources: [" });
      expect((await states(other)).map(([id]) => id)).toEqual([
        "hr: report",
        "sales: load",
        "sales: nightly",
      ]);
    });

    it("leaves out bundles that the configuration ignores, also at the base", async () => {
      write(root, { "jobstrata.config.yaml": 'ignore: ["sales/**"]\n' });
      expect(await states()).toEqual([]);
      expect(await states(root)).toEqual([]);
    });

    it("does not take jobs for removed whose bundle cannot be read now", async () => {
      write(root, { "sales/jobs.yml": "resources: [" });
      const { code, out, err } = await changed(root);
      expect(code).toBe(2);
      expect(out).toMatch(/^no job changed/);
      expect(err).toMatch(/bundle sales cannot be read: .*; jobs that it lacks are not compared/);
    });
  });

  it("looks at code again that has changed since it was cached, in any encoding", async () => {
    const root = repository({ "src/lib/days.py": "x = 1\n" });
    const days = (): void => {
      appendFileSync(join(root, "src/lib/days.py"), "y = 2\n");
    };
    days();
    expect(await reasons(root)).toEqual({});
    for (const encoding of ["utf8", "latin1"] as const) {
      const text = `${NOTEBOOK}# é\nfrom lib.days import x\n`;
      writeFileSync(join(root, "src/load_customers.py"), text, encoding);
      commit(root);
      days();
      expect(Object.keys(await reasons(root))).toContain("load_customers");
    }
    writeFileSync(join(root, "src/load_customers.py"), NOTEBOOK);
    commit(root);
    days();
    expect(await reasons(root)).toEqual({});
  });

  it("follows renamed jobs and notebooks", async () => {
    const root = repository();
    const file = join(root, "resources/jobs.yml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replaceAll("load_orders", "ingest_orders"));
    git(root, "mv", "src/load_orders.py", "src/ingest_orders.py");
    const { out } = await changed(root, "HEAD", "-t", "dev");
    expect(out).toContain(
      "~ nightly composite\n      task orders: runs: load_orders → ingest_orders",
    );
    // The notebook is part of what the job is.
    expect(out).toContain("+ ingest_orders");
    git(root, "mv", "src/ingest_orders.py", "src/load_orders.py");
    writeFileSync(
      file,
      text.replace("    load_orders:", "    ingest:").replace(".load_orders.", ".ingest."),
    );
    expect((await changed(root, "HEAD", "-t", "dev")).out).toContain(
      "~ ingest atomic\n      was renamed from load_orders",
    );
    writeFileSync(file, text.replace("src/report.py", "src/summary.py"));
    git(root, "mv", "src/report.py", "src/summary.py");
    expect(await reasons(root)).toEqual({
      report: [
        "task report: notebook: src/report.py → src/summary.py",
        "notebook src/summary.py was renamed from src/report.py",
      ],
    });
  });

  it("compares with a folder", async () => {
    const root = repository();
    const other = tempFolder();
    cpSync(root, other, { recursive: true });
    writeFileSync(join(root, "src/lib/tables.py"), "x = 1\n");
    expect(await reasons(root, other)).toEqual({ load_orders: HELPER });
    rmSync(join(root, "src/lib/tables.py"));
    expect(await reasons(root, other)).toEqual({
      load_orders: ["notebook src/load_orders.py: helper src/lib/tables.py was removed"],
    });
  });
});

describe("with the state before a plan as the base", () => {
  const resource = (type: string, name: string, values: object): object => ({
    address: `${type}.${name}`,
    mode: "managed",
    type,
    name,
    values,
  });
  const notebookTask = (path: string): object => ({
    task: [{ task_key: "main", notebook_task: [{ notebook_path: path }] }],
  });
  const job = (name: string, timeout: number, more: object = {}): object =>
    resource("databricks_job", name, { name: `[dev] ${name}`, timeout_seconds: timeout, ...more });
  const notebook = (path: string, more: object): object =>
    resource("databricks_notebook", path.replaceAll("/", "_"), { path, ...more });
  async function compare(before: readonly object[], planned: readonly object[]): Promise<Said> {
    const values = (resources: readonly object[]): object => ({ root_module: { resources } });
    const folder = tempFolder();
    const plan = {
      format_version: "1.2",
      planned_values: values(planned),
      prior_state: { format_version: "1.0", values: values(before) },
    };
    write(folder, { "plan.json": JSON.stringify(plan) });
    return changed(folder, "plan.json", "plan.json");
  }

  it("compares settings, and says if the base has no code", async () => {
    const more = notebookTask("/Shared/load");
    expect(
      await compare([job("load", 60, more)], [job("load", 120, more), job("report", 60)]),
    ).toEqual({
      code: 0,
      out: "1 modified, 1 new, 0 unchanged, since plan.json\ndev:\n  ~ load\n      timeout_seconds: 60 → 120\n  + report\n",
      err: "the base does not hold the code of jobs, so only their settings are compared\n",
    });
  });

  it("compares uploaded notebooks by their hashes, and names what it cannot tell", async () => {
    const [old, other] = ["0".repeat(32), "1".repeat(32)];
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const jobs = ["load", "hashed", "inline", "same", "fresh", "elsewhere"].map((name) =>
      job(name, 60, notebookTask(`/Workspace/Shared/${name}`)),
    );
    const same = notebook("/Shared/same", { md5: old, source: "a/same.py" });
    const { code, out, err } = await compare(
      [
        ...jobs,
        same,
        notebook("/Shared/load", { md5: old, source: "a/load.py" }),
        notebook("/Shared/hashed", { md5: old }),
        notebook("/Shared/inline", { content_base64: base64("a") }),
        notebook("/Shared/lib/tables", { md5: old }),
      ],
      [
        ...jobs,
        same,
        // The provider's word for content that is not that of the last apply.
        notebook("/Shared/load", { md5: "different", source: "a/load.py" }),
        notebook("/Shared/hashed", { md5: other }),
        notebook("/Shared/inline", { content_base64: base64("b") }),
        notebook("/Shared/fresh", { md5: other }),
        notebook("/Shared/lib/tables", { md5: other }),
      ],
    );
    expect({ code, out }).toEqual({
      code: 0,
      out: `4 modified, 2 unchanged, since plan.json
dev:
  ~ fresh
      notebook /Shared/fresh is new
  ~ hashed
      notebook /Shared/hashed changed
  ~ inline
      notebook /Shared/inline changed
  ~ load
      notebook /Shared/load changed
`,
    });
    expect(err).toBe(
      "the base does not hold all code of elsewhere, so only settings are compared there\n" +
        "no job names /Shared/lib/tables, which differs: the base does not tell which jobs use it\n",
    );
  });
});

describe("bad weather", () => {
  it("counts every job as modified when the base cannot be read", async () => {
    const root = repository();
    const { code, out, err } = await changed(root, "origin/main", "--format", "json");
    const document = JSON.parse(out) as ChangedDocument;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(document.complete).toBe(false);
    expect(document.problems.join()).toMatch(
      /the base cannot be read: "origin\/main" is neither a path nor a revision.*every job counts as modified/,
    );
    expect(document.summary).toEqual({
      modified: 4,
      new: 0,
      removed: 0,
      downstream: 0,
      unchanged: 0,
    });
    expect(document.stacks).toEqual(["shop"]);
    const text = await changed(root, "origin/main");
    expect(text.err).toContain("every job counts as modified");
    expect(text.out).toContain("4 modified, 0 unchanged");
  });

  it("counts every job as modified when the base is a broken bundle, or none", async () => {
    const root = repository({ "resources/jobs.yml": "resources: [" });
    write(root, FILES);
    expect((await changed(root)).err).toMatch(
      /the base cannot be read: HEAD:resources\/jobs.yml:1:\d+: .*every job counts as modified/s,
    );
    git(root, "rm", "-q", "--cached", "databricks.yml");
    git(root, "commit", "-qm", "gone");
    expect((await changed(root)).err).toMatch(/the base cannot be read: .*every job counts/s);
  });

  it("reports a shallow clone that lacks the base", async () => {
    const root = repository();
    writeFileSync(join(root, "src/report.py"), `${NOTEBOOK}x = 1\n`);
    commit(root);
    const clone = join(tempFolder(), "clone");
    git(root, "clone", "-q", "--depth", "1", `file://${root}`, clone);
    const { err, out } = await changed(clone, "HEAD~1");
    expect(err).toMatch(/fetch it first \(in CI, check out with fetch-depth: 0\)/);
    expect(out).toContain("4 modified");
    expect(await reasons(clone, "HEAD")).toEqual({});
  });

  it("works without git: all jobs, or a folder as the base", async () => {
    const folder = tempFolder();
    write(folder, FILES);
    expect((await changed(folder)).err).toMatch(/is not in a git repository.*every job counts/s);
    const other = tempFolder();
    write(other, FILES);
    process.env.PATH = tempFolder();
    expect((await changed(folder)).err).toMatch(/requires git, which is not installed.*every job/s);
    expect(await reasons(folder, other)).toEqual({});
  });

  it("sees a dirty work tree, the index and untracked files, and touches none", async () => {
    const root = repository();
    writeFileSync(join(root, "src/report.py"), `${NOTEBOOK}staged = 1\n`);
    git(root, "add", "-A");
    write(root, { "src/lib/__init__.py": "" });
    const [index, status] = [readFileSync(join(root, ".git/index")), git(root, "status", "-s")];
    expect(await reasons(root)).toEqual({
      load_orders: ["notebook src/load_orders.py: helper src/lib/__init__.py is new"],
      report: ["notebook src/report.py changed"],
    });
    expect(readFileSync(join(root, ".git/index")).equals(index)).toBe(true);
    expect(git(root, "status", "-s")).toBe(status);
    expect(git(root, "worktree", "list").trim().split("\n")).toHaveLength(1);
  });

  it("takes line ends of Windows and modes for no change", async () => {
    const root = repository();
    const text = readFileSync(join(root, "src/report.py"), "utf8");
    writeFileSync(join(root, "src/report.py"), text.replaceAll("\n", "\r\n"));
    execFileSync("chmod", ["+x", join(root, "src/lib/tables.py")]);
    expect(await reasons(root)).toEqual({});
    writeFileSync(join(root, "src/report.py"), `${text.replaceAll("\n", "\r\n")}x = 1\r\n`);
    expect(Object.keys(await reasons(root))).toEqual(["report"]);
  });

  it("follows links to files and folders, and links that lead elsewhere", async () => {
    const root = repository({ "shared/tables.py": "x = 1\n", "other/tables.py": "x = 2\n" });
    rmSync(join(root, "src/lib"), { recursive: true });
    symlinkSync("../shared", join(root, "src/lib"));
    renameSync(join(root, "src/report.py"), join(root, "shared/report.py"));
    symlinkSync("../shared/report.py", join(root, "src/report.py"));
    write(root, { "shared/other_report.py": NOTEBOOK });
    commit(root);
    writeFileSync(join(root, "shared/tables.py"), "x = 3\n");
    expect(Object.keys(await reasons(root))).toEqual(["load_orders"]);
    git(root, "checkout", "-q", ".");
    rmSync(join(root, "src/lib"));
    symlinkSync("../other", join(root, "src/lib"));
    expect(Object.keys(await reasons(root))).toEqual(["load_orders"]);
    // What is imported is not there, and nobody knows that it was.
    git(root, "rm", "-q", "other/tables.py");
    expect(Object.keys(await reasons(root))).toEqual(["load_orders"]);
    git(root, "reset", "-q", "--hard");
    git(root, "rm", "-q", "src/lib");
    expect(Object.keys(await reasons(root))).toEqual(["load_orders"]);
    git(root, "reset", "-q", "--hard");
    git(root, "checkout", "-q", ".");
    rmSync(join(root, "src/report.py"));
    symlinkSync("../shared/other_report.py", join(root, "src/report.py"));
    expect(Object.keys(await reasons(root))).toEqual(["report"]);
  });

  it("looks into submodules, also where their old commit is not here", async () => {
    const library = tempFolder();
    git(library, "init", "-q", "-b", "main");
    write(library, { "tables.py": "x = 1\n", "unused.py": "y = 1\n" });
    commit(library);
    const root = repository();
    rmSync(join(root, "src/lib"), { recursive: true });
    git(root, "rm", "-rq", "--cached", "src/lib");
    git(root, "submodule", "add", "-q", library, "src/lib");
    commit(root);
    expect(await reasons(root)).toEqual({});
    writeFileSync(join(root, "src/lib/unused.py"), "y = 2\n");
    expect(await reasons(root)).toEqual({});
    writeFileSync(join(root, "src/lib/tables.py"), "x = 2\n");
    expect(await reasons(root)).toEqual({ load_orders: HELPER });
    git(join(root, "src/lib"), "add", "-A");
    git(join(root, "src/lib"), "commit", "-qm", "x");
    commit(root);
    expect(await reasons(root, "HEAD~1")).toEqual({ load_orders: HELPER });
    // A checkout with the newest commit alone.
    rmSync(join(root, "src/lib"), { recursive: true });
    git(
      root,
      "clone",
      "-q",
      "--depth",
      "1",
      `file://${join(root, ".git/modules/src/lib")}`,
      "src/lib",
    );
    expect(Object.keys(await reasons(root, "HEAD~1"))).toEqual(["load_orders"]);
  });

  it("counts generated files that git does not know as modified, and says so", async () => {
    const root = repository({ ".gitignore": "src/report.py\n" });
    expect(await reasons(root)).toEqual({
      report: ["notebook src/report.py cannot be compared: it is not in git"],
    });
  });
});

describe("selectors of other commands", () => {
  it("find no jobs of bundles to run, and say what does", async () => {
    const root = repository();
    appendFileSync(join(root, "src/report.py"), "x = 1\n");
    process.chdir(root);
    for (const command of [["test"], ["run", "report"]]) {
      const args = ["-t", "dev", "--select", "state:modified", "--state", "HEAD"];
      const { code, err } = await jobstrata(...command, ...args);
      expect(code).toBe(2);
      expect(err).toMatch(
        /-t finds jobs in the stacks of a CDKTF app, but this folder holds a bundle; run its jobs with databricks bundle run KEY -t dev, or with jobstrata run --name NAME\n$/,
      );
    }
  });

  const select = (state: string): string[] => ["--select", state, "--state", "HEAD"];

  async function modified(): Promise<string> {
    const root = repository();
    writeFileSync(join(root, "src/lib/tables.py"), "x = 1\n");
    process.chdir(root);
    return Promise.resolve(root);
  }

  it("draw, check and describe only what has changed", async () => {
    const root = await modified();
    const graph = await jobstrata("graph", "-t", "dev", ...select("state:modified+"));
    expect(graph.out).toContain("load_orders");
    expect(graph.out).toContain("nightly");
    expect(graph.out).not.toContain("report");
    expect((await jobstrata("graph", "-t", "dev", ...select("state:modified"))).out).not.toContain(
      "nightly",
    );
    expect(await jobstrata("graph", "-t", "dev", ...select("state:new"))).toEqual({
      code: 0,
      out: "",
      err: "Nothing to draw: state:new since HEAD: no job\n",
    });
    const check = ["check", "-t", "dev", "--preset", "spec", "--format", "json"];
    const all = await jobstrata(...check);
    const some = await jobstrata(...check, ...select("state:modified"));
    const jobsIn = ({ out }: Said): Set<string> =>
      new Set(
        (JSON.parse(out) as { findings: { job?: string }[] }).findings.flatMap(
          ({ job }) => job ?? [],
        ),
      );
    expect(jobsIn(all).size).toBeGreaterThan(1);
    expect([...jobsIn(some)]).toEqual(["load_orders"]);
    const pages = join(root, "pages");
    await jobstrata("docs", "-t", "dev", "-o", pages, ...select("state:modified"));
    expect(readdirSync(pages).sort()).toEqual(["README.md", "load_orders.md"]);
    await jobstrata("docs", "-t", "dev", "-o", pages);
    await jobstrata("docs", "-t", "dev", "-o", pages, ...select("state:new"));
    expect(readdirSync(pages)).toHaveLength(5);
  });

  it.each([
    [["graph", "--select", "load"], /Selectors are state:modified/],
    [["graph", "--select", "state:modified"], /needs a base to compare with, such as --state/],
    [["check", "--state", "HEAD"], /--state needs a selector that asks for changes/],
    [
      ["graph", "--diff", "HEAD", ...select("state:new")],
      /--select cannot be combined with --diff/,
    ],
    [["check", "--fix", ...select("state:new")], /--select cannot be combined with --fix/],
    [["changed", "--stacks", "--format", "json"], /--stacks cannot be combined with --format json/],
  ])("%j is refused", async (args, message) => {
    await modified();
    const { code, err } = await jobstrata(...args);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});
