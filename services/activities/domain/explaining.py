"""What is told of a proposal beyond its codes, and what would help where there is none. Never a sentence."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any, Final, NamedTuple, TypeVar

from schemas.explanations import Explanation
from schemas.vocabulary import Day, Mode, Rule
from services.activities.domain.listing import Listing
from services.activities.domain.matching import Cost, Match, Need, Proposal

WIDER: Final = (2, 4, 8)
"""How many times farther than asked for something is looked for, in turn."""
ENOUGH: Final = 200
"""How many of those that a change would bring are looked at."""

Value = TypeVar("Value")
Propose = Callable[[Need, int], Iterable[Proposal]]
"""Up to so many proposals for a need."""
Find = Callable[[str], Listing]
"""The listing of an activity by its id."""


@dataclass(frozen=True, slots=True)
class Change:
    """How many activities would fit if one thing were otherwise: what one of the other fields says."""

    count: int
    km: int | None = None
    instead_of_km: float | None = None
    day: Day | None = None
    language: str | None = None
    mode: Mode | None = None
    cost: Cost | None = None


class Answer(NamedTuple):
    """What matching answers to a need on a day; the changes would each help by themselves, where nothing fits."""

    need: Need
    on: date
    found: Match
    changes: tuple[Change, ...] = ()


def explain(proposal: Proposal, listing: Listing, need: Need, on: date) -> Explanation:
    """Return what is told of the proposal for the need on the day: the session that fits behind its first reason."""
    session = listing.next_session(on, need.free_times)
    first, *others = proposal.reasons
    return Explanation(
        reasons=(first, "session", *others) if session else proposal.reasons,
        distance_km=proposal.distance_km,
        interests=tuple([code for code in listing.categories if code in need.interests]),
        languages=tuple([code for code in listing.languages if code in need.languages]),
        free_seats=None if listing.maximum is None else round(proposal.terms.seats * listing.maximum),
        next_session=session,
    )


def changes_that_help(
    need: Need, excluded: Mapping[Rule, int], propose: Propose, find: Find, on: date
) -> Iterator[Change]:
    """Yield for each thing that was asked for, and excluded something, the smallest change that brings anything.

    Only of what is a wish: nobody is asked to do with less access, or to be of another age.
    """

    def without(**given_up: Any) -> list[Listing]:  # noqa: ANN401 - any field of a need
        return [find(proposal.activity_id) for proposal in propose(need._replace(**given_up), ENOUGH)]

    if "mode" in excluded:
        for mode, count in commonest(each.mode for each in without(modes=frozenset())):
            yield Change(count, mode=mode)
    if "distance" in excluded:
        yield from farther(need, propose)
    if "language" in excluded:
        for language, count in commonest(code for each in without(languages=frozenset()) for code in each.languages):
            yield Change(count, language=language)
    if "time" in excluded:
        for day, count in commonest(day for each in without(free_times=()) for day in each.days(on)):
            yield Change(count, day=day)
    if need.max_cost and "cost" in excluded:
        yield from dearer(need.max_cost.currency, without(max_cost=None))


def commonest(values: Iterable[Value]) -> list[tuple[Value, int]]:
    """Return the value that is there most often, and how often; nothing if there is none."""
    return Counter(values).most_common(1)


def farther(need: Need, propose: Propose) -> Iterator[Change]:
    """Yield how far the nearest is that would fit, and what else lies within that, if it is not much too far."""
    for times in WIDER:
        wider = propose(need._replace(max_distance_km=times * need.max_distance_km), ENOUGH)
        far = [ceil(proposal.distance_km) for proposal in wider if proposal.distance_km is not None]
        if far:
            yield Change(far.count(min(far)), km=min(far), instead_of_km=need.max_distance_km)
            return


def dearer(currency: str, listings: Iterable[Listing]) -> Iterator[Change]:
    """Yield the lowest cost in the currency, and how many cost that."""
    costs = [each.cost for each in listings if each.cost and each.cost.currency == currency]
    if costs:
        yield Change(costs.count(min(costs)), cost=min(costs))
