"""Which day it is in a municipality, and when people are at work in Sweden and Norway. Never what is due."""

from datetime import date, datetime, timedelta
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


def local_day(now: datetime, municipality: str) -> date:
    """Return the day that it is in the municipality."""
    return now.astimezone(zone_of(municipality)).date()


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
