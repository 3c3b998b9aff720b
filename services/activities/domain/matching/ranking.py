"""Which activities come first, and what is told of those that do. Never which fit."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from services.activities.domain.matching.asked import Asking
from services.activities.domain.matching.columns import PLACE, Column
from services.activities.domain.matching.geography import distance_km
from services.activities.domain.matching.model import Proposal, Terms
from services.activities.domain.matching.reasons import reasons_for, wished_of
from services.activities.domain.matching.sets import Those
from services.activities.domain.matching.terms import Pairs, terms_of

SAME: Final = 2e-9
"""Scores farther apart than this are not equal to nine decimals."""


class Ranking(NamedTuple):
    """Pairs of needs and activities, need by need, with their terms (shape: terms, pairs) and scores."""

    pairs: Pairs
    terms: Column
    scores: Column
    starts: list[int]
    """Where among the pairs those of each set begin, and where those of the last end."""

    def best(self, number: int, limit: int) -> list[int]:
        """Return the best pairs of a set: highest score to nine decimals first, then smallest id."""
        return self.nearly_best(number, limit, 0.0)[:limit]

    def nearly_best(self, number: int, limit: int, within: float) -> list[int]:
        """Return the best pairs of a set, and behind them those whose score is at most so much less than the last's."""
        start, end = self.starts[number], self.starts[number + 1]
        scores = self.scores[start:end]
        if limit < len(scores):
            lowest = np.partition(scores, -limit)[-limit] - within - SAME
            among = (scores >= lowest).nonzero()[0] + start
        else:
            among = np.arange(start, end)
        order = sorted(zip(map(ninth, self.scores[among].tolist()), self.ids(among), among.tolist(), strict=True))
        return [pair for _, _, pair in order]

    def ids(self, pairs: Column | list[int]) -> list[str]:
        """Return the activities of these pairs."""
        ids = self.pairs.asking.shelf.ids
        return [ids[slot] for slot in self.pairs.slots[pairs].tolist()]

    def proposals(self, pairs: list[int]) -> list[Proposal]:
        """Return these pairs as proposals, with what speaks for them."""
        asking, who, slots = self.pairs.asking, self.pairs.who[pairs], self.pairs.slots[pairs]
        wished = [wished_of(need) for need in asking.needs]
        return [
            Proposal(
                activity_id,
                score,
                terms := Terms._make(measured),
                distance_km(chord) if traits & PLACE else None,
                reasons_for(traits, wished[number], terms.interest, terms.time),
            )
            for activity_id, score, measured, chord, traits, number in zip(
                self.ids(pairs),
                self.scores[pairs].tolist(),
                self.terms[:, pairs].T.tolist(),
                asking.chords[who, slots].tolist(),
                asking.shelf.columns["traits"][slots].tolist(),
                who.tolist(),
                strict=True,
            )
        ]


def rank(asking: Asking, whose: Sequence[int], sets: Sequence[Those], weights: Terms) -> Ranking:
    """Measure sets of activities, each for a need by its number; a score is the sum of the terms by their weights."""
    capacity = 8 * ((len(asking.shelf.ids) + 7) // 8)
    octets = np.frombuffer(b"".join([those.to_bytes(capacity // 8, "little") for those in sets]), np.uint8)
    [places] = np.unpackbits(octets, bitorder="little").view(np.bool_).nonzero()
    sizes = np.array([those.bit_count() for those in sets])
    slots = places - (np.arange(len(sets)) * capacity).repeat(sizes)
    pairs = Pairs(asking, whose, sizes, slots)
    terms = terms_of(pairs)
    scores = (terms * column_of(weights)).sum(axis=0)  # term by term: a product by BLAS may differ from place to place
    return Ranking(pairs, terms, scores, starts=[0, *sizes.cumsum().tolist()])


def ninth(score: float) -> float:
    """Return what puts a score in order: to nine decimals, the highest first."""
    return -round(score, 9)


@lru_cache(maxsize=1000)
def column_of(weights: Terms) -> Column:
    """Return the weights to multiply terms with."""
    return np.array(weights)[:, np.newaxis]
