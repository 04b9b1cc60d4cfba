"""Apache Spark with Delta, on which Databricks is built, in the place of the engine of the local workspace."""

from __future__ import annotations

import re
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

    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.sources.default", "delta")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.warehouse.dir", str(warehouse / "tables"))
        # Tables of a few rows, so that a shuffle into 200 parts is most of the time.
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.extraJavaOptions", f"-Dderby.system.home={warehouse / 'derby'}")
    )
    spark: Any = configure_spark_with_delta_pip(builder).getOrCreate()
    execute = spark.sql
    spark.sql = lambda text, *args, **kwargs: execute(_KEY.sub("", text), *args, **kwargs)
    return spark
