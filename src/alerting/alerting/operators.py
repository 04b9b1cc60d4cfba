"""Maps values of the alert tables to values of the alerts API."""

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
"""``comparison_operator`` by ``threshold_operator``. Any other value is an error."""
