"""Puts the alerts and destinations that come with the package into their tables, and leaves what people changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import SparkSession

from .definitions import DEFINITION_COLUMNS, Definitions
from .names import Target
from .tables import ALERTS, DESTINATIONS, Table

SEEDED_BY = "seed_all_alerts"
FINGERPRINT = "seed_fingerprint"
"""Tag with a digest of what was seeded: a row that no longer has it has been changed by somebody."""


@dataclass
class SeedReport:
    """Ids of the alerts, by what became of them."""

    inserted: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Changed by somebody since they were seeded, and left as they are."""
    bad: dict[str, list[str]] = field(default_factory=dict)
    """Definitions that are wrong, and why."""


def seed_alerts(
    spark: SparkSession, target: Target, definitions: Definitions, *, force_reseed: bool = False
) -> SeedReport:
    """Adds the alerts that are not there, and updates those that nobody has changed since they were seeded.

    :param force_reseed: also puts back those that somebody has changed
    """
    report = SeedReport(bad=dict(definitions.problems))
    there = {
        row["alert_id"]: row.asDict(recursive=True)
        for row in spark.table(target.table(ALERTS.name))
        .select(*DEFINITION_COLUMNS, "created_by", "created_at")
        .collect()
    }
    now = datetime.now(timezone.utc)
    rows = []
    for alert_id, definition in sorted(definitions.alerts.items()):
        wanted = {**definition, "tags": {**(definition["tags"] or {}), FINGERPRINT: fingerprint(definition)}}
        current = there.get(alert_id)
        if current is None:
            report.inserted.append(alert_id)
            created = {"created_by": SEEDED_BY, "created_at": now}
        else:
            created = {name: current[name] for name in ("created_by", "created_at")}
            tags = dict(current["tags"] or {})
            seeded = tags.pop(FINGERPRINT, None)
            content = fingerprint({**current, "tags": tags})
            if content == fingerprint(definition) and seeded == content:
                report.unchanged.append(alert_id)
                continue
            if content != seeded and not force_reseed:
                report.kept.append(alert_id)
                continue
            report.updated.append(alert_id)
        rows.append({**wanted, **created, "updated_by": SEEDED_BY, "updated_at": now})
    if rows:
        changed = [*DEFINITION_COLUMNS[1:], "updated_by", "updated_at"]
        _merge(spark, target, ALERTS, rows, f"WHEN MATCHED THEN UPDATE SET {_assignments(changed)}")
    return report


def seed_destinations(spark: SparkSession, target: Target, destinations: list[dict[str, Any]]) -> list[str]:
    """Adds the destinations that are not there; those that are stay as they are. Gives the ids of the new ones."""
    there = {row[0] for row in spark.table(target.table(DESTINATIONS.name)).select("destination_id").collect()}
    now = datetime.now(timezone.utc)
    by = "setup_alerting_tables"
    rows = [
        {**row, "created_by": by, "created_at": now, "updated_by": by, "updated_at": now}
        for row in destinations
        if row["destination_id"] not in there
    ]
    if rows:
        _merge(spark, target, DESTINATIONS, rows, "")
    return [row["destination_id"] for row in rows]


def fingerprint(definition: Mapping[str, Any]) -> str:
    """A digest of the definition columns of a row."""
    content = [definition.get(name) for name in DEFINITION_COLUMNS]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _merge(spark: SparkSession, target: Target, table: Table, rows: list[dict[str, Any]], matched: str) -> None:
    """One statement, so that all of the rows are there or none. Values come from a DataFrame, never from SQL text."""
    names = [name for name, _, _ in table.columns]
    frame = spark.createDataFrame([tuple(row.get(name) for name in names) for row in rows], table.schema)
    view = f"seed_{table.name}"
    frame.createOrReplaceTempView(view)
    columns = ", ".join(f"`{name}`" for name in names)
    values = ", ".join(f"s.`{name}`" for name in names)
    spark.sql(
        f"MERGE INTO {target.table(table.name)} t USING {view} s ON t.`{table.key}` = s.`{table.key}` "
        f"{matched} WHEN NOT MATCHED THEN INSERT ({columns}) VALUES ({values})"
    )


def _assignments(names: list[str]) -> str:
    return ", ".join(f"t.`{name}` = s.`{name}`" for name in names)
