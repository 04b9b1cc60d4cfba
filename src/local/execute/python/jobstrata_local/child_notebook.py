"""``dbutils.notebook.run``: runs a notebook in a child process."""

from __future__ import annotations

import base64
import json
import os
import posixpath
import subprocess
import sys
import threading
from pathlib import Path

from . import workspace_api
from .context import Context


class WorkflowException(Exception):
    """A notebook started by ``dbutils.notebook.run`` failed or timed out."""


def run_child(context: Context, path: str, timeout_seconds: int, arguments: dict[str, str]) -> str | None:
    """See `NotebookUtils.run`."""
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise TypeError(f"argument {name!r} of notebook {path} must be a string, not {type(value).__name__}")
    notebook = workspace_api.read_notebook(workspace_api.resolve(path, context.notebook_path))
    _write_files(posixpath.dirname(notebook["path"]), context.workspace)
    request = {
        **context.request,
        "program": {"kind": "notebook", **notebook},
        "folder": posixpath.dirname(notebook["path"]),
        "wheels": [],
        "parameters": arguments,
        "taskKey": None,
        "taskValues": {},
        "dependencies": [],
    }
    outcome = _supervised(request, context.folder, timeout_seconds or None)
    if outcome is None:
        raise WorkflowException(f"notebook {notebook['path']} exceeded its timeout of {timeout_seconds} seconds")
    if not outcome["succeeded"]:
        raise WorkflowException(f"notebook {notebook['path']} failed: {outcome['error']}\n{outcome['errorTrace']}")
    result = outcome.get("result")
    return None if result is None else str(result)


def _supervised(request: dict[str, object], folder: Path, timeout: float | None) -> dict[str, object] | None:
    """The outcome of the notebook; ``None`` if it timed out."""
    outcome, told = os.pipe()
    # The supervisor ends when its standard input closes, so it never outlives this process.
    child = subprocess.Popen(
        [sys.executable, "-u", "-m", "jobstrata_local.supervise", str(told)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=[told],
    )
    os.close(told)
    assert child.stdin is not None
    stdin = child.stdin
    late = threading.Event()

    def end() -> None:
        late.set()
        stdin.close()

    timer = threading.Timer(timeout or 0, end)
    with os.fdopen(outcome, "rb") as report:
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
        if timeout is not None:
            timer.start()
        try:
            answer = report.read()
        finally:
            timer.cancel()
            stdin.close()
            child.wait()
    if not answer and late.is_set():
        return None
    if not answer:
        raise WorkflowException(f"the process of the notebook ended with exit code {child.returncode}")
    decoded = json.loads(answer)
    assert isinstance(decoded, dict)
    return decoded


def _write_files(folder: str, workspace: Path) -> None:
    """Copies the files of a workspace folder into the working folder, unless they are already there."""
    place = workspace / folder.strip("/")
    if place.exists():
        return
    place.mkdir(parents=True)
    for each in workspace_api.get("workspace/list", path=folder).get("objects", []):
        if each["object_type"] == "DIRECTORY":
            _write_files(each["path"], workspace)
        elif each["object_type"] == "FILE":
            content = workspace_api.get("workspace/export", path=each["path"], format="AUTO")["content"]
            (workspace / each["path"].strip("/")).write_bytes(base64.b64decode(content))
