"""Creates the notification destinations of the table in the workspace."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from databricks.sdk import WorkspaceClient
from databricks.sdk.service.settings import (
    Config,
    EmailConfig,
    GenericWebhookConfig,
    ListNotificationDestinationsResult,
    MicrosoftTeamsConfig,
    PagerdutyConfig,
    SlackConfig,
)
from pyspark.sql import SparkSession
from pyspark.sql.types import StringType, StructField, StructType, TimestampType

from .api import DENIED, PARALLEL, Api, reason
from .names import Target
from .outcome import SyncFailed
from .secret_references import Resolver, Secrets, is_reference
from .tables import DESTINATIONS

SYNCED_BY = "sync_notification_destinations"

# By destination_type: the fields of config_json, of which the first is required, and the conversion to the SDK's type.
_TYPES: Mapping[str, tuple[tuple[str, ...], Callable[..., Config]]] = {
    "EMAIL": (("addresses",), lambda **config: Config(email=EmailConfig(**config))),
    "SLACK": (("url", "channel_id", "oauth_token"), lambda **config: Config(slack=SlackConfig(**config))),
    "WEBHOOK": (
        ("url", "username", "password"),
        lambda **config: Config(generic_webhook=GenericWebhookConfig(**config)),
    ),
    "TEAMS": (("url",), lambda **config: Config(microsoft_teams=MicrosoftTeamsConfig(**config))),
    "PAGERDUTY": (("integration_key",), lambda **config: Config(pagerduty=PagerdutyConfig(**config))),
}


_TYPE_IN_WORKSPACE = {"TEAMS": "MICROSOFT_TEAMS"}
"""Workspace names of ``destination_type`` values that differ."""


@dataclass
class DestinationReport:
    """Ids of destinations by outcome."""

    created: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    """Destinations that already exist in the workspace, matched by name."""
    would_create: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    """Reasons by id."""
    warnings: list[str] = field(default_factory=list)


def sync_destinations(
    spark: SparkSession,
    client: WorkspaceClient,
    secrets: Secrets,
    target: Target,
    *,
    dry_run: bool,
    api: Api | None = None,
) -> DestinationReport:
    """Creates every enabled destination without an id, and writes all ids back in one statement.

    :param dry_run: changes nothing in the workspace or the table
    :raises SyncFailed: if access is denied, or all destinations fail
    """
    api = api or Api()
    report = DestinationReport()
    table = spark.table(target.table(DESTINATIONS.name))
    rows = table.where("is_enabled AND databricks_destination_id IS NULL").orderBy("destination_id").collect()
    if not rows:
        return report

    def existing() -> dict[str, ListNotificationDestinationsResult]:
        listed = api.call(lambda: list(client.notification_destinations.list()))
        return {each.display_name: each for each in listed if each.display_name and each.id}

    def find(name: str, kind: str, listed: Mapping[str, ListNotificationDestinationsResult]) -> str | None:
        found = listed.get(name)
        if found is None:
            return None
        if found.destination_type is not None and found.destination_type.value != _TYPE_IN_WORKSPACE.get(kind, kind):
            raise ValueError(
                f"the workspace has a destination {name!r} of another type, {found.destination_type.value}"
            )
        return str(found.id)

    resolver = Resolver(secrets)
    there = existing()
    ids: dict[str, str] = {}
    denied: list[BaseException] = []

    def sync(row: Mapping[str, Any]) -> None:
        key, name = row["destination_id"], row["destination_name"]
        if denied:
            return
        try:
            config = _config(row, report)
            known = find(name, row["destination_type"], there)
            if known is not None:
                ids[key] = known
                report.found.append(key)
                return
            if dry_run:
                report.would_create.append(key)
                return
            resolved = resolver.resolve(config)
            make = _TYPES[row["destination_type"]][1](**resolved)
            ids[key] = api.create(
                lambda: str(client.notification_destinations.create(display_name=name, config=make).id),
                lambda: find(name, row["destination_type"], existing()),
            )
            report.created.append(key)
        except DENIED as error:
            denied.append(error)
        except Exception as error:  # A failure does not stop the others.
            report.failed[key] = resolver.redact(reason(error))

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(lambda row: sync(row.asDict()), rows))
    if ids and not dry_run:
        _write_back(spark, target, ids)
    if denied:
        raise SyncFailed(
            f"the workspace does not let this job make notification destinations: {resolver.redact(reason(denied[0]))}"
        )
    if len(report.failed) == len(rows):
        reasons = "\n".join(f"  {key}: {why}" for key, why in sorted(report.failed.items()))
        raise SyncFailed(f"every one of {len(rows)} destinations has failed\n{reasons}")
    return report


def _config(row: Mapping[str, Any], report: DestinationReport) -> dict[str, Any]:
    """Parses and validates config_json.

    :raises ValueError: if it does not fit the destination's type
    """
    kind = row["destination_type"]
    if kind not in _TYPES:
        raise ValueError(f"destination_type {kind!r} is not one of {', '.join(_TYPES)}")
    if not row["destination_name"]:
        raise ValueError("destination_name is missing")
    fields = _TYPES[kind][0]
    try:
        config = json.loads(row["config_json"] or "")
    except ValueError:
        raise ValueError("config_json is not JSON") from None
    if not isinstance(config, dict) or not config.get(fields[0]):
        raise ValueError(f"config_json of {kind} must be an object with {fields[0]!r}")
    unknown = [name for name in config if name not in fields]
    if unknown:
        raise ValueError(f"config_json of {kind} has {', '.join(map(repr, unknown))}; it takes {', '.join(fields)}")
    if kind == "EMAIL":
        addresses = config["addresses"]
        if not isinstance(addresses, list) or not all(isinstance(each, str) and "@" in each for each in addresses):
            raise ValueError("config_json of EMAIL must have a list of e-mail addresses")
    elif not is_reference(str(config[fields[0]])):
        report.warnings.append(
            f"{row['destination_id']} has its {fields[0]} in the table; keep it in a secret and refer to it as "
            "{{secrets/<scope>/<key>}}"
        )
    return config


_WRITTEN_BACK = StructType(
    [
        StructField("destination_id", StringType()),
        StructField("databricks_destination_id", StringType()),
        StructField("updated_by", StringType()),
        StructField("updated_at", TimestampType()),
    ]
)


def _write_back(spark: SparkSession, target: Target, ids: Mapping[str, str]) -> None:
    now = datetime.now(timezone.utc)
    rows = [(key, value, SYNCED_BY, now) for key, value in ids.items()]
    spark.createDataFrame(rows, _WRITTEN_BACK).createOrReplaceTempView("synced_destinations")
    spark.sql(
        f"MERGE INTO {target.table(DESTINATIONS.name)} t USING synced_destinations s "
        "ON t.destination_id = s.destination_id WHEN MATCHED THEN UPDATE SET "
        "t.databricks_destination_id = s.databricks_destination_id, t.updated_by = s.updated_by, "
        "t.updated_at = s.updated_at"
    )
