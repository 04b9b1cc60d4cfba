/** Measures `jobstrata check` with the rules of lineage on notebooks; each run is a process of its own. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Notebooks, each in a job of its own. */
export const LINEAGE_NOTEBOOKS = 1000;
const LINES = 300;
const RUN_BY_ONE = 20;

/** Writes a bundle whose notebooks have 300 lines, each reading what another one writes; gives the number of its jobs. */
export function writeLineageBundle(folder: string, notebooks = LINEAGE_NOTEBOOKS): number {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "src"), { recursive: true });
  const jobs: string[] = [];
  for (let at = 0; at < notebooks; at++) {
    writeFileSync(join(folder, "src", `n${at}.py`), notebook(at));
    jobs.push(`    n${at}:
      tasks:
        - task_key: main
          notebook_task:
            notebook_path: ./src/n${at}.py
            base_parameters: { catalog: "\${var.catalog}" }`);
  }
  for (let at = 0; at < notebooks; at += RUN_BY_ONE) {
    const tasks = Array.from({ length: RUN_BY_ONE }, (_, each) => {
      const after = each === 0 ? "" : `, depends_on: [{ task_key: t${each - 1} }]`;
      return `        - { task_key: t${each}${after}, run_job_task: { job_id: "\${resources.jobs.n${at + each}.id}" } }`;
    });
    jobs.push(`    c${at}:\n      tasks:\n${tasks.join("\n")}`);
  }
  writeFileSync(
    join(folder, "databricks.yml"),
    `bundle: { name: load }\nvariables: { catalog: { default: main } }\nresources:\n  jobs:\n${jobs.join("\n")}\n`,
  );
  return jobs.length;
}

function notebook(number: number): string {
  const lines = [
    "# Databricks notebook source",
    "from pyspark.sql import functions as F",
    'catalog = dbutils.widgets.get("catalog")',
  ];
  for (let at = lines.length; at < LINES; at++)
    lines.push(
      at % 30 === 0
        ? "# COMMAND ----------"
        : at % 10 === 3
          ? `df_${at} = spark.table(f"{catalog}.silver.t${number - 1}_${at}").where(F.col("day") > ${at})`
          : at % 10 === 4
            ? `df_${at - 1}.write.mode("overwrite").saveAsTable(f"{catalog}.silver.t${number}_${at - 1}")`
            : at % 10 === 5
              ? `spark.sql(f"SELECT a, sum(b) AS b FROM {catalog}.bronze.x${at} JOIN {catalog}.bronze.y USING (id) GROUP BY a")`
              : `value_${at} = {"name": "x${at}", "count": ${at}, "columns": ["a", "b"]}  # what it holds`,
    );
  return `${lines.join("\n")}\n`;
}
