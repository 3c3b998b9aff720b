"""The activities that can be matched, ready to be asked many times a second. Never where they come from."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from heapq import nsmallest

from schemas.vocabulary import RULES, Rule
from services.activities.domain.matching.geography import distance_km
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
from services.activities.domain.matching.settings import CONTRACT, Settings
from services.activities.domain.matching.terms import terms_of

Ranked = tuple[float, str, float, Terms, Activity]
"""What sorts best first: the score to nine decimals turned round, then the id; the rest comes along."""


@dataclass(slots=True)
class Day:
    """What the rules say of every activity on one day, before anybody asks.

    Those that pass lie by municipality, so that a need looks only at what serves its own.
    """

    on: date
    verified_days: int
    excluded: dict[Rule, int] = field(default_factory=lambda: defaultdict(int))
    passed: int = 0
    serving: dict[str, dict[str, Activity]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, activity: Activity) -> None:
        """Count an activity that is not here yet."""
        if code := excluded_on(activity, self.on, self.verified_days):
            self.excluded[code] += 1
            return
        self.passed += 1
        today = activity.as_of(self.on)
        for municipality in activity.serves:
            self.serving[municipality][activity.activity_id] = today

    def drop(self, activity: Activity) -> None:
        """Undo `add` of this very activity."""
        if code := excluded_on(activity, self.on, self.verified_days):
            self.excluded[code] -= 1
            return
        self.passed -= 1
        for municipality in activity.serves:
            del self.serving[municipality][activity.activity_id]


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
        near = day.serving.get(need.municipality, {})
        excluded: dict[Rule, int] = {**day.excluded, MUNICIPALITY: day.passed - len(near)}
        fitting: list[Ranked] = []
        full: list[Ranked] = []
        for activity in near.values():
            code = excluded_for(activity, need)
            if code is None:
                fitting.append(self._ranked(activity, need, on))
                continue
            excluded[code] = excluded.get(code, 0) + 1
            if code == FULL:
                full.append(self._ranked(activity, need, on))
        return Match(
            proposals=tuple(proposal(ranked, need) for ranked in nsmallest(limit, fitting)),
            waitable=tuple(activity_id for _, activity_id, *_ in nsmallest(limit, full)),
            excluded={code: excluded[code] for code in RULES if excluded.get(code)},
            no_match=None if fitting else NO_ACTIVITY,
        )

    def _day_of(self, on: date) -> Day:
        if self._day is None or self._day.on != on:
            self._day = Day(on, self._settings.verified_days)
            for activity in self._activities.values():
                self._day.add(activity)
        return self._day

    def _ranked(self, activity: Activity, need: Need, on: date) -> Ranked:
        terms = terms_of(activity, need, on, self._settings.verified_days)
        score = terms.weighed(self._settings.weights)
        return -round(score, 9), activity.activity_id, score, terms, activity


def proposal(ranked: Ranked, need: Need) -> Proposal:
    """Say what is proposed, with its reasons."""
    _, activity_id, score, terms, activity = ranked
    return Proposal(
        activity_id=activity_id,
        score=score,
        terms=terms,
        distance_km=None if activity.position is None else distance_km(need.area, activity.position),
        reasons=reasons_for(activity, need, terms),
    )
