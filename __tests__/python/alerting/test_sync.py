"""Destinations and SQL alerts are synced over HTTP, and the tables say what became of each."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from conftest import alert, definitions, rows
from workspace_stub import WorkspaceStub

from alerting.api import PARALLEL, Api
from alerting.destinations import sync_destinations
from alerting.metrics import percentile, record_metrics
from alerting.names import Target
from alerting.outcome import SyncFailed, check_threshold, exit_value, parse_threshold
from alerting.secret_references import Resolver
from alerting.seeding import seed_alerts, seed_destinations
from alerting.sql_alerts import SyncReport, sync_alerts
from alerting.tables import ALERTS, DESTINATIONS, METRICS

SECRET = "https://hooks.example.com/T0/very-secret"


class Vault:
    """Secrets as dbutils gives them."""

    def get(self, scope: str, key: str) -> str:
        if (scope, key) != ("alerting", "url"):
            raise RuntimeError(f"no secret in {SECRET}")
        return SECRET


def quick() -> Api:
    return Api(wait_seconds=0.001)


def destination(identity: str, kind: str, config: Any, **columns: Any) -> dict[str, Any]:
    text = config if isinstance(config, str) else json.dumps(config)
    row = {"destination_id": identity, "destination_name": identity.upper(), "destination_type": kind}
    return {**row, "config_json": text, "is_enabled": True, **columns}


@pytest.fixture
def place(spark: Any, target: Target) -> Target:
    """Without the destinations that come with the package."""
    spark.sql(f"DELETE FROM {target.table(DESTINATIONS.name)}")
    return target


def ids(spark: Any, target: Target) -> dict[str, str | None]:
    found = spark.table(target.table(DESTINATIONS.name)).collect()
    return {row["destination_id"]: row["databricks_destination_id"] for row in found}


URL = {"url": "{{secrets/alerting/url}}"}


def test_every_type_of_destination_is_made(spark: Any, place: Target, workspace: WorkspaceStub) -> None:
    made = [
        destination("mail", "EMAIL", {"addresses": ["a@example.com"]}),
        destination("slack", "SLACK", URL),
        destination("hook", "WEBHOOK", {**URL, "username": "u", "password": "{{ secrets/alerting/url }}"}),
        destination("teams", "TEAMS", URL),
        destination("pager", "PAGERDUTY", {"integration_key": "{{secrets/alerting/url}}"}),
        destination("off", "EMAIL", {"addresses": ["b@example.com"]}, is_enabled=False),
    ]
    seed_destinations(spark, place, made)
    report = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert sorted(report.created) == ["hook", "mail", "pager", "slack", "teams"]
    assert (report.failed, report.warnings) == ({}, [])
    assert {name: each["config"] for name, each in workspace.destinations.items()} == {
        "MAIL": {"email": {"addresses": ["a@example.com"]}},
        "SLACK": {"slack": {"url": SECRET}},
        "HOOK": {"generic_webhook": {"url": SECRET, "username": "u", "password": SECRET}},
        "TEAMS": {"microsoft_teams": {"url": SECRET}},
        "PAGER": {"pagerduty": {"integration_key": SECRET}},
    }
    expected = {name.lower(): each["id"] for name, each in workspace.destinations.items()}
    assert ids(spark, place) == {**expected, "off": None}
    stored = rows(spark, f"SELECT config_json FROM {place.table(DESTINATIONS.name)}")
    assert not any(SECRET in text for (text,) in stored)

    workspace.requests.clear()
    again = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert (again.created, workspace.changes()) == ([], [])


def test_a_dry_run_changes_nothing(spark: Any, place: Target, workspace: WorkspaceStub) -> None:
    seed_destinations(spark, place, [destination("slack", "SLACK", URL)])
    report = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=True, api=quick())
    assert report.would_create == ["slack"]
    assert workspace.changes() == []
    assert ids(spark, place) == {"slack": None}


def test_one_that_is_there_already_is_taken(spark: Any, place: Target, workspace: WorkspaceStub) -> None:
    seed_destinations(spark, place, [destination("slack", "SLACK", URL)])
    workspace.loses_answers_of = 1
    report = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert report.failed == {}
    assert len(workspace.destinations) == 1, "a lost answer makes no second one"

    spark.sql(f"UPDATE {place.table(DESTINATIONS.name)} SET databricks_destination_id = NULL")
    report = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert (report.found, report.created) == (["slack"], [])
    assert ids(spark, place) == {"slack": workspace.destinations["SLACK"]["id"]}


def test_one_of_another_type_is_not_taken(spark: Any, place: Target, workspace: WorkspaceStub) -> None:
    seed_destinations(spark, place, [destination("x", "TEAMS", URL), destination("y", "WEBHOOK", URL)])
    sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    spark.sql(
        f"UPDATE {place.table(DESTINATIONS.name)} SET databricks_destination_id = NULL, "
        "destination_type = CASE WHEN destination_id = 'x' THEN 'SLACK' ELSE destination_type END"
    )
    report = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert report.found == ["y"]
    assert "has a destination 'X' of another type, MICROSOFT_TEAMS" in report.failed["x"]


@pytest.mark.parametrize(
    ("kind", "config", "why"),
    [
        ("FAX", {"number": 1}, "destination_type 'FAX' is not one of EMAIL, SLACK, WEBHOOK, TEAMS, PAGERDUTY"),
        ("SLACK", "not json", "config_json is not JSON"),
        ("SLACK", [1], "config_json of SLACK must be an object with 'url'"),
        ("SLACK", {"link": "x"}, "config_json of SLACK must be an object with 'url'"),
        ("PAGERDUTY", {"integration_key": ""}, "config_json of PAGERDUTY must be an object with 'integration_key'"),
        ("TEAMS", {"url": "x", "colour": "red"}, "config_json of TEAMS has 'colour'; it takes url"),
        ("EMAIL", {"addresses": "a@example.com"}, "must have a list of e-mail addresses"),
        ("SLACK", {"url": "{{secrets/alerting/none}}"}, "the secret 'none' of the scope 'alerting' cannot be read"),
    ],
)
def test_a_bad_destination_fails_alone(
    spark: Any, place: Target, workspace: WorkspaceStub, kind: str, config: Any, why: str
) -> None:
    seed_destinations(spark, place, [destination("bad", kind, config), destination("slack", "SLACK", URL)])
    report = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert report.created == ["slack"]
    assert list(report.failed) == ["bad"]
    assert why in report.failed["bad"]
    assert SECRET not in report.failed["bad"]
    assert exit_value(report.failed) == "PARTIAL_SUCCESS: 1 failures: bad"


def test_a_url_in_the_table_is_warned_of(spark: Any, place: Target, workspace: WorkspaceStub) -> None:
    seed_destinations(spark, place, [destination("slack", "SLACK", {"url": SECRET})])
    report = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert len(report.warnings) == 1
    assert "keep it in a secret" in report.warnings[0]
    assert SECRET not in report.warnings[0]


def test_an_error_of_the_server_for_one_is_tried_again_and_then_fails_it_alone(
    spark: Any, place: Target, workspace: WorkspaceStub
) -> None:
    seed_destinations(spark, place, [destination(name, "SLACK", URL) for name in ("one", "two", "three")])
    workspace.refuse = lambda method, path, body: 500 if method == "POST" and '"TWO"' in body else None
    report = sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert sorted(report.created) == ["one", "three"]
    assert list(report.failed) == ["two"]
    assert SECRET not in report.failed["two"], "the server said it"
    assert "[REDACTED]" in report.failed["two"]
    posts = [body for method, _, body in workspace.requests if method == "POST" and '"TWO"' in body]
    assert len(posts) == 4
    assert ids(spark, place)["two"] is None

    workspace.refuse = lambda method, path, body: None
    assert sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick()).created == ["two"]


def test_it_fails_if_all_fail(spark: Any, place: Target, workspace: WorkspaceStub) -> None:
    seed_destinations(spark, place, [destination(name, "SLACK", URL) for name in ("one", "two")])
    workspace.refuse = lambda method, path, body: 500 if method == "POST" else None
    with pytest.raises(SyncFailed, match="every one of 2 destinations has failed"):
        sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())


def test_a_denied_destination_ends_everything(spark: Any, place: Target, workspace: WorkspaceStub) -> None:
    seed_destinations(spark, place, [destination(f"d{number:02}", "SLACK", URL) for number in range(40)])
    workspace.refuse = lambda method, path, body: 403 if method == "POST" else None
    with pytest.raises(SyncFailed, match="does not let this job make notification destinations") as caught:
        sync_destinations(spark, workspace.client(), Vault(), place, dry_run=False, api=quick())
    assert SECRET not in str(caught.value)
    assert len(workspace.changes()) <= PARALLEL, "what was under way, and no more"


# SQL alerts


def run(spark: Any, target: Target, workspace: WorkspaceStub, **options: Any) -> SyncReport:
    settings = {"warehouse_id": "w1", "dry_run": False, "api": quick(), **options}
    return sync_alerts(spark, workspace.client(), target, **settings)


def status(spark: Any, target: Target) -> dict[str, tuple[str | None, str | None, str | None]]:
    query = (
        "SELECT alert_id, last_sync_status, databricks_alert_id, last_sync_error "
        f"FROM {target.table(ALERTS.name)} ORDER BY alert_id"
    )
    return {row[0]: row[1:] for row in rows(spark, query)}


def test_an_alert_is_made_as_its_row_says(spark: Any, target: Target, workspace: WorkspaceStub) -> None:
    spark.sql(
        f"UPDATE {target.table(DESTINATIONS.name)} SET databricks_destination_id = 'd-1' "
        "WHERE destination_id = 'finops-email'"
    )
    full = alert(
        1,
        alert_query_template="SELECT a AS value, '' AS alert_message FROM ${catalog}.${gold_schema}.t;",
        severity="CRITICAL",
        threshold_operator="<=",
        threshold_value=2.5,
        aggregation_type="SUM",
        empty_result_state="TRIGGERED",
        schedule_timezone="Europe/Berlin",
        pause_status="PAUSED",
        notification_channels=["a@example.com", "finops-email", "oncall-slack", "nobody", "a@example.com"],
        notify_on_ok=True,
        retrigger_seconds=600,
        use_custom_template=True,
        custom_subject_template="{{SEVERITY}}: {{ALERT_NAME}} of {{OWNER}}",
        custom_body_template="{{QUERY_RESULT_VALUE}} against {{THRESHOLD_VALUE}}",
        owner="finops",
    )
    seed_alerts(spark, target, definitions(full))
    report = run(spark, target, workspace)
    assert report.created == ["COST-001"]
    assert sorted(report.warnings) == [
        "COST-001: channel 'nobody' is unknown and is skipped",
        "COST-001: channel 'oncall-slack' has not been synced and is skipped",
    ]
    ((name, made),) = workspace.alerts.items()
    assert name == f"[CRITICAL] COST-001 Something costs ({target.catalog}.{target.gold_schema})"
    identity = made.pop("id")
    assert made == {
        "display_name": name,
        "query_text": f"SELECT a AS value, '' AS alert_message FROM `{target.catalog}`.`{target.gold_schema}`.t",
        "warehouse_id": "w1",
        "custom_summary": "CRITICAL: Something costs of finops",
        "custom_description": "{{QUERY_RESULT_VALUE}} against 2.5",
        "evaluation": {
            "source": {"name": "value", "aggregation": "SUM"},
            "comparison_operator": "LESS_THAN_OR_EQUAL",
            "threshold": {"value": {"double_value": 2.5}},
            "empty_result_state": "TRIGGERED",
            "notification": {
                "notify_on_ok": True,
                "retrigger_seconds": 600,
                "subscriptions": [{"user_email": "a@example.com"}, {"destination_id": "d-1"}],
            },
        },
        "schedule": {
            "quartz_cron_schedule": "0 0 8 * * ?",
            "timezone_id": "Europe/Berlin",
            "pause_status": "PAUSED",
        },
    }
    assert status(spark, target) == {"COST-001": ("SUCCESS", identity, None)}


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (">", "GREATER_THAN"),
        ("<", "LESS_THAN"),
        (">=", "GREATER_THAN_OR_EQUAL"),
        ("<=", "LESS_THAN_OR_EQUAL"),
        ("=", "EQUAL"),
        ("!=", "NOT_EQUAL"),
    ],
)
def test_operators(spark: Any, target: Target, workspace: WorkspaceStub, operator: str, expected: str) -> None:
    seed_alerts(spark, target, definitions(alert(1, threshold_operator=operator)))
    run(spark, target, workspace)
    (made,) = workspace.alerts.values()
    assert made["evaluation"]["comparison_operator"] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, {"double_value": 0.0}), ("x", {"string_value": "x"}), (False, {"bool_value": False})],
)
def test_thresholds(spark: Any, target: Target, workspace: WorkspaceStub, value: Any, expected: Any) -> None:
    seed_alerts(spark, target, definitions(alert(1, threshold_operator="=", threshold_value=value)))
    run(spark, target, workspace)
    (made,) = workspace.alerts.values()
    assert made["evaluation"]["threshold"]["value"] == expected
    assert run(spark, target, workspace).unchanged == ["COST-001"]


@pytest.mark.parametrize("aggregation", [None, "FIRST", "NONE"])
def test_no_aggregation(spark: Any, target: Target, workspace: WorkspaceStub, aggregation: str | None) -> None:
    seed_alerts(spark, target, definitions(alert(1, aggregation_type=aggregation)))
    run(spark, target, workspace)
    (made,) = workspace.alerts.values()
    assert made["evaluation"]["source"] == {"name": "value"}


def test_a_second_sync_changes_nothing(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(*[alert(number) for number in range(1, 31)])
    assert len(run(spark, target, workspace).created) == 30
    before = status(spark, target)
    workspace.requests.clear()
    report = run(spark, target, workspace)
    assert (len(report.unchanged), report.created, report.updated) == (30, [], [])
    assert workspace.changes() == []
    assert status(spark, target) == before


def test_a_changed_row_updates_its_alert(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(alert(1), alert(2))
    run(spark, target, workspace)
    before = {name: each["id"] for name, each in workspace.alerts.items()}
    seed(COST_001={"alert_name": "Renamed"})
    report = run(spark, target, workspace)
    assert (report.updated, report.unchanged) == (["COST-001"], ["COST-002"])
    after = {name: each["id"] for name, each in workspace.alerts.items()}
    assert sorted(after.values()) == sorted(before.values()), "the same alerts"
    assert f"[INFO] COST-001 Renamed ({target.catalog}.{target.gold_schema})" in after


def test_an_alert_without_a_written_back_id_is_found_by_name_and_a_lost_one_is_made_again(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(alert(1), alert(2))
    run(spark, target, workspace)
    first, second = (each[1] for each in status(spark, target).values())
    spark.sql(f"UPDATE {target.table(ALERTS.name)} SET databricks_alert_id = NULL WHERE alert_id = 'COST-001'")
    del workspace.objects["/api/2.0/alerts"][str(second)]
    report = run(spark, target, workspace)
    assert (report.unchanged, report.created) == (["COST-001"], ["COST-002"])
    assert status(spark, target)["COST-001"][1] == first
    assert status(spark, target)["COST-002"][1] not in (None, second)
    assert len(workspace.alerts) == 2


def test_a_lost_answer_makes_no_second_alert(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(alert(1))
    workspace.loses_answers_of = 1
    assert run(spark, target, workspace).created == ["COST-001"]
    assert len(workspace.objects["/api/2.0/alerts"]) == 1


def test_disabled_alerts_are_deleted_only_if_that_is_wanted(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(alert(1), alert(2), alert(3))
    run(spark, target, workspace)
    seed(COST_001={"is_enabled": False}, COST_003={"is_enabled": False})
    assert run(spark, target, workspace).deleted == []
    report = run(spark, target, workspace, delete_disabled=True, dry_run=True)
    assert len(report.planned) == 2
    assert len(workspace.alerts) == 3
    report = run(spark, target, workspace, delete_disabled=True)
    assert (sorted(report.deleted), report.total) == (["COST-001", "COST-003"], 3)
    assert len(workspace.alerts) == 1
    assert status(spark, target)["COST-001"][:2] == ("SKIPPED", None)
    again = run(spark, target, workspace, delete_disabled=True)
    assert (again.deleted, again.total) == ([], 1)


def test_a_dry_run_needs_no_warehouse_and_changes_nothing(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(alert(1))
    report = run(spark, target, workspace, dry_run=True, warehouse_id="")
    assert report.planned == [f"create [INFO] COST-001 Something costs ({target.catalog}.{target.gold_schema})"]
    assert workspace.changes() == []
    assert status(spark, target) == {"COST-001": (None, None, None)}
    with pytest.raises(ValueError, match="warehouse_id is empty"):
        run(spark, target, workspace, warehouse_id="")


def test_bad_rows_and_refused_alerts_fail_alone(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(*[alert(number) for number in range(1, 6)], COST_002={"threshold_operator": "=>"})
    workspace.refuse = lambda method, path, body: 400 if method == "POST" and "COST-004" in body else None
    report = run(spark, target, workspace)
    assert report.total == 5
    assert sorted(report.failed) == ["COST-002", "COST-004"]
    assert "threshold_operator '=>'" in report.failed["COST-002"]
    found = status(spark, target)
    assert [name for name, each in found.items() if each[0] == "SUCCESS"] == ["COST-001", "COST-003", "COST-005"]
    assert found["COST-002"][0] == found["COST-004"][0] == "ERROR"
    assert "threshold_operator '=>'" in str(found["COST-002"][2])
    assert sum("COST-004" in body for method, _, body in workspace.requests if method == "POST") == 1, "not again"


def test_rows_with_one_id_are_not_deployed(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(alert(1), alert(2), alert(3))
    spark.sql(f"UPDATE {target.table(ALERTS.name)} SET alert_id = 'COST-002' WHERE alert_id = 'COST-001'")
    report = run(spark, target, workspace)
    assert (report.failed, report.created) == ({"COST-002": "2 rows have this alert_id"}, ["COST-003"])


@pytest.mark.parametrize("code", [429, 500, 503, 504])
def test_transient_errors_pass(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None], code: int
) -> None:
    seed(alert(1), alert(2))
    left = [2]

    def refuse(method: str, path: str, body: str) -> int | None:
        if method != "POST" or "COST-002" not in body or left[0] == 0:
            return None
        left[0] -= 1
        return code

    workspace.refuse = refuse
    report = run(spark, target, workspace)
    assert (sorted(report.created), report.failed) == (["COST-001", "COST-002"], {})


def test_a_denied_request_ends_everything_and_is_written_down(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(*[alert(number) for number in range(1, 61)])
    workspace.refuse = lambda method, path, body: 403 if method == "POST" else None
    report = run(spark, target, workspace)
    assert "PermissionDenied" in str(report.denied)
    assert len(workspace.changes()) <= PARALLEL
    states = [each[0] for each in status(spark, target).values()]
    assert 1 <= states.count("ERROR") <= PARALLEL
    assert states.count(None) == 60 - states.count("ERROR")

    workspace.refuse = lambda method, path, body: 403
    assert run(spark, target, workspace).denied is not None


def test_requests_are_made_in_parallel_and_bounded(
    spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]
) -> None:
    seed(*[alert(number) for number in range(1, 101)])

    answer = workspace.answer

    def slowly(method: str, url: str, body: str) -> tuple[int, dict[str, Any]]:
        time.sleep(0.02)
        return answer(method, url, body)

    workspace.answer = slowly
    assert len(run(spark, target, workspace).created) == 100
    assert 1 < workspace.busiest <= PARALLEL


# What a notebook says at its end


@pytest.mark.parametrize(
    ("failures", "total", "enough"), [(3, 29, False), (2, 29, True), (0, 29, True), (1, 10, True), (2, 10, False)]
)
def test_the_share_of_successes_decides(failures: int, total: int, enough: bool) -> None:
    """26 of 29 are 89.7 %, which is too few for 90 %; 27 are enough."""
    failed = {f"COST-{number:03}": "why" for number in range(failures)}
    if enough:
        check_threshold(total, failed, 0.90)
    else:
        with pytest.raises(SyncFailed, match=r"failed: COST-000, COST-001"):
            check_threshold(total, failed, 0.90)


def test_nothing_to_do_is_no_failure() -> None:
    check_threshold(0, {}, 1.0)
    assert exit_value([]) == "SUCCESS"
    assert exit_value(["b", "a"]) == "PARTIAL_SUCCESS: 2 failures: a, b"


@pytest.mark.parametrize("text", ["0.90", "1", "0", " 0.5 "])
def test_a_threshold(text: str) -> None:
    assert parse_threshold(text) == float(text)


@pytest.mark.parametrize("text", ["", "90 %", "nan", "inf", "-0.1", "1.01", "90"])
def test_no_threshold(text: str) -> None:
    with pytest.raises(ValueError, match=r"success_threshold .* must be a number from 0 to 1"):
        parse_threshold(text)


def test_metrics_are_recorded(spark: Any, target: Target, workspace: WorkspaceStub, seed: Callable[..., None]) -> None:
    seed(alert(1), alert(2), COST_002={"severity": "LOUD"})
    api, started = quick(), datetime.now(timezone.utc)
    report = run(spark, target, workspace, api=api)
    identity = record_metrics(spark, target, report, api.latencies_ms, started, dry_run=False)
    (row,) = spark.table(target.table(METRICS.name)).collect()
    assert row["sync_run_id"] == identity
    counts = [row[f"{name}_count"] for name in ("success", "error", "created", "updated", "deleted", "skipped")]
    assert (row["total_alerts"], counts) == (2, [1, 1, 1, 0, 0, 0])
    assert row["error_summary"].startswith("COST-002: severity 'LOUD'")
    assert 0 < row["min_api_latency_ms"] <= row["avg_api_latency_ms"] <= row["max_api_latency_ms"]
    assert row["min_api_latency_ms"] <= row["p95_api_latency_ms"] <= row["max_api_latency_ms"]
    assert row["total_duration_seconds"] > 0
    assert (row["dry_run"], row["catalog"], row["gold_schema"]) == (False, target.catalog, target.gold_schema)


def test_a_percentile() -> None:
    assert percentile([], 0.95) is None
    assert percentile([5.0], 0.95) == 5.0
    assert percentile([float(number) for number in range(1, 101)], 0.95) == 95.0
    assert not math.isnan(float(percentile([1.0, 2.0], 0.95) or 0))


def test_a_secret_that_cannot_be_read_is_named_and_nothing_else_is() -> None:
    with pytest.raises(LookupError, match="the secret 'b' of the scope 'a' cannot be read") as caught:
        Resolver(Vault()).resolve({"x": ["{{secrets/a/b}}"]})
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
