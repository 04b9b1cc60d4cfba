"""Loads the package's alerts and destinations from files that can be reviewed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .checks import problems_of, type_problems
from .tables import ALERTS, DESTINATIONS

HERE = Path(__file__).parent
ALERTS_DIR = HERE / "alerts"
DESTINATIONS_FILE = HERE / "destinations.json"

# Columns written by seeding and sync, not part of a definition.
BOOKKEEPING = frozenset(
    {"created_by", "created_at", "updated_by", "updated_at"}
    | {"databricks_alert_id", "databricks_display_name", "last_synced_at", "last_sync_status", "last_sync_error"}
)
DEFINITION_COLUMNS = tuple(name for name, _, _ in ALERTS.columns if name not in BOOKKEEPING)
_DEFAULTS: Mapping[str, Any] = {
    "query_source": "CUSTOM",
    "empty_result_state": "OK",
    "schedule_timezone": "UTC",
    "pause_status": "UNPAUSED",
    "is_enabled": True,
    "notification_channels": [],
    "notify_on_ok": False,
    "use_custom_template": False,
    "tags": {},
}


@dataclass
class Definitions:
    """Alerts as rows, and the problems of invalid ones."""

    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Valid alerts by id, each with every definition column."""
    problems: dict[str, list[str]] = field(default_factory=dict)
    """Problems of invalid alerts by id, or by file and position if the id is missing."""


def load_alerts(folder: Path = ALERTS_DIR) -> Definitions:
    """Reads the alerts of every ``*.yml`` in a folder. An invalid alert does not affect the others."""
    import yaml

    entries: list[tuple[str, Any]] = []
    found = Definitions()
    for file in sorted(folder.glob("*.yml")):
        try:
            document = yaml.safe_load(file.read_text(encoding="utf-8"))
            shared = document["defaults"]
            entries += [
                (f"{file.name}[{place}]", {**shared, **alert} if isinstance(alert, dict) else alert)
                for place, alert in enumerate(document["alerts"])
            ]
        except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            reason = str(error).replace("\n", " ")
            found.problems[file.name] = [f"must be a mapping with defaults and a list of alerts: {reason}"]
    add_alerts(found, entries)
    return found


def add_alerts(found: Definitions, entries: Iterable[tuple[str, Any]]) -> None:
    """Adds entries, each with its place, as valid or invalid alerts. The first entry of an id counts."""
    for place, entry in entries:
        if not isinstance(entry, dict):
            found.problems[place] = [f"must be a mapping of columns to values, not {str(entry)[:100]!r}"]
            continue
        row = _row(entry)
        name = row["alert_id"] if isinstance(row["alert_id"], str) and row["alert_id"] else place
        problems = [f"unknown column {key!r}" for key in entry if key not in (*DEFINITION_COLUMNS, "threshold_value")]
        problems += type_problems(row) or problems_of(row)
        if name in found.alerts:
            found.problems.setdefault(name, []).append(f"{place} has the same alert_id; the first one is used")
        elif problems:
            found.problems.setdefault(name, []).extend(problems)
        else:
            found.alerts[name] = row


def _row(entry: Mapping[str, Any]) -> dict[str, Any]:
    row = {name: entry.get(name, _DEFAULTS.get(name)) for name in DEFINITION_COLUMNS}
    # Derive the type from the value.
    value = entry.get("threshold_value")
    if isinstance(value, bool):
        row |= {"threshold_value_type": "BOOLEAN", "threshold_value_bool": value}
    elif isinstance(value, int | float):
        row |= {"threshold_value_type": "DOUBLE", "threshold_value_double": value}
    elif value is not None:
        row |= {"threshold_value_type": "STRING", "threshold_value_string": value}
    number = row["threshold_value_double"]
    if isinstance(number, int) and not isinstance(number, bool) and abs(number) < 2**53:
        row["threshold_value_double"] = float(number)
    return row


def load_destinations(file: Path = DESTINATIONS_FILE) -> list[dict[str, Any]]:
    """Loads the package's destinations. ``config`` of the file becomes ``config_json``.

    :raises ValueError: if the file is invalid
    """
    names = {name for name, _, _ in DESTINATIONS.columns}
    rows = []
    for entry in json.loads(file.read_text(encoding="utf-8")):
        row = {name: entry.get(name) for name in names}
        row["config_json"] = json.dumps(entry["config"])
        row["tags"] = entry.get("tags", {})
        rows.append(row)
    return rows
