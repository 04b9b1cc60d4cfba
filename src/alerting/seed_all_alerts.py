# Databricks notebook source
# MAGIC %md
# MAGIC # Seed the pre-built alerts
# MAGIC
# MAGIC Merges the pre-built alerts into alert_configurations by alert_id. An analyst's later change stays, unless force_reseed is true.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")
dbutils.widgets.dropdown("force_reseed", "false", ["false", "true"])

# COMMAND ----------

from alerting.definitions import load_alerts
from alerting.names import Target
from alerting.outcome import exit_value
from alerting.seeding import seed_alerts

target = Target(dbutils.widgets.get("catalog"), dbutils.widgets.get("gold_schema"))
report = seed_alerts(spark, target, load_alerts(), force_reseed=dbutils.widgets.get("force_reseed") == "true")

# COMMAND ----------

print(f"Inserted: {len(report.inserted)}, updated: {len(report.updated)}, unchanged: {len(report.unchanged)}")
if report.kept:
    print(f"Changed by somebody, and kept as they are: {', '.join(report.kept)}")
for alert_id, problems in report.bad.items():
    print(f"Not seeded: {alert_id}: {'; '.join(problems)}")
dbutils.notebook.exit(exit_value(report.bad))
