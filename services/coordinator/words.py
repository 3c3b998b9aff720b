"""How an activity is said in Swedish, Norwegian and English. Never a whole notice or page."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal, TypedDict

from schemas.vocabulary import ContactLanguage
from schemas.words import DAY_NAMES
from services.dates import day_in

Written = Literal["sv", "nb", "en"]
"""The languages that we write; Nynorsk and Sámi readers get Bokmål until we write theirs."""


def written(language: ContactLanguage) -> Written:
    """Return the language in which somebody who prefers this one is written to."""
    return language if language in ("sv", "nb", "en") else "nb"


class Words(TypedDict):
    """The words of one language."""

    weeks: str
    other_week: str
    from_on: str
    until_on: str
    by_appointment: str
    online: str
    home: str


WORDS: Final[dict[Written, Words]] = {
    "sv": {
        "weeks": "var {n}:e vecka",
        "other_week": "varannan vecka",
        "from_on": "från {day}",
        "until_on": "till och med {day}",
        "by_appointment": "efter överenskommelse",
        "online": "på nätet",
        "home": "hemma hos den som deltar",
    },
    "nb": {
        "weeks": "hver {n}. uke",
        "other_week": "annenhver uke",
        "from_on": "fra {day}",
        "until_on": "til og med {day}",
        "by_appointment": "etter avtale",
        "online": "på nett",
        "home": "hjemme hos den som deltar",
    },
    "en": {
        "weeks": "every {n} weeks",
        "other_week": "every other week",
        "from_on": "from {day}",
        "until_on": "until {day}",
        "by_appointment": "by appointment",
        "online": "online",
        "home": "at the participant's home",
    },
}


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
    parts = [f"{DAY_NAMES[session['day']][language]} {session['from']}-{session['to']}"]
    if session["every_weeks"] == 2:  # noqa: PLR2004 - every other week has a word of its own
        parts.append(words["other_week"])
    elif session["every_weeks"] > 1:
        parts.append(words["weeks"].format(n=session["every_weeks"]))
    for word, bound in (("from_on", session["first_on"]), ("until_on", session["last_on"])):
        if bound:
            parts.append(words[word].format(day=day_in(language, date.fromisoformat(bound))))  # type: ignore[literal-required]  # one of the two
    return ", ".join(parts)
