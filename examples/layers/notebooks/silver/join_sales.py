# Databricks notebook source
dbutils.widgets.text("catalog", "main")
catalog = dbutils.widgets.get("catalog")

# COMMAND ----------

spark.sql(f"CREATE SCHEMA IF NOT EXISTS {catalog}.silver")
spark.sql(
    f"""CREATE OR REPLACE TABLE {catalog}.silver.sales AS
    SELECT o.*, c.country, p.price * o.quantity AS amount FROM {catalog}.silver.orders o JOIN {catalog}.silver.customers c USING (customer_id) JOIN {catalog}.bronze.products p USING (product_id)"""
)
