"""Runs SQL cells and files."""

from __future__ import annotations

import re
from typing import Any

import sqlglot
from sqlglot import exp

from .query import statements
from .statements import DIALECT


def run_sql(spark: Any, text: str, widgets: dict[str, str]) -> Any:
    """
    Runs statements in order. ``:name`` refers to a widget or parameter.

    :returns: the DataFrame of the last statement; ``None`` if there is none
    """
    frame = None
    for statement in statements(text):
        arguments = {name: widgets[name] for name in _parameters(statement) if name in widgets}
        frame = spark.sql(statement, args=arguments) if arguments else spark.sql(statement)
    return frame


def with_values(text: str, parameters: dict[str, str]) -> str:
    """
    Replaces ``{{name}}``, the legacy syntax for parameters in queries and files.

    As in Databricks, the value becomes a string literal, which replaces existing quotes around the placeholder.
    """

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in parameters:
            raise ValueError(f"the parameter {{{{{name}}}}} has no value; set it in the parameters of the task")
        return "'" + parameters[name].replace("\\", "\\\\").replace("'", "\\'") + "'"

    return re.sub(r"(?P<quote>['\"]?)\{\{\s*(?P<name>[\w.-]+)\s*\}\}(?P=quote)", value, text)


def _parameters(statement: str) -> set[str]:
    try:
        parsed = sqlglot.parse_one(statement, dialect=DIALECT)
    except sqlglot.errors.SqlglotError:
        return set()
    return {str(each.this) for each in parsed.find_all(exp.Placeholder) if each.this}
