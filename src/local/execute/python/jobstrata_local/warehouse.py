"""The folder with the tables of the local workspace."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CATALOG_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class TableName(NamedTuple):
    """A table's full name."""

    catalog: str
    schema: str
    table: str


class Warehouse:
    """Delta tables at ``<root>/<catalog>/<schema>/<table>``.

    The folders are the only record of catalogs and schemas, so that every process sees changes of the others.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def catalogs(self) -> list[str]:
        """Names of the catalogs, sorted."""
        return _folders(self.root)

    def create_catalog(self, name: str) -> None:
        """Creates a catalog unless it exists.

        :raises ValueError: for an invalid name
        """
        if not CATALOG_NAME.fullmatch(name):
            raise ValueError(f"catalog {name!r} must be 1-255 letters, digits, _ and -")
        (self.root / name).mkdir(parents=True, exist_ok=True)

    def schemas(self, catalog: str) -> list[str]:
        """Names of the schemas of a catalog, sorted."""
        return _folders(self.root / catalog)

    def tables(self) -> Iterator[TableName]:
        """Every table that has been committed at least once."""
        for catalog in self.catalogs():
            for schema in self.schemas(catalog):
                for table in _folders(self.root / catalog / schema):
                    if (self.path(catalog, schema, table) / "_delta_log" / f"{0:020}.json").exists():
                        yield TableName(catalog, schema, table)

    def path(self, *names: str) -> Path:
        """Folder of a catalog, a schema or a table.

        :raises ValueError: for a name that is not a plain folder name
        """
        for name in names:
            if name in ("", ".", "..") or "/" in name or "\0" in name:
                raise ValueError(f"{name!r} cannot be part of the name of a table")
        return self.root.joinpath(*names)

    def remove(self, *names: str) -> None:
        """Deletes a schema or a table with its contents."""
        if len(names) < 2:
            raise ValueError("a catalog is not deleted with its tables")
        shutil.rmtree(self.path(*names), ignore_errors=True)


def _folders(parent: Path) -> list[str]:
    if not parent.is_dir():
        return []
    return sorted(entry.name for entry in parent.iterdir() if entry.is_dir() and not entry.name.startswith((".", "_")))
