"""Records a row in alert_sync_metrics for each sync."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from datetime import datetime, timezone

from pyspark.sql import SparkSession

from .names import Target
from .sql_alerts import SyncReport
from .tables import METRICS


def record_metrics(
    spark: SparkSession,
    target: Target,
    report: SyncReport,
    latencies_ms: Sequence[float],
    started: datetime,
    *,
    dry_run: bool,
) -> str:
    """Appends the row of a sync that has just ended and returns its ``sync_run_id``."""
    ended = datetime.now(timezone.utc)
    skipped = len(report.unchanged) + len(report.planned)
    changed = len(report.created) + len(report.updated) + len(report.deleted)
    summary = report.denied or "; ".join(f"{name}: {why}" for name, why in sorted(report.failed.items()))
    row = {
        "sync_run_id": str(uuid.uuid4()),
        "sync_started_at": started,
        "sync_ended_at": ended,
        "total_alerts": report.total,
        "success_count": changed + skipped,
        "error_count": len(report.failed),
        "created_count": len(report.created),
        "updated_count": len(report.updated),
        "deleted_count": len(report.deleted),
        "skipped_count": skipped,
        "avg_api_latency_ms": sum(latencies_ms) / len(latencies_ms) if latencies_ms else None,
        "min_api_latency_ms": min(latencies_ms, default=None),
        "max_api_latency_ms": max(latencies_ms, default=None),
        "p95_api_latency_ms": percentile(latencies_ms, 0.95),
        "total_duration_seconds": (ended - started).total_seconds(),
        "dry_run": dry_run,
        "catalog": target.catalog,
        "gold_schema": target.gold_schema,
        "error_summary": summary[:4000] or None,
    }
    frame = spark.createDataFrame([tuple(row[name] for name, _, _ in METRICS.columns)], METRICS.schema)
    frame.write.insertInto(target.table(METRICS.name))
    return str(row["sync_run_id"])


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that is not exceeded by ``share`` of the values; None if there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
