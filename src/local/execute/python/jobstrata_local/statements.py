"""Adapts Databricks SQL to Sail: drops unsupported parts with a note, or rejects the statement."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from .errors import no_such_catalog, no_such_schema, unsupported
from .storage import Storage
from .warehouse import Warehouse

# sqlglot warns about every statement that it parses only as text.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

DIALECT = "databricks"
LOCAL_USER = "local-user@example.com"
"""The user of the local workspace, as in its SCIM API."""

# Statements that change only how Databricks stores or finds data, never a query's result.
_NO_EFFECT = {
    "OPTIMIZE": "files are not compacted",
    "VACUUM": "old files stay",
    "ANALYZE": "there are no statistics",
    "COMMENT": "comments are not kept",
    "CACHE": "nothing is cached",
    "UNCACHE": "nothing is cached",
    "REFRESH": "tables are always read afresh",
}
_BUILT_IN_CATALOGS = frozenset({"system", "spark_catalog"})
# Keywords that may follow DESCRIBE and USE instead of a name.
_DESCRIBED = ("EXTENDED", "QUERY", "FORMATTED", "FUNCTION", "TABLE", "CATALOG", "DATABASE", "SCHEMA")
_USED = ("CATALOG", "DATABASE", "SCHEMA", "NAMESPACE")
_IGNORED_PROPERTIES = ("delta.enablechangedatafeed", "delta.autooptimize.", "delta.tunefilesizes")


@dataclass
class Statement:
    """A statement adapted to Sail."""

    sql: str
    tables: list[str] = field(default_factory=list)
    """Tables in the statement, as written there."""
    notes: list[str] = field(default_factory=list)
    """Notes about dropped parts and their effect."""
    after: Callable[[], None] = lambda: None
    """Called after the statement has succeeded."""


def adapt(sql: str, warehouse: Warehouse) -> Statement:
    """Adapts a Databricks statement to Sail. Idempotent.

    :raises AnalysisException: for a missing catalog
    :raises UnsupportedOperationException: for an unsupported feature
    """
    try:
        tokens = sqlglot.tokenize(sql, dialect=DIALECT)
    except sqlglot.errors.SqlglotError:
        return Statement(sql)  # Sail reports the error.
    words = [token.text.upper() for token in tokens[:3]]
    head = words[0] if words else ""
    second = words[1] if len(words) > 1 else ""
    if head in _NO_EFFECT:
        note = f"{head} does nothing on the local engine: {_NO_EFFECT[head]}"
        return Statement(f"SELECT {_literal(note)} AS note", notes=[note])
    _refuse(words)
    statement = Statement(sql, tables=_names(sql, warehouse))
    edits: list[tuple[int, int, str]] = []
    if head == "CREATE" and second == "CATALOG":
        return _create_catalog(tokens, warehouse)
    if head in ("CREATE", "DROP") and second == "VOLUME":
        return _volume(head, tokens, warehouse)
    if head == "CREATE" and second in ("SCHEMA", "DATABASE"):
        edits += _create_schema(tokens, warehouse, statement)
    elif head == "CREATE" and "TABLE" in (second, *words[2:]):
        edits += _create_table(tokens, statement)
    elif head == "CREATE" and any(token.token_type is TokenType.VIEW for token in tokens[:6]):
        if not any(token.text.upper() in ("TEMP", "TEMPORARY") for token in tokens[:6]):
            raise unsupported("CREATE VIEW", "A TEMPORARY view is.")
    elif head == "DROP" and second in ("SCHEMA", "DATABASE", "TABLE"):
        _drop(tokens, warehouse, statement)
    elif head == "ALTER":
        return _alter(tokens, statement)
    elif head in ("DESCRIBE", "DESC") and second not in _DESCRIBED and _is_name(tokens[1]):
        edits.append((tokens[1].start, tokens[1].start, "TABLE "))
    elif head == "USE" and second not in _USED and _is_name(tokens[1]):
        if len(tokens) > 2:
            raise unsupported("USE with a catalog and a schema", "Write USE CATALOG, and then USE SCHEMA.")
        edits.append((tokens[1].start, tokens[1].start, "SCHEMA "))
    edits += _identity(tokens)
    statement.sql = _edited(sql, edits)
    return statement


def _is_name(token: Token) -> bool:
    return token.token_type in (TokenType.VAR, TokenType.IDENTIFIER)


def check_name(name: str, warehouse: Warehouse) -> None:
    """
    Checks the catalog of a table name.

    :param name: of a table, as passed to a DataFrame operation
    :raises AnalysisException: if its catalog does not exist
    """
    try:
        table = exp.to_table(name, dialect=DIALECT)
    except sqlglot.errors.SqlglotError:
        return
    _check_catalog(table.catalog, warehouse)


def _check_catalog(name: str, warehouse: Warehouse) -> None:
    if name == "" or name.lower() in _BUILT_IN_CATALOGS:
        return
    known = warehouse.catalogs()
    if name not in known:
        raise no_such_catalog(name, known)


def _names(sql: str, warehouse: Warehouse) -> list[str]:
    """Tables in the statement; empty if sqlglot cannot parse it."""
    try:
        parsed = sqlglot.parse(sql, dialect=DIALECT, error_level=sqlglot.ErrorLevel.RAISE)
    except sqlglot.errors.SqlglotError:
        return []
    names = []
    for tree in parsed:
        if tree is None:
            continue
        if isinstance(tree, exp.Use) and str(tree.args.get("kind") or "").upper() == "CATALOG":
            _check_catalog(tree.this.name, warehouse)
        if isinstance(tree, exp.Describe | exp.Command):
            tree = _explained(tree)
        for table in tree.find_all(exp.Table):
            _check_catalog(table.catalog, warehouse)
            if table.name:
                names.append(".".join(part for part in (table.catalog, table.db, table.name) if part))
    return names


def _explained(tree: exp.Expr) -> exp.Expr:
    """The query of an EXPLAIN, which sqlglot leaves as text."""
    if isinstance(tree, exp.Command) and str(tree.this).upper() == "EXPLAIN":
        try:
            return sqlglot.parse_one(str(tree.expression.name), dialect=DIALECT)
        except sqlglot.errors.SqlglotError:
            return tree
    return tree


def _refuse(words: Sequence[str]) -> None:
    head, second = (*words, "", "")[:2]
    if head in ("DESCRIBE", "DESC") and second in ("HISTORY", "DETAIL"):
        raise unsupported(f"DESCRIBE {second}")
    if head in ("GRANT", "REVOKE"):
        raise unsupported(head, "The local workspace has one user, who may do everything.")
    if head in ("COPY", "RESTORE", "CLONE", "CONVERT", "REORG", "FSCK", "MSCK", "UNDROP", "SYNC"):
        raise unsupported(head)


def _create_catalog(tokens: Sequence[Token], warehouse: Warehouse) -> Statement:
    name = tokens[-1].text
    if not any(token.text.upper() == "EXISTS" for token in tokens) and name in warehouse.catalogs():
        raise unsupported(f"CREATE CATALOG of {name!r}, which exists,")
    warehouse.create_catalog(name)
    note = f"catalog {name} is there for notebooks and queries that start from now on"
    return Statement(f"SELECT {_literal(note)} AS note", notes=[note])


def _volume(head: str, tokens: Sequence[Token], warehouse: Warehouse) -> Statement:
    """Creates or deletes the folder of a volume."""
    quiet = any(token.text.upper() == "EXISTS" for token in tokens)
    parts = [token.text for token in tokens[2:] if token.text.upper() not in ("IF", "NOT", "EXISTS", ".")]
    if len(parts) != 3:
        raise unsupported(f"{head} VOLUME with other than a full name", f"Write {head} VOLUME catalog.schema.volume.")
    warehouse.path(*parts)
    name = ".".join(parts)
    folder = Storage.beside(warehouse.root).volumes.joinpath(*parts)
    if folder.is_dir() == (head == "CREATE") and not quiet:
        raise unsupported(f"{head} VOLUME {name}, which {'exists' if head == 'CREATE' else 'does not exist'},")
    if head == "CREATE":
        if parts[1] not in warehouse.schemas(parts[0]):
            raise no_such_schema(f"{parts[0]}.{parts[1]}")
        folder.mkdir(parents=True, exist_ok=True)
    elif folder.is_dir():
        shutil.rmtree(folder)
    return Statement(f"SELECT {_literal(f'{head} VOLUME {name}')} AS note")


def _create_schema(tokens: Sequence[Token], warehouse: Warehouse, statement: Statement) -> list[tuple[int, int, str]]:
    if any(token.text.upper() in ("LOCATION", "MANAGED") for token in tokens):
        if statement.sql.rstrip().endswith("/* local */"):
            return []
        raise unsupported("CREATE SCHEMA with a LOCATION")
    tree = sqlglot.parse_one(statement.sql, dialect=DIALECT).find(exp.Table)
    if tree is None or not tree.catalog or not tree.db:
        raise unsupported("CREATE SCHEMA without the name of its catalog", "Write CREATE SCHEMA catalog.schema.")
    location = warehouse.path(tree.catalog, tree.db)
    location.mkdir(parents=True, exist_ok=True)
    end = tokens[-1].end + 1
    return [(end, end, f" LOCATION {_literal(str(location))} /* local */")]


def _create_table(tokens: Sequence[Token], statement: Statement) -> list[tuple[int, int, str]]:
    """Drops what the local engine does not support: keys, clustering, and storage properties."""
    edits: list[tuple[int, int, str]] = []
    items = list(_column_items(tokens))
    kept = [item for item in items if not _is_key(item)]
    if kept and len(kept) < len(items):
        # Start at the end of the previous column, so that the comma is removed too.
        for before, item in pairwise(items):
            if _is_key(item):
                edits.append((before[-1].end + 1, item[-1].end + 1, ""))
        statement.notes.append(
            "PRIMARY KEY and FOREIGN KEY are not kept by the local engine; nothing enforces them on Databricks either"
        )
    for item in kept:
        words = [token.text.upper() for token in item]
        if "CHECK" in words[:3]:
            raise unsupported("a CHECK constraint")
        for index, token in enumerate(item):
            if token.token_type is TokenType.PRIMARY_KEY:
                edits.append((item[index - 1].end + 1, token.end + 1, ""))
    depth = 0
    for index, token in enumerate(tokens):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth > 0:
            continue
        word = token.text.upper()
        if token.token_type in (TokenType.SELECT, TokenType.WITH):
            break
        if word == "LOCATION":
            raise unsupported("CREATE TABLE with a LOCATION", "Tables belong to the data folder.")
        if word == "USING" and tokens[index + 1].text.upper() != "DELTA":
            raise unsupported(f"CREATE TABLE USING {tokens[index + 1].text}", "Tables are Delta tables.")
        if token.token_type is TokenType.CLUSTER_BY:
            last = _closing(tokens, index + 1)
            edits.append((token.start, tokens[last].end + 1, ""))
            statement.notes.append("CLUSTER BY is ignored by the local engine: it changes no result")
        if word == "TBLPROPERTIES":
            edits += _properties(tokens, index, statement)
    return edits


def _column_items(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yields the tokens of each entry in the column list."""
    depth = 0
    item: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.R_PAREN:
            depth -= 1
            if depth == 0:
                if item:
                    yield item
                return
        if depth == 0 and (token.token_type is TokenType.SELECT or token.text.upper() == "USING"):
            return
        if depth == 1 and token.token_type is TokenType.COMMA:
            yield item
            item = []
        elif depth > 0:
            item.append(token)
        if token.token_type is TokenType.L_PAREN:
            depth += 1
        # The comma in `MAP<STRING, INT>` does not end a column.
        if token.token_type is TokenType.LT:
            depth += 1
        if token.token_type is TokenType.GT:
            depth -= 1


def _is_key(item: Sequence[Token]) -> bool:
    start = 2 if item[0].token_type is TokenType.CONSTRAINT else 0
    return len(item) > start and item[start].token_type in (TokenType.PRIMARY_KEY, TokenType.FOREIGN_KEY)


def _properties(tokens: Sequence[Token], index: int, statement: Statement) -> list[tuple[int, int, str]]:
    last = _closing(tokens, index + 1)
    kept = []
    for start in range(index + 2, last, 4):
        key, _, value = tokens[start : start + 3]
        if key.text.lower().startswith(_IGNORED_PROPERTIES):
            statement.notes.append(
                f"table property {key.text} is ignored by the local engine, which has no such feature"
            )
        else:
            kept.append(f"{_literal(key.text)} = {_literal(value.text)}")
    text = f"TBLPROPERTIES ({', '.join(kept)})" if kept else ""
    return [(tokens[index].start, tokens[last].end + 1, text)]


def _drop(tokens: Sequence[Token], warehouse: Warehouse, statement: Statement) -> None:
    """Deletes the files of a dropped table or schema. Sail leaves them, and the next process would find them again."""
    tree = sqlglot.parse_one(statement.sql, dialect=DIALECT).find(exp.Table)
    names = [] if tree is None else [name for name in (tree.catalog, tree.db, tree.name) if name]
    expected = 3 if tokens[1].text.upper() == "TABLE" else 2
    if len(names) != expected:
        raise unsupported(f"DROP {tokens[1].text.upper()} without the name of its catalog", "Write the full name.")
    statement.after = lambda: warehouse.remove(*names)


def _alter(tokens: Sequence[Token], statement: Statement) -> Statement:
    words = [token.text.upper() for token in tokens]
    if "TBLPROPERTIES" in words and "SET" in words:
        index = words.index("TBLPROPERTIES")
        edits = _properties(tokens, index, statement)
        if edits[0][2] == "":
            return Statement(f"SELECT {_literal('nothing is altered')} AS note", statement.tables, statement.notes)
        statement.sql = _edited(statement.sql, edits)
        return statement
    return statement


def _identity(tokens: Sequence[Token]) -> list[tuple[int, int, str]]:
    """Replaces current_user(), which is empty in Sail."""
    edits = []
    for index, token in enumerate(tokens[:-2]):
        is_call = (
            tokens[index + 1].token_type is TokenType.L_PAREN and tokens[index + 2].token_type is TokenType.R_PAREN
        )
        if (
            is_call
            and token.token_type is not TokenType.STRING
            and token.text.lower() in ("current_user", "session_user")
        ):
            edits.append((token.start, tokens[index + 2].end + 1, _literal(LOCAL_USER)))
    return edits


def _closing(tokens: Sequence[Token], opening: int) -> int:
    """Index of the parenthesis that closes the one at ``opening``; ``opening`` if there is none."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[index].token_type, 0)
        if depth == 0:
            return index
    return len(tokens) - 1


def _edited(sql: str, edits: Sequence[tuple[int, int, str]]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        sql = sql[:start] + text + sql[end:]
    return sql


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
