"""Parses notebooks into cells."""

from __future__ import annotations

import ast
import json
import re
import shlex
from dataclasses import dataclass
from typing import Literal

Kind = Literal["python", "sql", "run", "pip", "restart_python"]

_HEADER = "Databricks notebook source"
_COMMENT = {"PYTHON": "#", "SQL": "--"}
_LANGUAGES = {"PYTHON": "Python", "SQL": "SQL", "SCALA": "Scala", "R": "R"}
_MAGIC = re.compile(r"%(\w+)[ \t]*")
_SHELL = re.compile(r"!\s*\S")


class NotebookSourceError(Exception):
    """A notebook that cannot be run, with the place and the reason."""


@dataclass(frozen=True)
class Cell:
    """A unit of execution."""

    kind: Kind
    text: str
    """The text without magic and comment prefixes, with as many lines as in the notebook."""
    file: str
    """File name in tracebacks: the notebook's path, with the cell for an .ipynb."""
    line: int
    """Number of the first line in `file`, from 1."""


@dataclass(frozen=True)
class Notebook:
    """A notebook of the workspace."""

    path: str
    cells: tuple[Cell, ...]
    files: dict[str, str]
    """Source text by `Cell.file`."""


@dataclass(frozen=True)
class RunMagic:
    """Target and arguments of a %run."""

    path: str
    arguments: dict[str, str]


def parse_notebook(path: str, language: str, source: str) -> Notebook:
    """
    Parses a notebook.

    :param language: of cells without a language magic: ``PYTHON``, ``SQL``, ``SCALA`` or ``R``
    :param source: in the source format, or the JSON of an .ipynb
    :raises NotebookSourceError: if the notebook or a cell is in an unsupported language
    """
    jupyter = _jupyter_cells(path, source)
    if jupyter is not None:
        cells, files = [], {}
        for number, text in jupyter:
            file = f"{path} (cell {number})"
            files[file] = text
            cells += _cells(text, "PYTHON", file, 1)
        return Notebook(path, tuple(cells), files)
    if language not in _COMMENT:
        name = _LANGUAGES.get(language, language)
        raise NotebookSourceError(
            f"{path}: {name} notebooks are not executed by the local workspace; Python and SQL are"
        )
    return Notebook(path, tuple(_source_cells(path, language, source)), {path: source})


def _jupyter_cells(path: str, source: str) -> list[tuple[int, str]] | None:
    """Code cells with their numbers; ``None`` if the source is not an .ipynb."""
    if not source.lstrip().startswith("{"):
        return None
    try:
        notebook = json.loads(source)
    except ValueError:
        return None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        return None
    language = str((notebook.get("metadata") or {}).get("language_info", {}).get("name", "python")).lower()
    if language != "python":
        raise NotebookSourceError(f"{path}: .ipynb notebooks in {language!r} are not executed by the local workspace")
    cells = []
    for number, cell in enumerate(notebook["cells"], 1):
        if cell.get("cell_type") == "code":
            text = cell.get("source", "")
            cells.append((number, text if isinstance(text, str) else "".join(text)))
    return cells


def _source_cells(path: str, language: str, source: str) -> list[Cell]:
    mark = re.escape(_COMMENT[language])
    separator = re.compile(rf"{mark} COMMAND -{{10}}\s*")
    magic = re.compile(rf"{mark} MAGIC(?: |$)")
    title = re.compile(rf"{mark} DBTITLE \d")
    cells: list[Cell] = []
    lines: list[str] = []
    start = 1
    for number, line in enumerate([*source.splitlines(), None], 1):
        if line is None or separator.fullmatch(line):
            cells += _cells("\n".join(lines), language, path, start)
            lines, start = [], number + 1
        elif (number == 1 and line.strip().endswith(_HEADER)) or title.match(line):
            lines.append("")
        else:
            lines.append(magic.sub("", line, count=1) if magic.match(line) else line)
    return cells


def _cells(text: str, language: str, file: str, line: int) -> list[Cell]:
    """The units of a cell: none, one, or magics followed by Python code."""
    lines = text.split("\n")
    first = next((at for at, each in enumerate(lines) if each.strip()), None)
    if first is None:
        return []
    found = _MAGIC.match(lines[first])
    if found is None:
        if language == "SQL":
            return [Cell("sql", text, file, line)]
        return _python(text, file, line)
    name = found[1]
    where = f"{file}, line {line + first}"
    rest = "\n".join([*lines[:first], lines[first][found.end() :], *lines[first + 1 :]])
    if name in ("md", "md-sandbox"):
        return []
    if name == "sql":
        return [Cell("sql", rest, file, line)]
    if name == "python":
        return _python(rest, file, line)
    if name == "run":
        if any(each.strip() and not each.lstrip().startswith("#") for each in lines[first + 1 :]):
            raise NotebookSourceError(f"{where}: %run must be in a cell by itself")
        return [Cell("run", lines[first][found.end() :].strip(), file, line + first)]
    if name in ("pip", "restart_python"):
        kind: Kind = "pip" if name == "pip" else "restart_python"
        behind = "\n".join([""] * (first + 1) + lines[first + 1 :])
        magic = Cell(kind, lines[first][found.end() :].strip(), file, line + first)
        return [magic, *_cells(behind, language, file, line)]
    raise NotebookSourceError(
        f"{where}: the magic %{name} is not executed by the local workspace; "
        "%python, %sql, %md, %run, %pip and %restart_python are"
    )


def _python(text: str, file: str, line: int) -> list[Cell]:
    """Python code. Rejects magics and shell commands between its lines, except %pip, which runs first."""
    lines = text.split("\n")
    magics: list[Cell] = []
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        for at, each in enumerate(lines):
            if _SHELL.match(each):
                raise NotebookSourceError(
                    f"{file}, line {line + at}: shell commands (!) are not executed by the local workspace"
                ) from None
            found = _MAGIC.match(each)
            if found is None:
                continue
            if found[1] != "pip":
                raise NotebookSourceError(
                    f"{file}, line {line + at}: the magic %{found[1]} must be at the beginning of its cell"
                ) from None
            magics.append(Cell("pip", each[found.end() :].strip(), file, line + at))
            lines[at] = ""
    rest = "\n".join(lines)
    return [*magics, Cell("python", rest, file, line)] if rest.strip() else magics


def parse_run(cell: Cell) -> RunMagic:
    """
    Parses the text of a %run.

    :param cell: ``./path $name="value"``
    :raises NotebookSourceError: if the text is invalid
    """
    where = f"{cell.file}, line {cell.line}"
    try:
        words = shlex.split(cell.text)
    except ValueError as error:
        raise NotebookSourceError(f"{where}: %run {cell.text}: {error}") from None
    if not words:
        raise NotebookSourceError(f"{where}: %run needs the path of a notebook")
    arguments = {}
    for word in words[1:]:
        found = re.fullmatch(r"\$([^=\s]+)=(.*)", word, re.DOTALL)
        if found is None:
            raise NotebookSourceError(f'{where}: %run takes arguments as $name="value", not {word!r}')
        arguments[found[1]] = found[2]
    return RunMagic(words[0], arguments)
