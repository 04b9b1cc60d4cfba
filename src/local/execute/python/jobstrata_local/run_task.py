"""Runs the program of one task in this process: ``python -m jobstrata_local.run_task <descriptor>``.

Reads the request as a JSON object from standard input:

- ``program``, of one ``kind``:
  ``notebook`` with ``path``, ``language`` and ``source``;
  ``python``, a file, with ``path``, ``source`` and ``arguments``;
  ``wheel`` with ``package``, ``entryPoint`` and ``arguments``;
  ``sql`` with ``path`` and ``source``
- ``folder``: workspace folder of the current directory
- ``wheels``: files to install before the start
- ``parameters``: values of widgets and of ``:name`` in SQL
- ``taskKey`` of this task, and ``taskValues`` of the run's tasks
- ``dependencies``: requirements of the environment, such as ``databricks-sdk>=0.40``
- ``warehouse``: folder of the tables; volumes and DBFS are next to it, see `storage`
- ``memoryLimitBytes``: see `supervise`

Writes the outcome to the descriptor as one line of JSON: ``succeeded``; ``result``, the argument of
``dbutils.notebook.exit``; ``error`` in one line; ``errorTrace``; ``values``, the task values set; and ``lineage``, the
tables and paths read and written, each with ``mode`` and ``name``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from . import requirements
from .context import Context, NotebookExit, in_workspace
from .failure import describe
from .output import keep_secret, redacted, redirect_output
from .runner import Runner
from .storage import Storage

_MAX_RESULT = 5 * 1024**2
"""Maximum characters of the exit value, as in Databricks."""


def main() -> None:
    told = int(sys.argv[1])
    request = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.set_inheritable(told, False)
    # The task may print its environment.
    keep_secret(os.environ.get("DATABRICKS_TOKEN", ""))
    redirect_output()
    own = os.getpid()
    outcome = _outcome(_context(request))
    # Only the original process reports the outcome, not a fork that reaches this point.
    if os.getpid() == own:
        data = json.dumps(outcome).encode() + b"\n"
        while data:
            data = data[os.write(told, data) :]
    # Do not wait for threads of the task and the engine.
    os._exit(0)


def _context(request: dict[str, Any]) -> Context:
    folder = Path.cwd()
    context = Context(
        path=request["program"].get("path", ""),
        parameters=request.get("parameters", {}),
        task_key=request.get("taskKey"),
        task_values=request.get("taskValues", {}),
        folder=folder,
        request=request,
    )
    beside = context.workspace / in_workspace(request.get("folder", "/")).lstrip("/")
    beside.mkdir(parents=True, exist_ok=True)
    os.chdir(beside)
    # Replaces the folder in which this program was started.
    sys.path[0] = str(beside)
    sys.argv = [""]
    Storage.beside(Path(request["warehouse"])).open_to_python()
    return context


def _outcome(context: Context) -> dict[str, Any]:
    outcome: dict[str, Any] = {"succeeded": True}
    try:
        if wheels := context.request.get("wheels"):
            requirements.install(wheels, context.folder / "site-packages")
        if dependencies := context.request.get("dependencies"):
            requirements.check(dependencies)
        Runner(context).run(context.request["program"])
    except NotebookExit as exit_:
        result = redacted(exit_.value)
        outcome["result"] = result if len(result) <= _MAX_RESULT else result[:_MAX_RESULT]
    except BaseException as error:  # Includes SystemExit and KeyboardInterrupt.
        line, trace = describe(error, context.workspace)
        outcome = {"succeeded": False, "error": line, "errorTrace": trace}
    if context.values:
        outcome["values"] = context.values
    # The module is loaded only if the notebook used Spark.
    lineage = sys.modules.get("jobstrata_local.lineage")
    if lineage is not None and (rows := lineage.SESSION.rows()):
        outcome["lineage"] = rows
    return outcome


if __name__ == "__main__":
    main()
