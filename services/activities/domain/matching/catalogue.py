"""The activities that can be matched, ready to be asked many times a second. Never where they come from."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from schemas.vocabulary import RULES, Rule
from services.activities.domain.matching.model import Activity, Match, Need, Proposal, Terms
from services.activities.domain.matching.reasons import reasons_for
from services.activities.domain.matching.rules import (
    FULL,
    MUNICIPALITY,
    NO_ACTIVITY,
    excluded_for,
    excluded_on,
    not_matched,
)
from services.activities.domain.matching.serving import Asked, Candidate, Serving, Those, ask
from services.activities.domain.matching.settings import CONTRACT, Settings
from services.activities.domain.matching.terms import freshness, share_of_free_seats, terms_of

NOTHING: Final = Serving()
"""What serves a municipality that has nothing."""
SAME: Final = 2e-9
"""Scores farther apart than this are not equal to nine decimals."""

Scored = tuple[float, Candidate, tuple[float, ...]]
"""What a candidate is worth to a need: its score, and the terms that make it up."""


@dataclass(slots=True)
class Day:
    """What the rules say of every activity on one day, before anybody asks.

    Those that pass lie by municipality, so that a need looks only at what serves its own.
    """

    on: date
    verified_days: int
    excluded: dict[Rule, int] = field(default_factory=lambda: defaultdict(int))
    passed: int = 0
    serving: dict[str, Serving] = field(default_factory=lambda: defaultdict(Serving))

    def add(self, activity: Activity) -> None:
        """Count an activity that is not here yet."""
        if code := excluded_on(activity, self.on, self.verified_days):
            self.excluded[code] += 1
            return
        self.passed += 1
        today = activity.as_of(self.on)
        seats, fresh = share_of_free_seats(activity), freshness(activity, self.on, self.verified_days)
        for municipality in activity.serves:
            self.serving[municipality].add(today, seats, fresh)

    def seat(self, activity: Activity) -> None:
        """Have an activity that is here with other seats, which no rule before a need looks at."""
        if excluded_on(activity, self.on, self.verified_days):
            return
        today, seats = activity.as_of(self.on), share_of_free_seats(activity)
        for municipality in activity.serves:
            self.serving[municipality].seat(today, seats)

    def drop(self, activity: Activity) -> None:
        """Undo `add` of this very activity."""
        if code := excluded_on(activity, self.on, self.verified_days):
            self.excluded[code] -= 1
            return
        self.passed -= 1
        for municipality in activity.serves:
            self.serving[municipality].drop(activity.activity_id)


class Catalogue:
    """All activities, published or not, and what of them fits a need."""

    def __init__(self, settings: Settings = CONTRACT) -> None:
        self._settings = settings
        self._activities: dict[str, Activity] = {}
        self._day: Day | None = None

    def __len__(self) -> int:
        return len(self._activities)

    def __contains__(self, activity_id: str) -> bool:
        return activity_id in self._activities

    def put(self, activity: Activity) -> None:
        """Add the activity, or replace the one with its id."""
        self.remove(activity.activity_id)
        self._activities[activity.activity_id] = activity
        if self._day:
            self._day.add(activity)

    def seat(self, activity_id: str, maximum: int | None, taken: int) -> None:
        """Have a known activity with other seats: done for every reservation, hence quicker than `put`."""
        known = self._activities[activity_id]
        if (known.maximum, known.taken) != (maximum, taken):
            self._activities[activity_id] = seated = known._replace(maximum=maximum, taken=taken)
            if self._day:
                self._day.seat(seated)

    def is_open(self, activity_id: str, on: date) -> bool:
        """Whether it takes anybody on the day: known, published, not over, agreed upon and verified."""
        known = self._activities.get(activity_id)
        return known is not None and excluded_on(known, on, self._settings.verified_days) is None

    def remove(self, activity_id: str) -> None:
        """Forget an activity, if it is known."""
        known = self._activities.pop(activity_id, None)
        if known and self._day:
            self._day.drop(known)

    def match(self, need: Need, on: date, limit: int = 5) -> Match:
        """Return up to `limit` proposals for the need on the day, best first, and why the others are none.

        Asking for another day than before goes through the whole catalogue once.
        """
        if why := not_matched(need, on):
            return Match(no_match=why)
        day = self._day_of(on)
        asked = ask(need, day.serving.get(need.municipality, NOTHING))
        fitting, gone = excluded_for(asked)
        excluded: dict[Rule, int] = {**day.excluded, MUNICIPALITY: day.passed - len(asked.at.candidates)}
        excluded |= {code: those.bit_count() for code, those in gone.items()}
        full = gone.get(FULL, 0)
        scored = scores(asked, fitting | full, self._settings.weights)
        return Match(
            proposals=tuple([proposal(each, asked) for each in best(scored, fitting, limit)]),
            waitable=tuple([candidate.activity.activity_id for _, candidate, _ in best(scored, full, limit)]),
            excluded={code: excluded[code] for code in RULES if excluded.get(code)},
            no_match=None if fitting else NO_ACTIVITY,
        )

    def _day_of(self, on: date) -> Day:
        if self._day is None or self._day.on != on:
            self._day = Day(on, self._settings.verified_days)
            for activity in self._activities.values():
                self._day.add(activity)
        return self._day


def scores(asked: Asked, those: Those, weights: Terms) -> list[Scored]:
    """Return the score of each of those: the sum of its terms by their weights."""
    if not those:
        return []
    candidates = asked.at.among(those)
    measured = list(terms_of(candidates, asked))
    w1, w2, w3, w4, w5, w6 = weights  # spelled out, since this is asked of every candidate
    totals = [w1 * a + w2 * b + w3 * c + w4 * d + w5 * e + w6 * f for a, b, c, d, e, f in measured]
    return list(zip(totals, candidates, measured, strict=True))


def best(scored: list[Scored], those: Those, limit: int) -> list[Scored]:
    """Return up to `limit` of those, the highest score to nine decimals first, then the smallest id."""
    among = [each for each in scored if each[1].bit & those] if those else []
    if len(among) > limit:
        lowest = sorted([score for score, _, _ in among])[-limit] - SAME
        among = [each for each in among if each[0] >= lowest]
    return sorted(among, key=lambda each: (-round(each[0], 9), each[1].activity.activity_id))[:limit]


def proposal(scored: Scored, asked: Asked) -> Proposal:
    """Say what is proposed, with its reasons."""
    score, candidate, measured = scored
    activity, terms = candidate.activity, Terms._make(measured)
    return Proposal(
        activity.activity_id,
        score,
        terms,
        distance_km=None if activity.position is None else asked.km[activity.position],
        reasons=reasons_for(activity, asked.need, terms),
    )
