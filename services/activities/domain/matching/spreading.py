"""Which of nearly equal fits come first, so that all activities get their share. Never past what is much better.

Of two that suit a person about as well, the one comes first that has more of its seats free and offers less
of what few others offer. Who needs a lift, or Sámi, or a free place, has few to choose from: what serves them
is left to them as long as others have something else that is as good.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from math import log
from typing import Final, NamedTuple

import numpy as np

from services.activities.domain.matching.columns import KIND_BITS, Column
from services.activities.domain.matching.ranking import Ranking
from services.activities.domain.matching.sets import Those, slots_in, union
from services.activities.domain.matching.shelf import Shelf

RARITY: Final = 0.1
"""What offering something that one in e offers weighs, against having all seats taken; half or twice does as well."""
SHOWN: Final = 0.0001
"""To what scores are rounded where they are shown: there they do not differ by more than they may either."""
MOST_OF_ONE: Final = 3
"""Proposals of one organiser."""
NEARLY_EQUAL: Final = 0.05
"""Scores that differ by no more are: as `contracts.md` fixes it."""


class Fit(NamedTuple):
    """An activity that fits: `pressure` is how little it needs somebody to come, `kinds` has a bit for each."""

    score: float
    pressure: float
    organiser: int
    kinds: int


def spread_out(ranking: Ranking, numbers: Iterable[int], limit: int, within: float) -> list[list[int]]:
    """Return for each of these sets of the ranking its best pairs, spread over those that are nearly as good."""
    nearly_best = [ranking.nearly_best(number, limit, within) for number in numbers]
    pairs = [pair for near in nearly_best for pair in near]
    shelf, slots = ranking.pairs.asking.shelf, ranking.pairs.slots[pairs]
    fits = map(
        Fit,
        ranking.scores[pairs].tolist(),
        (sought_on(shelf)[slots] - shelf.columns["seats"][slots]).tolist(),
        shelf.columns["organiser"][slots].tolist(),
        map(kinds_of, shelf.columns["categories"][slots].tolist()),
    )
    return [[near[chosen] for chosen in spread(list(islice(fits, len(near))), limit, within)] for near in nearly_best]


def sought_on(shelf: Shelf) -> Column:
    """Return for each slot what weighs against proposing it where something else is as good: all that it offers.

    Each access, language and so on that an open activity offers weighs the more the fewer others offer it.
    """
    if shelf.sought is None:
        shelf.sought = np.zeros(len(shelf.ids))
        for those in offers_on(shelf):
            if those:
                shelf.sought[slots_in(those)] += RARITY * log(shelf.open.bit_count() / those.bit_count())
    return shelf.sought


def offers_on(shelf: Shelf) -> Iterator[Those]:
    """Yield the open activities that offer each access, serve each language, are free of charge, or agree on a time."""
    unnamed = shelf.open & ~union(shelf.by_language, shelf.by_language)
    yield from (shelf.open & those for those in shelf.by_access.values())
    yield from (shelf.open & those | unnamed for those in shelf.by_language.values())
    yield shelf.open & ~union(shelf.by_cost, shelf.by_cost)
    yield shelf.open & ~shelf.scheduled


@lru_cache(maxsize=10_000)
def kinds_of(categories: int) -> int:
    """Return a bit for each kind that the categories, a bit for each, are of."""
    return sum([1 << number for number, bits in enumerate(KIND_BITS.values()) if bits & categories])


def spread(fits: Sequence[Fit], limit: int, within: float) -> list[int]:
    """Return which of the fits, given best first, are proposed: up to `limit`, by their numbers, in their order.

    None comes before, or instead of, one whose score is better by more than `within`. As far as that allows,
    there are at most three of one organiser and at least two kinds: the more of the best are taken as they
    are, the farther down the list the others may be found.
    """
    if len(fits) <= 1:
        return list(range(len(fits)))
    picking = Picking(fits, limit, within)
    chosen = picking.pick(ahead=0)
    if picking.lacks_variety(chosen):
        return min((chosen, *map(picking.pick, range(1, limit))), key=picking.lacks_variety)
    return chosen


class Picking:
    """Picks fits one by one, each time of those that are nearly as good as the best that is left."""

    def __init__(self, fits: Sequence[Fit], limit: int, within: float) -> None:
        self._limit = limit
        self._within = within - 2 * SHOWN
        self._scores, pressures, self._organisers, self._kinds = zip(*fits, strict=True)
        self._by_pressure = sorted(range(len(fits)), key=pressures.__getitem__)
        first = self._kinds[0]
        self._has_kinds = not is_one(first) or self._kinds.count(first) < len(fits)

    def pick(self, ahead: int) -> list[int]:
        """Return up to as many as are asked for: so many of the best as they are, then by pressure."""
        chosen = list(range(min(ahead, len(self._scores))))
        waiting = [number for number in self._by_pressure if number >= ahead]
        best_left = ahead
        while waiting and len(chosen) < self._limit:
            while best_left in chosen:
                best_left += 1
            one = self._next(chosen, waiting, self._scores[best_left] - self._within)
            chosen.append(one)
            waiting.remove(one)
        return chosen

    def lacks_variety(self, chosen: Sequence[int]) -> int:
        """Return 2 if an organiser has too many of these, and 1 more if all are of one kind and need not be."""
        lacking = 0
        if len(chosen) > MOST_OF_ONE:
            organisers = [self._organisers[number] for number in chosen]
            lacking += 2 * (max([organisers.count(each) for each in organisers]) > MOST_OF_ONE)
        if self._has_kinds:
            kinds = 0
            for number in chosen:
                kinds |= self._kinds[number]
            lacking += is_one(kinds)
        return lacking

    def _next(self, chosen: list[int], waiting: list[int], lowest: float) -> int:
        """Return which comes next: the first by pressure that is good enough and leaves the most variety."""
        scores, found, least = self._scores, -1, 0
        for number in waiting:
            if scores[number] >= lowest:
                lacking = self.lacks_variety([*chosen, number]) if chosen else 0
                if found < 0 or lacking < least:
                    found, least = number, lacking
                if not least:
                    break
        return found


def is_one(kinds: int) -> bool:
    """Whether there is one bit only."""
    return kinds & (kinds - 1) == 0
