"""Validates names of catalogs, schemas and tables, because they become part of SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


def checked_name(parameter: str, value: str) -> str:
    """Checks the name of a catalog, a schema or a table.

    :raises ValueError: if the name needs escaping, that is, unless it has 1-255 letters, digits, ``_`` and ``-``
    """
    if not _NAME.fullmatch(value):
        raise ValueError(f"invalid {parameter} {value!r}: it must be 1-255 letters, digits, _ and -")
    return value


@dataclass(frozen=True)
class Target:
    """The catalog and schema of the alerting tables and of the gold tables that alerts query."""

    catalog: str
    gold_schema: str

    def __post_init__(self) -> None:
        checked_name("catalog", self.catalog)
        checked_name("gold_schema", self.gold_schema)

    @property
    def schema(self) -> str:
        """The quoted schema name for SQL."""
        return f"`{self.catalog}`.`{self.gold_schema}`"

    def table(self, name: str) -> str:
        """The quoted table name for SQL."""
        return f"{self.schema}.`{checked_name('table', name)}`"
