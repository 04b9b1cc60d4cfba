"""Translates Sail's errors to Databricks' errors, so that notebooks can handle them alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyspark.errors.exceptions.connect import (
    AnalysisException,
    ParseException,
    SparkConnectGrpcException,
    UnsupportedOperationException,
)

# Databricks' error conditions: https://docs.databricks.com/error-messages/error-classes.html
_IDENTIFIER = re.compile(r'Identifier\("((?:[^"\\]|\\.)*)"\)')
_MISSING_COLUMN = re.compile(r"attribute ObjectName\(\[(.*?)\]\) is missing from the schema")
_MISSING_TABLE = re.compile(r"(?:Table or view not found|^Table not found): (?!\[)(.+)")
_MISSING_SCHEMA = re.compile(r"Database not found: (.+)")
_EXISTING_TABLE = re.compile(r"Table already exists: (.+)")
_EXISTING_SCHEMA = re.compile(r"Database already exists: (.+)")
_MISSING_FUNCTION = re.compile(r"unknown (?:table )?function: (.+)")
_SYNTAX = re.compile(r"invalid argument: found (.+?) at (\d+):\d+ expected", re.DOTALL)
_SYNTAX_END = re.compile(r"invalid argument: found end of input")


def translated(error: SparkConnectGrpcException, sql: str | None, tables: Iterable[str]) -> SparkConnectGrpcException:
    """The Databricks error for an error of Sail; ``error`` itself if there is no equivalent.

    :param sql: the statement, if there was one
    :param tables: the tables in the statement, as written there
    """
    message = str(error)
    if found := _MISSING_COLUMN.search(message):
        name = ".".join(f"`{part}`" for part in _IDENTIFIER.findall(found[1]))
        return _analysis(
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
            f"A column, variable, or function parameter with name {name} cannot be resolved.",
            "42703",
        )
    if "cannot be found" not in message and (found := _MISSING_TABLE.search(message)):
        last = found[1]
        full = [name for name in dict.fromkeys(tables) if name.split(".")[-1].strip("`") == last]
        name = full[0] if len(full) == 1 else last
        return _analysis("TABLE_OR_VIEW_NOT_FOUND", f"The table or view {quoted(name)} cannot be found.", "42P01")
    if found := _MISSING_SCHEMA.search(message):
        return no_such_schema(found[1])
    if found := _EXISTING_TABLE.search(message):
        return _analysis(
            "TABLE_OR_VIEW_ALREADY_EXISTS",
            f"Cannot create table or view {quoted(found[1])} because it already exists.",
            "42P07",
        )
    if found := _EXISTING_SCHEMA.search(message):
        return _analysis(
            "SCHEMA_ALREADY_EXISTS", f"Cannot create schema {quoted(found[1])} because it already exists.", "42P06"
        )
    if found := _MISSING_FUNCTION.search(message):
        return _analysis(
            "UNRESOLVED_ROUTINE",
            f"Cannot resolve routine `{found[1]}`; it does not exist, or the local engine lacks it.",
            "42883",
        )
    if "command with parameters" in message:
        return unsupported("a command with args", "Queries take them; for a command, use a DataFrame and MERGE.")
    if sql is not None and (found := _SYNTAX.search(message)):
        where = int(found[2])
        line = sql.count("\n", 0, where) + 1
        column = where - (sql.rfind("\n", 0, where) + 1)
        return _syntax(f"Syntax error at or near {found[1]!r} (line {line}, pos {column}).", message)
    if sql is not None and _SYNTAX_END.search(message):
        return _syntax("Syntax error at or near end of input.", message)
    return error


def no_such_schema(name: str) -> AnalysisException:
    """Databricks' error for a missing schema."""
    return _analysis("SCHEMA_NOT_FOUND", f"The schema {quoted(name)} cannot be found.", "42704")


def no_such_catalog(name: str, known: Iterable[str]) -> AnalysisException:
    """Databricks' error for a missing catalog. Lists the existing ones."""
    there_are = ", ".join(sorted(known)) or "none"
    return _analysis(
        "NO_SUCH_CATALOG_EXCEPTION",
        f"Catalog '{name}' was not found. The local workspace has these: {there_are}. "
        f"A catalog is made when a job is run whose deployed parameter `catalog` names it, or by: "
        f'npx jobstrata local sql "CREATE CATALOG {name}"',
        "42704",
    )


def unsupported(what: str, hint: str = "") -> UnsupportedOperationException:
    """The error for a feature that the local engine does not support."""
    message = f"[UNSUPPORTED_LOCALLY] {what} is not supported by the local engine.{' ' + hint if hint else ''}"
    return UnsupportedOperationException(message, errorClass="UNSUPPORTED_LOCALLY", sql_state="0A000")


def quoted(name: str) -> str:
    """Puts each part of a dotted name in backticks."""
    return ".".join(f"`{part.strip('`')}`" for part in name.split("."))


def _analysis(condition: str, text: str, sql_state: str) -> AnalysisException:
    return AnalysisException(f"[{condition}] {text} SQLSTATE: {sql_state}", errorClass=condition, sql_state=sql_state)


def _syntax(text: str, detail: str) -> ParseException:
    expected = detail[detail.find(" expected ") :].strip() if " expected " in detail else ""
    hint = f" {expected[:200]}" if expected else ""
    message = f"[PARSE_SYNTAX_ERROR] {text} SQLSTATE: 42601{hint}"
    return ParseException(message, errorClass="PARSE_SYNTAX_ERROR", sql_state="42601")
