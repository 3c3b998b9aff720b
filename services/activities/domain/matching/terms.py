"""The ranking terms, each under its code: how well activities that fit would suit, from 0 to 1. Never an exclusion.

A term is measured for some slots of the shelf at once.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np

from schemas.vocabulary import KIND_OF, Term
from services.activities.domain.matching.asked import Asked
from services.activities.domain.matching.geography import distances_km
from services.activities.domain.matching.shelf import (
    CATEGORY_BIT,
    KIND_BITS,
    PEER_LED,
    PLACE,
    SMALL,
    Column,
    Columns,
    Slots,
)

Measured = Column | float
"""A number for each slot, or one for all of them."""


def interest(asked: Asked, slots: Slots) -> Measured:
    """1 for a shared category, 0.5 for a shared kind or when none is asked for, else 0."""
    if not asked.need.interests:
        return 0.5
    same, akin = wanted(asked.need.interests)
    own = asked.shelf.columns["categories"][slots]
    return np.add(own & same != 0, own & akin != 0, dtype=float) / 2  # what is the same is akin too


def distance(asked: Asked, slots: Slots) -> Measured:
    """1 next door, 0 at the farthest allowed; 1 for what is online or at home."""
    near = 1 - distances_km(asked.chords[slots]) / asked.need.max_distance_km
    return np.where(asked.shelf.columns["traits"][slots] & PLACE, np.maximum(near, 0.0), 1.0)


def time(asked: Asked, slots: Slots) -> Measured:
    """The share of the live sessions that fit; 1 when either side names no times."""
    if asked.fits is None:
        return 1.0
    fitting, live = asked.fits[:, slots].sum(axis=0), asked.shelf.columns["live_sessions"][slots]
    return np.where(live, fitting / np.maximum(live, 1), 1.0)


def preference(asked: Asked, slots: Slots) -> Measured:
    """The share of what is preferred that the activity is; 1 when nothing is preferred."""
    met, need, traits = [], asked.need, asked.shelf.columns["traits"]
    if need.peer_led is not None:
        met.append((traits[slots] & PEER_LED > 0) == need.peer_led)
    if need.group_size != "any":
        met.append((traits[slots] & SMALL > 0) == (need.group_size == "small"))
    return np.add(met[0], met[-1], dtype=float) / 2 if met else 1.0


def seats(asked: Asked, slots: Slots) -> Measured:
    """The share of the seats that is free; 1 when they are unlimited."""
    return asked.shelf.columns["seats"][slots]


def freshness(asked: Asked, slots: Slots) -> Measured:
    """1 when verified on the day or ahead of it, 0 at the end of the window."""
    return asked.shelf.columns["freshness"][slots]


OF_NEED: Final[tuple[tuple[Term, Callable[[Asked, Slots], Measured]], ...]] = (
    ("interest", interest),
    ("distance", distance),
    ("time", time),
    ("preference", preference),
    ("seats", seats),
    ("freshness", freshness),
)


def terms_of(asked: Asked, slots: Slots) -> Column:
    """Return all terms of these (shape: terms, slots)."""
    terms = np.empty((len(OF_NEED), len(slots)))
    for number, (_, measure) in enumerate(OF_NEED):
        terms[number] = measure(asked, slots)
    return terms


def freshness_on(day: int, some: Columns) -> Column:
    """Return how fresh activities are on the day (an ordinal)."""
    return np.clip(1 - (day - some["verified_on"]) / some["verified_days"], 0.0, 1.0)


@lru_cache(maxsize=4096)
def wanted(interests: frozenset[str]) -> tuple[np.uint64, np.uint64]:
    """Return the bits of the categories, and of all that are of the same kinds."""
    same = sum(CATEGORY_BIT[category] for category in interests)
    akin = sum(KIND_BITS[kind] for kind in {KIND_OF[category] for category in interests})
    return np.uint64(same), np.uint64(akin)
