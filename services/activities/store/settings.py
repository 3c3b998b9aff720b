"""What municipalities have chosen for matching, version by version. Never what follows from it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from services.activities.domain.matching import Settings, Terms
from services.activities.domain.matching.settings import CONTRACT
from services.runtime.connection import Connection, Row
from services.runtime.errors import Conflict
from services.runtime.transaction import Transaction

_NEWEST = text("select distinct on (municipality) * from matching_settings order by municipality, version desc")
_OF = text("select * from matching_settings where municipality = :municipality order by version desc")
_ADD = text(
    "insert into matching_settings (municipality, version, weights, verified_days, default_distance_km, since) "
    "select :municipality, coalesce(max(version), 0) + 1, cast(:weights as jsonb), :verified_days, "
    ":default_distance_km, :since "
    "from matching_settings where municipality = :municipality on conflict do nothing returning version"
)


class Version(NamedTuple):
    """Settings and since when they hold."""

    settings: Settings
    since: datetime


async def newest_settings(connection: Connection) -> dict[str, Settings]:
    """Return by municipality the settings that hold, of those that have their own."""
    return {row.municipality: _settings(row) for row in await connection.execute(_NEWEST)}


async def settings_of(connection: Connection, municipality: str) -> Settings:
    """Return the settings that hold for the municipality: its own, or the contract's."""
    versions = await versions_of(connection, municipality)
    return versions[0].settings if versions else CONTRACT


async def versions_of(connection: Connection, municipality: str) -> Sequence[Version]:
    """Return all settings that the municipality ever had, the newest first."""
    rows = await connection.execute(_OF, {"municipality": municipality})
    return [Version(_settings(row), row.since) for row in rows]


async def add_version(
    tx: Transaction, municipality: str, *, weights: dict[str, float], verified_days: int, default_distance_km: float
) -> Version:
    """Have settings hold from now on; Conflict when somebody else changes them at the same moment."""
    chosen = {
        "weights": json.dumps(weights),
        "verified_days": verified_days,
        "default_distance_km": default_distance_km,
    }
    version = await tx.connection.scalar(_ADD, chosen | {"municipality": municipality, "since": tx.now})
    if version is None:
        raise Conflict("Somebody else changed them at the same moment; try again.")
    return Version(Settings(version, Terms(**weights), verified_days, default_distance_km), tx.now)


def _settings(row: Row) -> Settings:
    return Settings(row.version, Terms(**row.weights), row.verified_days, row.default_distance_km)
