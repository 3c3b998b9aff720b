"""Why an activity is proposed, as codes. Never a sentence: those are made where shown (`schemas.sentences`)."""

from itertools import compress

from services.activities.domain.matching.model import Activity, Need, Terms


def reasons_for(activity: Activity, need: Need, terms: Terms) -> tuple[str, ...]:
    """Return the codes of all that speaks for a proposal, the most telling first; never empty."""
    speaks = what_speaks_for(activity, need, terms)
    return tuple(compress(speaks, speaks.values()))


def what_speaks_for(activity: Activity, need: Need, terms: Terms) -> dict[str, object]:
    """Return for each code, the most telling first, whether it holds: whatever is true in Python."""
    interest, mode, sessions = terms.interest, activity.mode, activity.sessions
    return {
        "interest": need.interests and interest == 1,
        "kind": need.interests and 0 < interest < 1,
        "near": mode == "place",
        "online": mode == "online",
        "home": mode == "home",
        "all_times": need.free_times and sessions and terms.time == 1,
        "some_times": terms.time < 1,
        "by_appointment": not sessions,
        "peer_led": need.peer_led and activity.peer_led,
        "group_size": need.group_size == activity.group_size,
        "language": need.languages & activity.languages,
        "access": need.access_needs,
        "free": activity.cost is None,
        "seats": True,
    }
