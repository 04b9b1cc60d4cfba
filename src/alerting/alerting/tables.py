"""Names, columns and creation of the four tables of the alerting layer."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from .names import Target

_STRING, _BOOLEAN, _DOUBLE, _TIME = StringType(), BooleanType(), DoubleType(), TimestampType()
_INT, _LONG = IntegerType(), LongType()
_TAGS = MapType(StringType(), StringType())


@dataclass(frozen=True)
class Table:
    """Definition of a table."""

    name: str
    comment: str
    key: str | None
    """Primary key column, which Databricks does not enforce."""
    columns: tuple[tuple[str, DataType, str], ...]
    """Name, type and comment of each column."""

    @property
    def schema(self) -> StructType:
        """Schema for DataFrames that are written to the table."""
        return StructType([StructField(name, kind, name != self.key) for name, kind, _ in self.columns])


ALERTS = Table(
    "alert_configurations",
    "Alert rules, edited by analysts and mirrored into Databricks SQL alerts",
    "alert_id",
    (
        ("alert_id", _STRING, "<DOMAIN>-<3 digits>, such as COST-001"),
        ("alert_name", _STRING, "Name for people"),
        ("alert_description", _STRING, "What it watches, and why"),
        ("agent_domain", _STRING, "COST, SECURITY, PERFORMANCE, RELIABILITY or QUALITY"),
        ("severity", _STRING, "CRITICAL, WARNING or INFO"),
        ("alert_query_template", _STRING, "One SELECT, with placeholders for catalog and gold_schema"),
        ("query_source", _STRING, "CUSTOM, TVF, METRIC_VIEW or MONITORING"),
        ("source_artifact_name", _STRING, "The function, metric view or monitor that the query asks"),
        ("threshold_column", _STRING, "Column of the query that is compared"),
        ("threshold_operator", _STRING, "> < >= <= = !="),
        ("threshold_value_type", _STRING, "DOUBLE, STRING or BOOLEAN"),
        ("threshold_value_double", _DOUBLE, "The threshold, if it is a DOUBLE"),
        ("threshold_value_string", _STRING, "The threshold, if it is a STRING"),
        ("threshold_value_bool", _BOOLEAN, "The threshold, if it is a BOOLEAN"),
        ("empty_result_state", _STRING, "OK, TRIGGERED or ERROR"),
        ("aggregation_type", _STRING, "SUM, COUNT, COUNT_DISTINCT, AVG, MEDIAN, MIN, MAX, STDDEV, FIRST or null"),
        ("schedule_cron", _STRING, "Quartz cron expression"),
        ("schedule_timezone", _STRING, "IANA time zone"),
        ("pause_status", _STRING, "UNPAUSED or PAUSED"),
        ("is_enabled", _BOOLEAN, "Whether it is deployed"),
        ("notification_channels", ArrayType(StringType()), "E-mail addresses and ids of notification destinations"),
        ("notify_on_ok", _BOOLEAN, "Whether to tell when it is over, too"),
        ("retrigger_seconds", _INT, "Seconds until it notifies again; null means once"),
        ("use_custom_template", _BOOLEAN, "Whether the two templates are used"),
        ("custom_subject_template", _STRING, "Subject, with placeholders such as {{ALERT_NAME}}"),
        ("custom_body_template", _STRING, "Body, with the same placeholders"),
        ("owner", _STRING, "Team or person"),
        ("created_by", _STRING, "Who added the row"),
        ("created_at", _TIME, "When"),
        ("updated_by", _STRING, "Who changed it last"),
        ("updated_at", _TIME, "When"),
        ("tags", _TAGS, "Free tags"),
        ("databricks_alert_id", _STRING, "Id of the SQL alert"),
        ("databricks_display_name", _STRING, "Name of the SQL alert"),
        ("last_synced_at", _TIME, "When it was synced last"),
        ("last_sync_status", _STRING, "SUCCESS, ERROR or SKIPPED"),
        ("last_sync_error", _STRING, "Why it was not"),
    ),
)

DESTINATIONS = Table(
    "notification_destinations",
    "Whom alerts notify beside e-mail addresses",
    "destination_id",
    (
        ("destination_id", _STRING, "What notification_channels refer to"),
        ("destination_name", _STRING, "Name in the workspace"),
        ("destination_type", _STRING, "EMAIL, SLACK, WEBHOOK, TEAMS or PAGERDUTY"),
        ("databricks_destination_id", _STRING, "Id in the workspace; null until it is synced"),
        ("config_json", _STRING, "Addresses, URL or key; secrets as {{secrets/<scope>/<key>}}"),
        ("owner", _STRING, "Team or person"),
        ("is_enabled", _BOOLEAN, "Whether it is synced"),
        ("created_by", _STRING, "Who added the row"),
        ("created_at", _TIME, "When"),
        ("updated_by", _STRING, "Who changed it last"),
        ("updated_at", _TIME, "When"),
        ("tags", _TAGS, "Free tags"),
    ),
)

RESULTS = Table(
    "alert_validation_results",
    "What the last validation found, one row an alert",
    None,
    (
        ("alert_id", _STRING, "The alert"),
        ("is_valid", _BOOLEAN, "Whether it can be deployed"),
        ("error_message", _STRING, "Why not, or what to look at"),
        ("validation_timestamp", _TIME, "When"),
    ),
)

METRICS = Table(
    "alert_sync_metrics",
    "One row for each sync of the SQL alerts",
    "sync_run_id",
    (
        ("sync_run_id", _STRING, "The sync"),
        ("sync_started_at", _TIME, "When it began"),
        ("sync_ended_at", _TIME, "When it ended"),
        ("total_alerts", _LONG, "How many were to be synced"),
        ("success_count", _LONG, "Synced"),
        ("error_count", _LONG, "Failed"),
        ("created_count", _LONG, "Made"),
        ("updated_count", _LONG, "Changed"),
        ("deleted_count", _LONG, "Deleted, since they are disabled"),
        ("skipped_count", _LONG, "Equal already, or a dry run"),
        ("avg_api_latency_ms", _DOUBLE, "Of the requests to the alerts API"),
        ("min_api_latency_ms", _DOUBLE, "Of the same"),
        ("max_api_latency_ms", _DOUBLE, "Of the same"),
        ("p95_api_latency_ms", _DOUBLE, "Of the same"),
        ("total_duration_seconds", _DOUBLE, "From begin to end"),
        ("dry_run", _BOOLEAN, "Whether nothing was changed"),
        ("catalog", _STRING, "Of the alerts"),
        ("gold_schema", _STRING, "Of the alerts"),
        ("error_summary", _STRING, "The failed alerts and why"),
    ),
)

ALL = (ALERTS, DESTINATIONS, RESULTS, METRICS)


def create_tables(spark: SparkSession, target: Target) -> None:
    """Creates the schema and the tables that do not exist."""
    spark.sql(f"CREATE SCHEMA IF NOT EXISTS {target.schema}")
    for table in ALL:
        spark.sql(create_statement(table, target))


def create_statement(table: Table, target: Target) -> str:
    """The DDL of a table."""
    lines = [
        f"`{name}` {kind.simpleString().upper()}{' NOT NULL' if name == table.key else ''} COMMENT '{comment}'"
        for name, kind, comment in table.columns
    ]
    if table.key is not None:
        lines.append(f"CONSTRAINT `{table.name}_pk` PRIMARY KEY (`{table.key}`)")
    return (
        f"CREATE TABLE IF NOT EXISTS {target.table(table.name)} (\n  "
        + ",\n  ".join(lines)
        + f"\n)\nUSING DELTA\nCOMMENT '{table.comment}'\n"
        + "TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
    )
