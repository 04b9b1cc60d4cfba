"""What a notebook prints, without the secrets that it has read."""

from __future__ import annotations

import io
import os
import sys

_REDACTED = "[REDACTED]"
_secrets: set[str] = set()


def keep_secret(value: str) -> None:
    """From now on the value is not shown. Nothing is done about an empty one."""
    if value:
        _secrets.add(value)


def redacted(text: str) -> str:
    """The text with ``[REDACTED]`` for each secret, as Databricks shows it."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _REDACTED)
    return text


class _Output(io.TextIOWrapper):
    def write(self, text: str) -> int:
        super().write(redacted(text))
        return len(text)


def redirect_output() -> None:
    """Makes ``print`` redact, and whatever is printed come in the order in which it was."""
    # Characters that are none in UTF-8 must not make a print fail.
    for name in ("stdout", "stderr"):
        raw = os.fdopen(os.dup(1), "wb", buffering=0)
        setattr(sys, name, _Output(raw, encoding="utf-8", errors="backslashreplace", write_through=True))
