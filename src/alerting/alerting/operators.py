"""Words of the alert tables in the words of the alerts API."""

from __future__ import annotations

from collections.abc import Mapping

OPERATORS: Mapping[str, str] = {
    ">": "GREATER_THAN",
    "<": "LESS_THAN",
    ">=": "GREATER_THAN_OR_EQUAL",
    "<=": "LESS_THAN_OR_EQUAL",
    "=": "EQUAL",
    "!=": "NOT_EQUAL",
}
"""``threshold_operator`` to ``comparison_operator``. Whatever is not in it is an error."""
