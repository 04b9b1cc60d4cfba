# Databricks notebook source
# MAGIC %md
# MAGIC # Sync the notification destinations
# MAGIC
# MAGIC Creates the workspace notification destinations that have no databricks_destination_id yet, and writes the ids back.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")
dbutils.widgets.dropdown("dry_run", "true", ["false", "true"])

# COMMAND ----------

from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config

from alerting.api import SDK_RETRY_SECONDS
from alerting.destinations import sync_destinations
from alerting.names import Target
from alerting.outcome import exit_value

target = Target(dbutils.widgets.get("catalog"), dbutils.widgets.get("gold_schema"))
client = WorkspaceClient(config=Config(retry_timeout_seconds=SDK_RETRY_SECONDS))
dry_run = dbutils.widgets.get("dry_run") == "true"
report = sync_destinations(spark, client, dbutils.secrets, target, dry_run=dry_run)

# COMMAND ----------

for what, ids in (
    ("Created", report.created),
    ("Found in the workspace", report.found),
    ("Would be created", report.would_create),
):
    if ids:
        print(f"{what}: {', '.join(sorted(ids))}")
for warning in report.warnings:
    print(f"Warning: {warning}")
for destination_id, why in sorted(report.failed.items()):
    print(f"Failed: {destination_id}: {why}")
dbutils.notebook.exit(exit_value(report.failed))
