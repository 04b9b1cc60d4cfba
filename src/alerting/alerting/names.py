"""Names of catalogs, schemas and tables, which become part of SQL and so must be nothing but names."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


def checked_name(parameter: str, value: str) -> str:
    """The value of a parameter that names a catalog, a schema or a table.

    :raises ValueError: if it is none that needs no escape: 1-255 letters, digits, ``_`` and ``-``
    """
    if not _NAME.fullmatch(value):
        raise ValueError(f"invalid {parameter} {value!r}: it must be 1-255 letters, digits, _ and -")
    return value


@dataclass(frozen=True)
class Target:
    """Where the tables of the alerting layer are, and the gold tables that its queries read."""

    catalog: str
    gold_schema: str

    def __post_init__(self) -> None:
        checked_name("catalog", self.catalog)
        checked_name("gold_schema", self.gold_schema)

    @property
    def schema(self) -> str:
        """The schema as it stands in SQL."""
        return f"`{self.catalog}`.`{self.gold_schema}`"

    def table(self, name: str) -> str:
        """A table as it stands in SQL."""
        return f"{self.schema}.`{checked_name('table', name)}`"
