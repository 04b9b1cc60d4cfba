"""Resolves references to secrets, ``{{secrets/<scope>/<key>}}``, so that tables need not contain the secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Protocol

_REFERENCE = re.compile(r"\{\{\s*secrets/([\w.@-]+)/([\w.@-]+)\s*\}\}")
REDACTED = "[REDACTED]"


class Secrets(Protocol):
    """Source of secrets, such as ``dbutils.secrets``."""

    def get(self, scope: str, key: str) -> str:
        """The value of a secret."""


class Resolver:
    """Resolves references to secrets, and keeps the secrets out of output."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._values: set[str] = set()

    def resolve(self, value: Any) -> Any:
        """Resolves every reference in the strings of a JSON value.

        :raises LookupError: if a secret cannot be read
        """
        if isinstance(value, dict):
            return {name: self.resolve(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.resolve(each) for each in value]
        if isinstance(value, str):
            return _REFERENCE.sub(lambda found: self._get(found[1], found[2]), value)
        return value

    def _get(self, scope: str, key: str) -> str:
        try:
            secret = self._secrets.get(scope, key)
        except Exception as error:  # Drop the error's text, which may contain anything.
            raise LookupError(
                f"the secret {key!r} of the scope {scope!r} cannot be read ({type(error).__name__})"
            ) from None
        self._values.add(secret)
        return secret

    def redact(self, text: str) -> str:
        """``text`` without the secrets resolved so far."""
        return redact(text, self._values)


def redact(text: str, values: Iterable[str]) -> str:
    """``text`` without the values."""
    for value in sorted((value for value in values if value), key=len, reverse=True):
        text = text.replace(value, REDACTED)
    return text


def is_reference(value: str) -> bool:
    """Whether a string contains a reference to a secret."""
    return _REFERENCE.search(value) is not None
