"""Runs a task's program, such as the cells of a notebook, as Databricks does."""

from __future__ import annotations
import __future__

import ast
import importlib
import os
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from . import requirements, workspace_api
from .context import Context, PythonRestart
from .dbutils import DBUtils
from .display import display
from .failure import remember_source
from .lazy_session import Session
from .notebook_globals import install_main_module, notebook_globals, offer_to_modules
from .source import Cell, Notebook, NotebookSourceError, RunMagic, parse_notebook, parse_run

_FUTURE_FLAGS = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]


class Runner:
    """One run of a program, including notebooks of ``%run``."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._session = Session(Path(context.request["warehouse"]))
        self._dbutils = DBUtils(context)
        self._included: dict[str, Notebook] = {}
        self._namespace: dict[str, Any] = {}
        self._flags = 0
        self._modules = frozenset(sys.modules)

    def run(self, program: dict[str, Any]) -> None:
        """
        Runs a program.

        :param program: see `run_task`
        :raises NotebookSourceError: before anything runs, if the notebook or an included one cannot be run
        :raises BaseException: any exception of the program
        """
        kind = program["kind"]
        notebook = self._load({**program, "path": self._context.notebook_path}, ()) if kind == "notebook" else None
        self._namespace = install_main_module()
        self._namespace.update(notebook_globals(self._dbutils, self._session))
        offer_to_modules(notebook_globals(self._dbutils, self._session))
        self._session.open_for_pyspark()
        if notebook is not None:
            self._execute(notebook)
        elif kind == "python":
            self._script(program["path"], program["source"], program["arguments"])
        elif kind == "wheel":
            self._entry_point(program["package"], program["entryPoint"], program["arguments"])
        else:
            self._sql_file(program["path"], program["source"])

    def _script(self, path: str, source: str, arguments: list[str]) -> None:
        """Runs a Python file like a notebook: with ``spark`` and ``dbutils``, without ``__file__``."""
        sys.argv = [path, *arguments]
        remember_source(path, source)
        exec(compile(source, path, "exec", dont_inherit=True), self._namespace)

    def _entry_point(self, package: str, name: str, arguments: list[str]) -> None:
        """Calls an entry point of an installed package, or its function of that name if it declares no such entry
        point."""
        sys.argv = [name, *arguments]
        try:
            points = metadata.distribution(package).entry_points
        except metadata.PackageNotFoundError:
            raise requirements.UnsatisfiedRequirement(
                f"package {package!r} is not installed; give its wheel in the dependencies of the environment"
            ) from None
        found = [point for point in points if point.name == name]
        if found:
            found[0].load()()
            return
        module = importlib.import_module(package.replace("-", "_"))
        if not callable(function := getattr(module, name, None)):
            raise AttributeError(f"package {package!r} has neither an entry point nor a function {name!r}")
        function()

    def _sql_file(self, path: str, source: str) -> None:
        """Runs statements in order and shows each result."""
        from .query import statements
        from .sql_cell import run_sql, with_values

        parameters = self._context.parameters
        for statement in statements(with_values(source, parameters)):
            line = source.count("\n", 0, max(0, source.find(statement))) + 1
            code = compile("\n" * (line - 1) + "work()", path, "exec").replace(co_name="%sql")
            exec(code, {"work": lambda text=statement: display(run_sql(self._session.open(), text, parameters))})

    def _load(self, request: dict[str, str], including: tuple[str, ...]) -> Notebook:
        """Parses a notebook and all included ones first, so that errors appear before anything runs."""
        notebook = parse_notebook(request["path"], request["language"], request["source"])
        for file, text in notebook.files.items():
            remember_source(file, text)
        for cell in notebook.cells:
            if cell.kind != "run":
                continue
            magic, path = self._target(cell, notebook)
            chain = (*including, notebook.path)
            if path in chain:
                raise NotebookSourceError(
                    f"{cell.file}, line {cell.line}: %run includes itself: {' -> '.join((*chain, path))}"
                )
            if path in self._included:
                continue
            try:
                found = workspace_api.read_notebook(path)
            except FileNotFoundError as error:
                raise NotebookSourceError(f"{cell.file}, line {cell.line}: %run {magic.path}: {error}") from None
            self._included[path] = self._load(found, chain)
        return notebook

    @staticmethod
    def _target(cell: Cell, notebook: Notebook) -> tuple[RunMagic, str]:
        magic = parse_run(cell)
        return magic, workspace_api.resolve(magic.path, notebook.path)

    def _execute(self, notebook: Notebook) -> None:
        for cell in notebook.cells:
            try:
                self._execute_cell(cell, notebook)
            except PythonRestart:
                self._restart()

    def _execute_cell(self, cell: Cell, notebook: Notebook) -> None:
        if cell.kind == "python":
            self._python(cell)
        elif cell.kind == "sql":
            self._at(cell, lambda: self._sql(cell.text))
        elif cell.kind == "pip":
            self._at(cell, lambda: requirements.pip(cell.text))
        elif cell.kind == "run":
            magic, path = self._target(cell, notebook)
            with self._dbutils.widgets.preferring(magic.arguments):
                self._at(cell, lambda: self._execute(self._included[path]))
        else:
            self._restart()

    def _python(self, cell: Cell) -> None:
        # Leading empty lines make line numbers match the notebook.
        text = "\n" * (cell.line - 1) + cell.text
        tree = compile(text, cell.file, "exec", self._flags | ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        code = compile(tree, cell.file, "exec", self._flags, dont_inherit=True)
        for flag in _FUTURE_FLAGS:
            self._flags |= code.co_flags & flag
        exec(code, self._namespace)
        if isinstance(last, ast.Expr):
            value = eval(
                compile(ast.Expression(last.value), cell.file, "eval", self._flags, dont_inherit=True), self._namespace
            )
            if value is not None and not cell.text.rstrip().endswith(";"):
                print(repr(value))

    def _at(self, cell: Cell, work: Callable[[], None]) -> None:
        """Calls ``work`` in a frame that tracebacks show as the first line of the cell."""
        blank = len(cell.text) - len(cell.text.lstrip("\n"))
        code = compile("\n" * (cell.line + blank - 1) + "work()", cell.file, "exec")
        exec(code.replace(co_name=f"%{cell.kind}"), {"work": work})

    def _sql(self, text: str) -> None:
        """Runs statements in order and shows the last result."""
        from .sql_cell import run_sql

        frame = run_sql(self._session.open(), text, self._dbutils.widgets.getAll())
        if frame is not None:
            self._namespace["_sqldf"] = frame
            display(frame)

    def _restart(self) -> None:
        """Clears variables and workspace modules. Keeps widgets, parameters and the session."""
        names = {key: value for key, value in self._namespace.items() if key.startswith("__") and key.endswith("__")}
        self._namespace.clear()
        self._namespace.update(names, **notebook_globals(self._dbutils, self._session))
        self._flags = 0
        own = str(self._context.workspace) + os.sep
        for name, module in list(sys.modules.items()):
            if name not in self._modules and str(getattr(module, "__file__", None) or "").startswith(own):
                del sys.modules[name]
        print("Python was restarted: variables and imported modules of the workspace are gone")
