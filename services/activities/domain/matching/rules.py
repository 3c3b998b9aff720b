"""The hard rules: what excludes an activity, in the contract's order.

A rule answers True for what it excludes. Never here: preferences; they only rank (see `terms`).
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from schemas.vocabulary import NoMatch, Rule
from services.activities.domain.matching.geography import distance_km
from services.activities.domain.matching.model import Activity, Need

MUNICIPALITY: Final[Rule] = "municipality"
"""The rule that needs no function: the catalogue puts a need only to what serves its municipality."""
FULL: Final[Rule] = "full"
"""The last rule: what fails it alone can be waited for."""
NO_ACTIVITY: Final[NoMatch] = "no_activity"
"""Why there is no match when the need was matched and nothing fits."""


def not_matched(need: Need, on: date) -> NoMatch | None:
    """Return why the need is not matched at all on the day, or None."""
    if need.control_arm:
        return "study_control"
    if need.consent is None or not need.consent.holds(on):
        return "consent"
    return None


# What an activity fails by itself on a day, whoever asks.


def excluded_on(activity: Activity, on: date, verified_days: int) -> Rule | None:
    """Return the first rule that the activity fails on the day for everybody, or None."""
    if activity.status != "published":
        return "unpublished"
    if has_ended(activity, on):
        return "ended"
    if lacks_agreement(activity, on):
        return "agreement"
    if is_unverified(activity, on, verified_days):
        return "unverified"
    return None


def has_ended(activity: Activity, on: date) -> bool:
    """It has sessions and none is live; by appointment never ends."""
    return bool(activity.sessions) and not any(session.is_live(on) for session in activity.sessions)


def lacks_agreement(activity: Activity, on: date) -> bool:
    """A voluntary organiser without an agreement in force."""
    if activity.organiser_kind != "voluntary":
        return False
    return activity.agreement is None or not activity.agreement.holds(on)


def is_unverified(activity: Activity, on: date, verified_days: int) -> bool:
    """Nobody has verified it, or too long ago; a day ahead counts as verified."""
    return activity.verified_on is None or on - activity.verified_on > timedelta(days=verified_days)


# What an activity fails for one need. Sessions that are over are gone by now: see `Activity.as_of`.


def excluded_for(activity: Activity, need: Need) -> Rule | None:
    """Return the first rule after `municipality` that the activity fails for the need, or None."""
    for code, excludes in OF_NEED:
        if excludes(activity, need):
            return code
    return None


def has_other_mode(activity: Activity, need: Need) -> bool:
    """Modes are given and its own is not among them."""
    return bool(need.modes) and activity.mode not in need.modes


def is_too_far(activity: Activity, need: Need) -> bool:
    """It is at a place, farther than the participant would go."""
    if activity.position is None:
        return False
    return distance_km(need.area, activity.position) > need.max_distance_km + MICROMETRE


def is_for_other_ages(activity: Activity, need: Need) -> bool:
    """The participant is younger or older than it takes; a missing bound is none."""
    too_young = activity.min_age is not None and need.age < activity.min_age
    return too_young or (activity.max_age is not None and need.age > activity.max_age)


def is_for_others(activity: Activity, need: Need) -> bool:
    """It is for women or men only, and the participant is not one."""
    return activity.audience != "everyone" and need.gender != ONLY_FOR[activity.audience]


def shares_no_language(activity: Activity, need: Need) -> bool:
    """Both sides name languages and none is the same."""
    return bool(need.languages and activity.languages) and need.languages.isdisjoint(activity.languages)


def lacks_access(activity: Activity, need: Need) -> bool:
    """It does not offer something that the participant needs."""
    return not need.access_needs <= activity.access


def is_at_other_times(activity: Activity, need: Need) -> bool:
    """Both sides name times and no session lies wholly inside one free time."""
    if not need.free_times or not activity.sessions:
        return False
    return not any(session.fits(need.free_times) for session in activity.sessions)


def costs_too_much(activity: Activity, need: Need) -> bool:
    """A limit is given, and it costs more or is paid in another currency."""
    if need.max_cost is None or activity.cost is None:
        return False
    return activity.cost.currency != need.max_cost.currency or activity.cost.amount > need.max_cost.amount


def is_full(activity: Activity, _need: Need) -> bool:
    """Seats are limited and all are taken."""
    return activity.maximum is not None and activity.taken >= activity.maximum


MICROMETRE: Final = 1e-9
"""In kilometres: what lies on the border is not lost to the last bits of the arithmetic."""
ONLY_FOR: Final = {"women": "woman", "men": "man"}

OF_NEED: Final[tuple[tuple[Rule, Callable[[Activity, Need], bool]], ...]] = (
    ("mode", has_other_mode),
    ("distance", is_too_far),
    ("age", is_for_other_ages),
    ("audience", is_for_others),
    ("language", shares_no_language),
    ("access", lacks_access),
    ("time", is_at_other_times),
    ("cost", costs_too_much),
    (FULL, is_full),
)
