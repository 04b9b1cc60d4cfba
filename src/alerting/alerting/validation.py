"""Finds alerts that would not work before they are deployed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from pyspark.sql import SparkSession

from .checks import problems_of
from .names import Target
from .tables import ALERTS, DESTINATIONS, RESULTS
from .templates import render

PARALLEL = 4
"""Maximum concurrent EXPLAIN statements."""
MESSAGE_COLUMN = "alert_message"
_MAX_MESSAGE = 200


@dataclass
class Result:
    """Validation result of an alert."""

    alert_id: str
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def message(self) -> str | None:
        """All errors and warnings in one text."""
        texts = [*self.errors, *(f"warning: {text}" for text in self.warnings)]
        return "; ".join(texts) or None


class InvalidAlerts(Exception):
    """Alerts that must not be deployed. The message names each with its problems."""


def validate_alerts(spark: SparkSession, target: Target) -> list[Result]:
    """Checks every enabled alert: its row, its query, the query's columns, and its channels.

    Overwrites ``alert_validation_results`` in one commit.
    """
    rows = [
        row.asDict(recursive=True)
        for row in spark.table(target.table(ALERTS.name)).where("is_enabled").orderBy("alert_id").collect()
    ]
    destinations = {
        row["destination_id"] for row in spark.table(target.table(DESTINATIONS.name)).select("destination_id").collect()
    }
    copies = Counter(row["alert_id"] for row in rows)
    with ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(lambda row: _validate(spark, target, row, destinations, copies), rows))
    now = datetime.now(timezone.utc)
    frame = spark.createDataFrame(
        [(result.alert_id, not result.errors, result.message, now) for result in results], RESULTS.schema
    )
    frame.write.insertInto(target.table(RESULTS.name), overwrite=True)
    return results


def check_results(results: list[Result], *, fail_on_warning: bool) -> None:
    """
    Raises the problems of invalid alerts.

    :raises InvalidAlerts: if an alert has errors, or has warnings and ``fail_on_warning`` is set
    """
    bad = [result for result in results if result.errors or (fail_on_warning and result.warnings)]
    if bad:
        ids = ", ".join(dict.fromkeys(result.alert_id for result in bad))
        reasons = "\n".join(f"  {result.alert_id}: {result.message}" for result in bad)
        raise InvalidAlerts(f"{len(bad)} of {len(results)} alerts are not valid: {ids}\n{reasons}")


def _validate(
    spark: SparkSession, target: Target, row: Mapping[str, Any], destinations: set[str], copies: Counter[str]
) -> Result:
    result = Result(row["alert_id"], errors=problems_of(row))
    if copies[row["alert_id"]] > 1:
        result.errors.append(f"{copies[row['alert_id']]} rows have this alert_id")
    for channel in row["notification_channels"] or []:
        if channel and "@" not in channel and channel not in destinations:
            result.warnings.append(f"channel {channel!r} is neither an e-mail address nor a notification destination")
    try:
        query = render(row["alert_query_template"] or "", target)
    except ValueError:
        return result  # Already reported by the row's problems.
    error = explain_error(spark, query)
    if error is not None:
        result.errors.append(error)
        return result
    try:
        columns = {name.lower() for name in spark.sql(_as_table(query)).columns}
    except Exception as why:  # Some engines explain queries that they cannot plan.
        result.errors.append(classify(str(why)))
        return result
    for column in (row["threshold_column"], MESSAGE_COLUMN):
        if column and column.lower() not in columns:
            result.errors.append(f"the query has no column {column}; it has {', '.join(sorted(columns))}")
    return result


def explain_error(spark: SparkSession, query: str) -> str | None:
    """The error of a query's plan; None if it is valid.

    Some engines raise the error, others return it as the text of the plan.
    """
    try:
        rows = spark.sql(f"EXPLAIN {_as_table(query)}").collect()
    except Exception as error:  # With any error, the alert does not work.
        return classify(str(error))
    # Apache Spark and Databricks return a plan as one row, and an error as one row for each line.
    return error_in_plan("\n".join(str(row[0]) for row in rows))


def _as_table(query: str) -> str:
    """Puts the query in parentheses, where only a query is valid. EXPLAIN would otherwise execute a command at once."""
    return f"SELECT * FROM (\n{query}\n)"


_CONDITION = re.compile(r"\[([A-Z][A-Z0-9_]*(?:\.[A-Z][A-Z0-9_]*)*)\]")


def error_in_plan(text: str) -> str | None:
    """The error in the text of a plan; None if it is a plan."""
    return classify(text) if _is_error(text) else None


def _is_error(plan: str) -> bool:
    if "org.apache.spark.sql.AnalysisException" in plan or "Error occurred during query planning" in plan:
        return True
    # A parse error starts with a blank line, a plan with its title.
    return not plan.lstrip().startswith("==") and _CONDITION.search(plan) is not None


def classify(message: str) -> str:
    """An error of EXPLAIN in one line, with the problem to fix."""
    condition = _CONDITION.search(message)
    kind = condition[1].split(".")[0] if condition else ""
    if kind == "UNRESOLVED_COLUMN":
        name = re.search(r"with name (`[^`]*`(?:\.`[^`]*`)*)", message)
        return f"UNRESOLVED_COLUMN: {_bare(name[1])} does not exist" if name else "UNRESOLVED_COLUMN"
    if kind == "TABLE_OR_VIEW_NOT_FOUND":
        name = re.search(r"table or view (`[^`]*`(?:\.`[^`]*`)*)", message)
        return f"TABLE_OR_VIEW_NOT_FOUND: {_bare(name[1])} does not exist" if name else "TABLE_OR_VIEW_NOT_FOUND"
    if kind == "PARSE_SYNTAX_ERROR":
        near = re.search(r"at or near (\S.*?)(?:\.|\(|$)", message)
        return f"PARSE_SYNTAX_ERROR: near {near[1].strip()}" if near else "PARSE_SYNTAX_ERROR"
    return " ".join(message.split())[:_MAX_MESSAGE]


def _bare(name: str) -> str:
    return name.replace("`", "")
