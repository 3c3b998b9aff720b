"""Which days people are at work in Sweden and Norway, and when an answer is due. Never what the day is today."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

SATURDAY = 5
ZONES = {"SE": ZoneInfo("Europe/Stockholm"), "NO": ZoneInfo("Europe/Oslo")}
DAYS_OFF = {
    # The eves of midsummer, Christmas and New Year are no holidays by name, but nobody is at work.
    "SE": ("public", "de_facto"),
    "NO": ("public",),
}


def zone_of(municipality: str) -> ZoneInfo:
    """Return the time zone of a municipality such as `NO-5501`."""
    return ZONES[municipality[:2]]


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """How long a contact function has to answer: working days, or where `seconds` is given those."""

    working_days: int
    seconds: float | None = None

    def ends(self, now: datetime, municipality: str) -> datetime:
        """Return the last second (UTC) of the last working day; today, local to the municipality, does not count."""
        if self.seconds is not None:
            return now + timedelta(seconds=self.seconds)
        zone = zone_of(municipality)
        day = working_day_after(now.astimezone(zone).date(), self.working_days, municipality[:2])
        return datetime.combine(day, time(23, 59, 59), zone).astimezone(UTC)


@lru_cache(maxsize=64)
def working_day_after(day: date, working_days: int, country: str) -> date:
    """Return the n-th working day after the day; the day itself does not count."""
    for _ in range(working_days):
        day += timedelta(days=1)
        while not is_working_day(day, country):
            day += timedelta(days=1)
    return day


def is_working_day(day: date, country: str) -> bool:
    """Tell whether people are at work that day in the country, `SE` or `NO`."""
    return day.weekday() < SATURDAY and day not in _holidays(country)


@lru_cache(maxsize=2)
def _holidays(country: str) -> HolidayBase:
    return country_holidays(country, categories=DAYS_OFF[country])
