"""What the tests of the alerting layer share: one session on the engine, and a schema for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from workspace_stub import WorkspaceStub

from alerting.definitions import DEFINITION_COLUMNS, Definitions, add_alerts, load_destinations
from alerting.names import Target
from alerting.seeding import seed_alerts, seed_destinations
from alerting.tables import ALERTS, create_tables

ON_SPARK = "JOBSTRATA_TEST_SPARK" in os.environ
"""Whether the tests run on Apache Spark with Delta instead of the engine of the local workspace: `npm run test:spark`."""
CATALOGS = ("spark_catalog",) if ON_SPARK else ("main", "prod_eu")
"""Delta on Apache Spark has one catalog."""
CATALOG = CATALOGS[0]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Any:
    warehouse = tmp_path_factory.mktemp("warehouse")
    if ON_SPARK:
        from apache_spark import open_spark

        return open_spark(warehouse)
    from jobstrata_local.engine import open_session

    return open_session(warehouse, CATALOGS, note=lambda text: None)


def versions(spark: Any, table: str) -> int:
    """How often a table has been committed to."""
    if ON_SPARK:
        return int(spark.sql(f"DESCRIBE HISTORY {table}").count())
    catalog, schema, name = (part.strip("`") for part in table.split("."))
    location = spark.sql(f"SHOW SCHEMAS IN {catalog}").where(f"name = '{schema}'").first()["locationUri"]
    return len(list((Path(location) / name / "_delta_log").glob("*.json")))


@pytest.fixture(scope="session")
def template(spark: Any) -> Target | None:
    """A schema to copy, where it takes long to make one."""
    return _made(spark, "template") if ON_SPARK else None


def _made(spark: Any, schema: str) -> Target:
    place = Target(CATALOG, schema)
    create_tables(spark, place)
    seed_destinations(spark, place, load_destinations())
    return place


@pytest.fixture
def target(spark: Any, template: Target | None) -> Iterator[Target]:
    schema = f"gold_{next(_numbers)}"
    if template is None:
        place = _made(spark, schema)
    else:
        from apache_spark import copy_schema

        copy_schema(spark, template.gold_schema, schema)
        place = Target(CATALOG, schema)
    yield place
    spark.sql(f"DROP SCHEMA IF EXISTS {place.schema} CASCADE")


@pytest.fixture
def workspace() -> Iterator[WorkspaceStub]:
    with WorkspaceStub() as stub:
        yield stub


GOOD = {
    "alert_id": "COST-900",
    "alert_name": "Something costs",
    "agent_domain": "COST",
    "severity": "INFO",
    "alert_query_template": "SELECT 1 AS value, 'hello' AS alert_message",
    "threshold_column": "value",
    "threshold_operator": ">",
    "threshold_value": 0,
    "schedule_cron": "0 0 8 * * ?",
}
"""An alert that can be deployed anywhere."""


def alert(number: int = 900, **columns: Any) -> dict[str, Any]:
    return {**GOOD, "alert_id": f"COST-{number:03}", **columns}


def definitions(*alerts: dict[str, Any]) -> Definitions:
    found = Definitions()
    add_alerts(found, [(f"[{place}]", each) for place, each in enumerate(alerts)])
    return found


@pytest.fixture
def seed(spark: Any, target: Target) -> Callable[..., None]:
    """Seeds good alerts, and then sets columns of theirs by SQL, as an analyst would, by alert_id."""

    def do(*alerts: dict[str, Any], **changes: dict[str, Any]) -> None:
        found = definitions(*alerts)
        assert found.problems == {}
        seed_alerts(spark, target, found)
        for alert_id, columns in changes.items():
            for name, value in columns.items():
                assert name in DEFINITION_COLUMNS
                kind = ALERTS.schema[name].dataType.simpleString()
                frame = spark.createDataFrame([(alert_id.replace("_", "-"), value)], f"id STRING, value {kind}")
                frame.createOrReplaceTempView("change")
                spark.sql(
                    f"MERGE INTO {target.table(ALERTS.name)} t USING change s ON t.alert_id = s.id "
                    f"WHEN MATCHED THEN UPDATE SET t.{name} = s.value"
                )

    return do


def rows(spark: Any, sql: str, **args: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in spark.sql(sql, args=args or None).collect()]
