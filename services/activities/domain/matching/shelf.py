"""What serves one municipality, laid out so that a rule or a term answers for all of it at once. Never a rule.

Each activity has a slot: its place in the columns, and its bit in the sets. A set of activities is an int, a
bit for each: to unite, intersect and count such sets costs next to nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from schemas.vocabulary import CATEGORIES, KIND_OF
from services.activities.domain.matching.geography import Position, vectors
from services.activities.domain.matching.model import Activity

Those = int
"""A set of activities that serve the same municipality."""
Sets = dict[Any, Those]
"""By a value, those that have it; a value that none has is not there."""
Column: TypeAlias = Any
"""A numpy array: a number, or whether something holds, for each slot of a shelf or for each of some of them."""
Columns = dict[str, Column]
"""Columns by name."""
Slots = NDArray[np.intp]
"""Some slots."""

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
}
"""What is kept of an activity beside its times and its place."""


PLACE, ONLINE, HOME, PEER_LED, SMALL, FREE, NAMES_LANGUAGE, SCHEDULED = (1 << number for number in range(8))
"""The traits: what an activity is or is not. SCHEDULED is what has live sessions."""

UNJUDGED: Final = -1
"""The standing of what nobody has put to the rules of the day yet."""
OPEN: Final = 0
"""The standing of what passes the rules of the day; of the others it is the number of the rule, from 1."""
NO_DAY: Final = 0
"""Before every day."""
NO_LAST_DAY: Final = np.iinfo(np.int32).max
OVER: Final = -1
"""The start of a session that is over or not there: it lies in no free time."""
NOWHERE: Final = Position(0.0, 0.0)

MODE: Final = {"place": PLACE, "online": ONLINE, "home": HOME}
CATEGORY_BIT: Final = {category: 1 << number for number, category in enumerate(KIND_OF)}
KIND_BITS: Final = {kind: sum(CATEGORY_BIT[code] for code in codes) for kind, codes in CATEGORIES.items()}


class Arrival(NamedTuple):
    """An activity, for how many days its verification counts, and whether it is of the shelf's own municipality."""

    activity: Activity
    verified_days: int
    is_own: bool


VALUES: Final[tuple[Callable[[Activity], Iterable[object]], ...]] = (
    lambda activity: (activity.mode,),
    lambda activity: () if activity.min_age is None else (activity.min_age,),
    lambda activity: () if activity.max_age is None else (activity.max_age,),
    lambda activity: (activity.audience,),
    lambda activity: activity.languages,
    lambda activity: activity.access,
    lambda activity: () if activity.cost is None else (activity.cost,),
)
"""The values by which an activity is found, in the order of the shelf's sets."""


class Shelf:
    """The activities that serve a municipality: their columns by slot, and by each value those that have it."""

    __slots__ = (
        "_by_value",
        "all",
        "by_access",
        "by_audience",
        "by_cost",
        "by_language",
        "by_maximum_age",
        "by_minimum_age",
        "by_mode",
        "columns",
        "ends",
        "full",
        "ids",
        "last_days",
        "open",
        "points",
        "scheduled",
        "slots",
        "starts",
        "starts_today",
    )

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.slots: dict[str, int] = {}
        self.columns: Columns = {name: np.zeros(0, of) for name, of in COLUMNS.items()}
        self.points = np.zeros((3, 0))
        self.starts = np.zeros((0, 0), np.int16)
        self.starts_today = np.zeros((0, 0), np.int16)
        self.ends = np.zeros((0, 0), np.int16)
        self.last_days = np.zeros((0, 0), np.int32)
        self.all: Those = 0
        self.open: Those = 0
        self.scheduled: Those = 0
        self.full: Those = 0
        self.by_mode: Sets = {}
        self.by_minimum_age: Sets = {}
        self.by_maximum_age: Sets = {}
        self.by_audience: Sets = {}
        self.by_language: Sets = {}
        self.by_access: Sets = {}
        self.by_cost: Sets = {}
        self._by_value = (
            self.by_mode,
            self.by_minimum_age,
            self.by_maximum_age,
            self.by_audience,
            self.by_language,
            self.by_access,
            self.by_cost,
        )

    def add(self, arrivals: Sequence[Arrival]) -> list[int]:
        """Take in activities that are not here yet; return their slots. They have to be judged before matching."""
        activities = [arrival.activity for arrival in arrivals]
        slots = self._free_slots(len(arrivals))
        self._make_room(slots[-1] + 1, max(len(activity.sessions) for activity in activities))
        at = np.array(slots)
        for column, values in zip(self.columns.values(), records_of(arrivals), strict=True):
            column[at] = values
        self.points[:, at] = vectors(activity.position or NOWHERE for activity in activities)
        self.starts[:, at], self.last_days[:, at] = OVER, NO_DAY
        for slot, activity in zip(slots, activities, strict=True):
            self.ids[slot] = activity.activity_id
            self.slots[activity.activity_id] = slot
            for number, (time, last_on) in enumerate(activity.sessions):
                self.starts[number, slot], self.ends[number, slot] = time
                self.last_days[number, slot] = last_on.toordinal() if last_on else NO_LAST_DAY
        self._mark(slots, activities)
        return slots

    def _mark(self, slots: Sequence[int], activities: Sequence[Activity]) -> None:
        """Put the slots into the sets of what the activities have."""
        self.all |= set_of(slots)
        self.full |= set_of(
            [slot for slot, each in zip(slots, activities, strict=True) if is_full(each.maximum, each.taken)]
        )
        for sets, values_of in zip(self._by_value, VALUES, strict=True):
            having: defaultdict[Any, list[int]] = defaultdict(list)
            for slot, activity in zip(slots, activities, strict=True):
                for value in values_of(activity):
                    having[value].append(slot)
            for value, of_value in having.items():
                sets[value] = sets.get(value, 0) | set_of(of_value)

    def drop(self, activity_id: str) -> int:
        """Let go of an activity that is here; return the slot that it had."""
        slot = self.slots.pop(activity_id)
        bit = 1 << slot
        self.all ^= bit
        self.open &= ~bit
        self.scheduled &= ~bit
        self.full &= ~bit
        for sets in self._by_value:
            for value, those in list(sets.items()):
                if those == bit:
                    del sets[value]
                elif those & bit:
                    sets[value] = those ^ bit
        return slot

    def seat(self, activity_id: str, maximum: int | None, taken: int) -> None:
        """Have an activity that is here with other seats."""
        slot = self.slots[activity_id]
        bit = 1 << slot
        self.columns["seats"][slot] = share_free(maximum, taken)
        self.full = self.full | bit if is_full(maximum, taken) else self.full & ~bit

    def begin(self, slots: Slots, day: int) -> None:
        """Have the sessions of these count that are still held on the day or later."""
        live = self.last_days[:, slots] >= day
        self.starts_today[:, slots] = np.where(live, self.starts[:, slots], OVER)
        self.columns["live_sessions"][slots] = live.sum(axis=0)
        traits, scheduled = self.columns["traits"], np.where(live.any(axis=0), SCHEDULED, 0).astype(np.uint8)
        traits[slots] = traits[slots] & ~np.uint8(SCHEDULED) | scheduled
        self.scheduled = as_set(self.columns["live_sessions"] > 0) & self.all

    def stand(self, slots: Slots, standing: Column, freshness: Column) -> None:
        """Write down what the rules say of these on the day, and how fresh they are."""
        self.columns["standing"][slots] = standing
        self.columns["freshness"][slots] = freshness
        self.open = as_set(self.columns["standing"] == OPEN) & self.all

    def of(self, slots: Slots) -> Columns:
        """Return the columns of these alone."""
        return {name: column[slots] for name, column in self.columns.items()}

    def _free_slots(self, count: int) -> list[int]:
        """Return so many slots that hold nothing, the lowest."""
        used = self.all.bit_length()
        holes = slots_in(self.all ^ ((1 << used) - 1))[:count].tolist()
        return [*holes, *range(used, used + count - len(holes))]

    def _make_room(self, slots: int, sessions: int) -> None:
        """Have columns for so many slots, and for so many sessions of each."""
        most, capacity = self.starts.shape
        if slots <= capacity and sessions <= most:
            return
        most, capacity = max(most, sessions), capacity if slots <= capacity else slots + slots // 8 + 8
        self.ids += [""] * (capacity - len(self.ids))
        self.columns = {name: grown(column, capacity) for name, column in self.columns.items()}
        self.points = grown(self.points, 3, capacity)
        self.starts = grown(self.starts, most, capacity, fill=OVER)
        self.starts_today = grown(self.starts_today, most, capacity, fill=OVER)
        self.ends = grown(self.ends, most, capacity)
        self.last_days = grown(self.last_days, most, capacity)


def records_of(arrivals: Sequence[Arrival]) -> Iterator[tuple[Any, ...]]:
    """Return what the columns hold of activities that are not judged yet, in the order of `COLUMNS`."""
    return zip(*(record_of(arrival) for arrival in arrivals), strict=True)


def record_of(arrival: Arrival) -> tuple[Any, ...]:
    """Return what the columns hold of an activity that is not judged yet, in their order."""
    activity, verified_days, is_own = arrival
    agreement, verified = activity.agreement, activity.verified_on
    return (
        is_own,
        activity.status == "published",
        activity.organiser_kind == "voluntary",
        agreement.first.toordinal() if agreement else NO_LAST_DAY,
        agreement.last.toordinal() if agreement else NO_DAY,
        verified.toordinal() if verified else NO_DAY,
        verified_days,
        len(activity.sessions),
        0,
        UNJUDGED,
        traits_of(activity),
        sum([CATEGORY_BIT[category] for category in activity.categories]),
        share_free(activity.maximum, activity.taken),
        0.0,
    )


def traits_of(activity: Activity) -> int:
    """Return what the activity is, but for what only the day tells."""
    return (
        MODE[activity.mode]
        | (PEER_LED if activity.peer_led else 0)
        | (SMALL if activity.group_size == "small" else 0)
        | (FREE if activity.cost is None else 0)
        | (NAMES_LANGUAGE if activity.languages else 0)
    )


def is_full(maximum: int | None, taken: int) -> bool:
    """Whether seats are limited and all are taken."""
    return maximum is not None and taken >= maximum


def share_free(maximum: int | None, taken: int) -> float:
    """Return the share of the seats that is free; 1 when they are unlimited."""
    return 1.0 if maximum is None else max(0.0, (maximum - taken) / maximum)


def as_set(mask: Column) -> Those:
    """Return the set of the slots where the mask holds."""
    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")


def set_of(slots: Sequence[int]) -> Those:
    """Return the set of the slots."""
    if len(slots) == 1:
        return 1 << slots[0]
    mask = np.zeros(max(slots, default=0) + 1, np.bool_)
    mask[slots] = True
    return as_set(mask)


def slots_in(those: Those) -> Slots:
    """Return the slots of a set, in order."""
    octets = those.to_bytes((those.bit_length() + 7) // 8, "little")
    return np.unpackbits(np.frombuffer(octets, np.uint8), bitorder="little").nonzero()[0]


def union(sets: Sets, values: Iterable[object]) -> Those:
    """Return those that have any of the values."""
    those = 0
    for value in values:
        those |= sets.get(value, 0)
    return those


def grown(column: Column, *shape: int, fill: int = 0) -> Column:
    """Return the column in a shape that is at least as large, what is new filled."""
    larger = np.full(shape, fill, column.dtype) if fill else np.zeros(shape, column.dtype)
    larger[tuple(slice(length) for length in column.shape)] = column
    return larger
