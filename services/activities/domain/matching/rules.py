"""The hard rules: what excludes an activity, in the contract's order.

A rule answers True, or the set of those, for what it excludes. Never here: preferences; they only rank (see `terms`).
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from schemas.vocabulary import NoMatch, Rule
from services.activities.domain.matching.model import Activity, Need
from services.activities.domain.matching.serving import Asked, Those, union

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


# What activities fail for one need, put to all that serve its municipality at once. Sessions that are over
# are gone by now: see `Activity.as_of`.


def excluded_for(asked: Asked) -> tuple[Those, dict[Rule, Those]]:
    """Return those that fit the need, and by each later rule those that fail it first."""
    left, excluded = asked.at.all, {}
    for code, excludes in OF_NEED:
        if gone := left & excludes(asked):
            excluded[code] = gone
            left ^= gone
    return left, excluded


def have_other_mode(asked: Asked) -> Those:
    """Modes are given and its own is not among them."""
    need, at = asked.need, asked.at
    return at.all & ~union(at.by_mode, need.modes) if need.modes else 0


def are_too_far(asked: Asked) -> Those:
    """It is at a place, farther than the participant would go."""
    farthest = asked.need.max_distance_km + MICROMETRE
    return union(asked.at.by_position, [position for position, km in asked.km.items() if km > farthest])


def are_for_other_ages(asked: Asked) -> Those:
    """The participant is younger or older than it takes; a missing bound is none."""
    age, by_ages = asked.need.age, asked.at.by_ages
    return union(
        by_ages,
        [
            ages
            for ages in by_ages
            if (ages[0] is not None and age < ages[0]) or (ages[1] is not None and age > ages[1])
        ],
    )


def are_for_others(asked: Asked) -> Those:
    """It is for women or men only, and the participant is not one."""
    gender = asked.need.gender
    return union(asked.at.by_audience, [audience for audience, only_for in ONLY_FOR if gender != only_for])


def share_no_language(asked: Asked) -> Those:
    """Both sides name languages and none is the same."""
    spoken, by_language = asked.need.languages, asked.at.by_language
    return union(by_language, by_language) & ~union(by_language, spoken) if spoken else 0


def lack_access(asked: Asked) -> Those:
    """It does not offer something that the participant needs."""
    lacking = 0
    for needed in asked.need.access_needs:
        lacking |= ~asked.at.by_access.get(needed, 0)
    return lacking


def are_at_other_times(asked: Asked) -> Those:
    """Both sides name times and no session lies wholly inside one free time."""
    by_time = asked.at.by_time
    return union(by_time, by_time) & ~union(by_time, asked.free) if asked.need.free_times else 0


def cost_too_much(asked: Asked) -> Those:
    """A limit is given, and it costs more or is paid in another currency."""
    limit, by_cost = asked.need.max_cost, asked.at.by_cost
    if limit is None:
        return 0
    return union(by_cost, [cost for cost in by_cost if cost.currency != limit.currency or cost.amount > limit.amount])


def are_full(asked: Asked) -> Those:
    """Seats are limited and all are taken."""
    return asked.at.full


MICROMETRE: Final = 1e-9
"""In kilometres: what lies on the border is not lost to the last bits of the arithmetic."""
ONLY_FOR: Final = (("women", "woman"), ("men", "man"))

OF_NEED: Final[tuple[tuple[Rule, Callable[[Asked], Those]], ...]] = (
    ("mode", have_other_mode),
    ("distance", are_too_far),
    ("age", are_for_other_ages),
    ("audience", are_for_others),
    ("language", share_no_language),
    ("access", lack_access),
    ("time", are_at_other_times),
    ("cost", cost_too_much),
    (FULL, are_full),
)
