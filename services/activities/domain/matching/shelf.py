"""What serves one municipality, laid out so that a rule or a term answers for all of it at once. Never a rule.

Each activity has a slot: its place in the columns (`columns`), and its bit in the sets (`sets`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Self

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
    Column,
    Columns,
    cost_of_number,
    grown,
    share_free,
)
from services.activities.domain.matching.geography import vectors
from services.activities.domain.matching.records import FORMAT, SESSIONS, Records, text_of
from services.activities.domain.matching.sets import (
    Sets,
    Slots,
    Those,
    as_set,
    moved,
    run_of,
    set_of,
    sets_of,
    slots_in,
)

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
STATES: Final = ("all", "open", "scheduled", "full")
"""The sets that no value is behind."""
PLANS: Final = ("starts", "starts_today", "ends", "last_days")
"""The columns that have a row for each session."""


class Shelf:
    """The activities that serve a municipality: their columns by slot, and by each value those that have it."""

    __slots__ = (
        "all",
        "by_access",
        "by_audience",
        "by_cost",
        "by_language",
        "by_maximum_age",
        "by_minimum_age",
        "by_mode",
        "by_value",
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
        self.by_value = (
            self.by_mode,
            self.by_minimum_age,
            self.by_maximum_age,
            self.by_audience,
            self.by_language,
            self.by_access,
            self.by_cost,
        )

    def fill(self, records: Records, verified_days: Column) -> Slots:
        """Take in the first activities of an empty shelf; return their slots. They have to be judged next."""
        rows, slots = records.rows, np.arange(len(records.ids))
        self._make_room(len(slots), int(rows["sessions"].max(initial=0)))
        self._name(slots, records.ids)
        columns = {name: rows[name] for name in COLUMNS if name in FORMAT}
        for name, values in (columns | {"verified_days": verified_days, "seats": records.free}).items():
            self.columns[name][slots] = values
        self.points[:, slots] = vectors(np.stack((rows["latitude"], rows["longitude"]), axis=1))
        words, whose, nth = records.several("sessions")
        for name, column in (("start", self.starts), ("end", self.ends), ("last_day", self.last_days)):
            column[nth, whose] = words.view(SESSIONS)[name]
        self.all, self.full = set_of(slots), set_of(slots[records.free == 0])
        spoken, whose, _ = records.several("languages")
        self._mark(slots, rows, spoken, whose)
        return slots

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
            (offered, offering),
            (cost[cost != FREE_OF_CHARGE], slots[cost != FREE_OF_CHARGE]),
        )
        values = [values.astype(np.int64) | number << VALUE_BITS for number, (values, _) in enumerate(had)]
        for value, those in sets_of(np.concatenate(values), np.concatenate([having for _, having in had])):
            number = value >> VALUE_BITS
            self.by_value[number][NAMES[number](value & ((1 << VALUE_BITS) - 1))] = those

    def take(self, other: Self, those: Slots, is_own: Column) -> None:
        """Take in activities that are not here yet as they lie on another shelf, judged as they are there."""
        slots, most = self._free_slots(len(those)), int(other.columns["sessions"][those].max())
        self._make_room(int(slots[-1]) + 1, most)
        self._name(slots, [other.ids[slot] for slot in those.tolist()])
        here, there = run_of(slots), run_of(those)
        for name, column in self.columns.items():
            column[here] = other.columns[name][there]
        self.columns["is_own"][here] = is_own
        self.points[:, here] = other.points[:, there]
        self.starts[most:, here], self.starts_today[most:, here], self.last_days[most:, here] = OVER, OVER, NO_DAY
        for name in PLANS:
            getattr(self, name)[:most, here] = getattr(other, name)[:most, there]
        self._gather(other, those, slots)
        self.sought = None

    def _gather(self, other: Self, those: Slots, slots: Slots) -> None:
        """Put the slots into the sets in which those are on the other shelf."""
        taken = set_of(those)
        had = [
            (mine, value, those_taken)
            for mine, others in zip(self.by_value, other.by_value, strict=True)
            for value, having in others.items()
            if (those_taken := having & taken)
        ]
        states = [getattr(other, name) & taken for name in STATES]
        here = moved([*states, *(those_taken for _, _, those_taken in had)], those, slots)
        for name, arriving in zip(STATES, here, strict=False):
            setattr(self, name, getattr(self, name) | arriving)
        for (sets, value, _), arriving in zip(had, here[len(STATES) :], strict=True):
            sets[value] = sets.get(value, 0) | arriving

    def _name(self, slots: Slots, ids: Sequence[str]) -> None:
        """Have the activities in the slots go by their ids."""
        self.slots.update(zip(ids, slots.tolist(), strict=True))
        for slot, activity_id in zip(slots.tolist(), ids, strict=True):
            self.ids[slot] = activity_id

    def drop(self, activity_id: str) -> int:
        """Let go of an activity that is here; return the slot that it had."""
        slot = self.slots.pop(activity_id)
        bit = 1 << slot
        self.sought = None
        self.all ^= bit
        self.open &= ~bit
        self.scheduled &= ~bit
        self.full &= ~bit
        for sets in self.by_value:
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

    def some(self, slots: Slots) -> Columns:
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
