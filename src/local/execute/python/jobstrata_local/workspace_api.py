"""Minimal client of the workspace API, which loads faster than the SDK."""

from __future__ import annotations

import base64
import json
import os
import posixpath
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

_LANGUAGES = {"py": "PYTHON", "sql": "SQL", "scala": "SCALA", "r": "R"}


class WorkspaceApiError(Exception):
    """An error response of the workspace, with its `error_code`."""

    def __init__(self, error_code: str, message: str) -> None:
        super().__init__(message)
        self.error_code = error_code


def get(endpoint: str, /, **query: str) -> dict[str, Any]:
    """
    Calls ``GET /api/2.0/<endpoint>``.

    :raises WorkspaceApiError: if the response is an error
    """
    url = f"{os.environ['DATABRICKS_HOST']}/api/2.0/{endpoint}?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {os.environ['DATABRICKS_TOKEN']}"})
    # Bypass proxies: the workspace is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        try:
            said = json.load(error)
        except ValueError:
            said = {}
        raise WorkspaceApiError(
            str(said.get("error_code", error.code)), str(said.get("message", error.reason))
        ) from None
    except OSError as error:
        raise WorkspaceApiError("UNAVAILABLE", f"the workspace does not answer: {error}") from None
    assert isinstance(answer, dict)
    return answer


def read_notebook(path: str) -> dict[str, str]:
    """
    Reads a notebook: ``path``, ``language``, ``source``.

    :raises FileNotFoundError: if there is no notebook at the path
    """
    try:
        kind = get("workspace/get-status", path=path).get("object_type")
        if kind != "NOTEBOOK":
            raise FileNotFoundError(f"{path} is not a notebook but a {str(kind).lower()}")
        answer = get("workspace/export", path=path, format="SOURCE")
    except WorkspaceApiError as error:
        raise FileNotFoundError(f"notebook {path} was not found: {error}") from None
    language = _LANGUAGES.get(str(answer.get("file_type", "py")), "PYTHON")
    return {"path": path, "language": language, "source": base64.b64decode(answer["content"]).decode()}


def resolve(path: str, beside: str) -> str:
    """Resolves a path that is relative to the notebook at ``beside``."""
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(beside), path))
    return joined.removeprefix("/Workspace") if joined.startswith("/Workspace/") else joined
