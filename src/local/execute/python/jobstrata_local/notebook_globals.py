"""The names that Databricks predefines in a notebook."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from .dbutils import DBUtils, Unavailable
from .display import display, display_html
from .lazy_session import LazySession, Session

_ONLY_CONNECT = "Spark is reached with Spark Connect, as on serverless compute; use spark"


def notebook_globals(dbutils: DBUtils, session: Session) -> dict[str, Any]:
    """Creates all predefined names."""

    def sql(*args: Any, **kwargs: Any) -> Any:
        return session.open().sql(*args, **kwargs)

    def table(name: str) -> Any:
        return session.open().table(name)

    def udf(*args: Any, **kwargs: Any) -> Any:
        session.open()
        from pyspark.sql.functions import udf as make

        return make(*args, **kwargs)

    return {
        "spark": LazySession(session.open),
        "sql": sql,
        "table": table,
        "udf": udf,
        "dbutils": dbutils,
        "display": display,
        "displayHTML": display_html,
        "getArgument": dbutils.widgets.getArgument,
        "sc": Unavailable("sc", _ONLY_CONNECT),
        "sqlContext": Unavailable("sqlContext", _ONLY_CONNECT),
    }


def install_main_module() -> dict[str, Any]:
    """Replaces ``__main__`` by a new module and returns its namespace, in which the notebook runs."""
    main = ModuleType("__main__")
    # Without a spec, PySpark mistakes the main module for one of its own tests.
    main.__spec__ = ModuleSpec("__main__", None)
    sys.modules["__main__"] = main
    return main.__dict__


def offer_to_modules(names: dict[str, Any]) -> None:
    """Lets modules import the names with ``from databricks.sdk.runtime import …``."""

    class UserNamespaceInitializer:
        """The class that the SDK uses on Databricks."""

        @classmethod
        def getOrCreate(cls) -> UserNamespaceInitializer:
            return cls()

        def get_namespace_globals(self) -> dict[str, Any]:
            return names

    runtime = ModuleType("dbruntime")
    runtime.UserNamespaceInitializer = UserNamespaceInitializer  # type: ignore[attr-defined]
    sys.modules["dbruntime"] = runtime
