"""Why an activity is proposed, as codes. Never a sentence: those are made where shown (`schemas.sentences`)."""

from collections.abc import Callable
from typing import Final

from services.activities.domain.matching.model import Activity, Need, Terms


def reasons_for(activity: Activity, need: Need, terms: Terms) -> tuple[str, ...]:
    """Return the codes of all that speaks for a proposal, the most telling first; never empty."""
    return tuple([code for code, speaks in SPEAKS_FOR_IT.items() if speaks(activity, need, terms)])


SPEAKS_FOR_IT: Final[dict[str, Callable[[Activity, Need, Terms], bool]]] = {
    "interest": lambda _activity, need, terms: bool(need.interests) and terms.interest == 1,
    "kind": lambda _activity, need, terms: bool(need.interests) and 0 < terms.interest < 1,
    "near": lambda activity, _need, _terms: activity.mode == "place",
    "online": lambda activity, _need, _terms: activity.mode == "online",
    "home": lambda activity, _need, _terms: activity.mode == "home",
    "all_times": lambda activity, need, terms: bool(need.free_times and activity.sessions) and terms.time == 1,
    "some_times": lambda _activity, _need, terms: terms.time < 1,
    "by_appointment": lambda activity, _need, _terms: not activity.sessions,
    "peer_led": lambda activity, need, _terms: bool(need.peer_led and activity.peer_led),
    "group_size": lambda activity, need, _terms: need.group_size == activity.group_size,
    "language": lambda activity, need, _terms: bool(need.languages & activity.languages),
    "access": lambda _activity, need, _terms: bool(need.access_needs),
    "free": lambda activity, _need, _terms: activity.cost is None,
    "seats": lambda _activity, _need, _terms: True,
}
