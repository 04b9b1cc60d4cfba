"""The alerts that come with the package, and what becomes of bad ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import alert, definitions

from alerting.checks import problems_of
from alerting.cron import cron_problem
from alerting.definitions import Definitions, add_alerts, load_alerts, load_destinations
from alerting.names import Target, checked_name
from alerting.templates import render, template_problems


def test_there_are_29_good_alerts() -> None:
    found = load_alerts()
    assert found.problems == {}
    domains = Counter(row["agent_domain"] for row in found.alerts.values())
    assert domains == {"COST": 6, "SECURITY": 8, "PERFORMANCE": 5, "RELIABILITY": 5, "QUALITY": 5}
    known = {row["destination_id"] for row in load_destinations()}
    channels = {channel for row in found.alerts.values() for channel in row["notification_channels"]}
    assert channels <= known


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"threshold_operator": "=>"}, "threshold_operator '=>' is not one of >, <, >=, <=, =, !="),
        ({"threshold_column": None}, "threshold_column is missing"),
        ({"alert_query_template": ""}, "alert_query_template is missing"),
        ({"severity": "HIGH"}, "severity 'HIGH' is not one of CRITICAL, WARNING, INFO"),
        ({"agent_domain": "MONEY"}, "agent_domain 'MONEY' is not one of"),
        ({"alert_id": "COST-1"}, "must be <DOMAIN>-<3 digits>"),
        ({"alert_id": "SEC-001"}, "must begin with COST- in the domain COST"),
        ({"notification_channels": ["a@example.com", " "]}, "notification_channels has an empty channel"),
        ({"schedule_cron": "0 8 * * *"}, "must have 6 or 7 fields (seconds first), not 5"),
        ({"schedule_timezone": "Mars/Olympus"}, "schedule_timezone 'Mars/Olympus' is not an IANA time zone"),
        ({"alert_query_template": "SELECT 1 FROM ${schema}.t"}, "unknown placeholder ${schema}"),
        ({"alert_query_template": "SELECT 1 FROM ${catalog"}, "unknown placeholder"),
        ({"alert_query_template": "DROP TABLE x"}, "must begin with SELECT or WITH"),
        ({"alert_query_template": "SELECT 1; DROP TABLE x"}, "must be a single statement"),
        ({"threshold_value": float("nan")}, "threshold_value_double nan is not a number"),
        ({"threshold_value": True}, "threshold_operator '>' cannot compare BOOLEAN"),
        ({"threshold_value": None}, "threshold_value_type is missing"),
        ({"aggregation_type": "MODE"}, "aggregation_type 'MODE' is not one of SUM"),
        ({"empty_result_state": "UNKNOWN"}, "empty_result_state 'UNKNOWN' is not one of OK, TRIGGERED, ERROR"),
        ({"retrigger_seconds": -1}, "retrigger_seconds -1 must not be negative"),
        ({"custom_body_template": "{{NOBODY}}"}, "custom_body_template has the unknown placeholder {{NOBODY}}"),
        ({"colour": "red"}, "unknown column 'colour'"),
        ({"alert_query_template": 5}, "alert_query_template '5' must be a text"),
        ({"alert_name": 5}, "alert_name '5' must be a text"),
        ({"owner": ["x"]}, "owner \"['x']\" must be a text"),
        ({"owner": "\ud800"}, "must be a text"),
        ({"is_enabled": "yes"}, "is_enabled 'yes' must be true or false"),
        ({"notification_channels": "finops-email"}, "notification_channels 'finops-email' must be a list of texts"),
        ({"notification_channels": [1]}, "notification_channels '[1]' must be a list of texts"),
        ({"tags": {"a": 1}}, "must be a mapping of texts to texts"),
        ({"tags": "a"}, "tags 'a' must be a mapping of texts to texts"),
        ({"retrigger_seconds": "60"}, "retrigger_seconds '60' must be a whole number below 2147483648"),
        ({"retrigger_seconds": 2**40}, "retrigger_seconds '1099511627776' must be a whole number below 2147483648"),
        ({"retrigger_seconds": True}, "retrigger_seconds 'True' must be a whole number"),
        ({"threshold_value": 10**400}, "must be a number"),
        ({"threshold_value": [1]}, "threshold_value_string '[1]' must be a text"),
        ({"schedule_cron": "0 0 \u00b2 * * ?"}, "has a wrong hours"),
        ({"schedule_cron": f"0 0 {'1' * 5000} * * ?"}, "has a wrong hours"),
        ({"alert_id": "COST-\u0660\u0660\u0661"}, "must be <DOMAIN>-<3 digits>"),
    ],
)
def test_a_bad_alert_is_reported_by_its_id_and_the_others_stay(changes: dict[str, Any], problem: str) -> None:
    bad = alert(901, **changes)
    found = definitions(alert(900), bad, alert(902))
    assert list(found.alerts) == ["COST-900", "COST-902"]
    assert list(found.problems) == [bad["alert_id"]]
    assert any(problem in each for each in found.problems[bad["alert_id"]])


def test_of_several_with_one_id_the_first_stays() -> None:
    found = definitions(alert(900, alert_name="first"), alert(900, alert_name="second"))
    assert found.alerts["COST-900"]["alert_name"] == "first"
    assert found.problems == {"COST-900": ["[1] has the same alert_id; the first one is used"]}


def test_an_alert_without_an_id_is_known_by_its_place() -> None:
    assert list(definitions(alert(alert_id=None)).problems) == ["[0]"]


@pytest.mark.parametrize("entry", [None, "alert_id", 5, ["alert_id"]])
def test_what_is_no_alert_is_known_by_its_place(entry: Any) -> None:
    found = Definitions()
    add_alerts(found, [("cost.yml[0]", entry), ("cost.yml[1]", alert(900))])
    assert list(found.alerts) == ["COST-900"]
    assert found.problems == {"cost.yml[0]": [f"must be a mapping of columns to values, not {str(entry)!r}"]}


def test_a_broken_file_does_not_keep_the_others_from_being_read(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("alerts: [")
    (tmp_path / "list.yml").write_text("- 1\n")
    good = "defaults: {agent_domain: COST, severity: INFO, schedule_cron: '0 0 8 * * ?'}\nalerts:\n"
    (tmp_path / "good.yml").write_text(
        good + "- {alert_id: COST-001, alert_name: a, alert_query_template: SELECT 1, threshold_column: a,"
        " threshold_operator: '=', threshold_value: true}\n- nothing\n"
    )
    found = load_alerts(tmp_path)
    assert list(found.alerts) == ["COST-001"]
    assert sorted(found.problems) == ["broken.yml", "good.yml[1]", "list.yml"]


def test_all_of_a_row_s_problems_are_named() -> None:
    assert problems_of({"alert_id": "x", "agent_domain": "COST", "severity": "LOUD"}) == [
        "alert_name is missing",
        "query_source is missing",
        "threshold_operator is missing",
        "threshold_value_type is missing",
        "empty_result_state is missing",
        "pause_status is missing",
        "alert_query_template is missing",
        "threshold_column is missing",
        "schedule_cron is missing",
        "schedule_timezone is missing",
        "is_enabled is missing",
        "severity 'LOUD' is not one of CRITICAL, WARNING, INFO",
        "alert_id 'x' must be <DOMAIN>-<3 digits>, such as COST-001",
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "0 0 8 * * ?",
        "0 0/5 14,18 * * ?",
        "0 15 10 ? * MON-FRI",
        "0 15 10 L * ?",
        "0 15 10 ? * 6L 2026-2028",
        "0 15 10 ? * 6#3",
        "0 0 12 1/5 * ?",
        "0 11 11 11 NOV ?",
        "0 0 0 15W * ?",
        "0 0 0 L-3 * ?",
        "0 0 0 ? * FRIL",
        "0 0 0 ? * MON#2",
        "*/10 * * ? * *",
    ],
)
def test_good_cron(expression: str) -> None:
    assert cron_problem(expression) is None


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "6 or 7 fields"),
        ("0 0 8 * *", "6 or 7 fields"),
        ("60 0 8 * * ?", "wrong seconds"),
        ("0 60 8 * * ?", "wrong minutes"),
        ("0 0 24 * * ?", "wrong hours"),
        ("0 0 8 32 * ?", "wrong day of month"),
        ("0 0 8 ? 13 MON", "wrong month"),
        ("0 0 8 ? * 8", "wrong day of week"),
        ("0 0 8 ? * FUN", "wrong day of week"),
        ("0 0 8 * * *", "exactly one"),
        ("0 0 8 ? * ?", "exactly one"),
        ("0 0/0 8 * * ?", "wrong minutes"),
        ("0 -1 8 * * ?", "wrong minutes"),
        ("0 0 8 * * ? 1900", "wrong year"),
        ("0 0 8, * * ?", "wrong hours"),
        ("0 0 8 ? * XL", "wrong day of week"),
        ("0 0 8 ? * FUN#2", "wrong day of week"),
        ("0 0 8 99W * ?", "wrong day of month"),
        ("0 0 8 L-31 * ?", "wrong day of month"),
        ("0 0 \u0668 * * ?", "wrong hours"),
    ],
)
def test_bad_cron(expression: str, problem: str) -> None:
    assert problem in str(cron_problem(expression))


@pytest.mark.parametrize("name", ["main", "prod_eu", "with-hyphen", "0", "A" * 255])
def test_a_name(name: str) -> None:
    assert Target(name, "gold").table("t") == f"`{name}`.`gold`.`t`"


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a`b", "a;b", "ä", "a\n", "A" * 256, "a/b", "'"])
def test_no_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"invalid gold_schema"):
        Target("main", name)
    with pytest.raises(ValueError, match=r"invalid catalog"):
        checked_name("catalog", name)


def test_a_template_is_rendered_with_quoted_names() -> None:
    query = render("SELECT ';' AS a FROM ${catalog}.${gold_schema}.t -- ; ${catalog}\n;  ", Target("a-b", "gold"))
    assert query == "SELECT ';' AS a FROM `a-b`.`gold`.t -- ; `a-b`"


@pytest.mark.parametrize(
    "template",
    [
        "SELECT 1",
        "select'x'",
        "with a as (select 1) select * from a",
        "WITH a (x, y) AS (SELECT 1, ')'), `b c` AS (SELECT 2) SELECT * FROM a",
        "WITH RECURSIVE a AS (SELECT 1) (SELECT * FROM a)",
        "WITH recursive AS (SELECT 1), delete AS (SELECT 2) SELECT * FROM delete",
        "(SELECT 1) UNION (SELECT 2)",
        "((WITH a AS (SELECT 1) SELECT * FROM a))",
        "-- why; so\nSELECT /*+ BROADCAST(a) */ 'it''s' AS \"a\", 6 / 2 * COUNT(*)/2 FROM a;",
        "SELECT r'\\' AS a, '\\'' AS b",
    ],
)
def test_a_query(template: str) -> None:
    assert template_problems(template) == []


@pytest.mark.parametrize(
    "template",
    [
        "INSERT INTO t VALUES (1)",
        "/* SELECT */ DELETE FROM t",
        "SELECT 1; SELECT 2",
        "SELECT 'a\\'; DROP TABLE t; --'; DROP TABLE t",
        "SELECT 1; -- SELECT 2",
        "SELECT r'\\' ; DROP TABLE t; --'",
        "WITH a AS (SELECT 1) DELETE FROM t",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
        "WITH a AS (SELECT 1), b AS (SELECT 2) UPDATE t SET x = (SELECT 1)",
        "WITH a AS (SELECT 1) MERGE INTO t USING a ON true WHEN MATCHED THEN DELETE",
        "/* /* */ SELECT 1 /* */ */ DROP TABLE t",
        "SELECT 'a",
        "SELECT 1 /* a",
        "SELECT 1 -- a\n */",
        "",
    ],
)
def test_no_query(template: str) -> None:
    assert template_problems(template) != []
