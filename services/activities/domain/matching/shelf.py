"""What serves one municipality, laid out so that a rule or a term answers for all of it at once. Never a rule.

Each activity has a slot: its place in the columns (`columns`), and its bit in the sets (`sets`).
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from schemas.vocabulary import ACCESS_NEEDS
from services.activities.domain.matching.columns import (
    ANY_MODE,
    AUDIENCES,
    COLUMNS,
    FREE_OF_CHARGE,
    MODES,
    NO_AGE,
    NO_DAY,
    OPEN,
    OVER,
    SCHEDULED,
    UNJUDGED,
    Column,
    Columns,
    cost_of_number,
    grown,
    share_free,
)
from services.activities.domain.matching.geography import vectors
from services.activities.domain.matching.records import FORMAT, SESSIONS, Records, text_of
from services.activities.domain.matching.sets import Sets, Slots, Those, as_set, set_of, sets_of, slots_in

NAMES: Final[tuple[Callable[[int], Any], ...]] = (
    MODES.__getitem__,
    int,
    int,
    AUDIENCES.__getitem__,
    text_of,
    ACCESS_NEEDS.__getitem__,
    cost_of_number,
)
"""What the numbers of values stand for, in the order of the shelf's sets."""
VALUE_BITS: Final = 56
"""Enough for each of these."""


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
        "sought",
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
        self.sought: Column | None = None
        """How rare what each offers is, if somebody asked since something changed: see `spreading`."""
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

    def add(self, records: Records, is_own: Column, verified_days: Column) -> Slots:
        """Take in activities that are not here yet; return their slots. They have to be judged before matching."""
        rows, slots = records.rows, self._free_slots(len(records.ids))
        self._make_room(int(slots[-1]) + 1, int(rows["sessions"].max()))
        columns = {name: rows[name] for name in COLUMNS if name in FORMAT}
        columns |= {"is_own": is_own, "verified_days": verified_days, "seats": records.free, "standing": UNJUDGED}
        for name, values in columns.items():
            self.columns[name][slots] = values
        self.points[:, slots] = vectors(np.stack((rows["latitude"], rows["longitude"]), axis=1))
        self.slots.update(zip(records.ids, slots.tolist(), strict=True))
        for slot, activity_id in zip(slots.tolist(), records.ids, strict=True):
            self.ids[slot] = activity_id
        self.all |= set_of(slots)
        self.full |= set_of(slots[records.free == 0])
        self._plan(slots, *records.several("sessions"))
        spoken, whose, _ = records.several("languages")
        self._mark(slots, rows, spoken, slots[whose])
        return slots

    def _plan(self, slots: Slots, words: Column, whose: Slots, nth: Slots) -> None:
        """Write down when the activities are held."""
        self.starts[:, slots], self.last_days[:, slots] = OVER, NO_DAY
        at, sessions = (nth, slots[whose]), words.view(SESSIONS)
        self.starts[at], self.ends[at], self.last_days[at] = sessions["start"], sessions["end"], sessions["last_day"]

    def _mark(self, slots: Slots, rows: Column, spoken: Column, speaking: Slots) -> None:
        """Put the slots into the sets of what the activities have."""
        youngest, oldest, cost = rows["minimum_age"], rows["maximum_age"], rows["cost"]
        offering, offered = (rows["access"][:, np.newaxis] >> np.arange(len(ACCESS_NEEDS)) & 1).nonzero()
        had = (
            (rows["traits"] & ANY_MODE, slots),
            (youngest[youngest != NO_AGE], slots[youngest != NO_AGE]),
            (oldest[oldest != NO_AGE], slots[oldest != NO_AGE]),
            (rows["audience"], slots),
            (spoken, speaking),
            (offered, slots[offering]),
            (cost[cost != FREE_OF_CHARGE], slots[cost != FREE_OF_CHARGE]),
        )
        values = [values.astype(np.int64) | number << VALUE_BITS for number, (values, _) in enumerate(had)]
        for value, those in sets_of(np.concatenate(values), np.concatenate([having for _, having in had])):
            number = value >> VALUE_BITS
            sets, name = self._by_value[number], NAMES[number](value & ((1 << VALUE_BITS) - 1))
            sets[name] = sets.get(name, 0) | those

    def drop(self, activity_id: str) -> int:
        """Let go of an activity that is here; return the slot that it had."""
        slot = self.slots.pop(activity_id)
        bit = 1 << slot
        self.sought = None
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
        self.columns["seats"][slot] = free = share_free(maximum, taken)
        self.full = self.full & ~bit if free else self.full | bit

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
        self.sought = None
        self.columns["standing"][slots] = standing
        self.columns["freshness"][slots] = freshness
        self.open = as_set(self.columns["standing"] == OPEN) & self.all

    def of(self, slots: Slots) -> Columns:
        """Return the columns of these alone."""
        return {name: column[slots] for name, column in self.columns.items()}

    def _free_slots(self, count: int) -> Slots:
        """Return so many slots that hold nothing, the lowest."""
        used = self.all.bit_length()
        holes = slots_in(self.all ^ ((1 << used) - 1))[:count]
        return np.append(holes, np.arange(used, used + count - len(holes)))

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
