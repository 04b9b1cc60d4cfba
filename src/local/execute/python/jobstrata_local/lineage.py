"""Records the tables that a notebook's statements actually read and write."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import exp

from .statements import DIALECT

_MAX_ACCESSES = 5000

_WRITING = (exp.Insert, exp.Merge, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.TruncateTable)


@dataclass
class Accesses:
    """The tables that a request reads and writes."""

    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    """Temporary views created by the request."""
    catalog: str | None = None
    """The default catalog after the request."""
    schema: str | None = None


class Lineage:
    """Collects the accesses of a session. Completes names with the session's current catalog and schema."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], None] = {}
        self._views: set[str] = set()
        self._catalog: str | None = None
        self._schema: str | None = None

    def note(self, accesses: Accesses) -> None:
        """Adds the accesses of a successful request."""
        with self._lock:
            for mode, names in (("read", accesses.reads), ("write", accesses.writes)):
                for name in names:
                    full = self._full(name)
                    if full is not None and len(self._seen) < _MAX_ACCESSES:
                        self._seen[(mode, full)] = None
            self._views.update(name.lower() for name in accesses.views)
            if accesses.catalog is not None:
                # As in Databricks, a new catalog resets the schema.
                self._catalog, self._schema = accesses.catalog, "default"
            if accesses.schema is not None:
                self._schema = accesses.schema

    def rows(self) -> list[dict[str, str]]:
        """Distinct accesses in order of occurrence, with ``mode`` and ``name``."""
        with self._lock:
            return [{"mode": mode, "name": name} for mode, name in self._seen]

    def _full(self, name: str) -> str | None:
        if name.startswith("/") or "://" in name:
            return name.rstrip("/")
        parts = [part.strip("`").lower() for part in re.findall(r"`[^`]*`|[^.`]+", name)]
        if ".".join(parts) in self._views or "information_schema" in parts:
            return None
        if len(parts) == 1 and self._schema:
            parts = [self._schema.lower(), *parts]
        if len(parts) == 2 and self._catalog:
            parts = [self._catalog.lower(), *parts]
        return ".".join(parts)


SESSION = Lineage()
"""Lineage of this process, which runs one notebook."""


def of_sql(sql: str) -> Accesses:
    """The accesses of a statement; empty if sqlglot cannot parse it."""
    accesses = Accesses()
    try:
        trees = sqlglot.parse(sql, dialect=DIALECT)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return accesses
    for tree in trees:
        if isinstance(tree, exp.Use):
            _use(tree, accesses)
        elif tree is not None and not isinstance(tree, exp.Describe | exp.Command):
            _accesses(tree, accesses)
    return accesses


def _use(tree: exp.Use, accesses: Accesses) -> None:
    kind = str(tree.args.get("kind") or "").upper()
    name = tree.this.name if tree.this is not None else ""
    if kind == "CATALOG":
        accesses.catalog = name
    elif name:
        accesses.schema = name


def _accesses(tree: exp.Expr, accesses: Accesses) -> None:
    if isinstance(tree, exp.Create | exp.Drop) and str(tree.args.get("kind") or "").upper() not in ("TABLE", "VIEW"):
        return  # Schemas and functions have no rows.
    target = _target(tree)
    # A common table expression exists only within the statement.
    own = {each.alias_or_name.lower() for each in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        name = ".".join(part for part in (table.catalog, table.db, table.name) if part)
        if not name or table is target or (not table.db and table.name.lower() in own):
            continue
        accesses.reads.append(name)
    if target is None:
        return
    name = ".".join(part for part in (target.catalog, target.db, target.name) if part)
    properties = tree.args.get("properties")
    is_temporary = properties is not None and properties.find(exp.TemporaryProperty) is not None
    if is_temporary:
        accesses.views.append(name)
    elif name:
        accesses.writes.append(name)


def _target(tree: exp.Expr) -> exp.Table | None:
    if not isinstance(tree, _WRITING):
        return None
    if isinstance(tree, exp.TruncateTable):
        return next((each for each in tree.expressions if isinstance(each, exp.Table)), None)
    this = tree.this
    if isinstance(this, exp.Schema):
        this = this.this
    if isinstance(tree, exp.Drop):
        this = tree.find(exp.Table)
    return this if isinstance(this, exp.Table) else None


def of_message(message: Any, accesses: Accesses) -> None:
    """Adds the accesses of a plan's message, without those of nested messages."""
    kind = message.DESCRIPTOR.name
    if kind == "NamedTable":
        accesses.reads.append(message.unparsed_identifier)
    elif kind in ("SaveTable", "WriteOperationV2"):
        accesses.writes.append(message.table_name)
    elif kind == "MergeIntoTableCommand":
        accesses.writes.append(message.target_table_name)
    elif kind == "CreateDataFrameViewCommand":
        accesses.views.append(message.name)
    elif kind == "DataSource":
        accesses.reads += list(message.paths)
    elif kind == "WriteOperation" and message.path:
        accesses.writes.append(message.path)
    elif kind == "SetCurrentCatalog":
        accesses.catalog = message.catalog_name
    elif kind == "SetCurrentDatabase":
        accesses.schema = message.db_name
    elif kind in ("SQL", "SqlCommand"):
        text = message.query if kind == "SQL" else message.sql
        if text:
            found = of_sql(text)
            accesses.reads += found.reads
            accesses.writes += found.writes
            accesses.views += found.views
            accesses.catalog = found.catalog or accesses.catalog
            accesses.schema = found.schema or accesses.schema
