"""Why an activity is proposed, or why none is and what would help, in sentences. Never how that is decided.

Events carry codes, names and counts; whoever shows them makes the sentences here, so that all services say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from schemas.activities import Change
from schemas.needs import Needs
from schemas.parts import WeeklyTime
from schemas.sentences import REASONS, Language, Texts
from schemas.vocabulary import Mode, Rule
from schemas.words import CATEGORY_NAMES, DAY_NAMES, EVERY, LANGUAGE_NAMES, named


class Explanation(NamedTuple):
    """Why an activity is proposed: codes, and what more is known of them.

    `interests` and `languages` are those that were asked for and it has; `distance_km` is None for what is
    online or at home, `free_seats` None where they are unlimited.
    """

    reasons: Sequence[str]
    distance_km: float | None = None
    interests: Sequence[str] = ()
    languages: Sequence[str] = ()
    free_seats: int | None = None
    next_session: WeeklyTime | None = None


def reasons_said(explained: Explanation, language: Language) -> list[str]:
    """Say why an activity is proposed. A code that is newer than we are is passed over."""
    return [said for code in explained.reasons if (said := _reason_said(code, explained, language))]


def _reason_said(code: str, explained: Explanation, language: Language) -> str | None:
    """Say one reason; in general where nothing more is known of it."""
    at, seats = explained.next_session, explained.free_seats
    if code == "near":
        return REASONS[code][language].format(km=max(1, round(explained.distance_km or 0)))
    if code == "session" and at:
        return NAMED[code][language].format(day=DAY_NAMES[at.day][language], start=at.from_, end=at.to)
    if code == "interest" and explained.interests:
        names = named(explained.interests, CATEGORY_NAMES, language)
        return NAMED[code][language].format(interests=names[0].upper() + names[1:])
    if code == "language" and explained.languages:
        return NAMED[code][language].format(languages=named(explained.languages, LANGUAGE_NAMES, language))
    if code == "seats" and seats and seats > 1:
        return NAMED[code][language].format(seats=seats)
    return REASONS[code][language] if code in REASONS else None


def exclusions_said(excluded: Mapping[Rule, int], language: Language) -> list[str]:
    """Say what excluded how many, as far as that has to do with what was asked for."""
    said = [f"{text[language]}: {excluded[rule]}." for rule, text in EXCLUDED.items() if excluded.get(rule)]
    return said or [NOTHING_THERE[language]]


def changes_said(changes: Iterable[Change], asked: Needs, language: Language) -> list[str]:
    """Say which single changes of what was asked for would help, and how many activities each brings."""
    return [_change_said(change, asked, language) for change in changes]


def _change_said(change: Change, asked: Needs, language: Language) -> str:
    n = change.count
    if change.km is not None:
        return WITHIN[language].format(n=n, km=change.km, asked=f"{change.instead_of_km or asked.max_distance_km:g}")
    if change.day is not None:
        day = EVERY[language].format(day=DAY_NAMES[change.day][language])
        is_asked = any(time.day == change.day for time in asked.free_times)
        return (AT_OTHER_HOURS if is_asked else ON_DAY)[language].format(n=n, day=day)
    if change.language is not None:
        told = named([change.language], LANGUAGE_NAMES, language)
        return ALSO_IN[language].format(n=n, language=told)
    if change.mode is not None:
        return BY_MODE[change.mode][language].format(n=n)
    assert change.cost is not None  # noqa: S101 - a change is of one of these
    return AT_COST[language].format(n=n, amount=change.cost.amount, currency=change.cost.currency)


NAMED: Final[dict[str, Texts]] = {
    "interest": {
        "sv": "{interests}, som önskat.",
        "nb": "{interests}, som ønsket.",
        "en": "{interests}, as wished for.",
    },
    "session": {
        "sv": "Nästa träff som passar: {day} {start}-{end}.",
        "nb": "Neste samling som passer: {day} {start}-{end}.",
        "en": "Next session that fits: {day} {start}-{end}.",
    },
    "language": {
        "sv": "Den hålls på {languages}.",
        "nb": "Den holdes på {languages}.",
        "en": "It is held in {languages}.",
    },
    "seats": {
        "sv": "Det finns {seats} lediga platser.",
        "nb": "Det er {seats} ledige plasser.",
        "en": "There are {seats} free seats.",
    },
}
"""What a reason says where more is known than its code; `session` says nothing without."""

EXCLUDED: Final[dict[Rule, Texts]] = {
    "mode": {
        "sv": "Hålls på ett annat sätt än det önskade",
        "nb": "Holdes på en annen måte enn ønsket",
        "en": "Held in another way than asked for",
    },
    "distance": {"sv": "För långt bort", "nb": "For langt unna", "en": "Too far away"},
    "age": {"sv": "För en annan ålder", "nb": "For en annen alder", "en": "For another age"},
    "audience": {
        "sv": "Bara för kvinnor eller bara för män",
        "nb": "Bare for kvinner eller bare for menn",
        "en": "For women only or for men only",
    },
    "language": {
        "sv": "Hålls inte på något av språken",
        "nb": "Holdes ikke på noen av språkene",
        "en": "Not held in any of the languages",
    },
    "access": {
        "sv": "Saknar något som behövs för att kunna delta",
        "nb": "Mangler noe som trengs for å kunne delta",
        "en": "Lacking something that is needed to take part",
    },
    "time": {"sv": "På andra tider", "nb": "På andre tider", "en": "At other times"},
    "cost": {
        "sv": "Kostar mer än gränsen eller betalas i en annan valuta",
        "nb": "Koster mer enn grensen eller betales i en annen valuta",
        "en": "Costing more than the limit or paid in another currency",
    },
    "full": {"sv": "Fullt", "nb": "Fullt", "en": "Full"},
}
NOTHING_THERE: Final[Texts] = {
    "sv": "Just nu är ingenting öppet för dem som bor i kommunen.",
    "nb": "Akkurat nå er ingenting åpent for dem som bor i kommunen.",
    "en": "Nothing is open just now to those who live in the municipality.",
}

WITHIN: Final[Texts] = {
    "sv": "{n} inom {km} km i stället för {asked}.",
    "nb": "{n} innen {km} km i stedet for {asked}.",
    "en": "{n} within {km} km instead of {asked}.",
}
ON_DAY: Final[Texts] = {"sv": "{n} på {day}.", "nb": "{n} på {day}.", "en": "{n} on {day}."}
AT_OTHER_HOURS: Final[Texts] = {
    "sv": "{n} på {day} vid andra klockslag.",
    "nb": "{n} på {day} på andre klokkeslett.",
    "en": "{n} on {day} at other hours.",
}
ALSO_IN: Final[Texts] = {
    "sv": "{n} om {language} också går bra.",
    "nb": "{n} hvis {language} også går bra.",
    "en": "{n} if {language} is also fine.",
}
BY_MODE: Final[dict[Mode, Texts]] = {
    "place": {"sv": "{n} på plats.", "nb": "{n} på et møtested.", "en": "{n} at a place."},
    "online": {"sv": "{n} på nätet.", "nb": "{n} på nett.", "en": "{n} online."},
    "home": {"sv": "{n} hemma hos den som deltar.", "nb": "{n} hjemme hos den som deltar.", "en": "{n} at home."},
}
AT_COST: Final[Texts] = {
    "sv": "{n} som kostar högst {amount} {currency}.",
    "nb": "{n} som koster høyst {amount} {currency}.",
    "en": "{n} that cost at most {amount} {currency}.",
}
