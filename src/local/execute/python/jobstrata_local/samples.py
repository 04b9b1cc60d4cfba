"""Makes the sample tables of the local workspace: ``python -m jobstrata_local.samples``.

Reads ``{"warehouse": folder, "schemas": [{"catalog", "schema"}]}`` as JSON from standard input, and writes a JSON
object a line for each table: ``{"table", "rows"}``, or ``{"table", "kept": why}`` for a table that is not a sample and stays.
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
"""Beside the log of a sample: holds the number of its commits. Delta takes no notice of names that begin so."""


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
    """How often a table has been committed to; 0 if it is not there."""
    return len(list((table / "_delta_log").glob("*.json")))


def made_with(table: Path) -> int | None:
    """How many commits it had when it was made as a sample; None if it was not."""
    marker = table / MARKER
    return int(marker.read_text()) if marker.exists() else None


if __name__ == "__main__":
    code = main()
    os._exit(code)
