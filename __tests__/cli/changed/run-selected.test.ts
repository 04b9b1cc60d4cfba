import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ended } from "../../e2e/support/processes";
import { describeWithTerraform } from "../../e2e/support/terraform";
import { RunWorkspace, stopAll } from "../../run/workspace";
import { git } from "../../support/git";
import { tempFolder } from "../../support/temp-folder";
import { commandLine } from "../program-support";

/** Writes what the CDKTF CLI would, without it: two jobs of a notebook each, and a job that runs both. */
const APP = `
const { mkdirSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const out = process.env.CDKTF_OUTDIR || "cdktf.out";
const folder = join(out, "stacks", "shop-dev");
mkdirSync(folder, { recursive: true });
const source = (name) => ({ path: "/" + name, source: join(__dirname, "src", name + ".py") });
const atomic = (name, path) => ({ name: "[dev] " + name, tags: { job_level: "atomic" }, task: [{ task_key: "only", notebook_task: { notebook_path: path } }] });
const runs = (task_key, job, ...after) => ({ task_key, run_job_task: { job_id: "\${databricks_job." + job + ".id}" }, depends_on: after.map((task_key) => ({ task_key })) });
const keys = ["orders", "stock", "nightly"];
writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({
  terraform: { backend: { local: { path: join(__dirname, "terraform.shop-dev.tfstate") } } },
  resource: {
    databricks_notebook: { orders: source("orders"), stock: source("stock") },
    databricks_job: {
      orders: atomic("Orders", "\${databricks_notebook.orders.path}"),
      stock: atomic("Stock", "\${databricks_notebook.stock.path}"),
      nightly: { name: "[dev] Nightly", tags: { job_level: "composite" }, task: [runs("orders", "orders"), runs("stock", "stock", "orders")] },
    },
  },
  output: Object.fromEntries(keys.map((key) => [key + "_job_id", { value: "\${databricks_job." + key + ".id}" }])),
}));
writeFileSync(join(out, "manifest.json"), JSON.stringify({ stacks: { "shop-dev": { name: "shop-dev", synthesizedStackPath: "stacks/shop-dev/cdk.tf.json", workingDirectory: "stacks/shop-dev" } } }));
`;

describeWithTerraform("selectors of states, in a workspace", () => {
  const root = tempFolder();
  let workspace: RunWorkspace;

  beforeAll(async () => {
    workspace = await RunWorkspace.open();
    mkdirSync(join(root, "src"));
    writeFileSync(join(root, "main.js"), APP);
    writeFileSync(join(root, "cdktf.json"), '{"language": "typescript", "app": "node main.js"}');
    writeFileSync(join(root, ".gitignore"), "cdktf.out\n*.tfstate\n");
    writeFileSync(join(root, "src/orders.py"), "# Databricks notebook source\nimport tables\n");
    writeFileSync(join(root, "src/stock.py"), "# Databricks notebook source\n");
    writeFileSync(join(root, "src/tables.py"), "ORDERS = 1\n");
    git(root, "init", "-q");
    git(root, "add", "-A");
    git(root, "commit", "-qm", "base");
    execFileSync(process.execPath, ["main.js"], { cwd: root });
    const orders = await workspace.atomic("[dev] Orders");
    const stock = await workspace.atomic("[dev] Stock");
    const nightly = await workspace.composite("[dev] Nightly", {
      orders: [orders],
      stock: [stock, "orders"],
    });
    // What a deployment leaves, without one.
    const ids = { orders, stock, nightly };
    const outputs = Object.entries(ids).map(([key, id]) => [
      `${key}_job_id`,
      { value: String(id), type: "string" },
    ]);
    const state = {
      version: 4,
      terraform_version: "1.5.0",
      serial: 1,
      lineage: "00000000-0000-0000-0000-000000000000",
      outputs: Object.fromEntries(outputs) as object,
      resources: [],
    };
    writeFileSync(join(root, "terraform.shop-dev.tfstate"), JSON.stringify(state));
  });
  afterAll(stopAll);

  const cli = (...args: string[]): Promise<Ended> =>
    commandLine([...args, ...(args.includes("-t") ? [] : ["-t", "dev"]), "--state", "HEAD"], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        HOME: root,
        CI: "true",
        JOBSTRATA_CACHE: "off",
        DATABRICKS_HOST: workspace.host,
        DATABRICKS_TOKEN: workspace.token,
      },
    });

  /** Names of the jobs whose tasks were executed since the last call. */
  const executed = (): string[] => workspace.gates.executed.splice(0).map(({ job }) => job);

  it("start nothing if nothing has changed, and say so", async () => {
    expect(await cli("test", "--select", "state:modified+")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "Nothing to test: state:modified+ since HEAD: no job\n",
    });
    expect(await cli("run", "nightly", "--select", "state:modified+")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "Nothing to run: no task belongs to a job that the selectors choose since HEAD\n",
    });
    expect(executed()).toEqual([]);
  });

  it("run only the jobs that a changed helper affects, and say why", async () => {
    appendFileSync(join(root, "src/tables.py"), "ITEMS = 2\n");
    const why = "  orders: notebook src/orders.py: helper src/tables.py changed\n";
    const tested = await cli("test", "--select", "state:modified");
    expect(tested).toMatchObject({
      code: 0,
      stderr: `Testing state:modified since HEAD: 1 job\n${why}`,
    });
    expect(tested.stdout).toContain("1 passed, 0 failed, 0 not run");
    expect(executed()).toEqual(["[dev] Orders"]);

    const ran = await cli("run", "nightly", "--select", "state:modified");
    expect(ran).toMatchObject({ code: 0, stderr: `Selected since HEAD:\n${why}` });
    expect(executed()).toEqual(["[dev] Orders"]);

    const all = await cli("test", "--select", "state:modified+");
    expect(all.stderr).toContain("  nightly: runs orders\n  orders: notebook src/orders.py");
    expect(all.stderr).toContain("  stock: runs after orders in nightly\n");
    expect(executed()).toEqual(["[dev] Orders", "[dev] Stock", "[dev] Orders", "[dev] Stock"]);
  });

  it("refuse an environment that does not exist", async () => {
    const { code, stderr } = await cli("test", "-t", "prod", "--select", "state:modified");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'cdktf.out has no environment "prod"; it has "dev"\n',
    });
  });

  it("fail with the tests of the selected jobs", async () => {
    workspace.gates.fail("[dev] Orders");
    const { code, stdout } = await cli("test", "--select", "state:modified");
    expect(code).toBe(1);
    expect(stdout).toContain("0 passed, 1 failed, 0 not run");
  });
});
