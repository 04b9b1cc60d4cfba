"""Inputs and outputs of a task's run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Context:
    """The request of a run, and the values that the run sets."""

    path: str
    """Path of the notebook or file, as in the task; empty for a wheel."""
    parameters: dict[str, str]
    """Final values by name."""
    task_key: str | None
    """``None`` in a notebook started by ``dbutils.notebook.run``, which is not a task."""
    task_values: dict[str, dict[str, Any]]
    """Values set by the tasks of this job run, by task key and name."""
    folder: Path
    """The working folder of the run. Its subfolder ``Workspace`` holds workspace files."""
    request: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    """Task values set by this run."""

    @property
    def notebook_path(self) -> str:
        """The notebook's workspace path, the base of relative paths in ``%run`` and ``dbutils.notebook.run``."""
        return in_workspace(self.path)

    @property
    def workspace(self) -> Path:
        return self.folder / "Workspace"


def in_workspace(path: str) -> str:
    """The absolute path without a leading ``/Workspace``."""
    return "/" + path.removeprefix("/Workspace/").lstrip("/")


class NotebookExit(BaseException):
    """``dbutils.notebook.exit``. Not an ``Exception``, so that ``except Exception`` does not catch it."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class PythonRestart(BaseException):
    """``dbutils.library.restartPython``."""
