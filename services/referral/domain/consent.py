"""Whether a consent is in force, and from when until when. Days are local to the municipality, inclusive."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from services.working_days import zone_of


@lru_cache(maxsize=4096)
def first_moment(day: date, municipality: str) -> datetime:
    """Return when the day begins in the municipality, UTC."""
    return datetime.combine(day, time.min, zone_of(municipality)).astimezone(UTC)


def moment_after(day: date, municipality: str) -> datetime:
    """Return when the day is over in the municipality, UTC; of 9999-12-31, until further notice, never."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return first_moment(day + timedelta(days=1), municipality)
