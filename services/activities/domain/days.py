"""Which day it is where the activities are. Never the hour."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
"""Oslo's clock shows the same."""


def today(now: datetime) -> date:
    """Return the local day at a time (UTC)."""
    return now.astimezone(STOCKHOLM).date()
