"""What serves one municipality, laid out so that a rule or a term answers for all of it at once. Never a rule.

Each activity has a slot: its place in the columns (`columns`), and its bit in the sets (`sets`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from services.activities.domain.matching.columns import (
    COLUMNS,
    NO_DAY,
    NO_LAST_DAY,
    NOWHERE,
    OPEN,
    OVER,
    SCHEDULED,
    Arrival,
    Column,
    Columns,
    grown,
    is_full,
    records_of,
    share_free,
)
from services.activities.domain.matching.geography import vectors
from services.activities.domain.matching.model import Activity
from services.activities.domain.matching.sets import Sets, Slots, Those, as_set, set_of, slots_in

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
        self.sought = None
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
