# Databricks notebook source
# MAGIC %md
# MAGIC # Validate the alert queries
# MAGIC
# MAGIC Renders and explains the query of every enabled alert and writes what is wrong to alert_validation_results.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")
dbutils.widgets.dropdown("fail_on_warning", "false", ["false", "true"])

catalog = dbutils.widgets.get("catalog")
gold_schema = dbutils.widgets.get("gold_schema")
fail_on_warning = dbutils.widgets.get("fail_on_warning") == "true"

# COMMAND ----------

print(f"Would explain the query of every enabled alert of {catalog}.{gold_schema}.alert_configurations")
print(f"Would write the results to {catalog}.{gold_schema}.alert_validation_results")
print(f"Would fail on {'errors and warnings' if fail_on_warning else 'errors'}, naming the alerts")
