"""The ranking terms: how well an activity that fits would suit, each from 0 to 1. Never an exclusion."""

from datetime import date
from functools import lru_cache

from schemas.vocabulary import KIND_OF, Kind
from services.activities.domain.matching.geography import distance_km
from services.activities.domain.matching.model import Activity, Need, Terms


def terms_of(activity: Activity, need: Need, on: date, verified_days: int) -> Terms:
    """Measure an activity whose sessions are all live on the day."""
    return Terms(
        interest=interest(activity, need),
        distance=nearness(activity, need),
        time=share_of_sessions_that_fit(activity, need),
        preference=preference(activity, need),
        seats=share_of_free_seats(activity),
        freshness=freshness(activity, on, verified_days),
    )


def interest(activity: Activity, need: Need) -> float:
    """1 for a shared category, 0.5 for a shared kind or when none is asked for, else 0."""
    if not need.interests:
        return 0.5
    if not need.interests.isdisjoint(activity.categories):
        return 1.0
    return 0.0 if kinds(need.interests).isdisjoint(kinds(activity.categories)) else 0.5


@lru_cache(maxsize=4096)
def kinds(categories: frozenset[str]) -> frozenset[Kind]:
    """Return the kinds of the categories."""
    return frozenset(KIND_OF[category] for category in categories)


def nearness(activity: Activity, need: Need) -> float:
    """1 next door, 0 at the farthest allowed; 1 for what is online or at home."""
    if activity.position is None:
        return 1.0
    return clamped(1 - distance_km(need.area, activity.position) / need.max_distance_km)


def share_of_sessions_that_fit(activity: Activity, need: Need) -> float:
    """Of the activity's sessions; 1 when either side names no times."""
    if not need.free_times or not activity.sessions:
        return 1.0
    return sum(session.fits(need.free_times) for session in activity.sessions) / len(activity.sessions)


def preference(activity: Activity, need: Need) -> float:
    """The share of what is preferred that the activity is; 1 when nothing is preferred."""
    asked = int(need.peer_led is not None) + int(need.group_size != "any")
    if not asked:
        return 1.0
    met = int(need.peer_led is activity.peer_led) + int(need.group_size == activity.group_size)
    return met / asked


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
