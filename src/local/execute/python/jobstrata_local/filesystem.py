"""``dbutils.fs`` on the folders of the local workspace."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from .storage import Storage


class FileInfo(NamedTuple):
    """A file or folder."""

    path: str
    name: str
    """Ends with a slash for a folder."""
    size: int
    modificationTime: int
    """Milliseconds since the epoch."""

    def isDir(self) -> bool:
        return self.name.endswith("/")

    def isFile(self) -> bool:
        return not self.isDir()


class FileSystem:
    """``dbutils.fs``. Paths: ``/Volumes/…``, ``dbfs:/…``, ``/…`` (which is DBFS) and ``file:/…``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def _local(self, path: str) -> Path:
        scheme, colon, _ = path.partition(":/")
        if colon and scheme not in ("dbfs", "file"):
            raise ValueError(f"the local workspace has no storage for {scheme}:/ paths; use /Volumes, dbfs:/ or file:/")
        if path.startswith("/") and not path.startswith(("/Volumes", "/dbfs/")):
            path = f"dbfs:{path}"
        return Path(self._storage.local(path))

    def _existing(self, path: str) -> Path:
        place = self._local(path)
        if not place.exists():
            raise FileNotFoundError(f"No such file or directory: {path}")
        return place

    def ls(self, dir: str) -> list[FileInfo]:
        """The entries of a folder sorted by name, or the file itself."""
        place = self._existing(dir)
        return [self._info(each) for each in (sorted(place.iterdir()) if place.is_dir() else [place])]

    def _info(self, place: Path) -> FileInfo:
        slash = "/" if place.is_dir() else ""
        stat = place.stat()
        size = 0 if slash else stat.st_size
        path = self._storage.shown(str(place)) + slash
        # Databricks prefixes paths of volumes with dbfs: too.
        return FileInfo(
            f"dbfs:{path}" if path.startswith("/Volumes") else path,
            place.name + slash,
            size,
            int(stat.st_mtime * 1000),
        )

    def head(self, file: str, max_bytes: int = 65536) -> str:
        """The beginning of a file, as text."""
        with self._existing(file).open("rb") as stream:
            data = stream.read(max_bytes + 1)
        if len(data) > max_bytes:
            print(f"[Truncated to first {max_bytes} bytes]")
        return data[:max_bytes].decode(errors="replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        """Writes text to a file."""
        place = self._local(file)
        if place.exists() and not overwrite:
            raise FileExistsError(f"{file} exists; put it with overwrite=True")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(contents, encoding="utf-8")
        print(f"Wrote {len(contents.encode())} bytes.")
        return True

    def mkdirs(self, dir: str) -> bool:
        """Creates a folder and its parents."""
        self._local(dir).mkdir(parents=True, exist_ok=True)
        return True

    def rm(self, dir: str, recurse: bool = False) -> bool:
        """Deletes a file or an empty folder, or with ``recurse`` a whole folder. False if it does not exist."""
        place = self._local(dir)
        if not place.exists():
            return False
        if not place.is_dir():
            place.unlink()
        elif recurse:
            shutil.rmtree(place)
        else:
            os.rmdir(place)
        return True

    def cp(self, from_: str, to: str, recurse: bool = False) -> bool:
        """Copies a file or, with ``recurse``, a folder."""
        source, target = self._existing(from_), self._local(to)
        if source.is_dir():
            if not recurse:
                raise IsADirectoryError(f"{from_} is a folder; copy it with recurse=True")
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            target = target / source.name if target.is_dir() else target
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        return True

    def mv(self, from_: str, to: str, recurse: bool = False) -> bool:
        """Moves a file or, with ``recurse``, a folder."""
        self.cp(from_, to, recurse)
        return self.rm(from_, recurse)
