"""Runs the program of one task in this process: ``python -m jobstrata_local.run_task <descriptor>``.

Standard input brings the request, a JSON object:

- ``program``, of one ``kind``:
  ``notebook`` with ``path``, ``language`` and ``source``;
  ``python``, a file, with ``path``, ``source`` and ``arguments``;
  ``wheel`` with ``package``, ``entryPoint`` and ``arguments``;
  ``sql`` with ``path`` and ``source``
- ``folder`` of the workspace that is the current directory
- ``wheels``: files to install before it starts
- ``parameters``: what widgets give, and ``:name`` in SQL stands for
- ``taskKey`` of this task, and ``taskValues``: what each task of the run has set
- ``dependencies``: requirements of the environment, such as ``databricks-sdk>=0.40``
- ``warehouse``: folder of the tables; volumes and DBFS are beside it, see `storage`
- ``memoryLimitBytes``: see `supervise`

The outcome goes to the descriptor, as a JSON object in a line: ``succeeded``, ``result`` (what was given to
``dbutils.notebook.exit``), ``error`` in one line, ``errorTrace``, and ``values`` (the task values that were set),
and ``lineage`` (the tables and paths that were read and written: ``mode``, ``name``).
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
"""Characters of the exit value. The service keeps as much."""


def main() -> None:
    told = int(sys.argv[1])
    request = json.load(sys.stdin)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.set_inheritable(told, False)
    # In case it prints its environment.
    keep_secret(os.environ.get("DATABRICKS_TOKEN", ""))
    redirect_output()
    own = os.getpid()
    outcome = _outcome(_context(request))
    # A fork of the task that comes this far has nothing to tell.
    if os.getpid() == own:
        data = json.dumps(outcome).encode() + b"\n"
        while data:
            data = data[os.write(told, data) :]
    # Threads of the task and the engine do not have to be waited for.
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
    # Instead of the folder that this program was started in.
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
    except BaseException as error:  # Whatever ends it, SystemExit and KeyboardInterrupt as well.
        line, trace = describe(error, context.workspace)
        outcome = {"succeeded": False, "error": line, "errorTrace": trace}
    if context.values:
        outcome["values"] = context.values
    # Nothing of it is loaded if the notebook has not used Spark.
    lineage = sys.modules.get("jobstrata_local.lineage")
    if lineage is not None and (rows := lineage.SESSION.rows()):
        outcome["lineage"] = rows
    return outcome


if __name__ == "__main__":
    main()
