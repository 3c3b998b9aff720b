"""What serves one municipality, laid out so that a rule answers for all of it at once. Never a rule.

A set of activities is an int, a bit for each: to unite, intersect and count such sets costs next to nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from schemas.vocabulary import KIND_OF, Kind
from services.activities.domain.matching.geography import Position, distance_km
from services.activities.domain.matching.model import Activity, Need, WeekTime

Those = int
"""A set of activities that serve the same municipality."""
Sets = dict[Any, Those]
"""By a value, those that have it; a value that none has is not there."""


class Candidate(NamedTuple):
    """An activity without the sessions that are over, its bit, and the terms that are the same for everybody."""

    bit: Those
    activity: Activity
    position: Position | None
    times: tuple[WeekTime, ...]
    seats: float
    freshness: float


@dataclass(slots=True)
class Serving:
    """The activities that serve a municipality and, by each value that is asked for, those that have it."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    all: Those = 0
    full: Those = 0
    peer_led: Those = 0
    by_mode: Sets = field(default_factory=dict)
    by_position: Sets = field(default_factory=dict)
    by_ages: Sets = field(default_factory=dict)
    by_audience: Sets = field(default_factory=dict)
    by_language: Sets = field(default_factory=dict)
    by_access: Sets = field(default_factory=dict)
    by_time: Sets = field(default_factory=dict)
    by_cost: Sets = field(default_factory=dict)
    by_category: Sets = field(default_factory=dict)
    by_kind: Sets = field(default_factory=dict)
    by_group_size: Sets = field(default_factory=dict)

    def add(self, activity: Activity, seats: float, freshness: float) -> None:
        """Take in an activity that is not here yet, with what its two own terms measure."""
        bit = ~self.all & (self.all + 1)  # the lowest that is free
        times = tuple(session.time for session in activity.sessions)
        self.candidates[activity.activity_id] = Candidate(bit, activity, activity.position, times, seats, freshness)
        self._flip(activity, bit)

    def seat(self, activity: Activity, seats: float) -> None:
        """Have an activity that is here with other seats."""
        known = self.candidates[activity.activity_id]
        self.candidates[activity.activity_id] = known._replace(activity=activity, seats=seats)
        if activity.is_full != known.activity.is_full:
            self.full ^= known.bit

    def drop(self, activity_id: str) -> None:
        """Let go of an activity that is here."""
        gone = self.candidates.pop(activity_id)
        self._flip(gone.activity, gone.bit)

    def among(self, those: Those) -> list[Candidate]:
        """Return the members of a set."""
        return [candidate for candidate in self.candidates.values() if candidate.bit & those]

    def _flip(self, activity: Activity, bit: Those) -> None:
        """Put the bit into the sets of the activity's values, or take it out where it is."""
        self.all ^= bit
        if activity.is_full:
            self.full ^= bit
        if activity.peer_led:
            self.peer_led ^= bit
        flip(self.by_mode, (activity.mode,), bit)
        flip(self.by_ages, ((activity.min_age, activity.max_age),), bit)
        flip(self.by_audience, (activity.audience,), bit)
        flip(self.by_language, activity.languages, bit)
        flip(self.by_access, activity.access, bit)
        flip(self.by_time, {session.time for session in activity.sessions}, bit)
        flip(self.by_category, activity.categories, bit)
        flip(self.by_kind, kinds(activity.categories), bit)
        flip(self.by_group_size, (activity.group_size,), bit)
        if activity.position:
            flip(self.by_position, (activity.position,), bit)
        if activity.cost:
            flip(self.by_cost, (activity.cost,), bit)


class Asked(NamedTuple):
    """A need put to what serves its municipality: how far each place is, which times lie in a free time."""

    need: Need
    at: Serving
    km: Mapping[Position, float]
    free: frozenset[WeekTime]


def ask(need: Need, at: Serving) -> Asked:
    """Measure what rules and terms both look at."""
    area, free_times = need.area, need.free_times
    return Asked(
        need,
        at,
        km={position: distance_km(area, position) for position in at.by_position},
        free=frozenset([time for time in at.by_time if time.lies_in(free_times)] if free_times else ()),
    )


def flip(sets: Sets, values: Iterable[object], bit: Those) -> None:
    """Put the bit into the set of each value, or take it out where it is."""
    for value in values:
        if those := sets.get(value, 0) ^ bit:
            sets[value] = those
        else:
            del sets[value]


def union(sets: Sets, values: Iterable[object]) -> Those:
    """Return those that have any of the values."""
    those = 0
    for value in values:
        those |= sets.get(value, 0)
    return those


@lru_cache(maxsize=4096)
def kinds(categories: frozenset[str]) -> frozenset[Kind]:
    """Return the kinds of the categories."""
    return frozenset(KIND_OF[category] for category in categories)
