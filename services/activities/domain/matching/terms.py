"""The ranking terms: how well activities that fit would suit, each from 0 to 1. Never an exclusion.

What depends on the need is measured for many activities at once, in their order: of each, only what it looks at.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from services.activities.domain.matching.geography import Position
from services.activities.domain.matching.model import Activity, WeekTime
from services.activities.domain.matching.serving import Asked, Candidate, Those, kinds, union

Measured = list[float]
"""One number for each candidate."""


def terms_of(candidates: Sequence[Candidate], asked: Asked) -> Iterator[tuple[float, ...]]:
    """Return each candidate's terms, in the order of `Terms`; there must be a candidate."""
    bits, _, positions, times, seats, fresh = zip(*candidates, strict=True)
    return zip(
        interest(bits, asked),
        nearness(positions, asked),
        share_of_sessions_that_fit(times, asked),
        preference(bits, asked),
        seats,
        fresh,
        strict=True,
    )


def interest(bits: Sequence[Those], asked: Asked) -> Measured:
    """1 for a shared category, 0.5 for a shared kind or when none is asked for, else 0."""
    interests, at = asked.need.interests, asked.at
    if not interests:
        return [0.5] * len(bits)
    same, akin = union(at.by_category, interests), union(at.by_kind, kinds(interests))
    return [1.0 if bit & same else 0.5 if bit & akin else 0.0 for bit in bits]


def nearness(positions: Sequence[Position | None], asked: Asked) -> Measured:
    """1 next door, 0 at the farthest allowed; 1 for what is online or at home."""
    farthest = asked.need.max_distance_km
    near: dict[Position | None, float] = {
        position: 1 - km / farthest if km < farthest else 0.0 for position, km in asked.km.items()
    }
    near[None] = 1.0
    return [near[position] for position in positions]


def share_of_sessions_that_fit(times: Sequence[Sequence[WeekTime]], asked: Asked) -> Measured:
    """Of the activity's sessions; 1 when either side names no times."""
    if not asked.need.free_times:
        return [1.0] * len(times)
    free = asked.free
    return [sum([time in free for time in own]) / len(own) if own else 1.0 for own in times]


def preference(bits: Sequence[Those], asked: Asked) -> Measured:
    """The share of what is preferred that the activity is; 1 when nothing is preferred."""
    need, at = asked.need, asked.at
    met = []
    if need.peer_led is not None:
        met.append(at.peer_led if need.peer_led else ~at.peer_led)
    if need.group_size != "any":
        met.append(at.by_group_size.get(need.group_size, 0))
    if not met:
        return [1.0] * len(bits)
    every, some = met[0] & met[-1], met[0] | met[-1]
    return [1.0 if bit & every else 0.5 if bit & some else 0.0 for bit in bits]


def share_of_free_seats(activity: Activity) -> float:
    """Of all its seats; 1 when they are unlimited."""
    if activity.maximum is None:
        return 1.0
    return clamped((activity.maximum - activity.taken) / activity.maximum)


def freshness(activity: Activity, on: date, verified_days: int) -> float:
    """1 when verified on the day or ahead of it, 0 at the end of the window or never."""
    if activity.verified_on is None:
        return 0.0
    return clamped(1 - (on - activity.verified_on).days / verified_days)


def clamped(value: float) -> float:
    """Return the value, or the nearer of 0 and 1 outside them."""
    return 0.0 if value < 0 else 1.0 if value > 1 else value
