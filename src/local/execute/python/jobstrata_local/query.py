"""Runs SQL on the tables of the local workspace: ``python -m jobstrata_local.query``.

Reads a JSON object from standard input: ``{"warehouse": folder, "sql": text, "limit": rows}``. ``"catalog"`` and
``"schema"`` qualify unqualified names. ``"parameters": [{"name", "value", "type"}]`` requires a single statement.

Writes JSON lines: ``{"columns": [{"name", "type"}], "rows": [[…]], "truncated": bool}`` for each statement,
``{"note": text}`` for a part that the engine ignores, and ``{"error": text, "statement": text}`` for a failed statement,
which ends the script.

``"statements": [{"sql", "parameters"}]`` instead of ``"sql"`` runs independent statements: an error does not stop the
statements after it.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot.tokenizer_core import TokenType

from .engine import open_session
from .statements import DIALECT


def statements(text: str) -> Iterator[str]:
    """Splits a script into statements, without semicolons."""
    try:
        tokens = sqlglot.tokenize(text, dialect=DIALECT)
    except sqlglot.errors.SqlglotError:
        yield text
        return
    start = 0
    seen = False
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            if seen:
                yield text[start : token.start].strip()
            start, seen = token.end + 1, False
        else:
            seen = True
    if seen:
        yield text[start:].strip()


def plain(value: Any) -> Any:
    """Converts a value to one that JSON supports."""
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    if isinstance(value, decimal.Decimal | datetime.timedelta):
        return str(value)
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if (isinstance(value, float) and value in (float("inf"), float("-inf"))) or value != value:
        return str(value)
    if hasattr(value, "asDict"):
        return {name: plain(each) for name, each in value.asDict().items()}
    if isinstance(value, dict):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def typed(value: str | None, type_name: str) -> Any:
    """Converts a parameter's text to its type.

    :raises ValueError: if the text is invalid for the type, or parameters cannot have the type
    """
    if value is None:
        return None
    name = type_name.partition("(")[0].strip().upper()
    if name not in _TYPES:
        raise ValueError(f"parameters of type {type_name} are not supported; use {', '.join(sorted(_TYPES))}")
    try:
        return _TYPES[name](value)
    except (ValueError, decimal.InvalidOperation) as error:
        raise ValueError(f"the parameter value {value!r} is not of type {type_name}") from error


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_TYPES: dict[str, Callable[[str], Any]] = {
    "BIGINT": int,
    "BOOLEAN": _boolean,
    "DATE": datetime.date.fromisoformat,
    "DECIMAL": decimal.Decimal,
    "DOUBLE": float,
    "FLOAT": float,
    "INT": int,
    "LONG": int,
    "SHORT": int,
    "SMALLINT": int,
    "STRING": str,
    "TIMESTAMP": datetime.datetime.fromisoformat,
    "TINYINT": int,
}


def answer(spark: Any, statement: str, parameters: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    """Runs a statement and returns the output object."""
    try:
        arguments = {each["name"]: typed(each["value"], each["type"]) for each in parameters}
        frame = spark.sql(statement, args=arguments) if arguments else spark.sql(statement)
        columns = [{"name": field.name, "type": field.dataType.simpleString()} for field in frame.schema.fields]
        rows = frame.limit(limit + 1).collect() if columns else []
    except Exception as error:  # The user gets the text of any error.
        return {"error": str(error), "statement": statement}
    return {
        "columns": columns,
        "rows": [[plain(value) for value in row] for row in rows[:limit]],
        "truncated": len(rows) > limit,
    }


def main() -> int:
    request = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Redirect all other output away from the answers.

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer, ensure_ascii=False) + "\n")
        answers.flush()

    spark = open_session(Path(request["warehouse"]), note=lambda text: say({"note": text}))
    limit = int(request["limit"])
    if "statements" in request:
        for each in request["statements"]:
            say(answer(spark, each["sql"], each.get("parameters", []), limit))
        return 0
    for statement in statements(request["sql"]):
        try:
            if "catalog" in request:
                spark.catalog.setCurrentCatalog(request["catalog"])
            if "schema" in request:
                spark.catalog.setCurrentDatabase(request["schema"])
        except Exception as error:
            said: dict[str, Any] = {"error": str(error), "statement": statement}
        else:
            said = answer(spark, statement, request.get("parameters", []), limit)
        say(said)
        if "error" in said:
            return 1
    return 0


if __name__ == "__main__":
    code = main()
    # Exit at once: the engine takes a while to shut down.
    os._exit(code)
