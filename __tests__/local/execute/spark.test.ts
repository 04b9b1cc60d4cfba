import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describeWithEngine, sharedEngine } from "../../support/engine";
import { type NotebookClient, startNotebooks, stopNotebooks } from "./support";

describeWithEngine("Spark in a notebook", () => {
  let client: NotebookClient;
  beforeAll(async () => {
    await sharedEngine();
    client = await startNotebooks();
  });
  afterAll(stopNotebooks);

  const withCatalog = (parameters: object): object => ({
    task: {
      notebook_task: { notebook_path: "/Shared/alerts/notebook", base_parameters: parameters },
    },
  });

  it("keeps tables for the notebooks that come later, in catalogs that deployed jobs name", async () => {
    const write = await client.runCells(
      [
        "name = '`' + dbutils.widgets.get('catalog') + '`.gold'\nspark.sql(f'CREATE SCHEMA {name}')\nspark.sql(f'CREATE TABLE {name}.alerts (alert_id STRING, n INT) USING DELTA')",
        "spark.createDataFrame([('COST-001', 1), ('SEC-002', 2)], 'alert_id STRING, n INT').write.mode('append').saveAsTable(f'{name}.alerts')",
      ],
      withCatalog({ catalog: "prod-eu" }),
    );
    expect(write).toMatchObject({ state: "SUCCESS" });
    const read = await client.runCells([
      "# MAGIC %sql\n# MAGIC SELECT alert_id, n FROM `prod-eu`.gold.alerts ORDER BY n",
      "print(_sqldf.count(), spark.table('`prod-eu`.gold.alerts').agg({'n': 'sum'}).collect())",
    ]);
    expect(read.logs).toBe(
      "alert_id  n\n--------  -\nCOST-001  1\nSEC-002   2\n2 [Row(sum(n)=3)]\n",
    );
    expect(readdirSync(join(client.workspace.dataDir, "warehouse"))).toEqual(["prod-eu"]);
  });

  it("knows the catalogs of the job's own parameters, and none that a single run makes up", async () => {
    const job = {
      parameters: [
        { name: "source_catalog", default: "main" },
        { name: "owner_catalogue", default: "other" },
      ],
    };
    const known = await client.runCells(
      ["spark.sql('CREATE SCHEMA IF NOT EXISTS main.silver')\nprint('made')"],
      { job },
    );
    expect(known).toMatchObject({ state: "SUCCESS", logs: "made\n" });
    const unknown = await client.runCells(
      ["spark.sql(f\"CREATE SCHEMA {dbutils.widgets.get('source_catalog')}.silver\")"],
      { job, now: { job_parameters: { source_catalog: "mian" } } },
    );
    expect(unknown.error).toMatch(
      /^AnalysisException: \[NO_SUCH_CATALOG_EXCEPTION\] Catalog 'mian' was not found/,
    );
    expect(readdirSync(join(client.workspace.dataDir, "warehouse"))).not.toContain("mian");
  });

  it("runs notebooks of SQL, with parameters", async () => {
    const outcome = await client.runCells(
      [
        "SELECT :who AS who, 1 + 1 AS two;",
        "-- MAGIC %python\n-- MAGIC print('python', _sqldf.first().two)",
        "-- a comment\nSELECT * FROM VALUES (1), (2) AS t(n) WHERE n > 9",
      ],
      { language: "SQL", ...withCatalog({ who: "O'Hara" }) },
    );
    expect(outcome.logs).toBe("who     two\n------  ---\nO'Hara  2\npython 2\nn\n-\n(no rows)\n");
  });

  it("points at the cell of a failing statement", async () => {
    const outcome = await client.runCells([
      "print(1)",
      "# MAGIC %sql\n# MAGIC SELECT nope FROM VALUES (1) AS t(n)",
    ]);
    expect(outcome.error).toMatch(/^AnalysisException: \[UNRESOLVED_COLUMN.*`nope`/);
    expect(outcome.trace).toMatch(/File "\/Shared\/alerts\/notebook", line 7, in %sql/);
    expect(outcome.trace).not.toContain("jobstrata_local/");
  });

  it("is shown as a table by display, and as itself by an expression", async () => {
    const outcome = await client.runCells([
      "df = spark.range(25)\ndf",
      "display(df)",
      "import pandas\ndisplay(pandas.DataFrame({'a': ['x\\ty', None]}))\ndisplay(df.limit(1).collect())\ndisplay(7)",
    ]);
    expect(outcome.logs).toBe(
      [
        "DataFrame[id: bigint]",
        "id",
        "--",
        ...Array.from({ length: 20 }, (_, at) => String(at)),
        "… only the first 20 rows are shown",
        "a",
        "----",
        "x\\ty",
        "NULL",
        "id",
        "--",
        "0",
        "7",
        "",
      ].join("\n"),
    );
  });

  it("is one session, however a notebook or a module comes by it", async () => {
    await client.import(
      "/Shared/alerts/sessions.py",
      "from pyspark.sql import SparkSession\nfrom databricks.sdk.runtime import dbutils, spark as runtime\nmade = SparkSession.builder.appName('x').getOrCreate()\nmade.sql('SELECT 5 AS n').createOrReplaceTempView('shared')",
      { format: "RAW" },
    );
    const outcome = await client.runCells([
      "import sessions\nfrom pyspark.sql import SparkSession",
      "print(spark.table('shared').collect(), table('shared').first().n, sql('SELECT n FROM shared').first().n)",
      "print(SparkSession.getActiveSession() is sessions.made, sessions.runtime.table('shared').first().n, sessions.dbutils is dbutils)",
    ]);
    expect(outcome).toMatchObject({ logs: "[Row(n=5)] 5 5\nTrue 5 True\n" });
  });

  it("runs functions in Python, and threads", async () => {
    const outcome = await client.runCells([
      "from concurrent.futures import ThreadPoolExecutor\ndouble = udf(lambda n: n * 2, 'bigint')\nprint([row[0] for row in spark.range(3).select(double('id')).collect()])",
      "with ThreadPoolExecutor(4) as pool:\n    print(sum(pool.map(lambda n: spark.sql(f'SELECT {n} AS n').first().n, range(8))))",
    ]);
    expect(outcome).toMatchObject({ logs: "[0, 2, 4]\n28\n" });
  });

  it("serves tasks that run at the same time and write to one table", async () => {
    await client.runCells(
      [
        "spark.sql('CREATE SCHEMA IF NOT EXISTS main.load')\nspark.sql('CREATE TABLE main.load.rows (n INT) USING DELTA')",
      ],
      withCatalog({ catalog: "main" }),
    );
    await client.put("/Shared/alerts/add", [
      "for _ in range(3): spark.sql('INSERT INTO main.load.rows VALUES (1)')",
    ]);
    const tasks = ["a", "b", "c"].map((task_key) => ({
      task_key,
      notebook_task: { notebook_path: "/Shared/alerts/add" },
    }));
    const run = await client.finished(await client.runNow(await client.createJob({ tasks })));
    expect(run.state.result_state).toBe("SUCCESS");
    expect((await client.runCells(["print(spark.table('main.load.rows').count())"])).logs).toBe(
      "9\n",
    );
  });
});
