"""Syncs alert_configurations to Databricks SQL alerts (Alerts API v2)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from databricks.sdk import WorkspaceClient, errors
from databricks.sdk.service.sql import (
    Aggregation,
    AlertEvaluationState,
    AlertV2,
    AlertV2Evaluation,
    AlertV2Notification,
    AlertV2Operand,
    AlertV2OperandColumn,
    AlertV2OperandValue,
    AlertV2Subscription,
    ComparisonOperator,
    CronSchedule,
    SchedulePauseStatus,
)
from pyspark.sql import SparkSession
from pyspark.sql.types import StringType, StructField, StructType, TimestampType

from .api import DENIED, PARALLEL, Api, reason
from .checks import problems_of
from .names import Target
from .operators import OPERATORS
from .tables import ALERTS, DESTINATIONS
from .templates import render

MANAGED = (
    "display_name",
    "query_text",
    "warehouse_id",
    "evaluation",
    "schedule",
    "custom_summary",
    "custom_description",
)
"""Alert fields that the table defines; other fields are managed in the workspace."""


@dataclass
class SyncReport:
    """Ids of alerts by outcome."""

    total: int = 0
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    """Planned actions of a dry run, one line for each alert."""
    failed: dict[str, str] = field(default_factory=dict)
    """Why."""
    warnings: list[str] = field(default_factory=list)
    denied: str | None = None
    """Reason why access was denied."""


def sync_alerts(
    spark: SparkSession,
    client: WorkspaceClient,
    target: Target,
    *,
    warehouse_id: str,
    dry_run: bool,
    delete_disabled: bool = False,
    api: Api | None = None,
) -> SyncReport:
    """Creates or updates the SQL alert of every enabled row, and writes all outcomes back in one statement.

    :param delete_disabled: moves the alerts of disabled rows to the trash
    :param dry_run: changes nothing in the workspace or the table
    :raises ValueError: if there is no warehouse, except in a dry run
    """
    if not warehouse_id and not dry_run:
        raise ValueError("warehouse_id is empty: name the SQL warehouse that evaluates the alerts, or set dry_run")
    sync = _Sync(client, target, warehouse_id, dry_run, api or Api())
    rows = [row.asDict(recursive=True) for row in spark.table(target.table(ALERTS.name)).orderBy("alert_id").collect()]
    sync.destinations = {
        row["destination_id"]: row["databricks_destination_id"]
        for row in spark.table(target.table(DESTINATIONS.name)).collect()
    }
    work = [
        (sync.mirror if row["is_enabled"] else sync.delete, row) for row in rows if row["is_enabled"] or delete_disabled
    ]
    sync.copies = Counter(row["alert_id"] for row in rows)
    sync.report.total = len(work)
    try:
        if work:
            sync.existing = sync.list_existing()
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda each: sync.attempt(*each), work))
    except DENIED as error:
        sync.report.denied = reason(error)
    if not dry_run:
        _write_back(spark, target, sync.written)
    return sync.report


def display_name(row: Mapping[str, Any], target: Target) -> str:
    """The alert's display name, unique across all environments of the workspace."""
    return f"[{row['severity']}] {row['alert_id']} {row['alert_name']} ({target.catalog}.{target.gold_schema})"


class _Sync:
    def __init__(self, client: WorkspaceClient, target: Target, warehouse_id: str, dry_run: bool, api: Api) -> None:
        self._alerts = client.alerts_v2
        self._target = target
        self._warehouse_id = warehouse_id
        self._dry_run = dry_run
        self._api = api
        self.destinations: Mapping[str, str | None] = {}
        self.existing: list[AlertV2] = []
        self.copies: Counter[str] = Counter()
        """Number of rows by alert_id."""
        self.report = SyncReport()
        self.written: list[tuple[Any, ...]] = []

    def list_existing(self) -> list[AlertV2]:
        return self._api.call(lambda: list(self._alerts.list_alerts(page_size=100)))

    def attempt(self, action: Any, row: Mapping[str, Any]) -> None:
        """Runs an action. Its failure does not stop other alerts, unless access is denied."""
        if self.report.denied is not None:
            return
        try:
            action(row)
        except DENIED as error:
            self.report.denied = reason(error)
            self._failed(row, reason(error))
        except Exception as error:  # Report any error with the alert's id.
            self._failed(row, str(error) if isinstance(error, ValueError) else reason(error))

    def mirror(self, row: Mapping[str, Any]) -> None:
        problems = problems_of(row)
        if self.copies[row["alert_id"]] > 1:
            problems.append(f"{self.copies[row['alert_id']]} rows have this alert_id")
        if problems:
            raise ValueError("; ".join(problems))
        alert_id, wanted = row["alert_id"], self._build(row)
        there = self._find(row, wanted)
        if there is not None and _managed(there) == _managed(wanted):
            self.report.unchanged.append(alert_id)
            self._succeeded(row, there)
        elif self._dry_run:
            self.report.planned.append(f"{'create' if there is None else 'update'} {wanted.display_name}")
        elif there is None:
            self._succeeded(row, self._create(wanted))
            self.report.created.append(alert_id)
        else:
            self._succeeded(row, self._update(there, wanted))
            self.report.updated.append(alert_id)

    def delete(self, row: Mapping[str, Any]) -> None:
        there = self._find(row, None)
        if there is None and row["databricks_alert_id"] is None:
            self.report.total -= 1
            return
        name = there.display_name if there is not None else row["databricks_display_name"]
        if self._dry_run:
            self.report.planned.append(f"delete {name}")
            return
        if there is not None and there.id is not None:
            identity = there.id
            with suppress(errors.NotFound):
                self._api.call(lambda: self._alerts.trash_alert(id=identity))
        self.report.deleted.append(row["alert_id"])
        self.written.append((row["alert_id"], None, None, _now(), "SKIPPED", "disabled; its alert was deleted"))

    def _create(self, wanted: AlertV2) -> AlertV2:
        return self._api.create(
            lambda: self._alerts.create_alert(alert=wanted),
            lambda: next((each for each in self.list_existing() if each.display_name == wanted.display_name), None),
        )

    def _update(self, there: AlertV2, wanted: AlertV2) -> AlertV2:
        identity = str(there.id)
        return self._api.call(
            lambda: self._alerts.update_alert(id=identity, alert=wanted, update_mask=",".join(MANAGED))
        )

    def _find(self, row: Mapping[str, Any], wanted: AlertV2 | None) -> AlertV2 | None:
        """Finds the alert by the stored id, or by name if the id was lost."""
        names = {row["databricks_display_name"], wanted.display_name if wanted else display_name(row, self._target)}
        by_name = None
        for each in self.existing:
            if each.id is not None and each.id == row["databricks_alert_id"]:
                return each
            if each.display_name in names:
                by_name = by_name or each
        return by_name

    def _build(self, row: Mapping[str, Any]) -> AlertV2:
        aggregation = row["aggregation_type"]
        custom = bool(row["use_custom_template"])
        return AlertV2(
            display_name=display_name(row, self._target),
            query_text=render(row["alert_query_template"], self._target),
            warehouse_id=self._warehouse_id,
            evaluation=AlertV2Evaluation(
                source=AlertV2OperandColumn(
                    name=row["threshold_column"],
                    aggregation=None if aggregation in (None, "FIRST", "NONE") else Aggregation(aggregation),
                ),
                comparison_operator=ComparisonOperator(OPERATORS[row["threshold_operator"]]),
                threshold=AlertV2Operand(value=_threshold(row)),
                empty_result_state=AlertEvaluationState(row["empty_result_state"]),
                notification=AlertV2Notification(
                    notify_on_ok=bool(row["notify_on_ok"]),
                    retrigger_seconds=row["retrigger_seconds"],
                    subscriptions=self._subscriptions(row),
                ),
            ),
            schedule=CronSchedule(
                quartz_cron_schedule=row["schedule_cron"],
                timezone_id=row["schedule_timezone"],
                pause_status=SchedulePauseStatus(row["pause_status"]),
            ),
            custom_summary=_filled(row["custom_subject_template"], row) if custom else None,
            custom_description=_filled(row["custom_body_template"], row) if custom else None,
        )

    def _subscriptions(self, row: Mapping[str, Any]) -> list[AlertV2Subscription]:
        found = []
        for channel in dict.fromkeys(row["notification_channels"] or []):
            if "@" in channel:
                found.append(AlertV2Subscription(user_email=channel))
            elif (identity := self.destinations.get(channel)) is not None:
                found.append(AlertV2Subscription(destination_id=identity))
            else:
                why = "has not been synced" if channel in self.destinations else "is unknown"
                self.report.warnings.append(f"{row['alert_id']}: channel {channel!r} {why} and is skipped")
        return found

    def _succeeded(self, row: Mapping[str, Any], there: AlertV2) -> None:
        # Skip unchanged rows, so that a sync without changes commits nothing.
        if (row["databricks_alert_id"], row["databricks_display_name"], row["last_sync_status"]) != (
            there.id,
            there.display_name,
            "SUCCESS",
        ) or row["alert_id"] not in self.report.unchanged:
            self.written.append((row["alert_id"], there.id, there.display_name, _now(), "SUCCESS", None))

    def _failed(self, row: Mapping[str, Any], why: str) -> None:
        self.report.failed[row["alert_id"]] = why
        identity, name = row["databricks_alert_id"], row["databricks_display_name"]
        self.written.append((row["alert_id"], identity, name, _now(), "ERROR", why[:1000]))


def _threshold(row: Mapping[str, Any]) -> AlertV2OperandValue:
    kind = row["threshold_value_type"]
    if kind == "DOUBLE":
        return AlertV2OperandValue(double_value=row["threshold_value_double"])
    if kind == "STRING":
        return AlertV2OperandValue(string_value=row["threshold_value_string"])
    return AlertV2OperandValue(bool_value=row["threshold_value_bool"])


def _filled(template: str | None, row: Mapping[str, Any]) -> str | None:
    """Fills in the values of the row. Databricks itself fills in the query result."""
    if template is None:
        return None
    value = next(iter(_threshold(row).as_dict().values()), "")
    values = {
        "ALERT_NAME": row["alert_name"],
        "SEVERITY": row["severity"],
        "THRESHOLD_VALUE": str(value),
        "OWNER": row["owner"] or "",
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values.get(found[1], found[0]), template)


def _managed(alert: AlertV2) -> Any:
    """The managed fields of an alert in a comparable form."""
    everything = alert.as_dict()
    plain = {name: everything.get(name) for name in MANAGED}
    evaluation = dict(plain["evaluation"] or {})
    for name in ("state", "last_evaluated_at"):
        evaluation.pop(name, None)
    plain["evaluation"] = evaluation
    return _without_defaults(plain)


def _without_defaults(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _without_defaults(each) for name, each in value.items() if name != "display"}
        return {
            name: each
            for name, each in kept.items()
            if each not in (None, [], {}, "") and not (name == "notify_on_ok" and each is False)
        }
    if isinstance(value, list):
        return [_without_defaults(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _now() -> datetime:
    return datetime.now(timezone.utc)


_WRITTEN_BACK = StructType(
    [
        StructField("alert_id", StringType()),
        StructField("databricks_alert_id", StringType()),
        StructField("databricks_display_name", StringType()),
        StructField("last_synced_at", TimestampType()),
        StructField("last_sync_status", StringType()),
        StructField("last_sync_error", StringType()),
    ]
)


def _write_back(spark: SparkSession, target: Target, written: list[tuple[Any, ...]]) -> None:
    if not written:
        return
    # Keep one outcome for a duplicate id: MERGE accepts only one.
    rows = list({row[0]: row for row in written}.values())
    spark.createDataFrame(rows, _WRITTEN_BACK).createOrReplaceTempView("synced_alerts")
    assignments = ", ".join(f"t.{name} = s.{name}" for name in _WRITTEN_BACK.names[1:])
    spark.sql(
        f"MERGE INTO {target.table(ALERTS.name)} t USING synced_alerts s ON t.alert_id = s.alert_id "
        f"WHEN MATCHED THEN UPDATE SET {assignments}"
    )
