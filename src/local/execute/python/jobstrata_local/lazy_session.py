"""``spark`` in a notebook: opens on first use, so that notebooks without Spark start fast."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


class LazySession:
    """Proxy of a SparkSession, which opens when an attribute is first used."""

    def __init__(self, open_it: Callable[[], Any]) -> None:
        object.__setattr__(self, "_open", open_it)

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "_open")(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_open")(), name, value)

    def __repr__(self) -> str:
        return repr(object.__getattribute__(self, "_open")())

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(object.__getattribute__(self, "_open")())


class Session:
    """The one Spark session of this process."""

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse
        self._lock = threading.RLock()
        self._opened: Any = None
        self._opening = False

    def open(self) -> Any:
        """Opens the session on the first call and returns it. ``None`` only in calls made while it opens."""
        with self._lock:
            if self._opened is None and not self._opening:
                self._opening = True
                try:
                    from .engine import open_session

                    self._opened = open_session(self._warehouse, note=print)
                finally:
                    self._opening = False
            return self._opened

    def open_for_pyspark(self) -> None:
        """Redirects PySpark's ways to get a session, such as ``SparkSession.builder.getOrCreate()``, to this one."""
        sys.meta_path.insert(0, _Finder(self._lead_here))

    def _lead_here(self) -> None:
        # Do not open the session here: the engine imports PySpark in other threads, which would wait for this import.
        from pyspark.sql.session import SparkSession

        first = SparkSession.Builder.getOrCreate

        def get_or_create(builder: Any) -> Any:
            session = self.open()
            if session is None:
                return first(builder)
            for name, value in builder._options.items():
                if name not in ("spark.remote", "spark.master", "spark.app.name"):
                    session.conf.set(name, value)
            return session

        SparkSession.Builder.getOrCreate = get_or_create  # type: ignore[method-assign, assignment]
        SparkSession.getActiveSession = classmethod(  # type: ignore[method-assign, assignment]
            lambda cls: self.open()
        )


class _Finder(importlib.abc.MetaPathFinder):
    """Runs a callback after PySpark was imported."""

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then

    def find_spec(
        self, name: str, path: Any, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "pyspark":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            load, then = spec.loader.exec_module, self._then

            def exec_module(module: ModuleType) -> None:
                load(module)
                then()

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
