"""What is kept of activities as columns of numbers, so that numpy answers for many at once. Never a rule."""

from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np

from schemas.vocabulary import CATEGORIES, KIND_OF
from services.activities.domain.matching.geography import Position
from services.activities.domain.matching.model import Activity, Cost

Column: TypeAlias = Any
"""A numpy array: a number, or whether something holds, for each slot of a shelf or for each of some of them."""
Columns = dict[str, Column]
"""Columns by name."""
COLUMNS: Final = {
    "is_own": np.bool_,  # of this municipality, not opened to it by another
    "is_published": np.bool_,
    "is_voluntary": np.bool_,
    "agreed_from": np.int32,  # days are ordinals
    "agreed_to": np.int32,
    "verified_on": np.int32,
    "verified_days": np.int16,
    "sessions": np.int16,
    "live_sessions": np.int16,
    "standing": np.int8,
    "traits": np.uint8,  # a bit for each
    "categories": np.uint64,  # a bit for each
    "seats": np.float64,  # the share that is free
    "freshness": np.float64,
    "organiser": np.uint32,  # whose it is, as a number that few others have
}
"""What is kept of an activity beside its times and its place."""


PLACE, ONLINE, HOME, PEER_LED, SMALL, FREE, NAMES_LANGUAGE, SCHEDULED = (1 << number for number in range(8))
"""The traits: what an activity is or is not. SCHEDULED is what has live sessions."""

OPEN: Final = 0
"""The standing of what passes the rules of the day; of the others it is the number of the rule, from 1."""
NO_DAY: Final = 0
"""Before every day."""
NO_LAST_DAY: Final = np.iinfo(np.int32).max
OVER: Final = -1
"""The start of a session that is over or not there: it lies in no free time."""
NOWHERE: Final = Position(0.0, 0.0)

MODE: Final = {"place": PLACE, "online": ONLINE, "home": HOME}
MODES: Final = {trait: mode for mode, trait in MODE.items()}
ANY_MODE: Final = PLACE | ONLINE | HOME
AUDIENCES: Final = ("everyone", "women", "men")
NO_AGE: Final = -1
"""The bound of ages that are unbounded."""
FREE_OF_CHARGE: Final = 0
"""The number of no cost; that of a cost has the letters of its currency in its last bits."""
CURRENCY_BITS: Final = 24
CATEGORY_BIT: Final = {category: 1 << number for number, category in enumerate(KIND_OF)}
KIND_BITS: Final = {kind: sum(CATEGORY_BIT[code] for code in codes) for kind, codes in CATEGORIES.items()}


def traits_of(activity: Activity) -> int:
    """Return what the activity is, but for what only the day tells."""
    return (
        MODE[activity.mode]
        | (PEER_LED if activity.peer_led else 0)
        | (SMALL if activity.group_size == "small" else 0)
        | (FREE if activity.cost is None else 0)
        | (NAMES_LANGUAGE if activity.languages else 0)
    )


def number_of_cost(cost: Cost | None) -> int:
    """Return a cost as a number."""
    if cost is None:
        return FREE_OF_CHARGE
    return int(cost.amount.scaleb(2)) << CURRENCY_BITS | int.from_bytes(cost.currency.encode())


@lru_cache(maxsize=10_000)
def cost_of_number(number: int) -> Cost:
    """Return the cost that has the number."""
    letters = number & ((1 << CURRENCY_BITS) - 1)
    return Cost(Decimal(number >> CURRENCY_BITS).scaleb(-2), letters.to_bytes(3).decode())


def share_free(maximum: int | None, taken: int) -> float:
    """Return the share of the seats that is free; 1 when they are unlimited."""
    return 1.0 if maximum is None else max(0.0, (maximum - taken) / maximum)


def grown(column: Column, *shape: int, fill: int = 0) -> Column:
    """Return the column in a shape that is at least as large, what is new filled."""
    larger = np.full(shape, fill, column.dtype) if fill else np.zeros(shape, column.dtype)
    larger[tuple(slice(length) for length in column.shape)] = column
    return larger
