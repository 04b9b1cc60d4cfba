"""Seeds the tables with the package's alerts and destinations, and keeps users' changes."""

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
"""Tag with a digest of the seeded definition; if it no longer matches, a user has changed the row."""


@dataclass
class SeedReport:
    """Ids of alerts by outcome."""

    inserted: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Alerts left as they are because a user has changed them."""
    bad: dict[str, list[str]] = field(default_factory=dict)
    """Problems of invalid definitions."""


def seed_alerts(
    spark: SparkSession, target: Target, definitions: Definitions, *, force_reseed: bool = False
) -> SeedReport:
    """Inserts missing alerts and updates those that users have not changed.

    :param force_reseed: also overwrites users' changes
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
    """Inserts missing destinations, leaves existing ones unchanged, and returns the ids of the new ones."""
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
    """Digest of a row's definition columns."""
    content = [definition.get(name) for name in DEFINITION_COLUMNS]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _merge(spark: SparkSession, target: Target, table: Table, rows: list[dict[str, Any]], matched: str) -> None:
    """Merges all rows or none, in one statement. Values come from a DataFrame, never from SQL text."""
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
