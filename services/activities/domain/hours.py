"""Hours of a week as matching counts them. Never a date."""

from functools import lru_cache
from typing import Final

from schemas.vocabulary import DAYS, Day
from services.activities.domain.matching import WeekTime

HOUR: Final = 60
A_DAY: Final = 24 * HOUR


@lru_cache(maxsize=10_000)
def week_time(day: Day, start: str, end: str) -> WeekTime:
    """Return the hours in minutes from Monday 00:00."""
    midnight = DAYS.index(day) * A_DAY
    return WeekTime(midnight + minutes(start), midnight + minutes(end))


def minutes(clock: str) -> int:
    """Return the minutes of `HH:MM` from midnight."""
    return int(clock[:2]) * HOUR + int(clock[3:])
