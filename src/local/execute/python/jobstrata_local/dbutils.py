"""``dbutils``, as far as the local workspace has it. What it lacks fails by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .context import Context, NotebookExit, PythonRestart
from .filesystem import FileSystem
from .secrets import Secrets
from .storage import Storage
from .task_values import TaskValues
from .widgets import Widgets

_HELP = """dbutils of the local workspace:
  widgets            text, dropdown, combobox, multiselect, get, getAll, getArgument, remove, removeAll
  notebook           exit, run
  jobs.taskValues    set, get
  secrets            get, getBytes, list, listScopes
  library            restartPython
  fs                 ls, head, put, mkdirs, rm, cp, mv, on /Volumes/…, dbfs:/… and file:/…"""


class NotAvailableLocallyError(AttributeError):
    """Databricks has it, the local workspace does not."""


class Unavailable:
    """Stands for something that the local workspace does not have, and says so as soon as it is used."""

    def __init__(self, name: str, hint: str = "") -> None:
        self._name = name
        self._hint = hint

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise not_available(f"{self._name}.{attribute}", self._hint)

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise not_available(self._name, self._hint)


def not_available(name: str, hint: str = "") -> NotAvailableLocallyError:
    return NotAvailableLocallyError(f"{name} is not available in the local workspace{f'; {hint}' if hint else ''}")


class _Part:
    """A part of dbutils. Attributes that it does not have fail by their full names."""

    _name = "dbutils"

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise not_available(f"{self._name}.{attribute}", "dbutils.help() lists what is")

    def help(self, *_: Any) -> None:
        """Prints what there is."""
        print(_HELP)


class NotebookUtils(_Part):
    """``dbutils.notebook``."""

    _name = "dbutils.notebook"

    def __init__(self, context: Context) -> None:
        self._context = context

    def exit(self, value: Any = "") -> None:
        """Ends the notebook, which succeeds; the value is its result."""
        raise NotebookExit(str(value))

    def run(self, path: str, timeout_seconds: int, arguments: dict[str, str] | None = None) -> str | None:
        """
        Runs another notebook in a process of its own.

        :param path: absolute, or relative to this notebook
        :param timeout_seconds: after which it is ended; 0 for never
        :returns: what it gave to ``dbutils.notebook.exit``, ``None`` if it did not
        :raises WorkflowException: if it fails or takes too long
        """
        from .child_notebook import run_child

        return run_child(self._context, path, timeout_seconds, arguments or {})


class Jobs(_Part):
    """``dbutils.jobs``."""

    _name = "dbutils.jobs"

    def __init__(self, context: Context) -> None:
        self.taskValues = TaskValues(context)


class Library(_Part):
    """``dbutils.library``."""

    _name = "dbutils.library"

    def restartPython(self) -> None:
        """Forgets all variables; what is left of the cell is not executed."""
        raise PythonRestart


class Files(FileSystem, _Part):
    """``dbutils.fs``."""

    _name = "dbutils.fs"


class DBUtils(_Part):
    """``dbutils``."""

    def __init__(self, context: Context) -> None:
        self.widgets = Widgets(context.parameters)
        self.notebook = NotebookUtils(context)
        self.jobs = Jobs(context)
        self.secrets = Secrets()
        self.library = Library()
        self.fs = Files(Storage.beside(Path(context.request["warehouse"])))
