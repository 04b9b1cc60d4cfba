import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is a class
import Ajv = require("ajv");
import { tempFolder } from "../support/policy";
import type { LineageDocument } from "@jobstrata/core/render";
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
        'task "gold_audit" by job "gold_audit" (src/gold_audit.py:4) reads table "dev.bronze.csv", which task "load_csv" (src/load.sql:1) writes, and nothing in "nightly" orders them',
      ]),
    );
    expect(found.map(({ environment }) => environment)).toEqual(["dev, prod", "dev, prod"]);

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

  it("shows what leads to a table and what comes from it", async () => {
    const folder = shop();
    const { out, code } = await jobstrata("lineage", "dev.silver.orders", folder);
    expect(code).toBe(0);
    expect(out.replaceAll(/[^\s(]*\/src\//g, "src/")).toBe(`dev.silver.orders in dev

Written by
  silver_orders  (main, overwrite, src/silver_orders.py:4)
    <- dev.bronze.orders

Read by
  gold_report  (main, src/gold_report.py:4)
    -> dev.gold.report
      gold_audit  (main, src/gold_audit.py:4)
`);
    const prod = await jobstrata(
      "lineage",
      "prod.silver.orders",
      folder,
      "-t",
      "prod",
      "--direction",
      "up",
      "--format",
      "json",
    );
    expect(JSON.parse(prod.out)).toMatchObject({
      environment: "prod",
      tables: [{ name: "prod.bronze.orders", source: true }, { name: "prod.silver.orders" }],
      edges: [{ mode: "read" }, { mode: "write", write: "overwrite", at: { line: 4 } }],
    });
    expect((await jobstrata("lineage", "dev.silver.order", folder)).err).toContain(
      'no job of "dev" reads or writes "dev.silver.order" (did you mean "dev.silver.orders"?)',
    );
  });

  it("draws jobs and tables", async () => {
    const folder = shop();
    const { out } = await jobstrata(
      "graph",
      folder,
      "silver_orders",
      "--level",
      "tables",
      "--format",
      "mermaid",
    );
    expect(out).toBe(`flowchart LR
  accTitle: Lineage of tables
  accDescr: In dev. Arrows lead from the tables that a job reads to the job, and from it to the tables that it writes.
  j0["silver_orders"]
  t0[("dev.bronze.orders")]
  t1[("dev.silver.orders")]
  t0 --> j0
  j0 --> t1
`);
    expect((await jobstrata("graph", folder, "--level", "tables")).out).toContain(
      "silver_orders\n  <- dev.bronze.orders",
    );
    expect(
      (await jobstrata("graph", folder, "--level", "tables", "--format", "dot")).out,
    ).toContain('"job silver_orders" -> "table dev.silver.orders";');
    const { out: svg } = await jobstrata("graph", folder, "--level", "tables", "--format", "svg");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    const { edges } = JSON.parse(
      (await jobstrata("lineage", folder, "--format", "json")).out,
    ) as LineageDocument;
    const arrows = new Set(edges.map(({ job, table, mode }) => `${job} ${table} ${mode}`));
    expect(svg.match(/class="line"/g)).toHaveLength(arrows.size);
    expect(svg).toContain("<title>job silver_orders</title>");
    expect(svg).toContain(">dev.silver.orders</text>");
    const { out: html } = await jobstrata(
      "lineage",
      "dev.silver.orders",
      folder,
      "--format",
      "html",
    );
    expect(html).toContain("default-src 'none'; style-src 'sha256-");
    expect(html).not.toContain("<script");
    expect(html).toContain("<title>table dev.silver.orders</title>");
  });

  it("gives events of OpenLineage that its schema takes", async () => {
    const folder = shop();
    const { out } = await jobstrata(
      "lineage",
      folder,
      "--format",
      "openlineage",
      "--namespace",
      "databricks://shop",
    );
    const events = JSON.parse(out) as unknown[];
    expect(events).toHaveLength(4);
    const validate = new Ajv().compile(JOB_EVENT);
    for (const event of events) expect([validate(event), validate.errors]).toEqual([true, null]);
    expect(events[0]).toMatchObject({
      job: { namespace: "databricks://shop", name: "gold_audit.main" },
      inputs: [{ name: "dev.bronze.csv" }, { name: "dev.gold.report" }],
      outputs: [],
    });
  });

  it("joins what runs did, from an export of the system table", async () => {
    const folder = shop();
    writeFileSync(join(folder, "src", "gold_report.py"), notebook("run_somehow()"));
    const file = join(folder, "lineage.csv");
    const rows = [
      "entity_type,entity_run_id,job_name,source_table_full_name,target_table_full_name",
      'JOB,77,gold_report,"dev.silver.orders",',
      "JOB,77,gold_report,,dev.gold.report",
      "JOB,78,,dev.silver.orders,",
    ];
    writeFileSync(file, rows.join("\r\n"));
    const without = await jobstrata("check", folder, ...only, "-t", "dev");
    const joined = await jobstrata("check", folder, ...only, "-t", "dev", "--lineage", file);
    const orders = 'reads table \\"dev.silver.orders\\"';
    expect(without.out).not.toContain(orders);
    expect(joined.out).toContain(orders);
    expect(joined.out).toContain("(gold_report, run 77)");
    expect(joined.err).toContain("1 rows of");
    const shown = await jobstrata(
      "lineage",
      "dev.gold.report",
      folder,
      "-t",
      "dev",
      "--lineage",
      file,
    );
    expect(shown.out).toContain("gold_report  (main, overwrite, gold_report, observed in run 77)");
    writeFileSync(file, "a,b\n1,2\n");
    expect((await jobstrata("check", folder, "--lineage", file)).err).toContain(
      "is neither CSV nor JSON",
    );
  });

  it("says the inputs and outputs on the page of a job", async () => {
    const folder = shop();
    const pages = join(folder, "pages");
    expect((await jobstrata("docs", folder, "-o", pages, "-t", "dev")).code).toBe(0);
    const page = readFileSync(join(pages, "gold_report.md"), "utf8").replaceAll(
      /[^\s|]*\/src\//g,
      "src/",
    );
    expect(page).toContain(
      "### Inputs\n\n| Table | Where | Written by |\n|---|---|---|\n| dev.silver.orders | src/gold\\_report.py:4 | [silver\\_orders](silver_orders.md) |",
    );
    expect(page).toContain("### Outputs");
  });
});

/** JobEvent of the OpenLineage schema 2-0-2, as far as it says what must be there. */
const facets = {
  type: "object",
  additionalProperties: {
    type: "object",
    required: ["_producer", "_schemaURL"],
    properties: {
      _producer: { type: "string", format: "uri" },
      _schemaURL: { type: "string", format: "uri" },
    },
  },
};
const named = {
  type: "object",
  required: ["namespace", "name"],
  properties: { namespace: { type: "string" }, name: { type: "string" }, facets },
};
const JOB_EVENT = {
  type: "object",
  required: ["eventTime", "producer", "schemaURL", "job"],
  properties: {
    eventTime: { type: "string", format: "date-time" },
    producer: { type: "string", format: "uri" },
    schemaURL: { type: "string", format: "uri" },
    job: named,
    inputs: { type: "array", items: named },
    outputs: { type: "array", items: named },
  },
  not: { required: ["run"] },
};
