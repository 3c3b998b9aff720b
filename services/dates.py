"""How a day and a moment are said in Swedish, Norwegian and English. Never which day it is."""

from datetime import date, datetime
from typing import Final

from schemas.sentences import Language, Texts
from schemas.vocabulary import DAYS
from schemas.words import DAY_NAMES


def _months(names: str) -> tuple[str, ...]:
    return tuple(names.split())


MONTHS: Final[dict[Language, tuple[str, ...]]] = {
    "sv": _months("januari februari mars april maj juni juli augusti september oktober november december"),
    "nb": _months("januar februar mars april mai juni juli august september oktober november desember"),
    "en": _months("January February March April May June July August September October November December"),
}
DAY: Final = Texts(
    sv="{weekday} {day} {month} {year}", nb="{weekday} {day}. {month} {year}", en="{weekday} {day} {month} {year}"
)
MOMENT: Final = Texts(sv="{day} kl. {hour}.{minute}", nb="{day} kl. {hour}.{minute}", en="{day}, {hour}:{minute}")


def day_in(language: Language, day: date) -> str:
    """Return a day as people write it: `Wednesday 12 March 2025`."""
    weekday, month = DAY_NAMES[DAYS[day.weekday()]][language], MONTHS[language][day.month - 1]
    return DAY[language].format(weekday=weekday, day=day.day, month=month, year=day.year)


def moment_in(language: Language, moment: datetime) -> str:
    """Return a moment as the clock of its own time zone shows it: `Wednesday 12 March 2025, 13:00`."""
    day = day_in(language, moment.date())
    return MOMENT[language].format(day=day, hour=f"{moment:%H}", minute=f"{moment:%M}")
