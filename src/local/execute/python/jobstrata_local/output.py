"""Redacts secrets in a notebook's output."""

from __future__ import annotations

import io
import os
import sys

_REDACTED = "[REDACTED]"
_secrets: set[str] = set()


def keep_secret(value: str) -> None:
    """Redacts the value from now on. Ignores an empty value."""
    if value:
        _secrets.add(value)


def redacted(text: str) -> str:
    """Replaces secrets with ``[REDACTED]``, as Databricks does."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _REDACTED)
    return text


class _Output(io.TextIOWrapper):
    def write(self, text: str) -> int:
        super().write(redacted(text))
        return len(text)


def redirect_output() -> None:
    """Redacts printed text, and keeps stdout and stderr in order."""
    # Printing characters that UTF-8 cannot encode must not fail.
    for name in ("stdout", "stderr"):
        raw = os.fdopen(os.dup(1), "wb", buffering=0)
        setattr(sys, name, _Output(raw, encoding="utf-8", errors="backslashreplace", write_through=True))
