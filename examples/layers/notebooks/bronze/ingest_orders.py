# Databricks notebook source
dbutils.widgets.text("catalog", "main")
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.bronze")
spark.sql(
    f"""CREATE OR REPLACE TABLE {catalog}.bronze.orders AS
    SELECT * FROM VALUES (1, 1, 1, 2, DATE'2026-01-01'), (2, 2, 1, 1, DATE'2026-01-02') AS t(order_id, customer_id, product_id, quantity, order_date)"""
)
