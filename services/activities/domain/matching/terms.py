"""The ranking terms, each under its code: how well activities that fit would suit, from 0 to 1. Never an exclusion.

A term is measured for many pairs of a need and an activity at once.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from schemas.vocabulary import KIND_OF, Term
from services.activities.domain.matching.asked import Asking
from services.activities.domain.matching.columns import CATEGORY_BIT, KIND_BITS, PEER_LED, PLACE, SMALL, Column, Columns
from services.activities.domain.matching.geography import distances_km
from services.activities.domain.matching.model import Need
from services.activities.domain.matching.sets import Slots

EVERYTHING: Final = (1 << len(KIND_OF)) - 1
"""The bits of all categories."""


class Pairs(NamedTuple):
    """Needs and activities side by side: sets of activities (`slots`), of sizes, each with the number of its need."""

    asking: Asking
    whose: Sequence[int]
    sizes: Column
    slots: Slots

    @property
    def who(self) -> Column:
        """The number of each pair's need."""
        return np.array(self.whose).repeat(self.sizes)

    def of_need(self, value: Callable[[Need], object]) -> Column:
        """Return for each pair the value of its need."""
        return np.array([value(self.asking.needs[number]) for number in self.whose]).repeat(self.sizes)

    def of_activity(self, column: str) -> Column:
        """Return for each pair what its activity has in the column."""
        return self.asking.shelf.columns[column][self.slots]


def interest(pairs: Pairs) -> Column:
    """1 for a shared category, 0.5 for a shared kind or when none is asked for, else 0."""
    own = pairs.of_activity("categories")
    same, akin = own & pairs.of_need(wanted_by) != 0, own & pairs.of_need(akin_to) != 0
    return np.add(same, akin, dtype=float) / 2  # what is the same is akin too


def distance(pairs: Pairs) -> Column:
    """1 next door, 0 at the farthest allowed; 1 for what is online or at home."""
    km = distances_km(pairs.asking.chords[pairs.who, pairs.slots])
    near = 1 - km / pairs.of_need(lambda need: need.max_distance_km)
    return np.where(pairs.of_activity("traits") & PLACE, np.maximum(near, 0.0), 1.0)


def time(pairs: Pairs) -> Column:
    """The share of the live sessions that fit; 1 when either side names no times."""
    fitting, live = pairs.asking.fitting[pairs.who, pairs.slots], pairs.of_activity("live_sessions")
    return np.where(live, fitting / np.maximum(live, 1), 1.0)


def preference(pairs: Pairs) -> Column:
    """The share of what is preferred that the activity is; 1 when nothing is preferred."""
    about = pairs.of_need(preferred_about)
    differs = (pairs.of_activity("traits") ^ pairs.of_need(preferred_by)) & about
    return 1 - np.bitwise_count(differs) / np.maximum(np.bitwise_count(about), 1)


def seats(pairs: Pairs) -> Column:
    """The share of the seats that is free; 1 when they are unlimited."""
    return pairs.of_activity("seats")


def freshness(pairs: Pairs) -> Column:
    """1 when verified on the day or ahead of it, 0 at the end of the window."""
    return pairs.of_activity("freshness")


OF_NEED: Final[tuple[tuple[Term, Callable[[Pairs], Column]], ...]] = (
    ("interest", interest),
    ("distance", distance),
    ("time", time),
    ("preference", preference),
    ("seats", seats),
    ("freshness", freshness),
)


def terms_of(pairs: Pairs) -> Column:
    """Return all terms of the pairs (shape: terms, pairs)."""
    return np.array([measure(pairs) for _, measure in OF_NEED])


def freshness_on(day: int, some: Columns) -> Column:
    """Return how fresh activities are on the day (an ordinal)."""
    return np.clip(1 - (day - some["verified_on"]) / some["verified_days"], 0.0, 1.0)


def wanted_by(need: Need) -> np.uint64:
    """Return the bits of the categories that are asked for."""
    return bits_of(need.interests)[0]


def akin_to(need: Need) -> np.uint64:
    """Return the bits of all categories that are of a kind with those; of all there are when none is asked for."""
    return bits_of(need.interests)[1]


@lru_cache(maxsize=10_000)
def bits_of(interests: frozenset[str]) -> tuple[np.uint64, np.uint64]:
    """Return the bits of the categories, and of all that are of the same kinds."""
    same = sum(CATEGORY_BIT[category] for category in interests)
    akin = sum(KIND_BITS[kind] for kind in {KIND_OF[category] for category in interests})
    return np.uint64(same), np.uint64(akin if interests else EVERYTHING)


def preferred_about(need: Need) -> int:
    """Return the traits about which a preference is given."""
    return (PEER_LED if need.peer_led is not None else 0) | (SMALL if need.group_size != "any" else 0)


def preferred_by(need: Need) -> int:
    """Return the traits that are preferred."""
    return (PEER_LED if need.peer_led else 0) | (SMALL if need.group_size == "small" else 0)
