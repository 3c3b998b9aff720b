"""How many notices a function gets in an hour, and when the rest comes in one. Never their words."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from services.coordinator.domain.working_days import OPENS, working_day_after, zone_of

AN_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads notices: a contact function, or a municipality's coordinator, and what it was sent this hour."""

    hour_began: datetime
    hour_count: int
    """Those that are being sent now included."""
    digest_only: bool = False
    bounced: frozenset[str] = frozenset()
    """Addresses of it that refuse what we send."""


def how_many_singly(reader: Reader, new: int, most: int) -> int:
    """Return how many of the new notices go out one by one; the rest waits for a digest."""
    if reader.digest_only:
        return 0
    return min(new, max(0, most - (reader.hour_count - new)))


def digest_at(reader: Reader, now: datetime, municipality: str) -> datetime:
    """Return when what waits is sent in one: when the hour is over, or in the morning for who wants digests only."""
    if not reader.digest_only:
        return reader.hour_began + AN_HOUR
    zone = zone_of(municipality)
    local = now.astimezone(zone)
    day = working_day_after(local.date() - timedelta(days=1), 1, municipality[:2])
    if day == local.date() and local.time() >= OPENS:
        day = working_day_after(day, 1, municipality[:2])
    return datetime.combine(day, time(OPENS.hour), zone)
