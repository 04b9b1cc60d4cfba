"""Validates rows of alert_configurations before they are deployed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from pyspark.sql.types import ArrayType, BooleanType, DataType, DoubleType, IntegerType, MapType, StringType

from .cron import cron_problem
from .operators import OPERATORS
from .tables import ALERTS
from .templates import template_problems

DOMAINS: Mapping[str, str] = {
    "COST": "COST",
    "SECURITY": "SEC",
    "PERFORMANCE": "PERF",
    "RELIABILITY": "RELI",
    "QUALITY": "QUAL",
}
"""Prefix of alert ids by ``agent_domain``."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "agent_domain": tuple(DOMAINS),
    "severity": ("CRITICAL", "WARNING", "INFO"),
    "query_source": ("CUSTOM", "TVF", "METRIC_VIEW", "MONITORING"),
    "threshold_operator": tuple(OPERATORS),
    "threshold_value_type": ("DOUBLE", "STRING", "BOOLEAN"),
    "empty_result_state": ("OK", "TRIGGERED", "ERROR"),
    "pause_status": ("UNPAUSED", "PAUSED"),
}
AGGREGATIONS = ("SUM", "COUNT", "COUNT_DISTINCT", "AVG", "MEDIAN", "MIN", "MAX", "STDDEV", "FIRST", "NONE")
"""Values of ``aggregation_type``; FIRST and NONE mean no aggregation."""

MESSAGE_PLACEHOLDERS = ("ALERT_NAME", "SEVERITY", "QUERY_RESULT_VALUE", "THRESHOLD_VALUE", "OWNER")
"""Placeholders, in double braces, of ``custom_subject_template`` and ``custom_body_template``."""

_REQUIRED = (
    "alert_id",
    "alert_name",
    *_CHOICES,
    "alert_query_template",
    "threshold_column",
    "schedule_cron",
    "schedule_timezone",
    "is_enabled",
)
_VALUE_COLUMNS = {
    "DOUBLE": "threshold_value_double",
    "STRING": "threshold_value_string",
    "BOOLEAN": "threshold_value_bool",
}


def problems_of(row: Mapping[str, Any]) -> list[str]:
    """Problems of an alert, one text each; empty if the row can be deployed.

    :param row: values by column; a missing column counts as null
    """
    missing = [name for name in _REQUIRED if row.get(name) is None or row.get(name) == ""]
    problems = [f"{name} is missing" for name in missing]
    for name, choices in _CHOICES.items():
        if name not in missing and row[name] not in choices:
            problems.append(f"{name} {row[name]!r} is not one of {', '.join(choices)}")
    aggregation = row.get("aggregation_type")
    if aggregation is not None and aggregation not in AGGREGATIONS:
        problems.append(f"aggregation_type {aggregation!r} is not one of {', '.join(AGGREGATIONS)}")
    problems += _id_problems(row)
    problems += _threshold_problems(row)
    if "alert_query_template" not in missing:
        problems += template_problems(row["alert_query_template"])
    if "schedule_cron" not in missing and (problem := cron_problem(row["schedule_cron"])):
        problems.append(problem)
    if "schedule_timezone" not in missing and row["schedule_timezone"] not in _time_zones():
        problems.append(f"schedule_timezone {row['schedule_timezone']!r} is not an IANA time zone like Europe/Berlin")
    for channel in row.get("notification_channels") or []:
        if channel is None or not channel.strip():
            problems.append("notification_channels has an empty channel")
    for name in ("custom_subject_template", "custom_body_template"):
        for placeholder in re.findall(r"\{\{([^{}]*)\}\}", row.get(name) or ""):
            if placeholder not in MESSAGE_PLACEHOLDERS:
                problems.append(f"{name} has the unknown placeholder {{{{{placeholder}}}}}")
    seconds = row.get("retrigger_seconds")
    if seconds is not None and seconds < 0:
        problems.append(f"retrigger_seconds {seconds} must not be negative")
    return problems


def type_problems(row: Mapping[str, Any]) -> list[str]:
    """Values whose type differs from their column's, one text each. Null fits every type.

    Only values from files need this check: one value of a wrong type would keep all rows out of the table.

    :param row: values by column; other keys are ignored
    """
    return [
        f"{name} {str(row[name])[:100]!r} must be {_TYPES[type(kind)]}"
        for name, kind, _ in ALERTS.columns
        if row.get(name) is not None and not _is_of(row[name], kind)
    ]


_TYPES: Mapping[type[DataType], str] = {
    StringType: "a text",
    BooleanType: "true or false",
    DoubleType: "a number",
    IntegerType: "a whole number below 2147483648",
    ArrayType: "a list of texts",
    MapType: "a mapping of texts to texts",
}


def _is_of(value: Any, kind: DataType) -> bool:
    if isinstance(kind, StringType):
        # A lone surrogate cannot be encoded.
        return isinstance(value, str) and re.search("[\ud800-\udfff]", value) is None
    if isinstance(kind, BooleanType):
        return isinstance(value, bool)
    if isinstance(kind, DoubleType):
        return isinstance(value, float)
    if isinstance(kind, IntegerType):
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    if isinstance(kind, ArrayType):
        return isinstance(value, list) and all(each is None or _is_of(each, kind.elementType) for each in value)
    return isinstance(value, dict) and all(_is_of(each, StringType()) for pair in value.items() for each in pair)


@lru_cache(1)
def _time_zones() -> frozenset[str]:
    """Cached because each call reads the time zones from files."""
    return frozenset(available_timezones())


def _id_problems(row: Mapping[str, Any]) -> list[str]:
    alert_id, domain = row.get("alert_id") or "", row.get("agent_domain")
    if not alert_id:
        return []
    found = re.fullmatch(r"([A-Z]+)-[0-9]{3,}", alert_id)
    if found is None:
        return [f"alert_id {alert_id!r} must be <DOMAIN>-<3 digits>, such as COST-001"]
    prefix = DOMAINS.get(domain or "", found[1])
    return [] if found[1] == prefix else [f"alert_id {alert_id!r} must begin with {prefix}- in the domain {domain}"]


def _threshold_problems(row: Mapping[str, Any]) -> list[str]:
    kind = row.get("threshold_value_type")
    column = _VALUE_COLUMNS.get(kind or "")
    if column is None:
        return []
    value = row.get(column)
    if value is None:
        return [f"{column} is missing, though threshold_value_type is {kind}"]
    if isinstance(value, float) and not math.isfinite(value):
        return [f"{column} {value} is not a number"]
    operator = row.get("threshold_operator")
    if kind == "BOOLEAN" and operator in OPERATORS and operator not in ("=", "!="):
        return [f"threshold_operator {operator!r} cannot compare BOOLEAN; use = or !="]
    return []
