"""Describes the exception that ended a task."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path

from .output import redacted

_OWN = str(Path(__file__).parent) + "/"
_MAX_ERROR = 2_000
_MAX_TRACE = 100_000


def remember_source(file: str, text: str) -> None:
    """Makes source lines available to tracebacks without a file on disk."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


def describe(error: BaseException, workspace: Path) -> tuple[str, str]:
    """
    The error in one line, and its traceback, with workspace paths, without frames of the runner and without secrets.

    :param workspace: the folder that contains the workspace files
    """
    told = traceback.TracebackException.from_exception(error)
    _forget_own_frames(told, set())
    trace = "".join(told.format()).replace(str(workspace), "/Workspace")
    return _cut(redacted(_line(error)), _MAX_ERROR), _cut(redacted(trace).rstrip("\n"), _MAX_TRACE)


def _line(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, SystemExit):
        return f"SystemExit: {error.code}. sys.exit fails a task, whatever the code; return, or end a notebook with dbutils.notebook.exit"
    if isinstance(error, SyntaxError):
        return f"{name}: {error.msg} ({error.filename}, line {error.lineno})"
    try:
        lines = [line for line in str(error).splitlines() if line.strip()]
    except Exception:  # Converting the exception to text failed.
        lines = []
    return f"{name}: {lines[0].strip()}" if lines else name


def _forget_own_frames(told: traceback.TracebackException | None, seen: set[int]) -> None:
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [
        # For a magic, show the line only: columns do not match the source.
        traceback.FrameSummary(frame.filename, frame.lineno, frame.name) if frame.name.startswith("%") else frame
        for frame in told.stack
        if not frame.filename.startswith(_OWN)
    ]
    for other in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())):
        _forget_own_frames(other, seen)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"
