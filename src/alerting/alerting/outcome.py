"""Exit values and errors of notebooks whose work failed in part."""

from __future__ import annotations

import math
from collections.abc import Collection


class SyncFailed(Exception):
    """Too many items failed. The message names them."""


def parse_threshold(text: str) -> float:
    """Parses the minimum success rate, from 0 to 1.

    :raises ValueError: for anything else
    """
    try:
        threshold = float(text)
    except ValueError:
        threshold = math.nan
    if not 0 <= threshold <= 1:
        raise ValueError(f"success_threshold {text!r} must be a number from 0 to 1, such as 0.90")
    return threshold


def exit_value(failed: Collection[str]) -> str:
    """``SUCCESS``, or ``PARTIAL_SUCCESS`` with the failed ids."""
    if not failed:
        return "SUCCESS"
    return f"PARTIAL_SUCCESS: {len(failed)} failures: {', '.join(sorted(failed))}"


def check_threshold(total: int, failed: dict[str, str], threshold: float) -> None:
    """
    Checks the success rate.

    :param failed: reasons by id
    :raises SyncFailed: if fewer than ``threshold`` of ``total`` have succeeded
    """
    succeeded = total - len(failed)
    if total == 0 or succeeded / total >= threshold - 1e-9:
        return
    reasons = "\n".join(f"  {name}: {why}" for name, why in sorted(failed.items()))
    raise SyncFailed(
        f"{succeeded} of {total} succeeded ({succeeded / total:.1%}), fewer than {threshold:.1%}; "
        f"failed: {', '.join(sorted(failed))}\n{reasons}"
    )
