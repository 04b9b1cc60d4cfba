# Databricks notebook source
dbutils.widgets.text("catalog", "")
print("seeded", dbutils.widgets.get("catalog"))
