"""The activities that can be matched, ready to be asked many times a second. Never where they come from."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Final

import numpy as np

from schemas.vocabulary import Rule
from services.activities.domain.matching.asked import Asking, ask
from services.activities.domain.matching.columns import OPEN
from services.activities.domain.matching.model import Activity, Match, Need
from services.activities.domain.matching.ranking import rank
from services.activities.domain.matching.records import Records, text_of
from services.activities.domain.matching.rules import (
    ENDED,
    FULL,
    MUNICIPALITY,
    NO_ACTIVITY,
    OF_DAY,
    excluded_for,
    not_matched,
    standing_of,
)
from services.activities.domain.matching.sets import Slots, Those, as_set, slots_in
from services.activities.domain.matching.settings import CONTRACT, Settings
from services.activities.domain.matching.shelf import Shelf
from services.activities.domain.matching.spreading import spread_out
from services.activities.domain.matching.terms import freshness_on

NOTHING: Final = Shelf()
"""What serves a municipality that has nothing."""
AT_ONCE: Final = 100_000
"""So many pairs of needs and activities are looked at together: more would not stay near the processor."""


class Catalogue:
    """All activities, published or not, and what of them fits a need.

    An activity lies on the shelf of each municipality that it serves, first on that of its own.
    """

    def __init__(self) -> None:
        self._shelves: defaultdict[str, Shelf] = defaultdict(Shelf)
        self._homes: dict[str, Shelf] = {}
        self._others: dict[str, list[Shelf]] = {}
        self._settings: dict[str, Settings] = {}
        self._day = 0
        self._unjudged: defaultdict[Shelf, Those] = defaultdict(int)
        self._standings: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._homes)

    def __contains__(self, activity_id: str) -> bool:
        return activity_id in self._homes

    def put(self, *activities: Activity) -> None:
        """Add activities, or replace those with their ids. Each but once; many at once are quicker."""
        self.place(Records.of(activities))

    def place(self, records: Records) -> None:
        """Have activities as their records say: like `put`."""
        for _ in self.placing(records):
            pass

    def placing(self, records: Records) -> Iterator[None]:
        """Do the same, one shelf before each pause: in between they are not yet there for all whom they serve.

        They are laid out and judged once, on a shelf of their own: some are open to a whole country.
        """
        for activity_id in records.ids:
            self.remove(activity_id)
        serves, whose, nth = records.several("serves")
        is_own = nth == 0
        of_home = [self.settings(text_of(word)).verified_days for word in serves[is_own].tolist()]
        arriving = Shelf()
        judge(arriving, arriving.fill(records, np.array(of_home)), self._day)
        for word in np.unique(serves).tolist():
            here = (serves == word).nonzero()[0]
            shelf, those, own = self._shelves[text_of(word)], whose[here], is_own[here]
            shelf.take(arriving, those, own)
            for number, belongs in zip(those.tolist(), own.tolist(), strict=True):
                if belongs:
                    self._homes[records.ids[number]] = shelf
                else:
                    self._others.setdefault(records.ids[number], []).append(shelf)
            yield
        self._standings.update(arriving.columns["standing"][: len(records.ids)].tolist())

    def seat(self, activity_id: str, maximum: int | None, taken: int) -> None:
        """Have a known activity with other seats: done for every reservation, hence quicker than `put`."""
        for shelf in self._serving(activity_id):
            shelf.seat(activity_id, maximum, taken)

    def remove(self, activity_id: str) -> None:
        """Forget an activity, if it is known."""
        if activity_id not in self._homes:
            return
        for shelf in self._serving(activity_id):
            self._standings.subtract(own_standings(shelf, np.array([shelf.slots[activity_id]])))
            slot = shelf.drop(activity_id)
            if shelf in self._unjudged:
                self._unjudged[shelf] &= ~(1 << slot)
        del self._homes[activity_id]
        self._others.pop(activity_id, None)

    def settings(self, municipality: str) -> Settings:
        """Return the settings of the municipality, the contract's if it has none of its own."""
        return self._settings.get(municipality, CONTRACT)

    def settled(self, need: Need) -> Need:
        """Return the need with the distance of its municipality if it names none."""
        if need.names_distance:
            return need
        far = self.settings(need.municipality).default_distance_km
        return need._replace(max_distance_km=far, names_distance=True)

    def adopt(self, municipality: str, settings: Settings) -> None:
        """Have the municipality's settings be these from now on."""
        if settings == self.settings(municipality):
            return
        self._settings[municipality] = settings
        shelf = self._shelves.get(municipality, NOTHING)
        for own in slots_in(shelf.all & as_set(shelf.columns["is_own"])).tolist():
            activity_id = shelf.ids[own]
            for each in self._serving(activity_id):
                slot = each.slots[activity_id]
                each.columns["verified_days"][slot] = settings.verified_days
                self._unjudged[each] |= 1 << slot

    def is_open(self, activity_id: str, on: date) -> bool:
        """Whether it takes anybody on the day: known, published, not over, agreed upon and verified."""
        return self._standing(activity_id, on) == OPEN

    def has_ended(self, activity_id: str, on: date) -> bool:
        """Whether it is published, but none of its sessions is held on the day or later."""
        return self._standing(activity_id, on) == ENDED

    def _standing(self, activity_id: str, on: date) -> int | None:
        for _ in self.turn_to(on):
            pass
        home = self._homes.get(activity_id)
        return None if home is None else int(home.columns["standing"][home.slots[activity_id]])

    def turn_to(self, on: date) -> Iterator[None]:
        """Put to the rules of the day whatever is not yet, one shelf before each pause.

        That is what changed and, once a day, everything. `match` goes through all that is left.
        """
        day = on.toordinal()
        if day != self._day:
            self._day = day
            self._unjudged.update({shelf: shelf.all for shelf in self._shelves.values()})
        while self._unjudged:
            shelf, those = self._unjudged.popitem()
            self._judge(shelf, slots_in(those))
            yield

    def match(self, need: Need, on: date, limit: int = 5, within: float = 0.0) -> Match:
        """Return up to `limit` proposals for the need on the day, best first, and why the others are none.

        Of those whose scores differ by no more than `within` the one comes first that needs somebody most.

        Asking for another day than before goes through the whole catalogue once.
        """
        [(_, match)] = self.matches([need], on, limit, within)
        return match

    def matches(
        self, needs: Sequence[Need], on: date, limit: int = 5, within: float = 0.0
    ) -> Iterator[tuple[int, Match]]:
        """Yield `match` of each need with its number, those of one municipality together: that is quicker."""
        for _ in self.turn_to(on):
            pass
        asking = defaultdict(list)
        for number, need in enumerate(needs):
            if why := not_matched(need, on):
                yield number, Match(no_match=why)
            else:
                asking[need.municipality].append(number)
        for municipality, numbers in asking.items():
            shelf = self._shelves.get(municipality, NOTHING)
            together = max(1, AT_ONCE // max(1, len(shelf.ids)))
            for start in range(0, len(numbers), together):
                those = numbers[start : start + together]
                asked = ask([needs[number] for number in those], shelf)
                yield from zip(those, self._match(asked, self.settings(municipality), limit, within), strict=True)

    def _match(self, asking: Asking, settings: Settings, limit: int, within: float) -> list[Match]:
        before, fitting, gone = self._excluded_before(asking.shelf), [], []
        for asked in asking.each():
            left, excluded = excluded_for(asked)
            fitting.append(left)
            gone.append(excluded)
        everybody = range(len(fitting))
        waiting = [number for number in everybody if FULL in gone[number]]
        ranking = rank(
            asking,
            [*everybody, *waiting],
            [*fitting, *(gone[number][FULL] for number in waiting)],
            settings.weights,
        )
        if within:
            best = spread_out(ranking, everybody, limit, within)
        else:
            best = [ranking.best(number, limit) for number in everybody]
        proposals = iter(ranking.proposals([pair for pairs in best for pair in pairs]))
        waitable = {
            number: tuple(ranking.ids(ranking.best(place, limit)))
            for place, number in enumerate(waiting, start=len(fitting))
        }
        return [
            Match(
                proposals=tuple(islice(proposals, len(best[number]))),
                waitable=waitable.get(number, ()),
                excluded=before | {code: those.bit_count() for code, those in gone[number].items()},
                no_match=None if fitting[number] else NO_ACTIVITY,
                settings_version=settings.version,
            )
            for number in everybody
        ]

    def _excluded_before(self, shelf: Shelf) -> dict[Rule, int]:
        """Return how many of all activities the rules exclude that no need is asked for, without zeros."""
        counts = {code: self._standings[number] for number, (code, _) in enumerate(OF_DAY, start=1)}
        counts[MUNICIPALITY] = self._standings[OPEN] - shelf.open.bit_count()
        return {code: count for code, count in counts.items() if count}

    def _serving(self, activity_id: str) -> list[Shelf]:
        """Return the shelves that a known activity lies on."""
        return [self._homes[activity_id], *self._others.get(activity_id, ())]

    def _judge(self, shelf: Shelf, slots: Slots) -> None:
        """Put these to the rules of the day."""
        self._standings.subtract(own_standings(shelf, slots))
        judge(shelf, slots, self._day)
        self._standings.update(own_standings(shelf, slots))


def judge(shelf: Shelf, slots: Slots, day: int) -> None:
    """Put these to the rules of the day."""
    shelf.begin(slots, day)
    some = shelf.some(slots)
    shelf.stand(slots, standing_of(some, day), freshness_on(day, some))


def own_standings(shelf: Shelf, slots: Slots) -> list[int]:
    """Return the standings of those of these that belong to the shelf's own municipality: to count each once."""
    own = slots[shelf.columns["is_own"][slots]]
    return list(shelf.columns["standing"][own].tolist())
