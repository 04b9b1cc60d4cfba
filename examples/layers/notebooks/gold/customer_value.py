# Databricks notebook source
dbutils.widgets.text("catalog", "main")
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.gold")
spark.sql(
    f"""CREATE OR REPLACE TABLE {catalog}.gold.customer_value AS
    SELECT customer_id, SUM(amount) AS amount FROM {catalog}.silver.sales GROUP BY customer_id"""
)
