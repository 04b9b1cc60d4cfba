"""Creates small gold tables for the queries of the alerting example.

The data ends yesterday and is the same for the same day. It triggers some of the alerts.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from typing import Any

UTC = datetime.timezone.utc
DAYS = 15

_SCHEMAS = {
    "fact_usage": "usage_date DATE, workspace_name STRING, sku_name STRING, usage_quantity DOUBLE, list_cost DOUBLE, "
    "is_tagged BOOLEAN, processed_at TIMESTAMP",
    "fact_job_run_timeline": "run_id BIGINT, job_id BIGINT, job_name STRING, start_time TIMESTAMP, end_time TIMESTAMP, "
    "run_duration_seconds DOUBLE, result_state STRING, total_cost DOUBLE",
    "fact_audit_logs": "event_time TIMESTAMP, service_name STRING, action_name STRING, user_identity STRING, "
    "source_ip_address STRING, response_status_code INT",
    "fact_query_history": "statement_id STRING, start_time TIMESTAMP, executed_by STRING, execution_status STRING, "
    "total_duration_ms BIGINT, read_bytes BIGINT, spilled_bytes BIGINT",
    "fact_data_quality": "check_time TIMESTAMP, table_name STRING, column_name STRING, check_name STRING, "
    "passed BOOLEAN, null_pct DOUBLE",
    "fact_table_freshness": "table_name STRING, owner STRING, last_updated_at TIMESTAMP, row_count BIGINT",
}

SAMPLE_TABLES: tuple[str, ...] = tuple(_SCHEMAS)
"""Names of the sample tables."""


def create_sample_tables(
    spark: Any, catalog: str, schema: str, today: datetime.date, only: Collection[str] = SAMPLE_TABLES
) -> dict[str, int]:
    """Creates or replaces the tables.

    :param today: the day after the last day of data
    :param only: names of the tables to create
    :returns: row counts by table
    """
    spark.sql(f"CREATE SCHEMA IF NOT EXISTS `{catalog}`.`{schema}`")
    made = {
        "fact_usage": _usage,
        "fact_job_run_timeline": _job_runs,
        "fact_audit_logs": _audit_logs,
        "fact_query_history": _queries,
        "fact_data_quality": _quality,
        "fact_table_freshness": _freshness,
    }
    counts = {}
    for table in SAMPLE_TABLES:
        if table not in only:
            continue
        rows = list(made[table](today))
        frame = spark.createDataFrame(rows, _SCHEMAS[table])
        frame.write.mode("overwrite").saveAsTable(f"`{catalog}`.`{schema}`.`{table}`")
        counts[table] = len(rows)
    return counts


def _at(day: datetime.date, hour: int, minute: int = 0) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def _past(today: datetime.date) -> Iterator[tuple[int, datetime.date]]:
    """Days in order up to yesterday, each with the number of days ago."""
    for ago in range(DAYS - 1, 0, -1):
        yield ago, today - datetime.timedelta(days=ago)


def _usage(today: datetime.date) -> Iterator[tuple[Any, ...]]:
    """About $3,000 a day, rising by half in the last week; the sandbox has no tags."""
    for ago, day in _past(today):
        growth = 1.5 if ago <= 7 else 1.0
        for workspace, cost, tagged in (
            ("analytics-prod", 1500.0, True),
            ("ingestion-prod", 900.0, True),
            ("ml-prod", 400.0, True),
            ("sandbox", 240.0, False),
        ):
            for sku, share in (("JOBS_SERVERLESS", 0.6), ("SQL_SERVERLESS", 0.4)):
                amount = round(cost * share * growth, 2)
                yield (day, workspace, sku, round(amount / 0.35, 1), amount, tagged, _at(day, 23, 30))


def _job_runs(today: datetime.date) -> Iterator[tuple[Any, ...]]:
    """Four jobs a day; one has failed on each of the last four days."""
    jobs = ((11, "ingest_orders", 600.0, 12.0), (12, "build_gold", 1500.0, 40.0), (13, "score_model", 900.0, 25.0))
    run_id = 1000
    for ago, day in _past(today):
        for job_id, name, seconds, cost in (*jobs, (14, "export_reports", 300.0, 6.0)):
            run_id += 1
            failed = name == "export_reports" and ago <= 4
            begin = _at(day, 2, job_id)
            end = begin + datetime.timedelta(seconds=seconds)
            yield (run_id, job_id, name, begin, end, seconds, "FAILED" if failed else "SUCCESS", cost)


def _audit_logs(today: datetime.date) -> Iterator[tuple[Any, ...]]:
    """Ordinary requests every day; yesterday also failed logins and work at night."""
    for ago, day in _past(today):
        for hour in range(8, 18):
            for user in ("ada@example.com", "grace@example.com"):
                yield (_at(day, hour), "notebook", "runCommand", user, "203.0.113.10", 200)
        if ago != 1:
            continue
        for minute in range(14):
            yield (_at(day, 3, minute), "accounts", "tokenLogin", "mallory@example.com", "198.51.100.7", 401)
        yield (_at(day, 23, 5), "accounts", "addAdmin", "ada@example.com", "203.0.113.10", 200)
        for minute in range(6):
            yield (_at(day, 9, minute), "jobs", "changeJobAcl", "grace@example.com", "203.0.113.11", 200)
        yield (_at(day, 10, 5), "workspace", "getStatus", "grace@example.com", "203.0.113.11", 403)
        for minute in range(3):
            yield (_at(day, 11, minute), "accounts", "generateDbToken", "ada@example.com", "203.0.113.10", 200)
            yield (_at(day, 12, minute), "databrickssql", "downloadQueryResult", "ada@example.com", "203.0.113.10", 200)


def _queries(today: datetime.date) -> Iterator[tuple[Any, ...]]:
    """Twenty queries a day; one in ten is slow and spills, and two of yesterday's failed."""
    for ago, day in _past(today):
        for number in range(20):
            slow = number % 10 == 9
            failed = ago == 1 and number in (4, 14)
            yield (
                f"{day:%Y%m%d}-{number:03d}",
                _at(day, 8 + number // 2, number % 2 * 30),
                "ada@example.com" if number % 2 else "grace@example.com",
                "FAILED" if failed else "FINISHED",
                75_000 if slow else 2_000 + 100 * number,
                10_000_000 * (number + 1),
                500_000_000 if slow else 0,
            )


def _quality(today: datetime.date) -> Iterator[tuple[Any, ...]]:
    """Five checks a day; one fails since yesterday because of nulls in a column."""
    checks = (
        ("orders", "customer_id", "not_null", 0.1),
        ("orders", "amount", "in_range", 0.0),
        ("customers", "email", "not_null", 4.0),
        ("customers", "country", "in_list", 1.5),
        ("payments", "reference", "unique", 0.0),
    )
    for ago, day in _past(today):
        for table, column, check, null_pct in checks:
            broken = ago == 1 and column == "email"
            yield (_at(day, 4), table, column, check, not broken, 31.0 if broken else null_pct)


def _freshness(today: datetime.date) -> Iterator[tuple[Any, ...]]:
    """Ten tables, one of them stale for five days; nine have an owner."""
    for number in range(10):
        day = today - datetime.timedelta(days=5 if number == 3 else 1)
        owner = None if number == 7 else "data-platform"
        yield (f"gold_table_{number:02d}", owner, _at(day, 22), 1_000 * (number + 1))
