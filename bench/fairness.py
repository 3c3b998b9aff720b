"""Who gets a seat, and how evenly activities fill, where nearly equal fits are spread; and by simpler ways.

One town, everybody at one catalogue, in order of arrival; each gets the first proposal, and a seat, or nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import maximum_flow

from bench import made
from bench.figures import Figures, figure, median
from services.activities.domain.matching import Activity, Catalogue, Need, Period, Proposal
from services.activities.domain.matching.spreading import NEARLY_EQUAL

REFERRALS: Final = 2_000
ACTIVITIES: Final = 400
SEATS: Final = 1.2
"""For each referral that anything would fit."""
OTHER_SEATS: Final = (0.8, 2.0, 5.0)
SEEDS: Final = (1, 2, 3, 4, 5)
ALL: Final = 10**6
UNEVEN: Final = 0.7
"""How much activities differ in size: the standard deviation of the logarithm."""
FILTERS: Final = frozenset({"interest", "all_times", "language", "peer_led", "group_size", "free"})
"""The reasons that a list with filters would let somebody tick."""

Way = Callable[[Catalogue, Need], Proposal | None]
"""How an activity is found for a need."""


@dataclass(frozen=True)
class Outcome:
    """The share of those served whom anything would fit, the Gini of the shares of seats taken, the largest loss.

    A loss is by how much a proposal scores less than the best there was.
    """

    served: float
    gini: float
    loss: float = 0.0


@dataclass(frozen=True)
class World:
    """A town's activities by their ids, its referrals in order of arrival, and what would fit each but for seats."""

    activities: Mapping[str, Activity]
    needs: Sequence[Need]
    fitting: Sequence[Sequence[str]]

    @property
    def servable(self) -> int:
        """How many something would fit."""
        return sum(map(bool, self.fitting))


def a_world(seed: int, seats: float, referrals: int = REFERRALS, activities: int = ACTIVITIES) -> World:
    """Return a town whose activities can all be proposed, with so many seats for each servable referral."""
    towns = made.towns_alike(1, activities, seed)
    offered = [_proposable(activity) for activity in made.activities(towns, seed)]
    needs = made.needs(towns, referrals, seed)
    boundless = catalogue_of(offered)
    fitting = [[each.activity_id for each in boundless.match(need, made.ON, ALL).proposals] for need in needs]
    total = round(seats * sum(map(bool, fitting)))
    sizes = dict(zip(offered, sizes_of(total, len(offered), Random(seed)), strict=True))  # noqa: S311 - a seed
    return World({each.activity_id: each._replace(maximum=size) for each, size in sizes.items()}, needs, fitting)


def _proposable(activity: Activity) -> Activity:
    oldest = made.ON - timedelta(days=180)
    return activity._replace(
        status="published",
        agreement=Period(made.ON, made.ON),
        verified_on=max(activity.verified_on or oldest, oldest),
        maximum=None,
        taken=0,
    )


def sizes_of(total: int, count: int, random: Random) -> list[int]:
    """Return so many uneven sizes of at least 1 with this sum."""
    weights = [random.lognormvariate(0, UNEVEN) for _ in range(count)]
    marks = np.cumsum(weights) / sum(weights) * (total - count)
    return (np.diff(np.round(marks), prepend=0) + 1).astype(int).tolist()


def catalogue_of(activities: Sequence[Activity]) -> Catalogue:
    """Return a catalogue of these."""
    catalogue = Catalogue()
    for activity in activities:
        catalogue.put(activity)
    return catalogue


def nearest(catalogue: Catalogue, need: Need) -> Proposal | None:
    """Return the nearest that fits; what is online or at home is next door."""
    found = catalogue.match(need, made.ON, ALL).proposals
    return min(found, key=_km, default=None)


def most_filters(catalogue: Catalogue, need: Need) -> Proposal | None:
    """Return the fit that answers to most of what was ticked, the nearest of those."""
    found = catalogue.match(need, made.ON, ALL).proposals
    return min(found, key=lambda each: (-len(FILTERS.intersection(each.reasons)), _km(each)), default=None)


def best_score(catalogue: Catalogue, need: Need) -> Proposal | None:
    """Return the fit that the contract's ranking puts first."""
    return next(iter(catalogue.match(need, made.ON).proposals), None)


def spread(catalogue: Catalogue, need: Need) -> Proposal | None:
    """Return what the service proposes first."""
    return next(iter(catalogue.match(need, made.ON, within=NEARLY_EQUAL).proposals), None)


def _km(proposal: Proposal) -> tuple[float, str]:
    return proposal.distance_km or 0.0, proposal.activity_id


def outcome_of(way: Way, world: World) -> Outcome:
    """Return how it goes if everybody gets what the way finds."""
    catalogue, served, losses = catalogue_of(list(world.activities.values())), 0, [0.0]
    taken = dict.fromkeys(world.activities, 0)
    for need in world.needs:
        if found := way(catalogue, need):
            best = best_score(catalogue, need)
            losses.append((best.score if best else 0.0) - found.score)
            served += 1
            taken[found.activity_id] += 1
            catalogue.seat(found.activity_id, world.activities[found.activity_id].maximum, taken[found.activity_id])
    return Outcome(served / world.servable, gini(_loads(world, taken)), max(losses))


def optimum(world: World) -> Outcome:
    """Return how it goes if all referrals were known beforehand and as many as can be are served: the maximum flow."""
    people, offered = len(world.needs), list(world.activities)
    number = {activity_id: people + place for place, activity_id in enumerate(offered)}
    source, sink = people + len(offered), people + len(offered) + 1
    edges = [
        *((source, person, 1) for person in range(people)),
        *((person, number[each], 1) for person, those in enumerate(world.fitting) for each in those),
        *((number[each.activity_id], sink, each.maximum or 0) for each in world.activities.values()),
    ]
    starts, ends, capacities = zip(*edges, strict=True)
    graph = csr_array(coo_array((np.array(capacities, np.int32), (starts, ends)), shape=(sink + 1, sink + 1)))
    found = maximum_flow(graph, source, sink)
    flows = found.flow[[*number.values()], [sink] * len(offered)]
    taken = dict(zip(offered, np.asarray(flows).ravel().tolist(), strict=True))
    return Outcome(found.flow_value / world.servable, gini(_loads(world, taken)))


def _loads(world: World, taken: Mapping[str, int]) -> list[float]:
    return [count / (world.activities[activity_id].maximum or 1) for activity_id, count in taken.items()]


def gini(values: Sequence[float]) -> float:
    """Return how uneven the values are: 0 when all are equal, towards 1 when one has all."""
    ordered, count = np.sort(np.array(values)), len(values)
    return float((2 * np.arange(1, count + 1) - count - 1) @ ordered / (count * ordered.sum()))


def all_ways(world: World) -> dict[str, Outcome]:
    """Return the outcome of every way, the optimum last."""
    ways = {"nearest": nearest, "most_filters": most_filters, "best_score": best_score, "spread": spread}
    return {name: outcome_of(way, world) for name, way in ways.items()} | {"optimum": optimum(world)}


def gap_closed(outcomes: Mapping[str, Outcome]) -> float:
    """Return how much of what the best score alone leaves unserved, of what could be, spreading serves."""
    least, most = outcomes["best_score"].served, outcomes["optimum"].served
    return (outcomes["spread"].served - least) / (most - least) if most > least else 1.0


def medians(runs: Sequence[Mapping[str, Outcome]], field: str) -> dict[str, float]:
    """Return a field's median over the runs for every way."""
    return {way: round(median([getattr(run[way], field) for run in runs]), 4) for way in runs[0]}


async def measure() -> Figures:
    """Return the share served and the Gini of the load, with those of each rival, and at other numbers of seats."""
    runs = {seats: [all_ways(a_world(seed, seats)) for seed in SEEDS] for seats in (SEATS, *OTHER_SEATS)}
    of: dict[str, Any] = {
        "referrals": REFERRALS,
        "activities": ACTIVITIES,
        "seats_per_servable": SEATS,
        "seeds": list(SEEDS),
        "gap_closed": round(median([gap_closed(run) for run in runs[SEATS]]), 4),
        "largest_loss": round(max(run["spread"].loss for run in runs[SEATS]), 4),
    }
    served, ginis = ({seats: medians(some, field) for seats, some in runs.items()} for field in ("served", "gini"))
    return {
        "fair_served": _figure(served, "share of servable", of),
        "fair_gini": _figure(ginis, "Gini of seats taken", of),
    }


def _figure(by_seats: Mapping[float, dict[str, float]], unit: str, of: dict[str, Any]) -> dict[str, Any]:
    others = {f"at_{seats:g}_seats": by_seats[seats] for seats in OTHER_SEATS}
    return figure(by_seats[SEATS]["spread"], unit, **of, ways=by_seats[SEATS], **others)
