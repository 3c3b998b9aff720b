"""What the coordinator service announced before its database went back to an earlier time, taken up again from Kafka.

So nobody is asked again who has answered, and no answer that the participant has heard of is lost. What was never
announced is gone: questions, who of a function had the invitation, what a municipality had chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from schemas.activities import SeatReserved
from schemas.coordinator import (
    ContactNotified,
    InvitationAccepted,
    InvitationDeclined,
    InvitationExpired,
    VisitRecorded,
)
from services.coordinator.domain.handover import Handover
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.links import answer_link
from services.coordinator.handlers import end_choices, invite
from services.coordinator.store.handovers import handovers_of
from services.coordinator.store.notices import know_links
from services.coordinator.store.work import Work, load, save
from services.runtime.handling import Delivery, Handlers
from services.runtime.remembering import Step, is_newer
from services.runtime.transaction import Transaction

Answered = InvitationAccepted | InvitationDeclined | InvitationExpired | VisitRecorded
FACTS: Final = (ContactNotified, InvitationAccepted, InvitationDeclined, InvitationExpired, VisitRecorded)


@dataclass(slots=True)
class Remembering:
    """What is taken up again; `link_key` makes the answer links that are out."""

    link_key: bytes
    _links: dict[tuple[UUID, int], bytes] = field(default_factory=dict)
    _known: dict[tuple[UUID, int], list[Handover]] = field(default_factory=dict)

    def steps(self) -> Sequence[Step]:
        """Return what is taken up, in this order: each step stands on those before it."""
        reserved: Handlers[Work] = Handlers(load=load, save=save)
        reserved.on(SeatReserved)(invite_again)
        told: Handlers[Work] = Handlers(load=self._load, save=self._save)
        told.on(*FACTS)(self.tell_again)
        followed: Handlers[Work] = Handlers(load=load, save=save)
        followed.on(SeatReserved)(end_older)
        return (
            Step(reserved, (SeatReserved,)),
            Step(told, FACTS),
            Step(followed, (SeatReserved,)),
        )

    def tell_again(self, work: Work, event: ContactNotified | Answered, delivery: Delivery) -> None:
        """Have the invitation be as it was announced, unless it is known already."""
        invitation = work.of_referral(event.referral_id).get(event.choice)
        if invitation and is_newer(delivery, work.referral(event.referral_id), work.tx):
            if isinstance(event, ContactNotified):
                self._notify(work, invitation, event, delivery.time or work.tx.now)
            else:
                _become(work, invitation, event)

    def _notify(self, work: Work, invitation: Invitation, event: ContactNotified, at: datetime) -> None:
        """Have them be asked who were, with the link that they have; whoever has not answered is reminded of it.

        A handover is known by when it was, so that none is counted twice: that would be a link that nobody has.
        """
        key = invitation.referral_id, invitation.choice
        if event.handed_over:
            if any(known.at == at for known in self._known[key]):
                return
            made = Handover(invitation.generation, "by_hand", at, invitation.place, invitation.place + 1)
            work.handovers.append((invitation, made))
            invitation.generation, invitation.place = invitation.generation + 1, invitation.place + 1
        elif invitation.state != "reserved":
            return
        self._links[key] = answer_link(self.link_key, *key, invitation.generation).hash
        if invitation.notify(event.contact_id, event.answer_by, work.tx.now, event.channel):
            invitation.plan("reminder", work.tx.now)

    async def _load(self, tx: Transaction, deliveries: Sequence[Delivery]) -> Work:
        told = [each.event for each in deliveries if isinstance(each.event, ContactNotified)]
        self._known = await handovers_of(tx.connection, [(each.referral_id, each.choice) for each in told])
        return await load(tx, deliveries)

    async def _save(self, work: Work) -> None:
        await save(work)
        await know_links(work.tx.connection, self._links)
        self._links.clear()


def invite_again(work: Work, event: SeatReserved, _: Delivery) -> None:
    """Have the invitation, whatever came after it: that is told next."""
    known = event.choice in work.of_referral(event.referral_id)
    if not known and not work.referral(event.referral_id).refuses(event.choice):
        invite(work, event)


def end_older(work: Work, event: SeatReserved, _: Delivery) -> None:
    """End the choices before this one."""
    end_choices(work, event.referral_id, event.choice - 1)


def _become(work: Work, invitation: Invitation, event: Answered) -> None:
    now, ended = work.tx.now, False
    match event:
        case InvitationAccepted():
            invitation.accept(now)
        case InvitationDeclined(reason=reason, paused_until=until):
            ended = invitation.decline(reason, now, until)
        case InvitationExpired(reason=reason):
            ended = invitation.expire(reason, now)
        case VisitRecorded(stopped=True, on=on):
            invitation.stop(on)
        case VisitRecorded(visit=visit, on=on):
            invitation.record_visit(visit, on)
    if ended:
        work.referral(event.referral_id).end_choice(event.choice)
