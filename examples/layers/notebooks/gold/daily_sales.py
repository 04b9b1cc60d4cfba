# Databricks notebook source
dbutils.widgets.text("catalog", "main")
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.gold")
spark.sql(
    f"""CREATE OR REPLACE TABLE {catalog}.gold.daily_sales AS
    SELECT order_date, product_id, SUM(amount) AS amount FROM {catalog}.silver.sales GROUP BY order_date, product_id"""
)
