# Databricks notebook source
dbutils.widgets.text("catalog", "main")
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.silver")
spark.sql(
    f"""CREATE OR REPLACE TABLE {catalog}.silver.customers AS
    SELECT DISTINCT * FROM {catalog}.bronze.customers"""
)
