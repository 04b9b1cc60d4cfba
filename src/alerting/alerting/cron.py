"""Validates Quartz cron expressions of Databricks schedules: seconds first, and ``?`` for one of the days."""

from __future__ import annotations

import re

# https://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    ("seconds", 0, 59, ()),
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 1, 7, _DAYS),
    ("year", 1970, 2099, ()),
)


def cron_problem(expression: str) -> str | None:
    """The problem of a Quartz cron expression; None if it is valid."""
    fields = expression.upper().split()
    if len(fields) not in (6, 7):
        return f"cron {expression!r} must have 6 or 7 fields (seconds first), not {len(fields)}"
    for text, (name, low, high, names) in zip(fields, _FIELDS, strict=False):
        if not all(_is_valid(part, name, low, high, names) for part in text.split(",")):
            return f"cron {expression!r} has a wrong {name}: {text!r}"
    days = (fields[3], fields[5])
    if days.count("?") != 1:
        return f"cron {expression!r} must have ? for exactly one of day of month and day of week"
    return None


_SPECIAL = {
    "day of month": re.compile(r"L|LW|L-(?:[12]?[0-9]|30)|([0-9]{1,2})W"),
    "day of week": re.compile(r"L|([1-7A-Z]{1,3})(?:L|#[1-5])"),
}
"""Last, nearest and nth day; the group is a plain day."""


def _is_valid(part: str, name: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    if part == "*":
        return True
    if name in _SPECIAL:
        if part == "?":
            return True
        special = _SPECIAL[name].fullmatch(part)
        if special is not None:
            return special[1] is None or _value(special[1], low, high, names) is not None
    body, slash, step = part.partition("/")
    if slash and not _value(step, 1, high, ()):
        return False
    if body in ("*", "") and slash:
        return body == "*"
    begin, dash, end = body.partition("-")
    values = [_value(text, low, high, names) for text in ((begin, end) if dash else (begin,))]
    return None not in values


def _value(text: str, low: int, high: int, names: tuple[str, ...]) -> int | None:
    if text in names:
        return names.index(text) + 1
    # Python accepts other Unicode digits as numbers, Quartz does not.
    return int(text) if re.fullmatch("[0-9]{1,4}", text) and low <= int(text) <= high else None
