# Databricks notebook source
# MAGIC %md
# MAGIC # Validate the alert queries
# MAGIC
# MAGIC Renders and explains the query of every enabled alert, and writes what is wrong to alert_validation_results. Fails if an
# MAGIC alert is not valid, naming it.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")
dbutils.widgets.dropdown("fail_on_warning", "false", ["false", "true"])

# COMMAND ----------

from alerting.names import Target
from alerting.validation import check_results, validate_alerts

target = Target(dbutils.widgets.get("catalog"), dbutils.widgets.get("gold_schema"))
results = validate_alerts(spark, target)

# COMMAND ----------

valid = sum(not result.errors for result in results)
print(f"{valid} of {len(results)} enabled alerts are valid")
for result in results:
    if result.message:
        print(f"{result.alert_id}: {result.message}")
check_results(results, fail_on_warning=dbutils.widgets.get("fail_on_warning") == "true")
dbutils.notebook.exit("SUCCESS")
