# Databricks notebook source
dbutils.widgets.text("catalog", "main")
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.bronze")
spark.sql(
    f"""CREATE OR REPLACE TABLE {catalog}.bronze.customers AS
    SELECT * FROM VALUES (1, 'NO'), (2, 'PT') AS t(customer_id, country)"""
)
