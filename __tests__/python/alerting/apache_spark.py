"""Apache Spark with Delta, on which Databricks is built, in the place of the engine of the local workspace."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

_KEY = re.compile(r",\s*CONSTRAINT `\w+` PRIMARY KEY \(`\w+`\)")
"""Delta on Apache Spark refuses keys, even such as are not enforced; Databricks knows them."""


def open_spark(warehouse: Path) -> Any:
    """A session with Delta tables in a folder. The jars of Delta come from a Maven repository.

    :param warehouse: folder of the tables, and of what Spark writes otherwise
    """
    from delta import configure_spark_with_delta_pip
    from pyspark.sql import SparkSession

    settings = {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.sources.default": "delta",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(warehouse / "tables"),
        # Tables of a few rows: what pays for large ones is most of the time here.
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={warehouse / 'derby'} -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    }
    builder = SparkSession.builder.master("local[2]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark: Any = configure_spark_with_delta_pip(builder).getOrCreate()
    execute = spark.sql
    spark.sql = lambda text, *args, **kwargs: execute(_KEY.sub("", text), *args, **kwargs)
    return spark


def copy_schema(spark: Any, source: str, target: str) -> None:
    """Makes a schema with the tables of another one, from their files: a commit to a table takes seconds."""
    warehouse = Path(spark.conf.get("spark.sql.warehouse.dir").removeprefix("file:"))
    folder = warehouse / f"{target}.db"
    shutil.copytree(warehouse / f"{source}.db", folder)
    spark.sql(f"CREATE SCHEMA {target}")
    for table in folder.iterdir():
        spark.sql(f"CREATE TABLE {target}.{table.name} USING DELTA LOCATION '{table}'")
