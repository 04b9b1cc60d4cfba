"""Maps volumes and DBFS, with their Databricks paths, to folders of the data folder."""

from __future__ import annotations

import builtins
import functools
import io
import os
import pathlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_IN_PYTHON = ("/Volumes/", "/dbfs/")
# Functions of `os` with one path argument and with two.
_OF_ONE = (
    *("access", "chmod", "listdir", "lstat", "mkdir", "mkfifo", "open", "readlink", "remove", "rmdir", "scandir"),
    *("stat", "statvfs", "truncate", "unlink", "utime"),
)
_OF_TWO = ("link", "rename", "replace", "symlink")


class Storage(NamedTuple):
    """``<data folder>/volumes/<catalog>/<schema>/<volume>`` and ``<data folder>/dbfs``."""

    volumes: Path
    dbfs: Path

    @classmethod
    def beside(cls, warehouse: Path) -> Storage:
        """The storage next to a warehouse folder."""
        data = warehouse.resolve().parent
        return cls(data / "volumes", data / "dbfs")

    def local(self, path: str) -> str:
        """
        The local path of a Databricks path; any other path unchanged.

        :raises FileNotFoundError: if the volume does not exist
        :raises ValueError: if the path leaves its volume
        """
        if path.startswith("dbfs:"):
            path = "/" + path.removeprefix("dbfs:").lstrip("/")
            if not path.startswith("/Volumes/"):
                return self._below(self.dbfs, path)
        if path == "/Volumes" or path.startswith("/Volumes/"):
            return self._in_volume(path)
        if path == "/dbfs" or path.startswith("/dbfs/"):
            inner = path.removeprefix("/dbfs")
            return self.local(inner) if inner.startswith("/Volumes/") else self._below(self.dbfs, inner)
        return path.removeprefix("file:") if path.startswith("file:/") else path

    def shown(self, local: str) -> str:
        """The Databricks path of a local path, or a ``file:`` path."""
        for folder, prefix in ((self.volumes, "/Volumes"), (self.dbfs, "dbfs:")):
            if local == str(folder) or local.startswith(f"{folder}/"):
                return prefix + local.removeprefix(str(folder))
        return f"file:{local}"

    def _in_volume(self, path: str) -> str:
        parts = [part for part in path.split("/") if part][1:]
        if len(parts) >= 3 and not self.volumes.joinpath(*parts[:3]).is_dir() and ".." not in parts:
            name = ".".join(parts[:3])
            raise FileNotFoundError(f"volume {name} does not exist; create it with CREATE VOLUME {name}")
        return self._below(self.volumes, path.removeprefix("/Volumes"))

    @staticmethod
    def _below(folder: Path, path: str) -> str:
        place = os.path.normpath(f"{folder}/{path.lstrip('/')}")
        if place != str(folder) and not place.startswith(f"{folder}/"):
            raise ValueError(f"{path!r} leads out of the storage of the local workspace")
        return place

    def open_to_python(self) -> None:
        """Lets ``open``, ``os`` and code built on them find ``/Volumes/…`` and ``/dbfs/…``.

        Libraries that open files in C, such as PyArrow, still cannot.
        """
        self.dbfs.mkdir(parents=True, exist_ok=True, mode=0o700)
        # In Python 3.10, pathlib has its own references to these functions.
        accessor = getattr(pathlib, "_NormalAccessor", None)
        for count, names in enumerate((_OF_ONE, _OF_TWO), 1):
            for name in names:
                before = getattr(os, name)
                after = self._redirected(before, count)
                setattr(os, name, after)
                if hasattr(accessor, name):
                    setattr(accessor, name, staticmethod(after))
                for supporting in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
                    if before in supporting:
                        supporting.add(after)
        builtins.open = io.open = self._redirected(io.open, 1)
        if hasattr(accessor, "open"):
            accessor.open = staticmethod(io.open)  # type: ignore[union-attr]

    def _redirected(self, function: Callable[..., Any], count: int) -> Callable[..., Any]:
        @functools.wraps(function)
        def redirected(*args: Any, **kwargs: Any) -> Any:
            return function(*(self._redirect(each) for each in args[:count]), *args[count:], **kwargs)

        return redirected

    def _redirect(self, path: Any) -> Any:
        if isinstance(path, os.PathLike):
            path = os.fspath(path)
        is_meant = isinstance(path, str) and (path.startswith(_IN_PYTHON) or path in ("/Volumes", "/dbfs"))
        # On macOS, the data folder itself may be on a disk under /Volumes.
        if is_meant and not path.startswith(f"{self.volumes.parent}/"):
            return self.local(path)
        return path
