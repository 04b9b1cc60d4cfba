import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempFolder } from "../support/policy";
import { jobstrata } from "./program-support";

const job = (key: string): string => `    ${key}:
      name: ${key}
      parameters: [{ name: catalog, default: "\${var.catalog}" }]
      tasks:
        - task_key: main
          notebook_task: { notebook_path: ./src/${key}.py }
`;
const YAML = `bundle: { name: shop }
variables: { catalog: { default: dev } }
targets:
  dev: { default: true }
  prod: { variables: { catalog: prod } }
resources:
  jobs:
${job("silver_orders")}${job("gold_report")}${job("gold_audit")}    nightly:
      tasks:
        - task_key: silver_orders
          run_job_task: { job_id: "\${resources.jobs.silver_orders.id}" }
        - task_key: gold_report # shown
          run_job_task: { job_id: "\${resources.jobs.gold_report.id}" }
        - task_key: gold_audit
          depends_on:
            - task_key: gold_report
          run_job_task: { job_id: "\${resources.jobs.gold_audit.id}" }
        - {task_key: load_csv, sql_task: {warehouse_id: x, file: {path: ./src/load.sql}, parameters: {catalog: "\${var.catalog}"}}}
`;
const notebook = (code: string): string =>
  `# Databricks notebook source\ncatalog = dbutils.widgets.get("catalog")\n\n${code}\n`;

function shop(): string {
  const folder = tempFolder();
  mkdirSync(join(folder, "src"));
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, "src", name), text);
  };
  writeFileSync(join(folder, "databricks.yml"), YAML);
  write(
    "silver_orders.py",
    notebook(
      'spark.table(f"{catalog}.bronze.orders").write.mode("overwrite").saveAsTable(f"{catalog}.silver.orders")',
    ),
  );
  write(
    "gold_report.py",
    notebook(
      'spark.table(f"{catalog}.silver.orders").write.mode("overwrite").saveAsTable(f"{catalog}.gold.report")',
    ),
  );
  write(
    "gold_audit.py",
    notebook(
      'spark.table(f"{catalog}.gold.report").join(spark.table(f"{catalog}.bronze.csv")).count()',
    ),
  );
  write(
    "load.sql",
    "COPY INTO IDENTIFIER(:catalog || '.bronze.csv') FROM '/Volumes/landing/csv' FILEFORMAT = CSV",
  );
  return folder;
}

const only = ["--preset", "correctness", "--format", "json"];

describe("lineage of a bundle", () => {
  it("checks the order of tasks in every target, and fixes it in the YAML", async () => {
    const folder = shop();
    const before = await jobstrata("check", folder, ...only);
    const { findings } = JSON.parse(before.out) as {
      findings: { rule: string; message: string; environment: string }[];
    };
    const found = findings.filter(({ rule }) => rule === "missing-dependency");
    expect(found.map(({ message }) => message.replaceAll(/[^\s(]*\/src\//g, "src/"))).toEqual(
      expect.arrayContaining([
        'task "gold_report" by job "gold_report" (src/gold_report.py:4) reads table "dev.silver.orders", which task "silver_orders" by job "silver_orders" (src/silver_orders.py:4) writes, and nothing in "nightly" orders them',
        'task "gold_report" by job "gold_report" (src/gold_report.py:4) reads table "prod.silver.orders", which task "silver_orders" by job "silver_orders" (src/silver_orders.py:4) writes, and nothing in "nightly" orders them',
        'task "gold_audit" by job "gold_audit" (src/gold_audit.py:4) reads table "dev.bronze.csv", which task "load_csv" (src/load.sql:1) writes, and nothing in "nightly" orders them',
      ]),
    );
    expect(found).toHaveLength(4);

    const fix = await jobstrata("check", folder, ...only, "--fix");
    expect(fix.err).toContain("2 changes made in 1 file");
    const file = join(folder, "databricks.yml");
    expect(readFileSync(file, "utf8")).toBe(
      YAML.replace(
        "gold_report # shown\n",
        "gold_report # shown\n          depends_on:\n            - task_key: silver_orders\n",
      ).replace(
        "            - task_key: gold_report\n",
        "            - task_key: gold_report\n            - task_key: load_csv\n",
      ),
    );
    expect(fix.out).not.toContain('missing-dependency",');
  });
});
