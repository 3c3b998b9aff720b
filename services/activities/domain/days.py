"""Which day it is where the activities are, and when a day begins there. Never any other hour."""

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
"""Oslo's clock shows the same."""


def today(now: datetime) -> date:
    """Return the local day at a time (UTC)."""
    return now.astimezone(STOCKHOLM).date()


def first_moment(day: date) -> datetime:
    """Return when the local day begins, UTC."""
    return datetime.combine(day, time.min, STOCKHOLM).astimezone(UTC)
