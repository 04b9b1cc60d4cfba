# Databricks notebook source
# MAGIC %md
# MAGIC # Deploy the SQL alerts
# MAGIC
# MAGIC Creates or updates one Databricks SQL alert for every enabled row of alert_configurations, writes back what became of
# MAGIC each, and records metrics. Fails if fewer than success_threshold of them succeed.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")
dbutils.widgets.text("warehouse_id", "")
dbutils.widgets.dropdown("dry_run", "true", ["false", "true"])
dbutils.widgets.dropdown("delete_disabled", "false", ["false", "true"])
dbutils.widgets.text("success_threshold", "0.90")

# COMMAND ----------

from datetime import datetime, timezone

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config

from alerting.api import SDK_RETRY_SECONDS, Api
from alerting.metrics import record_metrics
from alerting.names import Target
from alerting.outcome import SyncFailed, check_threshold, exit_value, parse_threshold
from alerting.sql_alerts import sync_alerts

target = Target(dbutils.widgets.get("catalog"), dbutils.widgets.get("gold_schema"))
threshold = parse_threshold(dbutils.widgets.get("success_threshold"))
dry_run = dbutils.widgets.get("dry_run") == "true"
started, api = datetime.now(timezone.utc), Api()
report = sync_alerts(
    spark,
    WorkspaceClient(config=Config(retry_timeout_seconds=SDK_RETRY_SECONDS)),
    target,
    warehouse_id=dbutils.widgets.get("warehouse_id"),
    dry_run=dry_run,
    delete_disabled=dbutils.widgets.get("delete_disabled") == "true",
    api=api,
)
sync_run_id = record_metrics(spark, target, report, api.latencies_ms, started, dry_run=dry_run)

# COMMAND ----------

print(
    f"Of {report.total} alerts: {len(report.created)} created, {len(report.updated)} updated, "
    f"{len(report.unchanged)} unchanged, {len(report.deleted)} deleted, {len(report.failed)} failed"
)
for line in report.planned:
    print(f"Would {line}")
for warning in report.warnings:
    print(f"Warning: {warning}")
for alert_id, why in sorted(report.failed.items()):
    print(f"Failed: {alert_id}: {why}")
if report.denied is not None:
    raise SyncFailed(f"the workspace does not let this job manage SQL alerts: {report.denied}")
check_threshold(report.total, report.failed, threshold)
dbutils.notebook.exit(exit_value(report.failed))
