"""The local implementation of ``dbutils``. Unsupported parts raise an error that names them."""

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
    """A feature of Databricks that the local workspace does not support."""


class Unavailable:
    """Placeholder of an unsupported feature. Raises an error when used."""

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
    """A part of dbutils. Unsupported attributes raise an error with their full name."""

    _name = "dbutils"

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise not_available(f"{self._name}.{attribute}", "dbutils.help() lists what is")

    def help(self, *_: Any) -> None:
        """Prints the supported functions."""
        print(_HELP)


class NotebookUtils(_Part):
    """``dbutils.notebook``."""

    _name = "dbutils.notebook"

    def __init__(self, context: Context) -> None:
        self._context = context

    def exit(self, value: Any = "") -> None:
        """Ends the notebook successfully with a result."""
        raise NotebookExit(str(value))

    def run(self, path: str, timeout_seconds: int, arguments: dict[str, str] | None = None) -> str | None:
        """
        Runs another notebook in a child process.

        :param path: absolute, or relative to this notebook
        :param timeout_seconds: 0 for no timeout
        :returns: the child's argument of ``dbutils.notebook.exit``; ``None`` without such a call
        :raises WorkflowException: if the child fails or times out
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
        """Clears all variables. Skips the rest of the cell."""
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
