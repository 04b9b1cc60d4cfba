import fc from "fast-check";
import { lineageOf, shown } from "./support";

const HEADER = "# Databricks notebook source\n";

/** Pieces that notebooks are made of, in no order. */
const PIECES = [
  "spark.table(",
  'spark.sql(f"""',
  '"""',
  "'",
  '"',
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "{x}",
  "\n",
  "\n    ",
  "def f(x):",
  "f(f)",
  "x = x + x",
  "x += [x]",
  "for i in x:",
  "while True:",
  "try:",
  "except:",
  "class A(A):",
  "lambda x: x",
  "%run ./x",
  "# MAGIC %sql\n",
  "# MAGIC %run ./main\n",
  "# COMMAND ----------\n",
  "SELECT * FROM ",
  "WITH a AS (",
  "MERGE INTO ",
  "USING ",
  "`",
  ";",
  "--",
  "/*",
  "\\",
  "\u0000",
  "\uE000",
  "\uE001",
  "\uD800",
  "import main",
  "from . import *",
  "x.format(x)",
  '"{0}{0}".format(x)',
  "x % x",
  ".write.saveAsTable(x)",
  "EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE ''",
  "identifier(",
  ",",
  " AS ",
  "match x:",
  "case _:",
];

const soup = fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8 })), {
  maxLength: 60,
});

describe("lineage of bad input", () => {
  it.each(["main.py", "main.sql", "main.ipynb"])("never fails on soup in %s", (name) => {
    fc.assert(
      fc.property(soup, fc.boolean(), (pieces, isNotebook) => {
        const text = pieces.join("");
        const comment = name.endsWith(".sql") ? HEADER.replace("#", "--") : HEADER;
        const ipynb = JSON.stringify({ cells: [{ cell_type: "code", source: text }] });
        const source = name.endsWith(".ipynb") ? ipynb : (isNotebook ? comment : "") + text;
        const { accesses, problems } = lineageOf({ [name]: source }, { x: "y" });
        expect(accesses.length).toBeLessThanOrEqual(5000);
        expect(problems.length).toBeLessThanOrEqual(50);
      }),
      { numRuns: 150 },
    );
  });

  // Each would take hours, or the whole memory, if work grew faster than the input.
  it.each<readonly [what: string, name: string, source: string]>([
    ["100 000 lines", "main.py", `${HEADER}${'f("a")\n'.repeat(100_000)}`],
    [
      "deep parentheses",
      "main.py",
      `${HEADER}x = ${"(".repeat(5_000)}1${")".repeat(5_000)}\nspark.table("a.t")`,
    ],
    [
      "deep blocks",
      "main.py",
      HEADER + Array.from({ length: 800 }, (_, at) => `${" ".repeat(at)}if x:\n`).join(""),
    ],
    ["calls within calls", "main.py", `${HEADER}spark.table(${"f(".repeat(20_000)}`],
    [
      "doubled text",
      "main.py",
      `${HEADER}x = "a"\n${"x = x + x\n".repeat(5000)}${'x = "{0}{0}{0}".format(x)\n'.repeat(5000)}`,
    ],
    ["doubled lists", "main.py", `${HEADER}x = [1]\n${"x += x\nx.extend(x)\n".repeat(5000)}`],
    [
      "loops within loops",
      "main.py",
      `${HEADER}r = range(1000)\n${Array.from({ length: 40 }, (_, at) => `${" ".repeat(at)}for a${at} in r:\n`).join("")}${" ".repeat(40)}spark.table("a.t")`,
    ],
    [
      "functions that call themselves",
      "main.py",
      `${HEADER}def f(x):\n    f(x)\n    g(x)\n    f(g)\ndef g(x):\n    f(x)\n    [f(i) for i in range(100)]\ng(f)`,
    ],
    [
      "comprehensions of comprehensions",
      "main.py",
      `${HEADER}x = [a ${"for a in range(900) ".repeat(8)}]`,
    ],
    ["parentheses of SQL", "main.sql", `SELECT * FROM ${"(SELECT * FROM ".repeat(50_000)}`],
    ["CTEs without an end", "main.sql", "WITH a (".repeat(50_000)],
    ["functions of SQL", "main.sql", "SELECT * FROM read_files(identifier(".repeat(30_000)],
    ["quotes without an end", "main.sql", "SELECT ' FROM `".repeat(50_000)],
    ["comments without an end", "main.sql", "/* -- ".repeat(100_000)],
    ["scripts", "main.sql", "IF x THEN BEGIN ".repeat(50_000)],
    ["many %run", "main.py", HEADER + "# MAGIC %run ./main\n".repeat(50_000)],
  ])("bounds the work for %s", (_, name, source) => {
    expect(lineageOf({ [name]: source }).accesses.length).toBeLessThan(5000);
  });

  it("reads what is before and behind code of Python 2 and binary rubbish", () => {
    const rubbish = "\u0000\u0001\u0002exec \"x\" in y\nprint >>f, 'x'\n`x`\n0777L\n";
    const source = `${HEADER}spark.table("a.t")\n# COMMAND ----------\n${rubbish}\n# COMMAND ----------\nspark.table("a.u")`;
    expect(shown(lineageOf({ "main.py": source }))).toEqual(["read a.t", "read a.u"]);
  });

  it("reports a notebook that is not valid JSON", () => {
    expect(lineageOf({ "main.ipynb": "{" }).problems[0]?.message).toBe(
      "the notebook is not valid JSON",
    );
  });
});
