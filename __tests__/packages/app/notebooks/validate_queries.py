# Databricks notebook source
print("valid")
