"""``display`` and ``displayHTML`` of notebooks, as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MAX_ROWS = 20
_MAX_CELL = 60


def display(value: Any = None, *_: Any, **__: Any) -> None:
    """Prints a Spark or pandas DataFrame or a list of rows as a table of at most 20 rows, or any other value."""
    if value is None:
        return
    table = _table(value)
    print(repr(value) if table is None else _formatted(*table))


def display_html(html: str) -> None:
    """Prints a placeholder for the HTML."""
    print(f"[displayHTML] {len(str(html))} characters of HTML, which the local workspace does not show")


def _table(value: Any) -> tuple[list[str], list[Sequence[Any]]] | None:
    """The column names and rows, with one extra row if there are more than can be shown."""
    module = type(value).__module__
    if module.startswith("pyspark.") and hasattr(value, "collect"):
        return list(value.columns), list(value.limit(MAX_ROWS + 1).collect()) if value.columns else []
    if module.startswith("pandas."):
        frame = value.to_frame() if type(value).__name__ == "Series" else value
        if type(frame).__name__ == "DataFrame":
            return [str(name) for name in frame.columns], list(frame.head(MAX_ROWS + 1).itertuples(index=False))
    if isinstance(value, list) and value and all(hasattr(each, "asDict") for each in value):
        return list(value[0].asDict()), value[: MAX_ROWS + 1]
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        names = list(dict.fromkeys(name for each in value for name in each))
        return [str(name) for name in names], [[each.get(name) for name in names] for each in value[: MAX_ROWS + 1]]
    return None


def _formatted(columns: list[str], rows: list[Sequence[Any]]) -> str:
    if not columns:
        return "OK"
    shown = [[_cell(name) for name in columns], *([_cell(value) for value in row] for row in rows[:MAX_ROWS])]
    widths = [max(len(row[at]) for row in shown) for at in range(len(columns))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in shown]
    lines.insert(1, "  ".join("-" * width for width in widths))
    if len(rows) > MAX_ROWS:
        lines.append(f"… only the first {MAX_ROWS} rows are shown")
    elif not rows:
        lines.append("(no rows)")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    text = "NULL" if value is None else str(value)
    safe = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text[: _MAX_CELL + 1]
    )
    return safe if len(safe) <= _MAX_CELL else f"{safe[: _MAX_CELL - 1]}…"
