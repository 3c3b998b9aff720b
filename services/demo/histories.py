"""Whether a referral's history explains the state it is in, as the domain has it. Never who it is about."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

NEXT: Final = {
    *("activity.chosen", "activities.proposed", "seat.refused", "seat.offered"),
    *("invitation.declined", "invitation.expired"),
}
"""After these the choice, or what is wanted next, is on its way."""
ENTERED_BY: Final[Mapping[str, set[str]]] = {
    "received": {"referral.requested"},
    "proposed": {"activities.proposed", "seat.refused", "invitation.declined", "invitation.expired"},
    "unmatched": {"no_activity.found"},
    "chosen": NEXT,
    "waitlisted": {"seat.awaited"},
    "invited": {"contact.notified"},
    "accepted": {"invitation.accepted"},
    "attending": {"visit.recorded"},
    "closed": {"referral.closed"},
    "withdrawn": {"referral.requested", "referral.withdrawal_requested", "consent.withdrawn", "consent.ends"},
    "entered_in_error": {"referral.closed"},
}
"""What brings a referral into a state, as its history calls it."""
LEADS_TO: Final[Mapping[str, set[str]]] = {
    "received": {"proposed", "unmatched", "chosen", "withdrawn", "closed"},
    "proposed": {"chosen", "withdrawn", "closed"},
    "unmatched": {"proposed", "chosen", "withdrawn", "closed"},
    "chosen": {"chosen", "waitlisted", "invited", "accepted", "attending", "proposed", "withdrawn", "closed"},
    "waitlisted": {"chosen", "invited", "accepted", "attending", "proposed", "withdrawn", "closed"},
    "invited": {"chosen", "accepted", "attending", "proposed", "withdrawn", "closed"},
    "accepted": {"chosen", "attending", "proposed", "withdrawn", "closed"},
    "attending": {"closed", "withdrawn"},
    "closed": set(),
    "withdrawn": set(),
    "entered_in_error": set(),
}


def unexplained(state: str, moves: int, history: Sequence[Any]) -> Iterator[str]:
    """Yield what the lines of a history, in order, leave unexplained; none is how it should be."""
    if [line.number for line in history] != list(range(1, moves + 1)):
        yield f"{len(history)} lines of history for {moves} moves"
    before = None
    for line in history:
        if line.state != before and line.what not in ENTERED_BY[line.state]:
            yield f"{line.what} does not lead to {line.state}"
        if before is None:
            if line.state not in ("received", "withdrawn"):
                yield f"begins as {line.state}"
        elif line.state not in (before, "entered_in_error") and line.state not in LEADS_TO[before]:
            yield f"{before} does not lead to {line.state}"
        before = line.state
    if before != state:
        yield f"is {state}, and its history ends as {before}"
