"""The hard rules: what excludes an activity, each under its code, in the contract's order.

Never here: preferences; they only rank (see `terms`).
"""

from collections.abc import Callable
from datetime import date
from typing import Final

import numpy as np

from schemas.vocabulary import NoMatch, Rule
from services.activities.domain.matching.asked import Asked
from services.activities.domain.matching.columns import OPEN, Column, Columns
from services.activities.domain.matching.geography import FARTHEST_CHORD, chord_of
from services.activities.domain.matching.model import Need
from services.activities.domain.matching.sets import Those, as_set, union

MUNICIPALITY: Final[Rule] = "municipality"
"""The rule that needs no function: a need is put only to the shelf of its municipality."""
FULL: Final[Rule] = "full"
"""The last rule: what fails it alone can be waited for."""
NO_ACTIVITY: Final[NoMatch] = "no_activity"
"""Why there is no match when the need was matched and nothing fits."""


def not_matched(need: Need, on: date) -> NoMatch | None:
    """Return why the need is not matched at all on the day, or None."""
    if need.control_arm:
        return "study_control"
    if need.consent is None or not need.consent.holds(on):
        return "consent"
    return None


# The rules of the day: what activities fail by themselves, whoever asks. The day is an ordinal.


def unpublished(some: Columns, _day: int) -> Column:
    """It is a draft, paused or ended."""
    return ~some["is_published"]


def ended(some: Columns, _day: int) -> Column:
    """It has sessions and none is live; by appointment never ends."""
    return (some["sessions"] > 0) & (some["live_sessions"] == 0)


def agreement(some: Columns, day: int) -> Column:
    """A voluntary organiser without an agreement in force."""
    return some["is_voluntary"] & ((some["agreed_from"] > day) | (some["agreed_to"] < day))


def unverified(some: Columns, day: int) -> Column:
    """Nobody has verified it, or too long ago; a day ahead counts as verified."""
    return day - some["verified_on"] > some["verified_days"]


OF_DAY: Final[tuple[tuple[Rule, Callable[[Columns, int], Column]], ...]] = (
    ("unpublished", unpublished),
    ("ended", ended),
    ("agreement", agreement),
    ("unverified", unverified),
)


ENDED: Final = [code for code, _ in OF_DAY].index("ended") + 1
"""The standing of what is published, but over."""


def standing_of(some: Columns, day: int) -> Column:
    """Return for each the number, from 1, of the first rule of the day that it fails, or OPEN."""
    found = np.full(len(some["standing"]), OPEN, np.int8)
    for number in range(len(OF_DAY), 0, -1):
        _, excludes = OF_DAY[number - 1]
        found[excludes(some, day)] = number
    return found


# What activities fail for one need, among those that are open on the day. A rule may name others too.


def mode(asked: Asked) -> Those:
    """Modes are given and its own is not among them."""
    modes, shelf = asked.need.modes, asked.shelf
    return shelf.all & ~union(shelf.by_mode, modes) if modes else 0


def distance(asked: Asked) -> Those:
    """It is at a place, farther than the participant would go."""
    farthest = chord_of(asked.need.max_distance_km + MICROMETRE)
    if farthest >= FARTHEST_CHORD:
        return 0
    return as_set(asked.chords > farthest) & asked.shelf.by_mode.get("place", 0)


def age(asked: Asked) -> Those:
    """The participant is younger or older than it takes; a missing bound is none."""
    years, too_young, too_old = asked.need.age, 0, 0
    for minimum, those in asked.shelf.by_minimum_age.items():
        if years < minimum:
            too_young |= those
    for maximum, those in asked.shelf.by_maximum_age.items():
        if years > maximum:
            too_old |= those
    return too_young | too_old


def audience(asked: Asked) -> Those:
    """It is for women or men only, and the participant is not one."""
    gender = asked.need.gender
    return union(asked.shelf.by_audience, [only for only, who in ONLY_FOR if gender != who])


def language(asked: Asked) -> Those:
    """Both sides name languages and none is the same."""
    spoken, by_language = asked.need.languages, asked.shelf.by_language
    return union(by_language, by_language) & ~union(by_language, spoken) if spoken else 0


def access(asked: Asked) -> Those:
    """It does not offer something that the participant needs."""
    shelf, offering = asked.shelf, asked.shelf.all
    for needed in asked.need.access_needs:
        offering &= shelf.by_access.get(needed, 0)
    return shelf.all ^ offering


def time(asked: Asked) -> Those:
    """Both sides name times and no live session lies wholly inside one free time."""
    return asked.shelf.scheduled & ~as_set(asked.fitting > 0) if asked.need.free_times else 0


def cost(asked: Asked) -> Those:
    """A limit is given, and it costs more or is paid in another currency."""
    limit, by_cost = asked.need.max_cost, asked.shelf.by_cost
    if limit is None:
        return 0
    return union(by_cost, [own for own in by_cost if own.currency != limit.currency or own.amount > limit.amount])


def full(asked: Asked) -> Those:
    """Seats are limited and all are taken."""
    return asked.shelf.full


MICROMETRE: Final = 1e-9
"""In kilometres: what lies on the border is not lost to the last bits of the arithmetic."""
ONLY_FOR: Final = (("women", "woman"), ("men", "man"))

OF_NEED: Final[tuple[tuple[Rule, Callable[[Asked], Those]], ...]] = (
    ("mode", mode),
    ("distance", distance),
    ("age", age),
    ("audience", audience),
    ("language", language),
    ("access", access),
    ("time", time),
    ("cost", cost),
    (FULL, full),
)


def excluded_for(asked: Asked) -> tuple[Those, dict[Rule, Those]]:
    """Return those that fit the need, and by each rule those that fail it first."""
    left, excluded = asked.shelf.open, {}
    for code, excludes in OF_NEED:
        if gone := left & excludes(asked):
            excluded[code] = gone
            left ^= gone
    return left, excluded
