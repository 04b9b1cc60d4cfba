"""What one run of a task knows and leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Context:
    """The request of a run, in the terms of its program, and what it sets."""

    path: str
    """Of the notebook or file, as the task names it; empty for a wheel."""
    parameters: dict[str, str]
    """In their final values."""
    task_key: str | None
    """``None`` for a notebook that another one runs, which is no task."""
    task_values: dict[str, dict[str, Any]]
    """What the tasks of this run of the job have set, by task key and name."""
    folder: Path
    """The working folder of the run; files of the workspace are in its ``Workspace``."""
    request: dict[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    """The task values that it sets."""

    @property
    def notebook_path(self) -> str:
        """Its path in the workspace, as ``%run`` and ``dbutils.notebook.run`` name others beside it."""
        return in_workspace(self.path)

    @property
    def workspace(self) -> Path:
        return self.folder / "Workspace"


def in_workspace(path: str) -> str:
    """An absolute path without the ``/Workspace`` that it may begin with."""
    return "/" + path.removeprefix("/Workspace/").lstrip("/")


class NotebookExit(BaseException):
    """``dbutils.notebook.exit``. No error, so that ``except Exception`` lets it through."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class PythonRestart(BaseException):
    """``dbutils.library.restartPython``."""
