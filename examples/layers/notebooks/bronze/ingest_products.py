# Databricks notebook source
dbutils.widgets.text("catalog", "main")
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.bronze")
spark.sql(
    f"""CREATE OR REPLACE TABLE {catalog}.bronze.products AS
    SELECT * FROM VALUES (1, 9.5) AS t(product_id, price)"""
)
