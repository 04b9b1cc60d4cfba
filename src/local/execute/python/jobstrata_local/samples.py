"""Creates the sample tables of the local workspace: ``python -m jobstrata_local.samples``.

Reads ``{"warehouse": folder, "schemas": [{"catalog", "schema"}]}`` as JSON from standard input. Writes a line of JSON
for each table: ``{"table", "rows"}``, or ``{"table", "kept": why}`` for an existing table that is not a sample.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
from pathlib import Path

from .engine import open_session
from .sample_data import SAMPLE_TABLES, create_sample_tables
from .warehouse import Warehouse

MARKER = "_jobstrata_sample"
"""File next to a sample's log, with its number of commits. Delta ignores names with a leading underscore."""


def main() -> int:
    request = json.load(sys.stdin)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(answer: dict[str, object]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    place = Warehouse(Path(request["warehouse"]))
    names = [(each["catalog"], each["schema"]) for each in request["schemas"]]
    spark = open_session(place.root, sorted({catalog for catalog, _ in names}), note=lambda text: None)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    for catalog, schema in names:
        wanted = []
        for table in SAMPLE_TABLES:
            path = place.path(catalog, schema, table)
            commits = commits_of(path)
            if commits > 0 and made_with(path) != commits:
                say({"table": f"{catalog}.{schema}.{table}", "kept": "kept: it is not a sample, or was changed since"})
            else:
                wanted.append(table)
        for table, rows in create_sample_tables(spark, catalog, schema, today, only=wanted).items():
            path = place.path(catalog, schema, table)
            (path / MARKER).write_text(str(commits_of(path)))
            say({"table": f"{catalog}.{schema}.{table}", "rows": rows})
    return 0


def commits_of(table: Path) -> int:
    """Number of commits of a table; 0 if it does not exist."""
    return len(list((table / "_delta_log").glob("*.json")))


def made_with(table: Path) -> int | None:
    """Number of commits when the sample was created; None if the table is not a sample."""
    marker = table / MARKER
    return int(marker.read_text()) if marker.exists() else None


if __name__ == "__main__":
    code = main()
    os._exit(code)
