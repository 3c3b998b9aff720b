"""How an activity and a day are said in Swedish, Norwegian and English. Never a whole notice or page."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal, TypedDict

from schemas.vocabulary import ContactLanguage, Day

Written = Literal["sv", "nb", "en"]
"""The languages that we write; Nynorsk and Sámi readers get Bokmål until we write theirs."""


def written(language: ContactLanguage) -> Written:
    """Return the language in which somebody who prefers this one is written to."""
    return language if language in ("sv", "nb", "en") else "nb"


class Words(TypedDict):
    """The words of one language."""

    days: dict[Day, str]
    months: tuple[str, ...]
    date: str
    weeks: str
    other_week: str
    from_on: str
    until_on: str
    by_appointment: str
    online: str
    home: str


_DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _days(names: str) -> dict[Day, str]:
    return dict(zip(_DAYS, names.split(), strict=True))


def _months(names: str) -> tuple[str, ...]:
    return tuple(names.split())


WORDS: Final[dict[Written, Words]] = {
    "sv": {
        "days": _days("måndag tisdag onsdag torsdag fredag lördag söndag"),
        "months": _months("januari februari mars april maj juni juli augusti september oktober november december"),
        "date": "{weekday} {day} {month} {year}",
        "weeks": "var {n}:e vecka",
        "other_week": "varannan vecka",
        "from_on": "från {day}",
        "until_on": "till och med {day}",
        "by_appointment": "efter överenskommelse",
        "online": "på nätet",
        "home": "hemma hos den som deltar",
    },
    "nb": {
        "days": _days("mandag tirsdag onsdag torsdag fredag lørdag søndag"),
        "months": _months("januar februar mars april mai juni juli august september oktober november desember"),
        "date": "{weekday} {day}. {month} {year}",
        "weeks": "hver {n}. uke",
        "other_week": "annenhver uke",
        "from_on": "fra {day}",
        "until_on": "til og med {day}",
        "by_appointment": "etter avtale",
        "online": "på nett",
        "home": "hjemme hos den som deltar",
    },
    "en": {
        "days": _days("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
        "months": _months("January February March April May June July August September October November December"),
        "date": "{weekday} {day} {month} {year}",
        "weeks": "every {n} weeks",
        "other_week": "every other week",
        "from_on": "from {day}",
        "until_on": "until {day}",
        "by_appointment": "by appointment",
        "online": "online",
        "home": "at the participant's home",
    },
}


def day_in(language: Written, day: date) -> str:
    """Return a day as people write it: `Wednesday 12 March 2025`."""
    words = WORDS[language]
    weekday, month = words["days"][_DAYS[day.weekday()]], words["months"][day.month - 1]
    return words["date"].format(weekday=weekday, day=day.day, month=month, year=day.year)


def place_in(language: Written, about: Mapping[str, Any]) -> str:
    """Return where an activity is, of what SeatReserved says of it."""
    if about["mode"] != "place":
        return WORDS[language]["online" if about["mode"] == "online" else "home"]
    return ", ".join(one_line(part) for part in (about["place_name"], about["address"]) if part)


def times_in(language: Written, about: Mapping[str, Any]) -> list[str]:
    """Return when an activity is, a line for each of its sessions, of what SeatReserved says of it."""
    return [_time(language, session) for session in about["sessions"]] or [WORDS[language]["by_appointment"]]


def one_line(text: str) -> str:
    """Return a text of the catalogue without line breaks, so that it stays in its place in a mail."""
    return " ".join(text.split())


def _time(language: Written, session: Mapping[str, Any]) -> str:
    words = WORDS[language]
    parts = [f"{words['days'][session['day']]} {session['from']}-{session['to']}"]
    if session["every_weeks"] == 2:  # noqa: PLR2004 - every other week has a word of its own
        parts.append(words["other_week"])
    elif session["every_weeks"] > 1:
        parts.append(words["weeks"].format(n=session["every_weeks"]))
    for word, bound in (("from_on", session["first_on"]), ("until_on", session["last_on"])):
        if bound:
            parts.append(words[word].format(day=day_in(language, date.fromisoformat(bound))))  # type: ignore[literal-required]  # one of the two
    return ", ".join(parts)
