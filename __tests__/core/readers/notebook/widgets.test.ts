import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { notebookFile } from "../../../../src/core/readers/notebook/notebook-file";
import { notebookWidgets } from "../../../../src/core/readers/notebook/widgets";
import { tempFolder } from "../../../support/policy";

const none = { reads: [], declares: [], open: false };

describe("widgets of Python notebooks", () => {
  test.each<[string, string, Partial<typeof none> | object]>([
    ["what is read", 'x = dbutils.widgets.get("catalog")', { reads: ["catalog"] }],
    [
      "single and triple quotes",
      `dbutils.widgets.get('a') + dbutils.widgets.get("""b""")`,
      { reads: ["a", "b"] },
    ],
    ["blanks and line breaks", 'dbutils . widgets\n  .get(\n "catalog" )', { reads: ["catalog"] }],
    ["keyword arguments", 'dbutils.widgets.get(name="catalog")', { reads: ["catalog"] }],
    [
      "each name once, sorted",
      'dbutils.widgets.get("b"); dbutils.widgets.get("a"); dbutils.widgets.get("b")',
      { reads: ["a", "b"] },
    ],
    [
      "what is declared",
      'dbutils.widgets.text("catalog", "main")\ndbutils.widgets.dropdown("mode", "full", ["full"])\ndbutils.widgets.combobox(name="c", defaultValue="")\ndbutils.widgets.multiselect("m", "a", ["a"])',
      { declares: ["c", "catalog", "m", "mode"] },
    ],
    [
      "getArgument, which has a default",
      'dbutils.widgets.getArgument("catalog", "main")',
      { reads: ["catalog"], declares: ["catalog"] },
    ],
    [
      "another name for the widgets",
      'w = dbutils.widgets\nw.get("catalog")',
      { reads: ["catalog"] },
    ],
    [
      "comments and strings, which are no code",
      '# dbutils.widgets.get("a")\ns = "dbutils.widgets.get(\'b\')"\n"""\ndbutils.widgets.get("c")\n"""',
      {},
    ],
    [
      "a # in a string, which begins no comment",
      's = "#"; dbutils.widgets.get("catalog")',
      { reads: ["catalog"] },
    ],
    ["an escaped quote", `s = 'it\\'s'; dbutils.widgets.get("catalog")`, { reads: ["catalog"] }],
    ["a computed name", "dbutils.widgets.get(name)", { open: true }],
    [
      "a value whose absence is caught",
      'try:\n    region = dbutils.widgets.get("region")\nexcept Exception:\n    region = "eu"\n',
      { reads: ["region"], declares: ["region"] },
    ],
    [
      "a value whose absence is caught in one line",
      'try: r = dbutils.widgets.get("region")\nexcept: r = "eu"',
      { reads: ["region"], declares: ["region"] },
    ],
    [
      "a handler that fails, too",
      'try:\n    r = dbutils.widgets.get("region")\nexcept Exception as e:\n    print(e)\n    raise\n',
      { reads: ["region"] },
    ],
    [
      "a try block that only tidies up",
      'try:\n    r = dbutils.widgets.get("region")\nfinally:\n    print(1)\n',
      { reads: ["region"] },
    ],
    [
      "what comes behind the handler",
      'try:\n    pass\nexcept Exception:\n    pass\nr = dbutils.widgets.get("region")',
      { reads: ["region"] },
    ],
    [
      "comments, brackets and blank lines in the try block",
      'try:\n    # here\n\n    r = f(\n1, # one\ndbutils.widgets.get("region"))\nexcept Exception:\n    r = "eu"',
      { reads: ["region"], declares: ["region"] },
    ],
    [
      "a default",
      'dbutils.widgets.get("region", "eu")',
      { reads: ["region"], declares: ["region"] },
    ],
    [
      "a branch that may not be taken",
      'if in_job:\n    r = dbutils.widgets.get("region")\nelse:\n    r = "eu"\nd = dbutils.widgets.get("day")',
      { reads: ["day", "region"], declares: ["region"] },
    ],
    [
      "the test of a branch, which is always read",
      'if dbutils.widgets.get("mode") == "full":\n    pass',
      { reads: ["mode"] },
    ],
    [
      "the main branch, which is always taken",
      'if __name__ == "__main__":\n    r = dbutils.widgets.get("region")',
      { reads: ["region"] },
    ],
    [
      "a conditional expression",
      'r = dbutils.widgets.get("region") if in_job else "eu"',
      { reads: ["region"], declares: ["region"] },
    ],
    [
      "an if in the next line, which is another statement",
      'r = dbutils.widgets.get("region")\nif r: pass',
      { reads: ["region"] },
    ],
    [
      "declarations in a loop, any of which may be its own",
      'for n, d in defaults.items():\n    dbutils.widgets.text(n, d)\nr = dbutils.widgets.get("region")',
      { reads: ["region"], declares: ["region"], open: true },
    ],
    [
      "somebody else who may declare it",
      'make_widgets(dbutils)\nr = dbutils.widgets.get("region")',
      { reads: ["region"], declares: ["region"], open: true },
    ],
    [
      "a function that gets dbutils, which gives it to nobody",
      'def path(dbutils, name):\n    return dbutils.fs.ls(name)\nr = dbutils.widgets.get("region")',
      { reads: ["region"] },
    ],
    [
      "the context, which holds no parameters",
      'me = dbutils.notebook.entry_point.getDbutils().notebook().getContext().notebookPath().get()\nr = dbutils.widgets.get("region")',
      { reads: ["region"] },
    ],
    ["all bindings", "p = dbutils.notebook.entry_point.getCurrentBindings()", { open: true }],
    ["the entry point under another name", "e = dbutils.notebook.entry_point", { open: true }],
    [
      "another name for dbutils",
      'du = dbutils\nr = du.widgets.get("region")',
      { reads: ["region"] },
    ],
    [
      "dbutils made here, under another name",
      'from pyspark.dbutils import DBUtils\ndu = DBUtils(spark)\nr = du.widgets.get("region")',
      { reads: ["region"] },
    ],
    ["packages", "# MAGIC %pip install dbutils", {}],
    ["a formatted name", 'dbutils.widgets.get(f"{layer}_schema")', { open: true }],
    ["a raw string", 'dbutils.widgets.get(r"catalog")', { reads: ["catalog"] }],
    [
      "a raw string that ends in a backslash before its quote",
      'x = r"\\"\ny = dbutils.widgets.get("catalog")',
      { reads: ["catalog"] },
    ],
    [
      "an expression in a formatted string",
      "s = f\"{dbutils.widgets.get('catalog'):>{width}}.{{schema}}\"",
      { reads: ["catalog"] },
    ],
    ["a part of a name", 'dbutils.widgets.get("gold_" + name)', { open: true }],
    ["an escape in a name", 'dbutils.widgets.get("gold\\x5fschema")', { open: true }],
    ["all at once", "dbutils.widgets.getAll()", { open: true }],
    ["dbutils given away", "read_parameters(dbutils)", { open: true }],
    ["widgets given away", "read_parameters(dbutils.widgets)", { open: true }],
    [
      "other parts of dbutils",
      'dbutils.secrets.get("scope", "key"); dbutils.notebook.exit("OK")',
      {},
    ],
    ["somebody else's get", 'settings.get("catalog")', {}],
    ["another notebook run here", "# MAGIC %run ./common", { open: true }],
    [
      "SQL in a cell",
      "# COMMAND ----------\n# MAGIC %sql\n# MAGIC SELECT * FROM t WHERE d = :day",
      { reads: ["day"] },
    ],
    ["text in a cell", '# MAGIC %md\n# MAGIC dbutils.widgets.get("a")', {}],
    [
      "CRLF",
      '# Databricks notebook source\r\nx = dbutils.widgets.get("catalog")\r\n',
      { reads: ["catalog"] },
    ],
  ])("%s", (_, source, expected) => {
    expect(notebookWidgets(source, "py")).toEqual({ ...none, ...expected });
  });
});

describe("widgets of SQL notebooks", () => {
  test.each<[string, string, object]>([
    [
      "parameter markers",
      "SELECT * FROM IDENTIFIER(:catalog || '.gold.t') WHERE d IN (:day)",
      { reads: ["catalog", "day"] },
    ],
    ["a marker after a word", "SELECT * FROM t LIMIT :count", { reads: ["count"] }],
    [
      "casts and paths into JSON, which are none",
      "SELECT a::int, raw:owner.name, x[0]:y FROM t",
      {},
    ],
    [
      "a path into JSON with a blank before it, and a parameter behind a word of SQL",
      "SELECT value :event_id, raw : x FROM t WHERE a = :day AND b BETWEEN :first AND :last",
      { reads: ["day", "first", "last"] },
    ],
    ["comments and strings", "-- :a\n/* :b */ SELECT ':c', \":d\" FROM t", {}],
    [
      "the old form, in strings too",
      "USE CATALOG ${catalog}; SELECT '${day}'",
      { reads: ["catalog", "day"] },
    ],
    ["getArgument", "SELECT getArgument('day')", { reads: ["day"] }],
    [
      "the body of a function, which is no SQL",
      "CREATE FUNCTION f(x STRING) RETURNS STRING LANGUAGE PYTHON AS $$\nreturn x[:n] + $y\n$$;\nSELECT :day",
      { reads: ["day"] },
    ],
    [
      "what is declared",
      "CREATE WIDGET TEXT day DEFAULT '2026-01-01';\nCREATE WIDGET DROPDOWN mode DEFAULT 'a' CHOICES (VALUES ('a'))",
      { declares: ["day", "mode"] },
    ],
    [
      "Python in a cell",
      '-- MAGIC %python\n-- MAGIC dbutils.widgets.get("catalog")',
      { reads: ["catalog"] },
    ],
  ])("%s", (_, source, expected) => {
    expect(notebookWidgets(source, "sql")).toEqual({ ...none, ...expected });
  });
});

test.each<[string, string, string, object | undefined]>([
  [
    "Scala",
    "scala",
    'val c = dbutils.widgets.get("catalog") // dbutils.widgets.get("a")\n/* dbutils.widgets.get("b") */',
    { reads: ["catalog"] },
  ],
  [
    "Scala with an interpolated name",
    "scala",
    'dbutils.widgets.get(s"${x}_schema")',
    { open: true },
  ],
  [
    "Scala, caught",
    "scala",
    'val a = Try(dbutils.widgets.get("a")).getOrElse("x")\nval b = try { dbutils.widgets.get("b") } catch { case _: Exception => "x" }\nval c = if (job) { dbutils.widgets.get("c") } else { "x" }\nval d = dbutils.widgets.get("d")',
    { reads: ["a", "b", "c", "d"], declares: ["a", "b", "c"] },
  ],
  [
    "R, caught",
    "r",
    'a <- tryCatch(dbutils.widgets.get("a"), error = function(e) "x")\nb <- dbutils.widgets.get("b")',
    { reads: ["a", "b"], declares: ["a"] },
  ],
  [
    "R",
    "r",
    "c <- dbutils.widgets.get('catalog') # dbutils.widgets.get('a')",
    { reads: ["catalog"] },
  ],
  ["another language", "jl", "", undefined],
])("widgets of %s", (_, extension, source, expected) => {
  const widgets = notebookWidgets(source, extension);
  expect(widgets).toEqual(expected && { ...none, ...expected });
});

describe("widgets of Jupyter notebooks", () => {
  const notebook = (cells: object[], metadata: object = {}): string =>
    JSON.stringify({ cells, metadata, nbformat: 4 });

  test("reads code cells, in the language that they begin with", () => {
    const source = notebook([
      { cell_type: "code", source: ["a = dbutils.widgets.get(", '"catalog")'] },
      { cell_type: "code", source: "%sql\nSELECT :day" },
      { cell_type: "markdown", source: 'dbutils.widgets.get("x")' },
    ]);
    expect(notebookWidgets(source, "ipynb")).toEqual({ ...none, reads: ["catalog", "day"] });
  });

  test("takes language and widgets from what Databricks notes", () => {
    const source = notebook([{ cell_type: "code", source: "SELECT :day" }], {
      "application/vnd.databricks.v1+notebook": { language: "sql", widgets: { day: {} } },
    });
    expect(notebookWidgets(source, "ipynb")).toEqual({
      reads: ["day"],
      declares: ["day"],
      open: false,
    });
  });

  test.each(["", "{", "[]", "null", "{}", '{"cells": 5}'])("knows nothing of %j", (source) => {
    expect(notebookWidgets(source, "ipynb")).toBeUndefined();
  });
});

test("character literals of Scala are not strings", () => {
  const source = `val quote = '"'; val c = 'x'; dbutils.widgets.get("catalog")`;
  expect(notebookWidgets(source, "scala")).toEqual({ ...none, reads: ["catalog"] });
});

test.each(["constructor", "__proto__", "toString"])("%s is no language", (extension) => {
  expect(notebookWidgets('dbutils.widgets.get("a")', extension)).toBeUndefined();
});

// At 2 MB, what is not linear takes minutes.
test.each(["py", "scala", "r", "sql"])("time follows the size of hostile %s", (extension) => {
  const pieces = ['"', "(", "dbutils.widgets.get(", 'f"{', "`", "/*", "${", "'", 'r"(', "name="];
  for (const piece of [...pieces, "CREATE WIDGET ", ":a", "\\", 'getArgument("a"'])
    notebookWidgets(piece.repeat(2e6 / piece.length / pieces.length), extension);
});

test("never throws for any source", () => {
  const piece = fc.constantFrom(
    '"',
    "'",
    '"""',
    "#",
    "//",
    "/*",
    "--",
    "\n",
    "\\",
    "dbutils",
    ".widgets",
    ".get(",
    ")",
    "%sql",
    "# MAGIC ",
    ":x",
    "${",
    "}",
    "=",
    "f",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(piece, fc.string())),
      fc.constantFrom("py", "sql", "scala", "r", "ipynb"),
      (parts, kind) => {
        notebookWidgets(parts.join(""), kind);
      },
    ),
  );
});

test("a name in a comment never counts", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~]*$/), (text) => {
      expect(notebookWidgets(`# ${text} dbutils.widgets.get("x")`, "py")?.reads).toEqual([]);
    }),
  );
});

test("reads the notebooks of the alerting layer", () => {
  const source = readFileSync("src/alerting/sync_sql_alerts.py", "utf8");
  const names = [
    "catalog",
    "delete_disabled",
    "dry_run",
    "gold_schema",
    "success_threshold",
    "warehouse_id",
  ];
  expect(notebookWidgets(source, "py")).toEqual({ reads: names, declares: names, open: false });
});

describe("a notebook that %run executes", () => {
  const seed = (files: Readonly<Record<string, string>>): unknown => {
    const folder = tempFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return notebookFile(join(folder, "seed.py")).widgets;
  };
  const own = '# MAGIC %run ./common\n\n# COMMAND ----------\nr = dbutils.widgets.get("region")';

  test("declares and reads as if it stood here", () => {
    const common = 'dbutils.widgets.text("region", "eu")\nx = dbutils.widgets.get("day")';
    expect(seed({ "seed.py": own, "common.py": common })).toEqual({
      reads: ["day", "region"],
      declares: ["region"],
      open: false,
    });
  });

  test("may declare anything if the file is missing", () => {
    expect(seed({ "seed.py": own })).toEqual({
      reads: ["region"],
      declares: ["region"],
      open: true,
    });
  });

  test("may run this one again", () => {
    expect(seed({ "seed.py": own, "common.py": "# MAGIC %run ./seed" })).toEqual({
      reads: ["region"],
      declares: [],
      open: false,
    });
  });
});

describe("notebookFile", () => {
  test("reports whether the file exists, and its widgets", () => {
    const file = join(tempFolder(), "seed.py");
    expect(notebookFile(file).exists).toBe(false);
    expect(notebookFile(file).widgets).toBeUndefined();
    writeFileSync(file, '\uFEFFdbutils.widgets.get("catalog")');
    expect(notebookFile(file).exists).toBe(true);
    expect(notebookFile(file).widgets).toEqual({ ...none, reads: ["catalog"] });
  });

  test("ignores folders, files that are not UTF-8 and endless files", () => {
    const folder = tempFolder();
    expect(notebookFile(folder).exists).toBe(false);
    const binary = join(folder, "a.py");
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x00]));
    expect(notebookFile(binary)).toMatchObject({ exists: true, widgets: undefined });
    const big = join(folder, "b.py");
    writeFileSync(big, Buffer.alloc(11 * 2 ** 20, "#"));
    expect(notebookFile(big)).toMatchObject({ exists: true, widgets: undefined });
  });
});
