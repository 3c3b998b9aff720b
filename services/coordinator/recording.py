"""What became of notices that were sent, kept with their invitations. Never sends anything."""

from collections.abc import Sequence
from datetime import datetime

from schemas.coordinator import ContactUnreachable
from services.coordinator.domain.notice import (
    Away,
    Bounced,
    Due,
    Later,
    Needless,
    Outcome,
    Sent,
    Unasked,
    Unreachable,
    after,
    asks_again,
    next_attempt,
)
from services.coordinator.store import letters, notices
from services.coordinator.store.work import Work, load_referrals, save
from services.runtime.transaction import Transaction


async def record(
    tx: Transaction, due: Sequence[Due], outcomes: Sequence[Outcome], now: datetime, until: datetime
) -> None:
    """Keep what became of the notices, but where the invitation has moved on meanwhile.

    Those that wait are put back unless somebody else has them by now: they were ours `until` then.
    """
    work = await load_referrals(tx, [one.referral_id for one in due])
    later, bounces = [], []
    for one, outcome in zip(due, outcomes, strict=True):
        match outcome:
            case Sent() | Unreachable() if _is_asked_anew(work, one):
                pass  # it is somebody else's by now, and planned
            case Sent():
                _keep_sent(work, one, outcome, now)
            case Needless():
                _go_on(work, one, now)
            case Unreachable():
                _give_up(work, one, outcome)
            case Bounced(address=address):
                bounces.append((one.function, address))
                later.append((one.referral_id, one.choice, tx.now, 1))  # at once, to whoever is next
            case Away():
                # Not counted, but for the first, which is counted among the notices of the hour.
                later.append((one.referral_id, one.choice, one.due_at, max(1, one.attempts - 1)))
            case Unasked():
                again = asks_again(one.waiting_since, tx.now)
                later.append((one.referral_id, one.choice, again, max(1, one.attempts - 1)))
            case Later():
                later.append((one.referral_id, one.choice, next_attempt(one.attempts, tx.now), one.attempts))
    await save(work)
    await notices.put_back(tx.connection, later, until)
    await notices.keep_bounces(tx.connection, bounces)
    await letters.tell_unreachable(tx.connection, bounces, tx.now)


def _is_asked_anew(work: Work, due: Due) -> bool:
    """Tell whether the invitation changed hands while its first notice was on its way."""
    invitation = work.of_referral(due.referral_id)[due.choice]
    return invitation.state == "reserved" and invitation.generation != due.generation


def _keep_sent(work: Work, due: Due, sent: Sent, now: datetime) -> None:
    invitation = work.of_referral(due.referral_id)[due.choice]
    if due.notice != "invitation":
        _go_on(work, due, now, place=sent.place)
    elif invitation.notify(sent.contact_id, due.answer_is_due(now), work.tx.now, sent.channel):
        work.tell(invitation)
        invitation.place = sent.place
        invitation.plan(*after(due, now))
    elif invitation.state == "released" and invitation.notice != "withdrawn":
        invitation.contact_id, invitation.place = sent.contact_id, sent.place
        invitation.plan("withdrawn", work.tx.now)


def _go_on(work: Work, due: Due, now: datetime, *, place: int | None = None) -> None:
    """Plan the notice that follows, but where the invitation has moved on meanwhile."""
    invitation = work.of_referral(due.referral_id)[due.choice]
    if invitation.waits_for(due.notice, due.generation):
        invitation.place = invitation.place if place is None else place
        invitation.plan(*(after(due, now) if invitation.state == "notified" else (due.notice, None)))
        if due.notice == "withdrawn" and due.place > 0:
            invitation.place = due.place - 1
            invitation.plan("withdrawn", now)


def _give_up(work: Work, due: Due, unreachable: Unreachable) -> None:
    invitation = work.of_referral(due.referral_id)[due.choice]
    if due.notice != "invitation":
        _go_on(work, due, work.tx.now)
    elif invitation.expire("unreachable", work.tx.now):
        work.referral(due.referral_id).end_choice(due.choice)
        work.announce(
            ContactUnreachable(
                referral_id=due.referral_id,
                choice=due.choice,
                activity_id=invitation.activity_id,
                contact_id=unreachable.contact_id,
                reason=unreachable.reason,
            )
        )
        work.tell(invitation)
