import { lineageOf, shown } from "./support";

const CASES: readonly (readonly [name: string, sql: string, expected: readonly string[]])[] = [
  [
    "CTEs without AS",
    "WITH a (SELECT * FROM x.t), b (id) AS (SELECT id FROM a) SELECT * FROM a JOIN b USING (id)",
    ["read x.t"],
  ],
  [
    "a recursive CTE",
    "WITH RECURSIVE t(n) AS (SELECT id FROM a.b UNION ALL SELECT n FROM t) SELECT * FROM t",
    ["read a.b"],
  ],
  [
    "a CTE that shadows the table that it reads",
    "WITH orders AS (SELECT * FROM orders) SELECT * FROM orders",
    ["read orders"],
  ],
  [
    "an inner CTE, only inside",
    "SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) y JOIN x ON true",
    ["read x"],
  ],
  [
    "EXTRACT and TRIM, whose FROM names no table",
    "SELECT extract(year FROM ts), trim(LEADING '0' FROM code), substring(s FROM 2) FROM a.t",
    ["read a.t"],
  ],
  ["IS DISTINCT FROM", "SELECT * FROM a.t WHERE x IS NOT DISTINCT FROM y", ["read a.t"]],
  ["table-valued functions", "SELECT * FROM range(10), explode(array(1)) e, a.t", ["read a.t"]],
  [
    "read_files by name of its argument",
    "SELECT * FROM read_files(format => 'csv', path => '/Volumes/a/b/')",
    ["read /Volumes/a/b"],
  ],
  ["a table called table", "SELECT * FROM table WHERE table.x = 1", ["read table"]],
  ["TABLE as a query", "INSERT INTO a.b TABLE c.d", ["append a.b", "read c.d"]],
  [
    "the list of FROM",
    "SELECT * FROM a.x, b.y z, (SELECT * FROM c.z) WHERE 1 = 1",
    ["read a.x", "read b.y", "read c.z"],
  ],
  [
    "joins in parentheses",
    "SELECT * FROM (a.x JOIN b.y USING (id)) LEFT ANTI JOIN c.z USING (id, day)",
    ["read a.x", "read b.y", "read c.z"],
  ],
  [
    "columns of lateral views",
    "SELECT * FROM a.x LATERAL VIEW OUTER explode(m) t AS k, v WHERE k > 1",
    ["read a.x"],
  ],
  ["quotes", "SELECT * FROM `My Cat`.`S-1`.`T`", ["read `my cat`.s-1.t"]],
  [
    "paths as tables",
    "SELECT * FROM delta.`/mnt/x/` JOIN parquet.`s3://b/k` ON true",
    ["read /mnt/x", "read s3://b/k"],
  ],
  [
    "comments and strings",
    "SELECT '--', \"FROM q.q\" /* FROM w.w /* FROM v.v */ */ FROM a.t -- FROM r.r",
    ["read a.t"],
  ],
  ["JSON paths and casts", "SELECT body:customer.id::int, x::date FROM a.t", ["read a.t"]],
  [
    "UPDATE with a subquery",
    "UPDATE a.t SET x = (SELECT max(y) FROM b.u) WHERE id IN (SELECT id FROM c.v)",
    ["update a.t", "read b.u", "read c.v"],
  ],
  [
    "DELETE",
    "DELETE FROM a.t WHERE EXISTS (SELECT 1 FROM b.u WHERE u.id = t.id)",
    ["update a.t", "read b.u"],
  ],
  [
    "MERGE WITH SCHEMA EVOLUTION",
    "MERGE WITH SCHEMA EVOLUTION INTO a.t USING b.u ON t.id = u.id WHEN MATCHED THEN UPDATE SET *",
    ["merge a.t", "read b.u"],
  ],
  [
    "CREATE IF NOT EXISTS",
    "CREATE TABLE IF NOT EXISTS a.t (id INT COMMENT 'FROM x') USING DELTA",
    ["create-if-missing a.t"],
  ],
  ["LIKE reads no rows", "CREATE TABLE a.t LIKE b.u", ["create a.t"]],
  [
    "CTAS with clustering",
    "CREATE OR REPLACE TABLE a.t CLUSTER BY (day) AS SELECT * FROM b.u",
    ["create a.t", "read b.u"],
  ],
  [
    "views",
    "CREATE OR REPLACE VIEW a.v (x COMMENT 'y') AS SELECT x FROM b.u",
    ["create a.v", "read b.u"],
  ],
  [
    "APPLY CHANGES",
    "APPLY CHANGES INTO live.t FROM stream(live.u) KEYS (id) SEQUENCE BY ts",
    ["merge t", "read u"],
  ],
  [
    "AUTO CDC",
    "CREATE FLOW f AS AUTO CDC INTO a.t FROM STREAM b.u KEYS (id) SEQUENCE BY ts",
    ["merge a.t", "read b.u"],
  ],
  [
    "WITH before INSERT",
    "WITH x AS (SELECT * FROM b.u) INSERT INTO a.t SELECT * FROM x",
    ["read b.u", "append a.t"],
  ],
  [
    "FROM before INSERT",
    "FROM b.u INSERT OVERWRITE a.t SELECT * WHERE x > 1",
    ["read b.u", "overwrite a.t"],
  ],
  [
    "INSERT with REPLACE WHERE",
    "INSERT INTO a.t REPLACE WHERE day = '1' SELECT * FROM b.u",
    ["overwrite a.t", "read b.u"],
  ],
  [
    "a folder",
    "INSERT OVERWRITE DIRECTORY '/Volumes/x' USING parquet SELECT * FROM b.u",
    ["overwrite /Volumes/x", "read b.u"],
  ],
  [
    "COPY INTO a path",
    "COPY INTO delta.`/mnt/t` FROM 's3://in' FILEFORMAT = CSV",
    ["append /mnt/t", "read s3://in"],
  ],
  ["renaming", "ALTER TABLE a.t RENAME TO a.u", ["drop a.t", "create a.u"]],
  [
    "what reads and writes no rows",
    "GRANT SELECT ON TABLE a.t TO x; DESCRIBE a.t; SHOW COLUMNS FROM a.t; VACUUM a.t; ALTER TABLE a.t ADD COLUMN x INT",
    [],
  ],
  ["information schemas", "SELECT * FROM main.information_schema.tables", []],
  [
    "temporary views",
    "CREATE TEMP VIEW v AS SELECT * FROM a.t; SELECT * FROM v; CACHE TABLE w AS SELECT * FROM v; SELECT * FROM w",
    ["read a.t"],
  ],
  [
    "USE",
    "USE CATALOG c; USE SCHEMA s; SELECT * FROM t, x.y, a.b.c; USE d.e; SELECT * FROM t",
    ["read c.s.t", "read c.x.y", "read a.b.c", "read d.e.t"],
  ],
  [
    "USE CATALOG, which resets the schema",
    "USE a.b; USE CATALOG c; SELECT * FROM t",
    ["read c.default.t"],
  ],
  [
    "rows of VALUES, which are no paths",
    "INSERT INTO a.t SELECT * FROM VALUES ('{\"url\": \"/a\"}', 1), ('/b', 2) AS v(x, y) JOIN b.u ON true",
    ["append a.t", "read b.u"],
  ],
  [
    "procedures, whose statements their callers execute",
    "CREATE OR REPLACE PROCEDURE a.p() LANGUAGE SQL AS BEGIN IF x THEN SET y = CASE WHEN 1 THEN 2 END; END IF; INSERT INTO a.t SELECT * FROM cfg; END; SELECT * FROM a.u",
    ["read a.u"],
  ],
  [
    "a name that is unknown in part",
    "SELECT * FROM ${catalog}.s.t",
    ["read {catalog}.s.t (catalog = ?)"],
  ],
  [
    "an unknown name",
    "INSERT INTO IDENTIFIER(:target) VALUES (1)",
    ["append {target} (target = ?)"],
  ],
  [
    "PIVOT and TABLESAMPLE",
    "SELECT * FROM a.t TABLESAMPLE (10 PERCENT) PIVOT (sum(x) FOR y IN ('FROM', 'q'))",
    ["read a.t"],
  ],
  [
    "set operations",
    "SELECT * FROM a.t UNION ALL TABLE b.u EXCEPT (SELECT * FROM c.v)",
    ["read a.t", "read b.u", "read c.v"],
  ],
];

describe("tables of SQL", () => {
  it.each(CASES)("reads %s", (_, sql, expected) => {
    expect(shown(lineageOf({ "x.sql": sql }))).toEqual(expected);
  });

  it("puts parameters of a SQL task where its file names them", () => {
    const sql =
      "SELECT * FROM {{catalog}}.s.t JOIN IDENTIFIER(:catalog || '.s.u') ON true; USE IDENTIFIER({{catalog}}); TABLE v";
    expect(shown(lineageOf({ "x.sql": sql }, { catalog: "main" }))).toEqual([
      "read main.s.t",
      "read main.s.u",
      "read main.v",
    ]);
  });
});
