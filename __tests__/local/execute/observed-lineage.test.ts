import { readLineage } from "../../../src/local/execute/lineage";
import { describeWithEngine, sharedEngine } from "../../support/engine";
import { type NotebookClient, type Run, startNotebooks, stopNotebooks } from "./support";

/** A notebook, and what its statements read and write; labelled by hand. */
interface Labelled {
  readonly cells: readonly string[];
  readonly language?: Run["language"];
  readonly reads: string;
  readonly writes: string;
}

/** In order: each may use the tables of those before it. */
const NOTEBOOKS: Readonly<Record<string, Labelled>> = {
  "tables of SQL": {
    language: "SQL",
    cells: [
      "CREATE SCHEMA IF NOT EXISTS main.bronze; CREATE SCHEMA IF NOT EXISTS main.silver; CREATE SCHEMA IF NOT EXISTS main.gold",
      "CREATE TABLE main.bronze.orders (id INT, customer INT, amount DOUBLE) USING DELTA",
      "CREATE TABLE IF NOT EXISTS main.bronze.customers (id INT, name STRING) USING DELTA",
      "INSERT INTO main.bronze.orders VALUES (1, 1, 2.5), (2, 1, 4.0), (3, 2, 1.0)",
      "INSERT INTO main.bronze.customers SELECT * FROM VALUES (1, 'Ada'), (2, 'Bo') AS t(id, name)",
      "CREATE OR REPLACE TABLE main.silver.orders AS SELECT o.*, c.name FROM main.bronze.orders o JOIN main.bronze.customers c ON o.customer = c.id",
    ],
    reads: "main.bronze.orders main.bronze.customers",
    writes: "main.bronze.orders main.bronze.customers main.silver.orders",
  },
  "queries of SQL with CTEs and subqueries": {
    language: "SQL",
    cells: [
      "USE CATALOG main",
      "USE SCHEMA silver",
      "WITH orders AS (SELECT * FROM orders), big AS (SELECT * FROM orders WHERE amount > 2) SELECT count(*) FROM big",
      "SELECT name FROM bronze.customers WHERE id IN (SELECT customer FROM bronze.orders) UNION ALL SELECT name FROM main.silver.orders",
    ],
    reads: "main.silver.orders main.bronze.customers main.bronze.orders",
    writes: "",
  },
  "temporary views": {
    cells: [
      "spark.table('main.bronze.orders').createOrReplaceTempView('recent')",
      "# MAGIC %sql\n# MAGIC CREATE OR REPLACE TEMP VIEW named AS SELECT r.id, c.name FROM recent r JOIN main.bronze.customers c ON r.customer = c.id",
      "spark.sql('SELECT * FROM named').write.mode('overwrite').saveAsTable('main.gold.named_orders')",
      "print(spark.table('main.gold.named_orders').count())",
    ],
    reads: "main.bronze.orders main.bronze.customers main.gold.named_orders",
    writes: "main.gold.named_orders",
  },
  "data frames, parameters and loops": {
    cells: [
      "catalog = dbutils.widgets.get('catalog')\nnames = ['orders', 'customers']",
      "for name in names:\n    df = spark.read.table(f'{catalog}.bronze.{name}')\n    df.write.mode('append').saveAsTable(f'{catalog}.gold.copy_{name}')",
      "def total(table):\n    return spark.table(table).agg({'amount': 'sum'}).first()[0]",
      "print(total(f'{catalog}.gold.copy_orders'))",
      "spark.table(f'{catalog}.silver.orders').writeTo(f'{catalog}.gold.v2').createOrReplace()",
    ],
    reads: "main.bronze.orders main.bronze.customers main.gold.copy_orders main.silver.orders",
    writes: "main.gold.copy_orders main.gold.copy_customers main.gold.v2",
  },
  "names that only the run knows": {
    cells: [
      "rows = spark.sql('SELECT name FROM main.bronze.customers').collect()\nfor row in rows:\n    spark.sql(f\"CREATE TABLE IF NOT EXISTS main.gold.of_{row.name.lower()} AS SELECT * FROM main.silver.orders WHERE name = '{row.name}'\")",
      "tables = [t.name for t in spark.catalog.listTables('main.gold') if t.name.startswith('of_')]\nprint(sum(spark.table(f'main.gold.{t}').count() for t in tables))",
    ],
    reads: "main.bronze.customers main.silver.orders main.gold.of_ada main.gold.of_bo",
    writes: "main.gold.of_ada main.gold.of_bo",
  },
  "statements that a condition leaves out": {
    cells: [
      "if spark.catalog.tableExists('main.gold.never'):\n    spark.table('main.gold.never').write.saveAsTable('main.gold.copy_of_never')\nelse:\n    spark.sql('SELECT * FROM main.gold.v2').collect()",
      "try:\n    spark.sql('SELECT * FROM main.gold.missing').collect()\nexcept Exception:\n    print('missing')",
    ],
    reads: "main.gold.v2",
    writes: "",
  },
  "changes and drops": {
    cells: [
      "spark.sql('DELETE FROM main.gold.copy_orders WHERE id = 3')",
      "spark.sql('INSERT OVERWRITE main.gold.copy_customers SELECT * FROM main.bronze.customers WHERE id = 1')",
      "spark.sql('DROP TABLE main.gold.v2')",
      "spark.sql('DROP TABLE IF EXISTS main.gold.of_bo')",
    ],
    reads: "main.bronze.customers",
    writes: "main.gold.copy_orders main.gold.copy_customers main.gold.v2 main.gold.of_bo",
  },
  "a merge": {
    cells: [
      "spark.sql('CREATE TABLE main.gold.merged (id INT, amount DOUBLE) USING DELTA')",
      "spark.sql('MERGE INTO main.gold.merged t USING main.bronze.orders s ON t.id = s.id WHEN MATCHED THEN UPDATE SET amount = s.amount WHEN NOT MATCHED THEN INSERT (id, amount) VALUES (s.id, s.amount)')",
    ],
    reads: "main.bronze.orders",
    writes: "main.gold.merged",
  },
};

describeWithEngine("lineage that runs observe", () => {
  let client: NotebookClient;
  beforeAll(async () => {
    await sharedEngine();
    client = await startNotebooks();
  });
  afterAll(stopNotebooks);

  it("finds 98 % of what labelled notebooks read and write, and nothing else", async () => {
    const wanted: string[] = [];
    const found: string[] = [];
    for (const [name, { cells, language, reads, writes }] of Object.entries(NOTEBOOKS)) {
      const path = `/Shared/${name}`;
      const outcome = await client.runCells(cells, {
        path,
        ...(language && { language }),
        task: { notebook_task: { notebook_path: path, base_parameters: { catalog: "main" } } },
      });
      expect({ name, ...outcome }).toMatchObject({ name, state: "SUCCESS" });
      const words = (list: string): string[] => list.split(" ").filter((word) => word !== "");
      wanted.push(...words(reads).map((table) => `${name}: read ${table}`));
      wanted.push(...words(writes).map((table) => `${name}: write ${table}`));
      const rows = readLineage(client.workspace.dataDir).filter(
        (row) => row.notebook_path === path,
      );
      found.push(
        ...rows.map(({ source_table_full_name: read, target_table_full_name: write }) =>
          read === undefined ? `${name}: write ${write ?? ""}` : `${name}: read ${read}`,
        ),
      );
    }
    const missed = wanted.filter((each) => !found.includes(each));
    expect(1 - missed.length / wanted.length >= 0.98 ? [] : missed).toEqual([]);
    expect(found.filter((each) => !wanted.includes(each))).toEqual([]);
    expect(wanted.length).toBeGreaterThanOrEqual(30);
  });
});
