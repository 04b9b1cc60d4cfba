"""``dbutils.secrets`` on the secret scopes of the local workspace."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from . import workspace_api
from .output import keep_secret


@dataclass(frozen=True)
class SecretScope:
    """As Databricks lists them."""

    name: str

    def getName(self) -> str:
        return self.name


@dataclass(frozen=True)
class SecretMetadata:
    """As Databricks lists them."""

    key: str


class Secrets:
    """Reads secrets. The notebook's output redacts their values."""

    def get(self, scope: str, key: str) -> str:
        """
        The value of a secret.

        :raises ValueError: if there is no such secret
        """
        return self.getBytes(scope, key).decode("utf-8")

    def getBytes(self, scope: str, key: str) -> bytes:
        """
        The value of a secret.

        :raises ValueError: if there is no such secret
        """
        try:
            value = base64.b64decode(workspace_api.get("secrets/get", scope=scope, key=key)["value"])
        except workspace_api.WorkspaceApiError as error:
            raise ValueError(f"secret {key!r} of scope {scope!r} cannot be read: {error}") from None
        keep_secret(value.decode("utf-8", errors="replace"))
        return value

    def list(self, scope: str) -> list[SecretMetadata]:
        """
        The keys of a scope.

        :raises ValueError: if there is no such scope
        """
        try:
            found = workspace_api.get("secrets/list", scope=scope)
        except workspace_api.WorkspaceApiError as error:
            raise ValueError(f"the secrets of scope {scope!r} cannot be listed: {error}") from None
        return [SecretMetadata(each["key"]) for each in found.get("secrets", [])]

    def listScopes(self) -> list[SecretScope]:  # type: ignore[valid-type]
        """All scopes."""
        return [SecretScope(each["name"]) for each in workspace_api.get("secrets/scopes/list").get("scopes", [])]
