"""A referral and its moves: how it goes from a request to an outcome. Never whom it tells of that.

What other services know it by is the number of its choice: an event of an older or an ended one moves nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from schemas.vocabulary import Outcome, Policy, ReferralState, WaitingOn, WithdrawalReason

ENDED: Final[tuple[ReferralState, ...]] = ("closed", "withdrawn", "entered_in_error")
UNDER_WAY: Final[tuple[ReferralState, ...]] = ("chosen", "waitlisted", "invited", "accepted", "attending")
"""States in which a choice is being carried out."""
UNDECIDED: Final[tuple[ReferralState, ...]] = ("proposed", "unmatched")
"""States in which the participant can choose: of what fits, or of what is full and would fit but for that."""
BEFORE_A_NOTICE: Final[tuple[ReferralState, ...]] = ("chosen", "waitlisted")
BEFORE_AN_ANSWER: Final[tuple[ReferralState, ...]] = (*BEFORE_A_NOTICE, "invited")
BEFORE_A_VISIT: Final[tuple[ReferralState, ...]] = (*BEFORE_AN_ANSWER, "accepted")
"""States in which a choice can still come to nothing. News of a seat may be heard after news of its notice."""

Hurdle = Literal["study", "consent", "coach"]


class Status(NamedTuple):
    """What a referral's own centre sees of it, and whether others know of it at all."""

    state: ReferralState | None = None
    waiting_on: WaitingOn | None = None
    choice: int = 0
    activity_id: UUID | None = None
    announced: bool = False
    reason: str | None = None


@dataclass(slots=True)
class Referral:
    """One person's wish to take part in something, as far as it has come."""

    referral_id: UUID
    health_centre: str
    municipality: str
    received_at: datetime
    policy: Policy
    control: bool
    protected: bool
    consent_given_on: date | None
    consent_expires_on: date | None
    since: datetime
    announced: bool = False
    state: ReferralState = "received"
    waiting_on: WaitingOn = "nobody"
    choice: int = 0
    activity_id: UUID | None = None
    wanted: tuple[str, ...] = ()
    """activity_ids, lower case, in the order in which they get their chance."""
    waits: frozenset[str] = frozenset()
    """Those of them for which the participant would wait, were they full."""
    reason: str | None = None
    outcome: Outcome | None = None
    told_by_webhook: bool = False
    """Whether its centre is told that way too."""
    moves: int = 0
    sequence: int = 0

    @property
    def status(self) -> Status:
        """What is to be told, if it changed."""
        return Status(self.state, self.waiting_on, self.choice, self.activity_id, self.announced, self.reason)

    @property
    def has_ended(self) -> bool:
        """Whether nothing can move it any more, but for `entered_in_error`."""
        return self.state in ENDED

    def consent_in_force(self, today: date) -> bool:
        """Tell whether there is a consent and today lies within it."""
        given_on, expires_on = self.consent_given_on, self.consent_expires_on
        return given_on is not None and expires_on is not None and given_on <= today <= expires_on

    def enter(self, state: ReferralState, waiting_on: WaitingOn, now: datetime, reason: str | None = None) -> None:
        """Be in the state from now on."""
        self.state, self.waiting_on, self.since, self.reason = state, waiting_on, now, reason


def hurdle(referral: Referral, today: date) -> Hurdle | None:
    """Return on what a referral must wait before anybody else may hear of it; None: nothing stands in its way.

    A control arm rests until the study is over. Without consent nothing begins. For a protected identity the
    coach arranges everything in person, so it is never announced.
    """
    if referral.control:
        return "study"
    if not referral.consent_in_force(today):
        return "consent"
    return "coach" if referral.protected else None


def reconsider(referral: Referral, today: date, now: datetime) -> None:
    """Let it begin, or wait, as arm, consent and protection demand; stop it if its consent is no longer in force."""
    if referral.has_ended:
        return
    if not referral.announced:
        waits_on = hurdle(referral, today)
        referral.announced = waits_on is None
        referral.enter("received", waits_on or "nobody", now if referral.waiting_on != waits_on else referral.since)
    elif referral.state != "attending" and not referral.consent_in_force(today):
        withdraw(referral, "consent", now)


def propose(referral: Referral, activity_ids: Sequence[str], now: datetime) -> bool:
    """Take proposals (lower case, best first); `best_match` goes down those it has not tried. False: it has ended.

    Beside a choice under way they move nothing: they are what is left if it comes to nothing.
    """
    if referral.has_ended or not referral.announced:
        return False
    if referral.state in UNDER_WAY:
        return True
    if referral.policy == "best_match":
        untried = [wanted for wanted in activity_ids if wanted not in referral.wanted]
        referral.wanted = (*referral.wanted, *untried)
        if untried:
            _choose(referral, untried[0], now)
    elif referral.state != "proposed":
        referral.enter("proposed", "participant", now)
    return True


def find_nothing(referral: Referral, reason: str, now: datetime) -> bool:
    """Hear that nothing fits. False: it has proposals, or has ended."""
    if referral.state != "received" or not referral.announced:
        return False
    referral.enter("unmatched", "coordinator", now, reason)
    return True


def hand_to_coach(referral: Referral, state: ReferralState, now: datetime) -> bool:
    """Put on the coach's list what was undecided in this state for too long. False: it is not any more, or it ended."""
    if referral.state != state or state not in UNDECIDED or referral.waiting_on == "coach":
        return False
    referral.enter(state, "coach", now, referral.reason)
    return True


def choose(
    referral: Referral, wanted: Sequence[UUID], waits: Collection[UUID], now: datetime
) -> Literal["chosen", "repeated", "too_late"]:
    """Record the participant's choice, and after it what they would take next, in their order.

    For those of them that they would wait for, they do where it is full.
    """
    ids, waiting = tuple(map(str, wanted)), frozenset(map(str, waits))
    if referral.state in UNDER_WAY and (referral.wanted, referral.waits) == (ids, waiting):
        return "repeated"
    if referral.state not in UNDECIDED:
        return "too_late"
    referral.wanted, referral.waits = ids, waiting
    _choose(referral, ids[0], now)
    return "chosen"


def _choose(referral: Referral, activity_id: str, now: datetime) -> None:
    referral.choice += 1
    referral.activity_id = UUID(activity_id)
    referral.enter("chosen", "nobody", now)


def choose_again(referral: Referral, choice: int, activity_id: UUID, now: datetime, *, wait: bool) -> bool:
    """Take up a choice that was made and then forgotten; what was wanted after it is not known any more.

    False: it is known, or the referral has ended.
    """
    if referral.has_ended or choice <= referral.choice:
        return False
    named = str(activity_id)
    if named not in referral.wanted:
        tried = referral.wanted if referral.policy == "best_match" else ()
        referral.wanted = (*tried, named)
    if wait:
        referral.waits |= {named}
    referral.choice = choice - 1
    _choose(referral, named, now)
    return True


def is_current(referral: Referral, choice: int, *states: ReferralState) -> bool:
    """Tell whether this is the choice under way, and in one of the states."""
    return choice == referral.choice and referral.state in states


def await_seat(referral: Referral, choice: int, now: datetime) -> bool:
    """Hear that the participant stands in line for a seat. False: of another choice, or known already."""
    if not is_current(referral, choice, "chosen"):
        return False
    referral.enter("waitlisted", "coordinator", now)
    return True


def get_seat(referral: Referral, choice: int, now: datetime) -> bool:
    """Hear that a freed seat is now kept for the participant. False: of another choice, or known already."""
    if not is_current(referral, choice, "waitlisted"):
        return False
    referral.enter("chosen", "nobody", now)
    return True


def invite(referral: Referral, choice: int, now: datetime) -> bool:
    """Hear that the contact function was notified. False: of another choice, or known already."""
    if not is_current(referral, choice, *BEFORE_A_NOTICE):
        return False
    referral.enter("invited", "contact_function", now)
    return True


def accept(referral: Referral, choice: int, now: datetime) -> bool:
    """Hear that the participant is welcome. False: of another choice, or known already."""
    if not is_current(referral, choice, *BEFORE_AN_ANSWER):
        return False
    referral.enter("accepted", "participant", now)
    return True


def attend(referral: Referral, choice: int, now: datetime) -> bool:
    """Hear of a visit. False: of another choice, or not the first one."""
    if not is_current(referral, choice, *BEFORE_A_VISIT):
        return False
    referral.enter("attending", "coach", now)
    return True


def leave(referral: Referral, choice: int, now: datetime) -> bool:
    """Hear that the participant comes no more; the coach is to say how it went. False: of another choice."""
    if not is_current(referral, choice, "attending"):
        return False
    referral.enter("attending", "coach", now, "stopped")
    return True


def end_choice(referral: Referral, choice: int, reason: str, now: datetime, *states: ReferralState) -> bool:
    """End the choice, if it is in one of the states: what is wanted next gets its chance, else the coach is told."""
    if not is_current(referral, choice, *states):
        return False
    following = referral.wanted[referral.wanted.index(str(referral.activity_id)) + 1 :]
    if following:
        _choose(referral, following[0], now)
    else:
        referral.activity_id = None
        referral.enter("proposed", "coach", now, reason)
    return True


def withdraw(referral: Referral, reason: WithdrawalReason, now: datetime) -> bool:
    """End it before it is closed, whatever else is on its way. False: it had ended."""
    if referral.has_ended:
        return False
    referral.enter("withdrawn", "nobody", now, reason)
    return True


def close(referral: Referral, outcome: Outcome, now: datetime) -> Literal["closed", "repeated", "too_late"]:
    """Record the outcome; `entered_in_error` also of what has ended."""
    if referral.outcome == outcome:
        return "repeated"
    if outcome != "entered_in_error" and referral.has_ended:
        return "too_late"
    referral.outcome = outcome
    referral.enter("entered_in_error" if outcome == "entered_in_error" else "closed", "nobody", now)
    return "closed"
