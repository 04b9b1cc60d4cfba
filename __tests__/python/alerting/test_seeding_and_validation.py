"""Setup, seed and validation on the engine: what is in the tables afterwards, and afterwards again."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from conftest import CATALOG, CATALOGS, alert, definitions, rows, versions

from alerting.definitions import load_alerts, load_destinations
from alerting.names import Target
from alerting.seeding import FINGERPRINT, seed_alerts, seed_destinations
from alerting.tables import ALERTS, ALL, create_statement, create_tables
from alerting.templates import render
from alerting.validation import (
    InvalidAlerts,
    Result,
    check_results,
    classify,
    error_in_plan,
    explain_error,
    validate_alerts,
)
from jobstrata_local.sample_data import SAMPLE_TABLES, create_sample_tables

HOSTILE = 'O\'Reilly "x" `y`; DROP TABLE main.gold.t; -- ${catalog} ${nobody} \\ \n {{ALERT_NAME}} \u202e'


def test_the_tables_have_their_columns_and_are_made_once(spark: Any, target: Target) -> None:
    create_tables(spark, target)
    for table in ALL:
        fields = spark.table(target.table(table.name)).schema.fields
        assert [(field.name, field.dataType) for field in fields] == [(name, kind) for name, kind, _ in table.columns]
    ddl = create_statement(ALERTS, target)
    assert "PRIMARY KEY (`alert_id`)" in ddl
    assert "'delta.enableChangeDataFeed' = 'true'" in ddl


def test_seeding_puts_all_alerts_there_and_then_nothing_more(spark: Any, target: Target) -> None:
    found = load_alerts()
    assert len(seed_alerts(spark, target, found).inserted) == 29
    before = versions(spark, target.table(ALERTS.name))
    report = seed_alerts(spark, target, found)
    assert (len(report.unchanged), report.inserted, report.updated, report.kept) == (29, [], [], [])
    assert versions(spark, target.table(ALERTS.name)) == before, "nothing is committed"
    counted = rows(spark, f"SELECT count(*), count(DISTINCT alert_id) FROM {target.table(ALERTS.name)}")
    assert counted == [(29, 29)]
    (row,) = spark.table(target.table(ALERTS.name)).where("alert_id = 'COST-001'").collect()
    assert row["threshold_value_double"] == 5000.0
    assert row["threshold_value_type"] == "DOUBLE"
    assert row["notification_channels"] == ["finops-email", "oncall-slack"]
    assert row["created_by"] == row["updated_by"] == "seed_all_alerts"
    assert row["databricks_alert_id"] is None
    assert sorted(row["tags"]) == ["domain", "layer", FINGERPRINT]


def test_destinations_are_added_once_and_then_belong_to_people(spark: Any, target: Target) -> None:
    table = target.table("notification_destinations")
    spark.sql(f"UPDATE {table} SET destination_name = 'Ours' WHERE destination_id = 'finops-email'")
    new = {"destination_id": "x", "destination_name": "X", "destination_type": "EMAIL", "config_json": "{}"}
    names = {"destination_id": "finops-email", "destination_name": "Theirs"}
    assert seed_destinations(spark, target, [names, new]) == ["x"]
    query = f"SELECT destination_name FROM {table} WHERE destination_id IN ('finops-email', 'x') ORDER BY 1"
    assert rows(spark, query) == [("Ours",), ("X",)]


def test_a_new_version_of_an_alert_replaces_the_old_one(spark: Any, target: Target) -> None:
    seed_alerts(spark, target, definitions(alert(1), alert(2)))
    report = seed_alerts(spark, target, definitions(alert(1, alert_name="better"), alert(2), alert(3)))
    assert (report.updated, report.unchanged, report.inserted) == (["COST-001"], ["COST-002"], ["COST-003"])
    names = rows(spark, f"SELECT alert_name FROM {target.table(ALERTS.name)} WHERE alert_id = 'COST-001'")
    assert names == [("better",)]


@pytest.mark.parametrize(
    ("column", "value"),
    [("threshold_value_double", 7.0), ("is_enabled", False), ("alert_name", HOSTILE), ("schedule_timezone", "CET")],
)
def test_what_an_analyst_changed_stays(
    spark: Any, target: Target, seed: Callable[..., None], column: str, value: Any
) -> None:
    seed(alert(1), COST_001={column: value})
    newer = definitions(alert(1, alert_description="newer"))
    report = seed_alerts(spark, target, newer)
    assert (report.kept, report.updated) == (["COST-001"], [])
    query = f"SELECT {column}, alert_description FROM {target.table(ALERTS.name)}"
    assert rows(spark, query) == [(value, None)]

    report = seed_alerts(spark, target, newer, force_reseed=True)
    assert (report.kept, report.updated) == ([], ["COST-001"])
    ((now, description),) = rows(spark, query)
    assert now != value
    assert description == "newer"


def test_syncing_is_no_change_of_an_analyst(spark: Any, target: Target, seed: Callable[..., None]) -> None:
    seed(alert(1))
    spark.sql(f"UPDATE {target.table(ALERTS.name)} SET databricks_alert_id = 'x', last_sync_status = 'SUCCESS'")
    report = seed_alerts(spark, target, definitions(alert(1, alert_name="better")))
    assert report.updated == ["COST-001"]
    assert rows(spark, f"SELECT databricks_alert_id FROM {target.table(ALERTS.name)}") == [("x",)]


def test_hostile_text_stays_data(spark: Any, target: Target) -> None:
    hostile = alert(1, alert_name=HOSTILE, owner=HOSTILE, tags={HOSTILE: HOSTILE}, notification_channels=[HOSTILE])
    seed_alerts(spark, target, definitions(hostile))
    (row,) = spark.table(target.table(ALERTS.name)).collect()
    assert row["alert_name"] == row["owner"] == row["tags"][HOSTILE] == row["notification_channels"][0] == HOSTILE
    assert seed_alerts(spark, target, definitions(hostile)).unchanged == ["COST-001"]
    (result,) = validate_alerts(spark, target)
    assert result.errors == []
    assert HOSTILE in result.warnings[0] or repr(HOSTILE) in result.warnings[0]


def test_ten_thousand_alerts_are_one_merge(spark: Any, target: Target) -> None:
    many = definitions(*[alert(number) for number in range(1, 10_001)])
    before = versions(spark, target.table(ALERTS.name))
    assert len(seed_alerts(spark, target, many).inserted) == 10_000
    assert versions(spark, target.table(ALERTS.name)) == before + 1
    assert rows(spark, f"SELECT count(*) FROM {target.table(ALERTS.name)}") == [(10_000,)]


@pytest.mark.parametrize("catalog", CATALOGS)
def test_every_alert_is_valid_where_its_tables_are(spark: Any, catalog: str) -> None:
    target = Target(catalog, "gold")
    create_tables(spark, target)
    create_sample_tables(spark, catalog, "gold", datetime.datetime.now(datetime.timezone.utc).date())
    seed_alerts(spark, target, load_alerts())
    seed_destinations(spark, target, load_destinations())
    results = validate_alerts(spark, target)
    assert [(result.alert_id, result.message) for result in results if result.message] == []
    assert len(results) == 29
    query = f"SELECT count(*), count_if(is_valid), count(error_message) FROM {target.table('alert_validation_results')}"
    assert rows(spark, query) == [(29, 29, 0)]

    spark.sql(f"DROP TABLE {target.table('fact_data_quality')}")
    results = validate_alerts(spark, target)
    with pytest.raises(InvalidAlerts, match=r"3 of 29 alerts are not valid: QUAL-001, QUAL-002, QUAL-003\n"):
        check_results(results, fail_on_warning=False)
    assert rows(spark, query) == [(29, 26, 3)], "they are overwritten"
    message = f"TABLE_OR_VIEW_NOT_FOUND: {catalog}.gold.fact_data_quality does not exist"
    assert {result.message for result in results if result.errors} == {message}
    spark.sql(f"DROP SCHEMA {target.schema} CASCADE")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"alert_query_template": "SELECT nope AS value, '' AS alert_message FROM (SELECT 1 AS a)"},
            "UNRESOLVED_COLUMN: nope does not exist",
        ),
        (
            {"alert_query_template": "SELECT 1 AS value, '' AS alert_message FROM ${catalog}.none.t"},
            f"TABLE_OR_VIEW_NOT_FOUND: {CATALOG}.none.t does not exist",
        ),
        ({"alert_query_template": "SELECT 1 AS value,, 2"}, "PARSE_SYNTAX_ERROR: near"),
        ({"alert_query_template": "SELECT 1 AS other, '' AS alert_message"}, "the query has no column value"),
        ({"alert_query_template": "SELECT 1 AS value"}, "the query has no column alert_message; it has value"),
        ({"alert_query_template": "DROP TABLE x"}, "must begin with SELECT or WITH"),
        ({"alert_query_template": "SELECT ${x}"}, "unknown placeholder ${x}"),
        ({"alert_query_template": None}, "alert_query_template is missing"),
        ({"threshold_operator": "=>"}, "threshold_operator '=>' is not one of"),
        ({"schedule_cron": "daily"}, "6 or 7 fields"),
    ],
)
def test_a_broken_row_is_named_and_the_others_are_valid(
    spark: Any, target: Target, seed: Callable[..., None], changes: dict[str, Any], message: str
) -> None:
    seed(alert(1), alert(2), alert(3), COST_002=changes)
    results = {result.alert_id: result for result in validate_alerts(spark, target)}
    assert message in str(results["COST-002"].message)
    assert [name for name, result in results.items() if not result.errors] == ["COST-001", "COST-003"]
    with pytest.raises(InvalidAlerts, match="1 of 3 alerts are not valid: COST-002"):
        check_results(list(results.values()), fail_on_warning=False)
    stored = rows(spark, f"SELECT alert_id FROM {target.table('alert_validation_results')} WHERE NOT is_valid")
    assert stored == [("COST-002",)]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE {victim}",
        "WITH a AS (SELECT 1) DELETE FROM {victim}",
        "/* /* */ SELECT 1 /* */ */ DROP TABLE {victim}",
        "SELECT 1) AS a; DROP TABLE {victim}; SELECT * FROM (SELECT 1",
    ],
)
def test_no_statement_is_carried_out(
    spark: Any, target: Target, seed: Callable[..., None], monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """Not even one that the checks of the template do not see through."""
    victim = target.table("victim")
    spark.sql(f"CREATE TABLE {victim} AS SELECT 1 AS id")
    seed(alert(1), COST_001={"alert_query_template": statement.format(victim=victim)})
    assert [bool(result.errors) for result in validate_alerts(spark, target)] == [True]
    assert rows(spark, f"SELECT * FROM {victim}") == [(1,)]

    monkeypatch.setattr("alerting.templates.template_problems", lambda template: [])
    monkeypatch.setattr("alerting.checks.template_problems", lambda template: [])
    assert [bool(result.errors) for result in validate_alerts(spark, target)] == [True]
    assert rows(spark, f"SELECT * FROM {victim}") == [(1,)]


def test_two_rows_of_one_id_are_both_wrong(spark: Any, target: Target, seed: Callable[..., None]) -> None:
    seed(alert(1), alert(2))
    spark.sql(f"UPDATE {target.table(ALERTS.name)} SET alert_id = 'COST-001'")
    assert [result.message for result in validate_alerts(spark, target)] == ["2 rows have this alert_id"] * 2


def test_disabled_alerts_are_not_validated(spark: Any, target: Target, seed: Callable[..., None]) -> None:
    seed(alert(1), alert(2), COST_001={"is_enabled": False, "alert_query_template": "nonsense"})
    assert [result.alert_id for result in validate_alerts(spark, target)] == ["COST-002"]


def test_an_unknown_channel_is_a_warning(spark: Any, target: Target, seed: Callable[..., None]) -> None:
    seed(alert(1, notification_channels=["a@example.com", "finops-email", "nobody"]))
    results = validate_alerts(spark, target)
    expected = "warning: channel 'nobody' is neither an e-mail address nor a notification destination"
    assert [result.message for result in results] == [expected]
    check_results(results, fail_on_warning=False)
    with pytest.raises(InvalidAlerts, match="COST-001"):
        check_results(results, fail_on_warning=True)
    stored = rows(spark, f"SELECT is_valid, error_message FROM {target.table('alert_validation_results')}")
    assert stored == [(True, expected)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("== Physical Plan ==\n*(1) Scan [id#1]", None),
        (
            "== Physical Plan ==\norg.apache.spark.sql.AnalysisException: [UNRESOLVED_COLUMN.WITH_SUGGESTION] A column, "
            "variable, or function parameter with name `t`.`nope` cannot be resolved. Did you mean `id`?",
            "UNRESOLVED_COLUMN: t.nope does not exist",
        ),
        (
            "Error occurred during query planning: \n[TABLE_OR_VIEW_NOT_FOUND] The table or view `a`.`b`.`c` cannot be "
            "found. Verify the spelling",
            "TABLE_OR_VIEW_NOT_FOUND: a.b.c does not exist",
        ),
        ("\n[PARSE_SYNTAX_ERROR] Syntax error at or near 'selct'. SQLSTATE: 42601", "PARSE_SYNTAX_ERROR: near 'selct'"),
    ],
)
def test_an_error_that_comes_as_text_is_one(text: str, error: str | None) -> None:
    """As Apache Spark and Databricks give it, where Sail raises."""
    assert error_in_plan(text) == error


class _Plan:
    """A session whose EXPLAIN gives these rows, as Apache Spark 4 does."""

    def __init__(self, *lines: str) -> None:
        self._lines = lines

    def sql(self, _statement: str) -> _Plan:
        return self

    def collect(self) -> list[tuple[str]]:
        return [(line,) for line in self._lines]


def test_an_error_that_comes_in_several_rows_is_read_to_its_end() -> None:
    failed: Any = _Plan(
        "Error occurred during query planning: ",
        "[TABLE_OR_VIEW_NOT_FOUND] The table or view `main`.`gold`.`fact_usage` cannot be found. Verify the spelling",
        "and correctness of the schema and catalog. SQLSTATE: 42P01; line 2 pos 14;",
    )
    assert explain_error(failed, "SELECT 1") == "TABLE_OR_VIEW_NOT_FOUND: main.gold.fact_usage does not exist"
    planned: Any = _Plan("== Physical Plan ==\n*(1) Scan [id#1]")
    assert explain_error(planned, "SELECT 1") is None


def test_no_statement_about_tables_holds_what_spark_would_substitute(target: Target) -> None:
    """Apache Spark and Databricks replace ``${name}`` everywhere in a statement, in comments and texts too."""
    for table in ALL:
        assert "${" not in create_statement(table, target)


def test_an_error_of_another_kind_is_cut() -> None:
    assert classify("Something\nelse " + "x" * 300) == ("Something else " + "x" * 300)[:200]


def test_nothing_to_validate_is_valid(spark: Any, target: Target) -> None:
    check_results(validate_alerts(spark, target), fail_on_warning=True)
    check_results([Result("COST-001")], fail_on_warning=True)


TRIGGERED = {
    *("COST-002", "COST-006", "PERF-002", "PERF-005", "QUAL-003", "QUAL-004"),
    *("RELI-002", "RELI-003", "SEC-001", "SEC-004", "SEC-008"),
}
"""Of the 29 alerts those that the sample data trigger."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
}


def test_the_sample_data_trigger_some_alerts_and_not_others(spark: Any, target: Target) -> None:
    today = datetime.datetime.now(datetime.timezone.utc).date()
    counts = create_sample_tables(spark, target.catalog, target.gold_schema, today)
    assert tuple(counts) == SAMPLE_TABLES
    assert all(0 < count < 500 for count in counts.values())
    assert create_sample_tables(spark, target.catalog, target.gold_schema, today) == counts, "made afresh"
    triggered = set()
    for alert_id, row in load_alerts().alerts.items():
        (result,) = spark.sql(render(row["alert_query_template"], target)).collect()
        kind = row["threshold_value_type"].lower().replace("boolean", "bool")
        value, threshold = result[row["threshold_column"]], row[f"threshold_value_{kind}"]
        assert value is not None
        assert result["alert_message"]
        if _COMPARE[row["threshold_operator"]](value, threshold):
            triggered.add(alert_id)
    assert triggered == TRIGGERED
