"""Which activities come first, and what is told of those that do. Never which fit."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from services.activities.domain.matching.asked import Asked
from services.activities.domain.matching.geography import distance_km
from services.activities.domain.matching.model import Proposal, Terms
from services.activities.domain.matching.reasons import reasons_for, wished_of
from services.activities.domain.matching.shelf import PLACE, Column, Slots, Those, slots_in
from services.activities.domain.matching.terms import terms_of

SAME: Final = 2e-9
"""Scores farther apart than this are not equal to nine decimals."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Some activities of a shelf with their terms (shape: terms, activities) and scores, in no order."""

    asked: Asked
    slots: Slots
    terms: Column
    scores: Column

    def best(self, limit: int) -> list[int]:
        """Return which of them are the best, by number: highest score to nine decimals first, then smallest id."""
        if len(self.scores) > limit:
            lowest = np.partition(self.scores, -limit)[-limit] - SAME
            among = (self.scores >= lowest).nonzero()[0]
        else:
            among = np.arange(len(self.scores))
        ids, scores, slots = self.asked.shelf.ids, self.scores[among].tolist(), self.slots[among].tolist()
        order = [
            (-round(score, 9), ids[slot], number)
            for score, slot, number in zip(scores, slots, among.tolist(), strict=True)
        ]
        return [number for _, _, number in sorted(order)[:limit]]

    def ids(self, numbers: list[int]) -> list[str]:
        """Return the ids of these."""
        ids = self.asked.shelf.ids
        return [ids[slot] for slot in self.slots[numbers].tolist()]

    def proposals(self, numbers: list[int]) -> list[Proposal]:
        """Return these with what speaks for them."""
        slots, wished = self.slots[numbers], wished_of(self.asked.need)
        return [
            Proposal(
                activity_id,
                score,
                terms := Terms._make(measured),
                distance_km(chord) if traits & PLACE else None,
                reasons_for(traits, wished, terms.interest, terms.time),
            )
            for activity_id, score, measured, chord, traits in zip(
                self.ids(numbers),
                self.scores[numbers].tolist(),
                self.terms[:, numbers].T.tolist(),
                self.asked.chords[slots].tolist(),
                self.asked.shelf.columns["traits"][slots].tolist(),
                strict=True,
            )
        ]


def rank(asked: Asked, those: Those, weights: Terms) -> Ranked:
    """Measure those: a score is the sum of the terms by their weights."""
    slots = slots_in(those)
    terms = terms_of(asked, slots)
    return Ranked(asked, slots, terms, scores=row_of(weights) @ terms)


@lru_cache(maxsize=1000)
def row_of(weights: Terms) -> Column:
    """Return the weights to multiply with."""
    return np.array(weights)
