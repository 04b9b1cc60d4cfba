import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOCAL_WAREHOUSE_ID } from "../../../src/core/model/markers";
import { describeWithEngine, sharedEngine } from "../../support/engine";
import { type Json, resultsOf } from "../support";
import { type NotebookClient, type Outcome, startNotebooks, stopNotebooks } from "./support";

/** Writes a wheel of one module: the files of a wheel are few. */
const WHEEL = `
import sys, zipfile
path, requires, body = sys.argv[1:]
with zipfile.ZipFile(path, "w") as wheel:
    wheel.writestr("cost_report/__init__.py", body)
    info = "cost_report-1.0.dist-info/"
    wheel.writestr(info + "METADATA", f"Metadata-Version: 2.1\\nName: cost-report\\nVersion: 1.0\\n{requires}")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nreport = cost_report:main\\n")
    wheel.writestr(info + "RECORD", "")
`;

const BODY = `
import importlib.metadata, sys
def main():
    print("report", sys.argv[1:], importlib.metadata.version("cost-report"))
def fallback():
    from databricks.sdk.runtime import spark
    print("fallback", sys.argv[1:], spark.sql("SELECT count(*) FROM main.gold.costs").first()[0])
def broken():
    raise ValueError("no budget")
`;

const FOLDER = "/Shared/jobs";

describeWithEngine("tasks other than notebooks", () => {
  let client: NotebookClient;
  let python: string;
  beforeAll(async () => {
    ({ python } = await sharedEngine());
    client = await startNotebooks({ memoryLimit: 600 * 1024 ** 2 });
    await client.ok("POST", "/api/2.0/secrets/scopes/create", { scope: "team" });
    await client.ok("POST", "/api/2.0/secrets/put", {
      scope: "team",
      key: "pin",
      string_value: "s3cr3t-pin",
    });
    mkdirSync(join(client.workspace.dataDir, "warehouse", "main"), { recursive: true });
  });
  afterAll(stopNotebooks);

  const put = (name: string, content: string | Buffer): Promise<void> =>
    client.import(`${FOLDER}/${name}`, content as string, { format: "RAW" });

  const wheel = (requires = ""): Buffer => {
    const file = join(client.workspace.dataDir, "cost_report-1.0-py3-none-any.whl");
    const { status, stderr } = spawnSync(python, ["-c", WHEEL, file, requires, BODY]);
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
    return readFileSync(file);
  };

  /** Runs tasks in one run, each after the one before it unless `atOnce`, and gives their outcomes by key. */
  const runTasks = async (
    tasks: Json[],
    { job = {}, now = {} }: { job?: object; now?: object } = {},
  ): Promise<{ run: Json; outcomes: Record<string, Outcome> }> => {
    const id = await client.createJob({
      environments: [{ environment_key: "plain", spec: { environment_version: "4" } }],
      ...job,
      tasks: tasks.map((task) =>
        task.sql_task === undefined ? { environment_key: "plain", ...task } : task,
      ),
    });
    const run = await client.finished(await client.runNow(id, now));
    const outcomes: Record<string, Outcome> = {};
    for (const task of run.tasks) outcomes[task.task_key] = await client.outcome(task);
    return { run, outcomes };
  };

  const script = (name: string, parameters?: string[]): object => ({
    spark_python_task: {
      python_file: `/Workspace${FOLDER}/${name}`,
      ...(parameters && { parameters }),
    },
  });
  const sql = (source: object, parameters?: object): object => ({
    sql_task: { warehouse_id: LOCAL_WAREHOUSE_ID, ...source, ...(parameters && { parameters }) },
  });

  it("run, one after another, on the same tables, and fail by themselves", async () => {
    await put("cost_report-1.0-py3-none-any.whl", wheel("Requires-Dist: PyYAML>=5\n"));
    await put("lib.py", "NAME = 'costs'");
    await put(
      "load.py",
      [
        "import os, sys, lib",
        "spark.sql('CREATE SCHEMA IF NOT EXISTS main.gold')",
        "spark.createDataFrame([(1, 2.5), (2, 4.5)], 'day INT, cost DOUBLE').write.saveAsTable(f'main.gold.{lib.NAME}')",
        "print(sys.argv, '__file__' in globals(), 'SECRET_OF_THE_TEST' in os.environ, os.path.basename(os.getcwd()))",
        "dbutils.jobs.taskValues.set('rows', 2)",
      ].join("\n"),
    );
    await put(
      "report.sql",
      "-- two statements\nCREATE TABLE main.gold.days AS SELECT * FROM main.gold.costs;\nSELECT sum(cost) AS total FROM main.gold.days\nWHERE day <= :last AND length('{{label}}') = 4;",
    );
    await put("broken.py", "def cost(): \n    raise KeyError('gone')\n\ncost()\n");
    await put("exit.py", "import sys\nsys.exit(0)\n");
    await put(
      "pin.py",
      "import os\npin = dbutils.secrets.get('team', 'pin')\nprint(pin, os.environ['DATABRICKS_TOKEN'])\nraise ValueError(pin)",
    );
    await put("memory.py", "import time\nheld = b'x' * 2**30\ntime.sleep(600)");
    await put("slow.py", "import subprocess\nsubprocess.run(['sleep', '6000'])");
    await put("broken.sql", "SELECT 1;\n\nSELECT nope FROM main.gold.costs");
    const query = await client.ok("POST", "/api/2.0/sql/queries", {
      query: {
        display_name: "Costs",
        query_text: "SELECT max(cost) AS top FROM main.gold.costs",
        warehouse_id: LOCAL_WAREHOUSE_ID,
      },
    });
    const environments = [
      { environment_key: "plain", spec: { environment_version: "4" } },
      {
        environment_key: "wheel",
        spec: { dependencies: [`/Workspace${FOLDER}/cost_report-1.0-py3-none-any.whl`, "PyYAML"] },
      },
      { environment_key: "missing", spec: { dependencies: [`${FOLDER}/none.whl`] } },
    ];
    const after = (task_key: string): object => ({ depends_on: [{ task_key }] });
    const wheelTask = (entry_point: string, more: object): object => ({
      environment_key: "wheel",
      python_wheel_task: { package_name: "cost-report", entry_point, ...more },
      ...after("load"),
    });
    process.env.SECRET_OF_THE_TEST = "1";
    const { run, outcomes } = await runTasks(
      [
        { task_key: "load", ...script("load.py", ["--day", "{{job.parameters.day}}"]) },
        { task_key: "wheel", ...wheelTask("report", { named_parameters: { level: "x" } }) },
        {
          task_key: "fallback",
          ...wheelTask("fallback", { parameters: ["a", "{{tasks.load.values.rows}}"] }),
        },
        { task_key: "wheel_broken", ...wheelTask("broken", {}) },
        { task_key: "wheel_none", ...wheelTask("nothing", {}) },
        { task_key: "wheel_missing", ...wheelTask("report", {}), environment_key: "missing" },
        {
          task_key: "sql",
          ...sql({ file: { path: `${FOLDER}/report.sql` } }, { last: "1", label: "it's" }),
          ...after("load"),
        },
        { task_key: "query", ...sql({ query: { query_id: query.id } }), ...after("load") },
        {
          task_key: "sql_broken",
          ...sql({ file: { path: `${FOLDER}/broken.sql` } }),
          ...after("load"),
        },
        { task_key: "sql_missing", ...sql({ query: { query_id: "none" } }) },
        { task_key: "py_broken", ...script("broken.py") },
        { task_key: "py_exit", ...script("exit.py") },
        { task_key: "py_missing", ...script("none.py") },
        { task_key: "py_secrets", ...script("pin.py") },
        { task_key: "py_memory", ...script("memory.py") },
        { task_key: "py_slow", ...script("slow.py"), timeout_seconds: 1 },
        { task_key: "dbt", dbt_task: { commands: ["dbt run"] } },
        { task_key: "jar", environment_key: undefined, spark_jar_task: { main_class_name: "a.B" } },
      ],
      { job: { environments, parameters: [{ name: "day", default: "7" }] } },
    );
    delete process.env.SECRET_OF_THE_TEST;
    expect(resultsOf(run)).toEqual({
      load: "SUCCESS",
      wheel: "SUCCESS",
      fallback: "SUCCESS",
      sql: "SUCCESS",
      query: "SUCCESS",
      py_slow: "TIMEDOUT",
      ...Object.fromEntries(
        [
          "wheel_broken",
          "wheel_none",
          "wheel_missing",
          "sql_broken",
          "sql_missing",
          "py_broken",
          "py_exit",
          "py_missing",
          "py_secrets",
          "py_memory",
          "dbt",
          "jar",
        ].map((key) => [key, "FAILED"]),
      ),
    });
    expect(outcomes.load?.logs).toBe(
      `['/Workspace${FOLDER}/load.py', '--day', '7'] False False jobs\n`,
    );
    expect(outcomes.wheel?.logs).toBe("report ['--level=x', '--day=7'] 1.0\n");
    expect(outcomes.fallback?.logs).toBe("fallback ['a', '2'] 2\n");
    expect(outcomes.sql?.logs).toBe("count\n-----\n2\ntotal\n-----\n2.5\n");
    expect(outcomes.query?.logs).toBe("top\n---\n4.5\n");
    const errors = Object.fromEntries(
      Object.entries(outcomes).flatMap(([key, { error }]) =>
        error === undefined ? [] : [[key, error]],
      ),
    );
    expect(errors).toEqual({
      wheel_broken: "ValueError: no budget",
      wheel_none: `AttributeError: package 'cost-report' has neither an entry point nor a function 'nothing'`,
      wheel_missing: `the wheel ${FOLDER}/none.whl was not found in the local workspace`,
      sql_broken: expect.stringContaining("[UNRESOLVED_COLUMN.WITHOUT_SUGGESTION]"),
      sql_missing: "the query none does not exist in the local workspace",
      py_broken: "KeyError: 'gone'",
      py_exit: expect.stringMatching(/^SystemExit: 0\. sys\.exit fails a task/),
      py_missing: `the Python file /Workspace${FOLDER}/none.py was not found in the local workspace`,
      py_secrets: "ValueError: [REDACTED]",
      py_memory: "MemoryError: the task exceeded its memory limit of 600 MiB",
      dbt: expect.stringContaining("does not run dbt_task: dbt's adapter for Databricks connects"),
      jar: "the local executor does not run a spark_jar_task; --executor simulated pretends to run any task",
    });
    expect(outcomes.py_secrets?.logs).toBe("[REDACTED] [REDACTED]\n");
    expect(outcomes.py_broken?.trace).toContain(
      `File "/Workspace${FOLDER}/broken.py", line 4, in <module>`,
    );
    expect(outcomes.sql_broken?.trace).toContain(`File "${FOLDER}/broken.sql", line 3, in %sql`);
  });

  it("have volumes and DBFS on this machine", async () => {
    const { dataDir } = client.workspace;
    mkdirSync(join(dataDir, "warehouse", "main", "bronze"), { recursive: true });
    await put(
      "files.py",
      [
        "import os, pathlib, shutil",
        "for statement in ('CREATE VOLUME main.bronze.landing', 'CREATE VOLUME IF NOT EXISTS main.bronze.landing'): spark.sql(statement).collect()",
        "root = '/Volumes/main/bronze/landing'",
        "dbutils.fs.put(f'{root}/in/a.csv', 'n\\n1\\n2\\n')",
        "with open(f'{root}/in/b.csv', 'w') as file: file.write('n\\n3\\n')",
        "print([(each.path, each.name, each.size) for each in dbutils.fs.ls(root)], len(os.listdir(f'{root}/in')))",
        "print(sorted(path.name for path in pathlib.Path(root).rglob('*')), dbutils.fs.head(f'dbfs:{root}/in/b.csv', 1))",
        "print(spark.read.csv(f'{root}/in', header=True, inferSchema=True).agg({'n': 'sum'}).collect()[0][0])",
        "spark.range(3).write.parquet(f'{root}/out')",
        "print(spark.sql(f'SELECT count(*) FROM parquet.`{root}/out`').first()[0])",
        "dbutils.fs.cp(f'{root}/in', 'dbfs:/tmp/copy', recurse=True)",
        "shutil.copy(f'{root}/in/a.csv', '/dbfs/tmp/copy/c.csv')",
        "dbutils.fs.mv('/tmp/copy/c.csv', '/tmp/d.csv')",
        "print([each.path for each in dbutils.fs.ls('/tmp')], dbutils.fs.rm('/tmp/copy', recurse=True), os.path.exists('/dbfs/tmp/copy'))",
        "for act in (lambda: dbutils.fs.ls('/Volumes/main/bronze/none'), lambda: open('/Volumes/main/bronze/../../../x'), lambda: dbutils.fs.ls('s3://bucket/x'), lambda: dbutils.fs.mount('a', 'b'), lambda: spark.sql('CREATE VOLUME main.none.v')):",
        "    try: act()",
        "    except Exception as error: print(type(error).__name__, str(error).splitlines()[0])",
      ].join("\n"),
    );
    mkdirSync(join(dataDir, "volumes", "main", "bronze", "code"), { recursive: true });
    writeFileSync(
      join(dataDir, "volumes", "main", "bronze", "code", "hello.py"),
      "print('from a volume')",
    );
    const { outcomes } = await runTasks([
      { task_key: "files", ...script("files.py") },
      {
        task_key: "volume",
        spark_python_task: { python_file: "dbfs:/Volumes/main/bronze/code/hello.py" },
      },
      { task_key: "out", spark_python_task: { python_file: "/Volumes/../workspace.db" } },
    ]);
    expect(outcomes.volume).toMatchObject({ state: "SUCCESS", logs: "from a volume\n" });
    expect(outcomes.out?.error).toContain("not /Volumes/../workspace.db");
    expect(outcomes.files).toEqual({
      state: "SUCCESS",
      logs: [
        "Wrote 6 bytes.",
        "[('dbfs:/Volumes/main/bronze/landing/in/', 'in/', 0)] 2",
        "[Truncated to first 1 bytes]",
        "['a.csv', 'b.csv', 'in'] n",
        "6",
        "3",
        "['dbfs:/tmp/copy/', 'dbfs:/tmp/d.csv'] True False",
        "FileNotFoundError volume main.bronze.none does not exist; create it with CREATE VOLUME main.bronze.none",
        "ValueError '/main/bronze/../../../x' leads out of the storage of the local workspace",
        "ValueError the local workspace has no storage for s3:/ paths; use /Volumes, dbfs:/ or file:/",
        "NotAvailableLocallyError dbutils.fs.mount is not available in the local workspace; dbutils.help() lists what is",
        "AnalysisException [SCHEMA_NOT_FOUND] The schema `main`.`none` cannot be found. SQLSTATE: 42704",
        "",
      ].join("\n"),
    });
  });
});
