import { lineageOf, shown } from "./support";

const notebook = (code: string): string => `# Databricks notebook source\n${code}`;

const T_AND_U = ["read a.t", "read a.u"];

describe("tables of Python", () => {
  it("says what it does not know instead of guessing", () => {
    const code = `
catalog = dbutils.widgets.get("catalog")
schema = os.environ["SCHEMA"]
spark.table(f"{catalog}.{schema}.orders")
spark.table(get_name())
for t in spark.catalog.listTables():
    spark.table(f"a.{t.name}")
name = "x.a" if flag else "x.b"
spark.table(name)
spark.table(f"{'p' if flag else 'q'}.t")
`;
    expect(shown(lineageOf({ "main.py": notebook(code) }))).toEqual([
      "read {catalog}.{SCHEMA}.orders (catalog, SCHEMA = ?)",
      "read {get_name} (get_name = ?)",
      "read a.{name} (name = ?)",
      "read x.a",
      "read x.b",
      "read {…}.t (… = ?)",
    ]);
  });

  it("keeps expressions of the deployment, which are the same in all tasks", () => {
    const code = `
schema = dbutils.widgets.get("schema").strip()
spark.table(f"main.dev_{schema}.Orders")
spark.sql("MERGE INTO IDENTIFIER(:t) USING x.y ON true", args={"t": "main.dev_" + schema + ".t"})
spark.read.format("delta").load(f"{schema}.s.t")
spark.table("main." + schema.replace("-", "_") + ".t")
if schema == "x":
    spark.table("a.x")
else:
    spark.table("a.y")
`;
    const parameters = { schema: "${workspace.current_user.short_name}" };
    expect(shown(lineageOf({ "main.py": notebook(code) }, parameters))).toEqual([
      "read main.dev_${workspace.current_user.short_name}.orders",
      "merge main.dev_${workspace.current_user.short_name}.t",
      "read x.y",
      "read ${workspace.current_user.short_name}.s.t",
      "read main.{workspace_current_user_short_name}.t (workspace_current_user_short_name = ?)",
      "read a.x",
      "read a.y",
    ]);
  });

  it("takes a session that a helper makes for the session, and defaults of widgets that are not set", () => {
    const code = `
from company.spark import create_session
spark = create_session("x")
spark.read.table("a.t")
try:
    clean = int(dbutils.widgets.get("clean"))
except:
    clean = 0
if clean:
    spark.sql("DROP TABLE a.t")
`;
    expect(shown(lineageOf({ "main.py": notebook(code) }))).toEqual(["read a.t"]);
  });

  it("calls every function that a dict holds where its key is not known", () => {
    const code = `
def orders():
    return spark.table("a.orders")
models = {"orders": orders, "sales": lambda: spark.table("a.sales")}
for row in spark.table("a.models").collect():
    models[row["name"]]().write.saveAsTable("a.target")
`;
    expect(shown(lineageOf({ "main.py": notebook(code) }))).toEqual([
      "read a.models",
      "read a.orders",
      "read a.sales",
      "create a.target",
    ]);
  });

  it("takes what a handler returns for a widget that nothing sets", () => {
    const code = `
def widget(name, default):
    try:
        value = dbutils.widgets.get(name)
        return value if value else default
    except Exception:
        return default
spark.table(widget("catalog", "main") + "." + widget("schema", "s") + ".t")
`;
    expect(shown(lineageOf({ "main.py": notebook(code) }, { schema: "silver" }))).toEqual([
      "read main.silver.t",
    ]);
  });

  it("knows the feature store", () => {
    const code = `
from databricks.feature_engineering import FeatureEngineeringClient
fe = FeatureEngineeringClient()
fe.create_table(name="a.b.features", primary_keys=["id"], df=fe.read_table(name="a.b.other"))
fe.write_table(name="a.b.more", df=df)
`;
    expect(shown(lineageOf({ "main.py": notebook(code) }))).toEqual([
      "read a.b.other",
      "create a.b.features",
      "merge a.b.more",
    ]);
  });

  it("reads configuration and SQL from files of the project", () => {
    const files = {
      "jobs/main.py": notebook(`
import json, yaml
from pathlib import Path
def load(path):
    with open(path, "r", encoding="utf-8") as file:
        return yaml.safe_load(file)
config = load("../conf/tables.yml")
spark.table(f"{config['source']['schema']}.{config['tables'][0]}")
spark.sql(open("insert.sql").read().format(target=json.load(open("./target.json"))["name"]))
spark.sql(Path("merge.sql").read_text())
spark.table(yaml.safe_load(open("/Workspace/else.yml"))["name"])
`),
      "conf/tables.yml": "source: { schema: a.b }\ntables: [t, u]\n",
      "jobs/insert.sql": "INSERT INTO {target} SELECT * FROM a.source",
      "jobs/target.json": '{"name": "a.target"}',
      "jobs/merge.sql": "MERGE INTO a.merged USING a.source ON true",
    };
    expect(shown(lineageOf(files))).toEqual([
      "read a.b.t",
      "append a.target",
      "read a.source",
      "merge a.merged",
      "read {name} (name = ?)",
    ]);
  });

  it("notes files that are copied to volumes", () => {
    const code = `
import shutil
from pathlib import Path
source = Path("/tmp/x") / "orders.csv"
shutil.copy(source, Path("/Volumes/a/b/c") / source.name)
shutil.copyfile("/dbfs/mnt/a.csv", "/tmp/a.csv")
`;
    expect(shown(lineageOf({ "main.py": notebook(code) }))).toEqual([
      "create /Volumes/a/b/c/orders.csv",
      "read /dbfs/mnt/a.csv",
    ]);
  });

  it("takes values of the run for unknown", () => {
    const code = "spark.table(f\"{dbutils.widgets.get('catalog')}.s.t\")";
    const parameters = { catalog: "{{tasks.first.values.catalog}}" };
    expect(shown(lineageOf({ "main.py": notebook(code) }, parameters))).toEqual([
      "read {catalog}.s.t (catalog = ?)",
    ]);
  });

  it("follows arguments of Python files", () => {
    const code = `
import argparse, sys
parser = argparse.ArgumentParser()
parser.add_argument("--catalog", "-c", required=True)
parser.add_argument("--schema", default="silver")
args = parser.parse_args()
spark.table(f"{args.catalog}.{args.schema}.t")
spark.table(sys.argv[2] + ".x.y")
`;
    expect(shown(lineageOf({ "main.py": code }, {}, ["--catalog", "main"]))).toEqual([
      "read main.silver.t",
      "read main.x.y",
    ]);
  });

  it("takes both ways where a condition is unknown, and what is behind them", () => {
    const code = `
if spark.catalog.tableExists("a.t"):
    spark.table("a.t").write.mode("append").saveAsTable("a.u")
else:
    dbutils.notebook.exit("nothing")
spark.table("a.v")
`;
    expect(shown(lineageOf({ "main.py": notebook(code) }))).toEqual([
      "read a.t",
      "append a.u",
      "read a.v",
    ]);
  });

  it("knows what binds more than what", () => {
    const code = `
if not "a" and not True:
    dbutils.notebook.exit("no")
if not ("a" and False) and not "" or False:
    spark.table("a.t")
`;
    expect(shown(lineageOf({ "main.py": notebook(code) }))).toEqual(["read a.t"]);
  });

  it("executes %run in the same session, however often it names itself", () => {
    const files = {
      "main.py": notebook("# MAGIC %run ./setup\n# COMMAND ----------\nspark.table(TABLE)"),
      "setup.py": notebook("# MAGIC %run ./main\n# COMMAND ----------\nTABLE = 'a.t'"),
    };
    expect(shown(lineageOf(files))).toEqual(["read a.t"]);
  });

  it("says which notebooks and languages it could not follow", () => {
    const code =
      '# MAGIC %run /Shared/setup\n# COMMAND ----------\n# MAGIC %scala\n# MAGIC spark.table("a")';
    expect(lineageOf({ "main.py": notebook(code) }).problems).toEqual([
      {
        message: 'the notebook "/Shared/setup" of %run is not in the project',
        at: { file: "main.py", line: 2 },
      },
      { message: "code in scala is not analysed", at: { file: "main.py", line: 4 } },
    ]);
  });

  it("goes on behind code that it does not understand", () => {
    const code =
      'print "Python 2"\nspark.table("a.t")\ndef broken(:\n    x = = 1\nspark.table("a.u")\n';
    expect(shown(lineageOf({ "main.py": notebook(code) }))).toEqual(["read a.t", "read a.u"]);
  });

  it.each([
    ["a bracket that nobody closes", "x = foo(1,\ny = [2\nspark.table('a.t')", ["read a.t"]],
    ["one before a statement", "x = foo(\nimport os\nspark.table('a.t')", ["read a.t"]],
    ["one that closes another one", "x = [foo(1]\nspark.table('a.t')", ["read a.t"]],
    ["a string that nobody closes", "x = 'abc\nspark.table('a.t')", ["read a.t"]],
    ["a brace that nobody closes", "x = f'{abc'\nspark.table('a.t')", ["read a.t"]],
    ["lines that are too deep", "x = 1\n    spark.table('a.t')\n  y = 1", ["read a.t"]],
    ["a colon that is missing", "if x\n    spark.table('a.t')\nspark.table('a.u')", T_AND_U],
    ["words that follow each other", "exec spark.table('a.t') in in", ["read a.t"]],
    ["print of Python 2", "print spark.table('a.t'), 'x' % spark.table('a.u')", T_AND_U],
    ["Windows line breaks", "x = ['a', \\\r\n 't']\r\nspark.table('.'.join(x))\r\n", ["read a.t"]],
  ])("goes on behind %s", (_, code, expected) => {
    expect(shown(lineageOf({ "main.py": code }))).toEqual(expected);
  });

  it.each([
    ["quotes in the braces of quotes", `x = {"n": "t"}\nspark.table(f"a.{x["n"]}")`],
    ["strings in strings", `n = "t"\nspark.table(f"a.{f'{n}'}")`],
    ["formats and conversions", `n = "t"\nspark.table(f"{'a'!s:>1}.{n:{1}}")`],
    [
      "braces that are text",
      `n = "t"\nspark.table(f"a{{{n}}}".replace("{", ".").replace("}", ""))`,
    ],
    ["a replacement over several lines", `n = "t"\nspark.table(f'''a.{\n  n\n}''')`],
    ["strings behind each other", `n = "t"\nspark.table('a' r"." f"{n}")`],
    ["a list of one tuple", `for a, b in [("a", "t")]:\n    spark.table(a + "." + b)`],
    ["a test of several", `if not "a" and "b" and "c":\n    x = 1\nelse:\n    spark.table("a.t")`],
    ["a walrus", `spark.table(n := "a.t")`],
    ["unpacked arguments", `spark.table(*["a.t"], **{})`],
    ["a lambda with defaults", `f = lambda n="t", *a, **k: f"a.{n}"\nspark.table(f())`],
    [
      "types",
      `def f[T](n: "str" = "t", /, *, m: int = 1) -> str:\n    return "a." + n\nspark.table(f())`,
    ],
    ["a with of several", `with (open("x") as f, open("y")):\n    spark.table("a.t")`],
    [
      "a match",
      `match {"a": "b"}["a"]:\n    case {"a": x}:\n        x = 1\n    case _:\n        spark.table("a.t")`,
    ],
    ["a match that is a name", `match = "a.t"\nspark.table(match)`],
    ["statements in a line", `x = "a"; y = x + ".t"; spark.table(y)`],
    ["an operator of several words", `if "x" not in ["y"] and None is not "a": spark.table("a.t")`],
    ["signs and powers", `spark.table("a.t" if -2 ** 2 + ~1 else "a.t")`],
    ["an await", `async def f():\n    return spark.table("a.t")\nawait f()`],
  ])("reads %s", (_, code) => {
    const { accesses } = lineageOf({ "main.py": code });
    expect(accesses.map(({ name }) => name)).toEqual(["a.t"]);
  });

  it("takes modules of the project from folders above, and leaves libraries alone", () => {
    const files = {
      "jobs/main.py": notebook(
        "from shared.names import *\nfrom shared import io as tables\nimport pandas, shared.more\nspark.table(ORDERS)\ntables.save(spark.range(1))\nspark.table(shared.more.X)",
      ),
      "shared/names.py": 'from .base import CATALOG\nORDERS = CATALOG + ".s.orders"',
      "shared/base.py": 'CATALOG = "main"',
      "shared/more.py": 'X = "a.x"',
      "shared/io.py": 'def save(df):\n    df.write.saveAsTable("a.saved")\n',
    };
    const lineage = lineageOf(files);
    expect(shown(lineage)).toEqual(["read main.s.orders", "create a.saved", "read a.x"]);
    expect(lineage.accesses[1]?.at).toEqual({ file: "shared/io.py", line: 2 });
  });
});
