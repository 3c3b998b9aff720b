"""Sending what is due: claim, ask whether consent stands, hand over, record. Never without consent.

A notice is leased, sent outside of any transaction, and recorded, a batch at a time. Whoever is killed in between
leaves a lease that ends: the notice is then sent again with the same link and the same Message-ID, at most.

A referral whose consent is not in force is not announced to anybody: its notice keeps waiting, with growing pauses.
Whether the consent comes back or the referral is withdrawn is for the referral service to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from schemas.coordinator import ContactUnreachable
from services.coordinator.domain.links import AnswerLink, answer_link
from services.coordinator.domain.notice import (
    Due,
    Later,
    Needless,
    Outcome,
    Recipient,
    Sent,
    Unreachable,
    after,
    is_given_up,
    next_attempt,
    recipient_of,
)
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.letterhead import Letterhead
from services.coordinator.mail import Mail
from services.coordinator.referral_service import ReferralService
from services.coordinator.smtp import Delivery
from services.coordinator.store import notices
from services.coordinator.store.work import Work, load_referrals, save
from services.runtime.crash_points import come_by
from services.runtime.service import Service

BATCH: Final = 200
LEASE: Final = timedelta(minutes=3)
"""Longer than asking and sending may take together."""


class Notifier(Protocol):
    """Hands mails over and tells what became of each."""

    async def send(self, mails: Sequence[Mail]) -> Sequence[Delivery]:
        """Return what became of each mail, in order."""


@dataclass(frozen=True, slots=True)
class Notices:
    """What it takes to send notices."""

    service: Service[Work]
    referrals: ReferralService
    notifier: Notifier
    letterhead: Letterhead
    answer_time: AnswerTime
    link_key: bytes

    async def send_due(self, now: datetime) -> int:
        """Send a batch of notices that are due, and return how many there were."""
        due = await self._claim(now)
        if due:
            outcomes = await self._send(due, now)
            come_by("handed_over")
            await self._record(due, outcomes, now)
        return len(due)

    async def _claim(self, now: datetime) -> list[Due]:
        async with self.service.engine.begin() as connection:
            due = await notices.due_notices(connection, now, BATCH, self.answer_time)
            leases = [notices.Lease(one.referral_id, one.choice, self._link(one).hash) for one in due]
            if leases:
                await notices.lease(connection, leases, now + LEASE)
        return due

    async def _send(self, due: Sequence[Due], now: datetime) -> list[Outcome]:
        """Return what became of each notice; those without a recipient or a consent are not sent."""
        outcomes: list[Outcome] = [Later()] * len(due)
        asking = [one.referral_id for one in due if one.notice != "withdrawn"]
        consents = await self.referrals.consents_in_force(asking) if asking else frozenset[UUID]()
        mails: list[tuple[int, Recipient, Mail]] = []
        for place, one in enumerate(due):
            if one.notice != "withdrawn" and (consents is None or one.referral_id not in consents):
                continue
            match recipient_of(one, now):
                case Recipient() as recipient:
                    mails.append((place, recipient, self._mail(one, recipient, now)))
                case outcome:
                    outcomes[place] = outcome
        deliveries = await self.notifier.send([mail for _, _, mail in mails])
        for (place, recipient, _), delivery in zip(mails, deliveries, strict=True):
            outcomes[place] = _outcome(due[place], recipient, delivery, now)
        return outcomes

    async def _record(self, due: Sequence[Due], outcomes: Sequence[Outcome], now: datetime) -> None:
        """Keep what became of the notices, but where the invitation has moved on meanwhile."""
        async with self.service.transaction() as tx:
            work = await load_referrals(tx, [one.referral_id for one in due])
            later = []
            for one, outcome in zip(due, outcomes, strict=True):
                match outcome:
                    case Sent():
                        _keep_sent(work, one, outcome, now)
                    case Needless():
                        _go_on(work, one, now)
                    case Unreachable():
                        _give_up(work, one, outcome)
                    case Later():
                        later.append((one.referral_id, one.choice, next_attempt(one.attempts, tx.now)))
            await save(work)
            await notices.put_back(tx.connection, later)

    def _link(self, due: Due) -> AnswerLink:
        function = str(due.contact_id or due.municipality)
        return answer_link(self.link_key, due.referral_id, due.choice, function, due.generation)

    def _mail(self, due: Due, recipient: Recipient, now: datetime) -> Mail:
        return self.letterhead.notice(due, recipient, self._link(due), now)


def _outcome(due: Due, recipient: Recipient, delivery: Delivery, now: datetime) -> Outcome:
    match delivery:
        case "sent":
            return Sent(recipient.contact_id, recipient.place)
        case "refused":
            return Unreachable("mail_refused", recipient.contact_id)
        case "deferred" if is_given_up(due.waiting_since, now):
            return Unreachable("mail_deferred", recipient.contact_id)
        case "deferred" | "away":
            return Later()


def _keep_sent(work: Work, due: Due, sent: Sent, now: datetime) -> None:
    invitation = work.of_referral(due.referral_id)[due.choice]
    if due.notice != "invitation":
        _go_on(work, due, now, place=sent.place)
    elif invitation.notify(sent.contact_id, due.answer_is_due(now), work.tx.now):
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
