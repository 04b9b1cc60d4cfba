"""The session on Sail behaves as one on Databricks, or says by name where it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from pyspark.errors import AnalysisException, ParseException, PySparkException, UnsupportedOperationException
from pyspark.sql import functions as F

from jobstrata_local.engine import open_session
from jobstrata_local.lineage import SESSION, of_sql

notes: list[str] = []


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("warehouse")


@pytest.fixture(scope="module")
def spark(warehouse: Path) -> Any:
    return open_session(warehouse, ["main", "prod_eu", "with-hyphen"], note=notes.append)


@pytest.fixture(autouse=True)
def schema(spark: Any) -> Iterator[None]:
    notes.clear()
    spark.sql("CREATE SCHEMA IF NOT EXISTS main.gold")
    yield
    spark.sql("DROP SCHEMA IF EXISTS main.gold CASCADE")


def rows(spark: Any, sql: str, **args: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in spark.sql(sql, **args).collect()]


DATABRICKS_DDL = """
CREATE TABLE IF NOT EXISTS `main`.gold.t ( -- with all that Databricks has
  id STRING NOT NULL COMMENT 'a, (b) PRIMARY KEY',
  tags MAP<STRING, STRING>,
  parts STRUCT<a: INT, b: ARRAY<STRUCT<c: INT, d: STRING>>>,
  price DECIMAL(10, 2),
  n INT DEFAULT 3,
  CONSTRAINT `t_pk` PRIMARY KEY (id) NOT ENFORCED RELY,
  CONSTRAINT t_fk FOREIGN KEY (n) REFERENCES main.gold.other (n)
)
USING DELTA
CLUSTER BY (id)
COMMENT 'CLUSTER BY (id)'
TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'owner' = 'data')
"""


def test_the_ddl_of_databricks_makes_a_table(spark: Any) -> None:
    spark.sql(DATABRICKS_DDL)
    spark.sql(DATABRICKS_DDL)
    fields = {field.name: field.dataType.simpleString() for field in spark.table("main.gold.t").schema}
    assert fields == {
        "id": "string",
        "tags": "map<string,string>",
        "parts": "struct<a:int,b:array<struct<c:int,d:string>>>",
        "price": "decimal(10,2)",
        "n": "int",
    }
    assert [note for note in notes if "PRIMARY KEY" in note and "enforces" in note]
    assert [note for note in notes if "CLUSTER BY" in note]
    assert [note for note in notes if "delta.enableChangeDataFeed" in note]
    assert len(notes) == 3, "each is printed once"


def test_any_delta_reader_opens_the_tables(spark: Any, warehouse: Path) -> None:
    spark.sql("CREATE TABLE main.gold.t (id STRING NOT NULL, n INT)")
    spark.sql("INSERT INTO main.gold.t VALUES ('a', 1), ('b', 2)")
    spark.sql("UPDATE main.gold.t SET n = 3 WHERE id = 'b'")
    table = DeltaTable(str(warehouse / "main" / "gold" / "t"))
    found = sorted((row["id"], row["n"]) for row in table.to_pyarrow_table().to_pylist())
    assert found == [("a", 1), ("b", 3)]


OTHER_PROCESS = """
import sys
from pathlib import Path
from jobstrata_local.engine import open_session
from jobstrata_local.lineage import SESSION, of_sql
spark = open_session(Path(sys.argv[1]))
for statement in sys.argv[2:]:
    for row in spark.sql(statement).collect():
        print(tuple(row))
"""


def elsewhere(warehouse: Path, *statements: str) -> subprocess.Popen[str]:
    program = warehouse.parent / "other_process.py"
    # Written once: a process that begins must not find it empty because the next one is about to.
    if not program.exists():
        program.write_text(OTHER_PROCESS)
    return subprocess.Popen(
        [sys.executable, str(program), str(warehouse), *statements],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_processes_see_what_the_others_make_and_drop(spark: Any, warehouse: Path) -> None:
    spark.sql("CREATE TABLE main.gold.mine (id INT)")
    spark.sql("INSERT INTO main.gold.mine VALUES (7)")
    other = elsewhere(
        warehouse,
        "SELECT id FROM main.gold.mine",
        "CREATE SCHEMA prod_eu.silver",
        "CREATE TABLE prod_eu.silver.theirs AS SELECT 8 AS id",
        "DROP TABLE main.gold.mine",
    )
    said, _ = other.communicate(timeout=60)
    assert other.returncode == 0
    assert "(7,)" in said
    assert rows(spark, "SELECT id FROM prod_eu.silver.theirs") == [(8,)]
    assert not spark.catalog.tableExists("main.gold.mine")
    assert not (warehouse / "main" / "gold" / "mine").exists()
    spark.sql("DROP SCHEMA prod_eu.silver CASCADE")


def test_conflicting_commits_are_tried_again(spark: Any, warehouse: Path) -> None:
    spark.sql("CREATE TABLE main.gold.counters (id STRING, n INT)")
    spark.sql("INSERT INTO main.gold.counters VALUES ('all', 0)")
    merge = (
        "MERGE INTO main.gold.counters t USING (SELECT '{}' AS id, 1 AS n) s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET n = t.n + 1 WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, s.n)"
    )
    count = "UPDATE main.gold.counters SET n = n + 1 WHERE id = 'all'"
    others = [elsewhere(warehouse, *[merge.format(name), count] * 8) for name in "abc"]
    assert [other.wait(timeout=120) for other in others] == [0, 0, 0]
    assert sorted(rows(spark, "SELECT id, n FROM main.gold.counters")) == [("a", 8), ("all", 24), ("b", 8), ("c", 8)]


@pytest.mark.parametrize(
    ("sql", "kind", "condition", "text"),
    [
        ("SELECT nope FROM main.gold.t", AnalysisException, "UNRESOLVED_COLUMN", "`nope`"),
        ("SELECT t.no FROM main.gold.t t", AnalysisException, "UNRESOLVED_COLUMN", "`t`.`no`"),
        ("EXPLAIN SELECT nope FROM main.gold.t", AnalysisException, "UNRESOLVED_COLUMN", "`nope`"),
        ("SELECT * FROM main.gold.gone", AnalysisException, "TABLE_OR_VIEW_NOT_FOUND", "`main`.`gold`.`gone`"),
        ("EXPLAIN SELECT * FROM main.gold.gone", AnalysisException, "TABLE_OR_VIEW_NOT_FOUND", "`gold`.`gone`"),
        ("DROP TABLE main.gold.gone", AnalysisException, "TABLE_OR_VIEW_NOT_FOUND", "`gone`"),
        ("CREATE TABLE main.none.t (a INT)", AnalysisException, "SCHEMA_NOT_FOUND", "`none`"),
        ("CREATE TABLE main.gold.t (a INT)", AnalysisException, "TABLE_OR_VIEW_ALREADY_EXISTS", "`main`.`gold`.`t`"),
        ("CREATE SCHEMA main.gold", AnalysisException, "SCHEMA_ALREADY_EXISTS", "`gold`"),
        ("SELECT nothing_like_it(1)", AnalysisException, "UNRESOLVED_ROUTINE", "`nothing_like_it`"),
        ("SELECT 1\nFROM\n  selct 1 2", ParseException, "PARSE_SYNTAX_ERROR", "line 3"),
        ("SELECT (1", ParseException, "PARSE_SYNTAX_ERROR", "end of input"),
        ("SELECT * FROM nosuch.gold.t", AnalysisException, "NO_SUCH_CATALOG_EXCEPTION", "'nosuch'"),
        ("EXPLAIN SELECT * FROM nosuch.gold.t", AnalysisException, "NO_SUCH_CATALOG_EXCEPTION", "'nosuch'"),
        ("WITH a AS (SELECT * FROM nosuch.b.c) SELECT * FROM a", AnalysisException, "NO_SUCH_CATALOG", "'nosuch'"),
        ("CREATE SCHEMA nosuch.gold", AnalysisException, "NO_SUCH_CATALOG_EXCEPTION", "main, prod_eu, with-hyphen"),
        ("USE CATALOG nosuch", AnalysisException, "NO_SUCH_CATALOG_EXCEPTION", "'nosuch'"),
        ("DESCRIBE HISTORY main.gold.t", UnsupportedOperationException, "UNSUPPORTED_LOCALLY", "DESCRIBE HISTORY"),
        ("DESCRIBE DETAIL main.gold.t", UnsupportedOperationException, "UNSUPPORTED_LOCALLY", "DESCRIBE DETAIL"),
        ("GRANT SELECT ON TABLE main.gold.t TO a", UnsupportedOperationException, "UNSUPPORTED_LOCALLY", "GRANT"),
        ("UPDATE main.gold.t SET id = :id", UnsupportedOperationException, "UNSUPPORTED_LOCALLY", "with args"),
        ("CREATE VIEW main.gold.v AS SELECT 1", UnsupportedOperationException, "UNSUPPORTED_LOCALLY", "CREATE VIEW"),
        ("CREATE TABLE main.gold.p (a INT) USING PARQUET", UnsupportedOperationException, "UNSUPPORTED", "PARQUET"),
        ("CREATE TABLE main.gold.c (a INT, CHECK (a > 0))", UnsupportedOperationException, "UNSUPPORTED", "CHECK"),
        ("CREATE TABLE main.gold.l (a INT) LOCATION '/x'", UnsupportedOperationException, "UNSUPPORTED", "LOCATION"),
    ],
)
def test_errors_have_the_words_of_databricks(
    spark: Any, sql: str, kind: type[PySparkException], condition: str, text: str
) -> None:
    spark.sql("CREATE TABLE main.gold.t (id INT)")
    with pytest.raises(kind) as caught:
        spark.sql(sql, args={"id": 1} if ":id" in sql else None).collect()
    assert str(caught.value).startswith(f"[{condition}")
    assert str(caught.value.getCondition()).startswith(condition)
    assert text in str(caught.value)


@pytest.mark.parametrize("name", ["nosuch.gold.t", "`nosuch`.gold.t"])
def test_data_frames_are_held_to_the_catalogs_too(spark: Any, name: str) -> None:
    with pytest.raises(AnalysisException, match="Catalog 'nosuch' was not found"):
        spark.table(name).collect()
    with pytest.raises(AnalysisException, match="Catalog 'nosuch' was not found"):
        spark.range(1).write.saveAsTable(name)


def test_short_forms_name_what_they_name_on_databricks(spark: Any) -> None:
    spark.sql("CREATE TABLE main.gold.t (id INT)")
    assert rows(spark, "DESCRIBE main.gold.t") == [("id", "int", None)]
    assert rows(spark, "DESC TABLE main.gold.t") == [("id", "int", None)]
    spark.sql("USE CATALOG main")
    spark.sql("USE gold")
    assert rows(spark, "SELECT current_schema(), count(*) FROM t GROUP BY 1") == []
    assert rows(spark, "SELECT current_schema()") == [("gold",)]
    with pytest.raises(UnsupportedOperationException, match="USE CATALOG, and then USE SCHEMA"):
        spark.sql("USE main.gold")
    spark.sql("USE SCHEMA default")


def test_catalogs_are_apart(spark: Any) -> None:
    for catalog in ("main", "prod_eu", "`with-hyphen`"):
        spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.gold")
        spark.sql(f"CREATE TABLE {catalog}.gold.t AS SELECT '{catalog.strip('`')}' AS catalog")
    for catalog in ("main", "prod_eu", "`with-hyphen`"):
        assert rows(spark, f"SELECT catalog FROM {catalog}.gold.t") == [(catalog.strip("`"),)]
    spark.sql("DROP SCHEMA prod_eu.gold CASCADE")
    spark.sql("DROP SCHEMA `with-hyphen`.gold CASCADE")


@pytest.mark.parametrize("sql", ["OPTIMIZE main.gold.t ZORDER BY (id)", "VACUUM main.gold.t RETAIN 0 HOURS"])
def test_what_changes_no_result_does_nothing_and_says_so(spark: Any, sql: str) -> None:
    spark.sql("CREATE TABLE main.gold.t (id INT)")
    ((note,),) = rows(spark, sql)
    assert "does nothing on the local engine" in note
    # A note is printed once a session.
    assert all("does nothing" in said for said in notes)


def test_the_current_user_is_that_of_the_workspace(spark: Any) -> None:
    user = "local-user@example.com"
    ((called, text, session),) = rows(spark, "SELECT current_user(), 'current_user()', SESSION_USER()")
    assert (called, text, session) == (user, "current_user()", user)
    assert spark.range(1).select(F.current_user()).first()[0] == user


def test_values_are_bound_and_never_part_of_the_statement(spark: Any) -> None:
    hostile = "'; DROP TABLE main.gold.t; -- ${x} \\ \" \n"
    spark.sql("CREATE TABLE main.gold.t (id STRING)")
    spark.createDataFrame([(hostile,)], "id string").write.insertInto("main.gold.t")
    assert rows(spark, "SELECT id FROM main.gold.t WHERE id = :id", args={"id": hostile}) == [(hostile,)]


def test_the_session_is_in_utc(spark: Any) -> None:
    assert rows(spark, "SELECT current_timezone()") == [("UTC",)]


def test_statements_that_succeed_are_lineage(spark: Any) -> None:
    spark.sql("CREATE TABLE main.gold.lineage_source (id INT) USING DELTA")
    spark.sql("INSERT INTO main.gold.lineage_source VALUES (1)")
    frame = spark.table("main.gold.lineage_source")
    frame.createOrReplaceTempView("lineage_view")
    spark.sql("SELECT * FROM lineage_view").write.mode("overwrite").saveAsTable("main.gold.lineage_target")
    with pytest.raises(AnalysisException):
        spark.sql("SELECT * FROM main.gold.lineage_missing").collect()
    seen = [(row["mode"], row["name"]) for row in SESSION.rows() if "lineage_" in row["name"]]
    assert seen == [
        ("write", "main.gold.lineage_source"),
        ("read", "main.gold.lineage_source"),
        ("write", "main.gold.lineage_target"),
    ]


@pytest.mark.parametrize(
    ("sql", "reads", "writes"),
    [
        ("WITH a AS (SELECT * FROM x.t) SELECT * FROM a JOIN y.u USING (id)", ["x.t", "y.u"], []),
        ("MERGE INTO x.t USING y.u ON t.id = u.id WHEN MATCHED THEN UPDATE SET *", ["y.u"], ["x.t"]),
        ("CREATE OR REPLACE TABLE x.t AS SELECT * FROM y.u", ["y.u"], ["x.t"]),
        ("DELETE FROM x.t WHERE id IN (SELECT id FROM y.u)", ["y.u"], ["x.t"]),
        ("CREATE SCHEMA x.s", [], []),
        ("DROP TABLE x.t", [], ["x.t"]),
        ("SELECT FROM WHERE (", [], []),
    ],
)
def test_lineage_of_sql(sql: str, reads: list[str], writes: list[str]) -> None:
    found = of_sql(sql)
    assert (sorted(found.reads), found.writes) == (reads, writes)
