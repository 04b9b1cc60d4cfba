# Databricks notebook source
# MAGIC %md
# MAGIC # Set up the alerting tables
# MAGIC
# MAGIC Creates the schema, the four tables of the alerting layer and the notification destinations that come with it, where
# MAGIC they are absent. Safe to run again.

# COMMAND ----------

dbutils.widgets.text("catalog", "")
dbutils.widgets.text("gold_schema", "")

# COMMAND ----------

from alerting.definitions import load_destinations
from alerting.names import Target
from alerting.seeding import seed_destinations
from alerting.tables import ALL, create_tables

target = Target(dbutils.widgets.get("catalog"), dbutils.widgets.get("gold_schema"))
create_tables(spark, target)
added = seed_destinations(spark, target, load_destinations())

# COMMAND ----------

print(f"Tables in {target.catalog}.{target.gold_schema}: {', '.join(table.name for table in ALL)}")
print(f"Destinations added: {', '.join(added) or 'none'}")
dbutils.notebook.exit("SUCCESS")
