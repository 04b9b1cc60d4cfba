"""Runs Sail, a Spark Connect server in Rust, in this process on the tables of the local workspace."""

from __future__ import annotations

import os
import random
import re
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .lineage import SESSION, Accesses, of_message
from .storage import Storage
from .warehouse import TableName, Warehouse

ATTEMPTS = 12
"""Maximum attempts of a statement with commit conflicts. Delta on Spark retries far more often."""
_PATH = re.compile(r"`((?:/Volumes/|dbfs:/)[^`]*)`")
"""Path of files in a query: ``csv.`/Volumes/…```."""
_CONFLICT = (
    "Failed to commit transaction",
    "Transaction failed",
    "commit conflict",
    "ConcurrentAppend",
    # Another process wrote a checkpoint while the log was being read.
    "Missing commit file",
)


def open_session(warehouse: Path, catalogs: Sequence[str] = (), *, note: Callable[[str], None] = print) -> Any:
    """Opens a Spark session on the tables in a folder.

    :param warehouse: ``<warehouse>/<catalog>/<schema>/<table>``
    :param catalogs: catalogs to create if they do not exist
    :param note: called once for each part of a statement that the engine ignores
    :returns: a real ``pyspark.sql.SparkSession``
    """
    place = Warehouse(warehouse)
    for name in catalogs:
        place.create_catalog(name)
    known = place.catalogs()
    # The library reads these variables when it is loaded. Nothing can be created in "spark_catalog".
    os.environ.setdefault("RUST_LOG", "off")
    os.environ["SAIL_CATALOG__LIST"] = _catalog_list(known or ["spark_catalog"])
    os.environ["SAIL_CATALOG__DEFAULT_CATALOG"] = (known or ["spark_catalog"])[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pysail.spark import SparkConnectServer
        from pyspark.sql import SparkSession

        server = SparkConnectServer("127.0.0.1", 0)
        server.start()
        host, port = server.listening_address
        spark = SparkSession.builder.remote(f"sc://{host}:{port}").create()
    spark.conf.set("spark.sql.sources.default", "delta")
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    Adapter(spark.client, place, note, server).install()
    return spark


class Adapter:
    """Intercepts requests of a session: finds tables of other processes, adapts SQL, translates errors, retries
    conflicts."""

    def __init__(self, client: Any, warehouse: Warehouse, note: Callable[[str], None], server: Any) -> None:
        self._client = client
        # The server stops when it is garbage collected.
        self._server = server
        self._warehouse = warehouse
        self._storage = Storage.beside(warehouse.root)
        self._note = note
        self._noted: set[str] = set()
        self._lock = threading.Lock()
        self._schemas: set[tuple[str, str]] = set()
        self._tables: set[TableName] = set()
        self._fetch = client._execute_and_fetch_as_iterator
        self._execute = client._execute
        self._analyze = client._analyze

    def install(self) -> None:
        """Routes all requests of the session through this adapter."""
        self._client._execute_and_fetch_as_iterator = self._on_fetch
        self._client._execute = self._on_execute
        self._client._analyze = self._on_analyze

    def _on_fetch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        prepared = self._prepare(request.plan)
        if not request.plan.HasField("command"):
            # A query streams rows and commits nothing.
            return self._streaming(request, prepared, lambda: self._fetch(request, *args, **kwargs))
        return iter(self._committing(request, prepared, lambda: list(self._fetch(request, *args, **kwargs))))

    def _on_execute(self, request: Any) -> None:
        prepared = self._prepare(request.plan)
        self._committing(request, prepared, lambda: self._execute(request))

    def _on_analyze(self, method: str, **kwargs: Any) -> Any:
        plan = kwargs.get("plan")
        prepared = Prepared() if plan is None else self._prepare(plan)
        with prepared.translating():
            return self._analyze(method, **kwargs)

    def _streaming(self, request: Any, prepared: Prepared, call: Callable[[], Any]) -> Any:
        """Yields from ``call``. After a conflict, restarts it if nothing was yielded yet."""
        for attempt in range(1, ATTEMPTS + 1):
            started = False
            try:
                with prepared.translating():
                    for each in call():
                        if not started:
                            prepared.note()
                        started = True
                        yield each
                return
            except Exception as error:
                if started or not self._may_try_again(request, attempt, error):
                    raise

    def _committing(self, request: Any, prepared: Prepared, call: Callable[[], Any]) -> Any:
        """Retries after a commit of another process to the same table. The failed attempt has written nothing."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with prepared.translating():
                    result = call()
            except Exception as error:
                if not self._may_try_again(request, attempt, error):
                    raise
                continue
            for after in prepared.after:
                after()
            prepared.note()
            return result
        raise AssertionError("unreachable")

    def _may_try_again(self, request: Any, attempt: int, error: Exception) -> bool:
        """Waits after a conflict. False for other errors and after the last attempt."""
        if attempt == ATTEMPTS or not any(text in str(error) for text in _CONFLICT):
            return False
        request.ClearField("operation_id")
        time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))
        return True

    def _prepare(self, plan: Any) -> Prepared:
        from .statements import LOCAL_USER, adapt, check_name

        self._refresh()
        prepared = Prepared()

        def visit(message: Any) -> None:
            kind = message.DESCRIPTOR.name
            # Collect lineage before the statement is adapted to Sail.
            of_message(message, prepared.accesses)
            if kind in ("SQL", "SqlCommand"):
                attribute = "query" if kind == "SQL" else "sql"
                text = getattr(message, attribute)
                if text:
                    text = _PATH.sub(lambda found: f"`{self._storage.local(found[1])}`", text)
                    statement = adapt(text, self._warehouse)
                    setattr(message, attribute, statement.sql)
                    prepared.sql = statement.sql
                    prepared.tables += statement.tables
                    prepared.after.append(statement.after)
                    self._say(statement.notes)
            elif kind in ("NamedTable", "SaveTable", "WriteOperationV2"):
                name = message.unparsed_identifier if kind == "NamedTable" else message.table_name
                check_name(name, self._warehouse)
                prepared.tables.append(name)
            elif kind == "WriteOperation" and message.path:
                message.path = self._storage.local(message.path)
            elif kind == "DataSource":
                message.paths[:] = [self._storage.local(path) for path in message.paths]
            elif kind == "UnresolvedFunction" and message.function_name in ("current_user", "session_user", "user"):
                message.function_name = "concat"
                message.arguments.add().literal.string = LOCAL_USER
            for descriptor, value in message.ListFields():
                if descriptor.message_type is None:
                    continue
                if descriptor.message_type.GetOptions().map_entry:
                    if descriptor.message_type.fields_by_name["value"].message_type is not None:
                        for each in value.values():
                            visit(each)
                elif descriptor.is_repeated:
                    for each in value:
                        visit(each)
                else:
                    visit(value)

        visit(plan)
        accesses = prepared.accesses
        if plan.command.HasField("sql_command") and not (accesses.writes or accesses.views):
            # `spark.sql` with a query only defines it; a later request reads the tables.
            accesses.reads.clear()
        return prepared

    def _say(self, notes: Sequence[str]) -> None:
        for text in notes:
            if text not in self._noted:
                self._noted.add(text)
                self._note(f"[local engine] {text}")

    def _refresh(self) -> None:
        """Registers schemas and tables that other processes have created or dropped."""
        with self._lock:
            schemas = {
                (catalog, schema)
                for catalog in self._warehouse.catalogs()
                for schema in self._warehouse.schemas(catalog)
            }
            tables = set(self._warehouse.tables())
            for table in self._tables - tables:
                self._tell(f"DROP TABLE IF EXISTS {_dotted(*table)}")
            for catalog, schema in self._schemas - schemas:
                self._tell(f"DROP SCHEMA IF EXISTS {_dotted(catalog, schema)} CASCADE")
            for catalog, schema in schemas - self._schemas:
                location = _quoted(str(self._warehouse.path(catalog, schema)))
                if schema == "default":
                    self._tell(f"DROP SCHEMA IF EXISTS {_dotted(catalog, schema)} CASCADE")
                self._tell(f"CREATE SCHEMA IF NOT EXISTS {_dotted(catalog, schema)} LOCATION {location}")
            for table in tables - self._tables:
                location = _quoted(str(self._warehouse.path(*table)))
                self._tell(f"CREATE TABLE IF NOT EXISTS {_dotted(*table)} USING DELTA LOCATION {location}")
            self._schemas, self._tables = schemas, tables

    def _tell(self, sql: str) -> None:
        request = self._client._execute_plan_request_with_metadata()
        request.plan.command.sql_command.input.sql.query = sql
        try:
            self._execute(request)
        except Exception as error:  # The catalog is newer than this session, or the table is being dropped.
            if "not found" not in str(error).lower():
                raise


class Prepared:
    """A request that is ready to send."""

    def __init__(self) -> None:
        self.sql: str | None = None
        self.tables: list[str] = []
        self.after: list[Callable[[], None]] = []
        self.accesses = Accesses()

    def note(self) -> None:
        """Adds the tables of the successful request to the lineage."""
        SESSION.note(self.accesses)

    def translating(self) -> _Translating:
        return _Translating(self)


class _Translating:
    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        from pyspark.errors.exceptions.connect import SparkConnectGrpcException

        from .errors import translated

        if isinstance(error, SparkConnectGrpcException):
            better = translated(error, self._prepared.sql, self._prepared.tables)
            if better is not error:
                raise better from None


def _catalog_list(names: Sequence[str]) -> str:
    """Formats catalogs for Sail, as TOML inline tables."""
    entries = (f'{{name="{name}", type="memory", initial_database=["default"]}}' for name in names)
    return f"[{', '.join(entries)}]"


def _dotted(*names: str) -> str:
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
