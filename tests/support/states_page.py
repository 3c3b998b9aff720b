"""`docs/states.md`: the states of a referral and of an invitation, found by making every move from every state.

So the pictures are what the code does: each move is called, and where it leads is drawn.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, NamedTuple, Protocol, get_args
from uuid import UUID

from schemas.vocabulary import REFERRAL_STATES
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.invitation import State as InvitationState
from services.referral.domain import referral as moves
from services.referral.domain.referral import ENDED, Referral
from tests.support.service_testing import NOON

FIRST, SECOND = UUID(int=1), UUID(int=2)


class Stateful(Protocol):
    """What has a state."""

    state: Any


class Way(NamedTuple):
    """A move that leads from one state to another."""

    before: str
    move: str
    after: str


REFERRAL_MOVES: Final[Mapping[str, Callable[[Referral], object]]] = {
    "activities proposed": lambda it: moves.propose(it, [str(FIRST)], NOON),
    "nothing fits": lambda it: moves.find_nothing(it, "no_activity", NOON),
    "choice recorded": lambda it: moves.choose(it, [FIRST], [], NOON),
    "no seat": lambda it: moves.end_choice(it, it.choice, "full", NOON, *moves.BEFORE_A_NOTICE),
    "no seat, and the participant waits": lambda it: moves.await_seat(it, it.choice, NOON),
    "a seat was freed": lambda it: moves.get_seat(it, it.choice, NOON),
    "declined, or nobody answered": lambda it: moves.end_choice(it, it.choice, "other", NOON, *moves.BEFORE_A_VISIT),
    "contact function notified": lambda it: moves.invite(it, it.choice, NOON),
    "accepted": lambda it: moves.accept(it, it.choice, NOON),
    "first visit": lambda it: moves.attend(it, it.choice, NOON),
    "outcome": lambda it: moves.close(it, "taking_part", NOON),
    "withdrawn, or consent over": lambda it: moves.withdraw(it, "participant", NOON),
    "recorded by mistake": lambda it: moves.close(it, "entered_in_error", NOON),
}
INVITATION_MOVES: Final[Mapping[str, Callable[[Invitation], object]]] = {
    "notice sent": lambda it: it.notify(None, NOON, NOON),
    "accepted": lambda it: it.accept(NOON),
    "declined": lambda it: it.decline("other", NOON),
    "unreachable, or no answer in time": lambda it: it.expire("no_response", NOON),
    "referral ended, or next choice": lambda it: it.release(NOON),
}


def referrals() -> Iterator[Referral]:
    """Yield a referral in each state, with and without something that is wanted next, under either policy."""
    for state in REFERRAL_STATES:
        for wanted in ((str(FIRST),), (str(FIRST), str(SECOND))):
            for policy in ("coach_chooses", "best_match"):
                yield Referral(
                    referral_id=UUID(int=9),
                    health_centre="her:1",
                    municipality="NO-5501",
                    received_at=NOON,
                    policy=policy,
                    control=False,
                    protected=False,
                    consent_given_on=NOON.date(),
                    consent_expires_on=NOON.date(),
                    since=NOON,
                    announced=True,
                    state=state,
                    choice=1 if state in moves.UNDER_WAY else 0,
                    activity_id=FIRST,
                    wanted=wanted if state in moves.UNDER_WAY else (),
                )


def invitations() -> Iterator[Invitation]:
    """Yield an invitation in each state."""
    for state in get_args(InvitationState):
        yield Invitation(UUID(int=9), 1, FIRST, "NO-5501", None, NOON, None, state=state)


def ways(them: Iterator[Any], by: Mapping[str, Callable[[Any], object]]) -> list[Way]:
    """Return where each move leads from each state, but where it leads nowhere."""
    found: dict[Way, None] = {}
    for it in them:
        for name, move in by.items():
            moved = deepcopy(it)
            move(moved)
            if moved.state != it.state:
                found[Way(it.state, name, moved.state)] = None
    return list(found)


def diagram(found: Sequence[Way], first: str, last: Sequence[str]) -> str:
    """Return a Mermaid diagram; a move that leads from every state before the last ones is drawn once."""
    alive = {way.before for way in found} - set(last)
    from_all = {
        (way.move, way.after) for way in found if alive - {way.after} <= {w.before for w in found if w[1:] == way[1:]}
    }
    inside = [way for way in found if way[1:] not in from_all]
    lines = ["```mermaid", "stateDiagram-v2", '    state "before its end" as open {', f"        [*] --> {first}"]
    lines += [f"        {line}" for line in _arrows(way for way in inside if way.after not in last)]
    lines += ["    }"]
    outside = [way for way in inside if way.after in last]
    outside += [Way("open", move, after) for move, after in sorted(from_all)]
    outside += [way for way in found if way.before in last and way[1:] in from_all]
    lines += [f"    {line}" for line in _arrows(outside)]
    return "\n".join([*lines, "```"])


def _arrows(found: Iterator[Way] | Sequence[Way]) -> list[str]:
    together: dict[tuple[str, str], list[str]] = {}
    for way in found:
        together.setdefault((way.before, way.after), []).append(way.move)
    return [f"{before} --> {after}: {' / '.join(names)}" for (before, after), names in together.items()]


def page() -> str:
    """Return the text of the page."""
    return f"""# The states

Written by `make docs`: every move of the code is made from every state, and drawn where it leads. What is not drawn
changes nothing.

## A referral

The referral service decides. Words: GLOSSARY.md; what each state waits for: `services/referral/domain/referral.py`.

{diagram(ways(referrals(), REFERRAL_MOVES), "received", ENDED)}

## An invitation

The coordinator service decides. There is one for each choice that got a seat.

{diagram(ways(invitations(), INVITATION_MOVES), "reserved", ("declined", "expired", "released"))}
"""
