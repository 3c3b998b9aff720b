"""The activities that can be matched, ready to be asked many times a second. Never where they come from."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Final

import numpy as np

from schemas.vocabulary import Rule
from services.activities.domain.matching.asked import Asked, ask
from services.activities.domain.matching.model import Activity, Match, Need, Terms
from services.activities.domain.matching.ranking import rank
from services.activities.domain.matching.rules import (
    FULL,
    MUNICIPALITY,
    NO_ACTIVITY,
    OF_DAY,
    excluded_for,
    not_matched,
    standing_of,
)
from services.activities.domain.matching.settings import CONTRACT, Settings
from services.activities.domain.matching.shelf import OPEN, UNJUDGED, Shelf, Slots, Those, as_set, slots_in
from services.activities.domain.matching.terms import freshness_on

NOTHING: Final = Shelf()
"""What serves a municipality that has nothing."""


class Catalogue:
    """All activities, published or not, and what of them fits a need.

    An activity lies on the shelf of each municipality that it serves, first on that of its own.
    """

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}
        self._places: dict[str, tuple[tuple[Shelf, int], ...]] = {}
        self._settings: dict[str, Settings] = {}
        self._day = 0
        self._unjudged: dict[Shelf, set[int]] = {}
        self._standings: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, activity_id: str) -> bool:
        return activity_id in self._places

    def put(self, activity: Activity) -> None:
        """Add the activity, or replace the one with its id."""
        self.remove(activity.activity_id)
        verified_days = self.settings(activity.municipality).verified_days
        others = activity.open_to - {activity.municipality}
        places: list[tuple[Shelf, int]] = []
        for municipality in (activity.municipality, *others):
            shelf = self._shelves.setdefault(municipality, Shelf())
            slot = shelf.add(activity, verified_days, is_own=not places)
            self._unjudged.setdefault(shelf, set()).add(slot)
            places.append((shelf, slot))
        self._places[activity.activity_id] = tuple(places)
        self._standings[UNJUDGED] += 1

    def seat(self, activity_id: str, maximum: int | None, taken: int) -> None:
        """Have a known activity with other seats: done for every reservation, hence quicker than `put`."""
        for shelf, slot in self._places[activity_id]:
            shelf.seat(slot, maximum, taken)

    def remove(self, activity_id: str) -> None:
        """Forget an activity, if it is known."""
        for shelf, slot in self._places.pop(activity_id, ()):
            self._unjudged.get(shelf, set()).discard(slot)
            self._standings.subtract(own_standings(shelf, np.array([slot])))
            shelf.drop(slot)

    def settings(self, municipality: str) -> Settings:
        """Return the settings of the municipality, the contract's if it has none of its own."""
        return self._settings.get(municipality, CONTRACT)

    def adopt(self, municipality: str, settings: Settings) -> None:
        """Have the municipality's settings be these from now on."""
        self._settings[municipality] = settings
        shelf = self._shelves.get(municipality, NOTHING)
        for own in slots_in(shelf.all & as_set(shelf.columns["is_own"])).tolist():
            for shelf_of_it, slot in self._places[shelf.ids[own]]:
                shelf_of_it.columns["verified_days"][slot] = settings.verified_days
                self._unjudged.setdefault(shelf_of_it, set()).add(slot)

    def is_open(self, activity_id: str, on: date) -> bool:
        """Whether it takes anybody on the day: known, published, not over, agreed upon and verified."""
        if activity_id not in self._places:
            return False
        for _ in self.turn_to(on):
            pass
        shelf, slot = self._places[activity_id][0]
        return bool(shelf.columns["standing"][slot] == OPEN)

    def turn_to(self, on: date) -> Iterator[None]:
        """Put to the rules of the day whatever is not yet, one shelf before each pause.

        That is what changed and, once a day, everything. `match` goes through all that is left.
        """
        day = on.toordinal()
        if day != self._day:
            self._day = day
            self._unjudged = {shelf: set(slots_in(shelf.all).tolist()) for shelf in self._shelves.values()}
        while self._unjudged:
            shelf, slots = self._unjudged.popitem()
            self._judge(shelf, np.fromiter(slots, np.intp))
            yield

    def match(self, need: Need, on: date, limit: int = 5) -> Match:
        """Return up to `limit` proposals for the need on the day, best first, and why the others are none.

        Asking for another day than before goes through the whole catalogue once.
        """
        if why := not_matched(need, on):
            return Match(no_match=why)
        for _ in self.turn_to(on):
            pass
        shelf, settings = self._shelves.get(need.municipality, NOTHING), self.settings(need.municipality)
        asked = ask(need, shelf)
        fitting, gone = excluded_for(asked)
        ranked = rank(asked, fitting, settings.weights)
        return Match(
            proposals=tuple(ranked.proposals(ranked.best(limit))),
            waitable=tuple(best_ids(asked, gone.get(FULL, 0), settings.weights, limit)),
            excluded=self._excluded(shelf, gone),
            no_match=None if fitting else NO_ACTIVITY,
            settings_version=settings.version,
        )

    def _excluded(self, shelf: Shelf, gone: dict[Rule, Those]) -> dict[Rule, int]:
        """Return how many of all activities each rule excludes, in the rules' order, without zeros."""
        counts = {code: self._standings[number] for number, (code, _) in enumerate(OF_DAY, start=1)}
        counts[MUNICIPALITY] = self._standings[OPEN] - shelf.open.bit_count()
        counts |= {code: those.bit_count() for code, those in gone.items()}
        return {code: count for code, count in counts.items() if count}

    def _judge(self, shelf: Shelf, slots: Slots) -> None:
        """Put these to the rules of the day."""
        self._standings.subtract(own_standings(shelf, slots))
        shelf.begin(slots, self._day)
        some = shelf.of(slots)
        shelf.stand(slots, standing_of(some, self._day), freshness_on(self._day, some))
        self._standings.update(own_standings(shelf, slots))


def best_ids(asked: Asked, those: Those, weights: Terms, limit: int) -> list[str]:
    """Return the ids of the best of those."""
    if not those:
        return []
    ranked = rank(asked, those, weights)
    return ranked.ids(ranked.best(limit))


def own_standings(shelf: Shelf, slots: Slots) -> list[int]:
    """Return the standings of those of these that belong to the shelf's own municipality: to count each once."""
    own = slots[shelf.columns["is_own"][slots]]
    return list(shelf.columns["standing"][own].tolist())
