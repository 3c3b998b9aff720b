"""What the coordinator service does with each event. Never how a notice is sent or an answer taken."""

from typing import Final
from uuid import UUID

from schemas.activities import ContactFunctionChanged, SeatReleased, SeatReserved
from schemas.coordinator import COORDINATION_TOPIC
from schemas.parts import Holder
from schemas.referral import ReferralClosed, ReferralErased, ReferralWithdrawn
from services.coordinator.domain.contact_function import ContactFunction, Person, has_left, is_handed_over
from services.coordinator.domain.invitation import Invitation
from services.coordinator.domain.working_days import local_day
from services.coordinator.store.work import EXPIRY, Work, load, save
from services.runtime.handling import Deadline, Delivery, Handlers, Removed, Stalled

handlers: Final = Handlers(load=load, save=save)

ABOUT: Final = frozenset({"activity_name", "organiser_name", "place_name", "address", "mode", "sessions"})
"""What a notice says of the activity."""


@handlers.on(SeatReserved)
def invite_contact(work: Work, event: SeatReserved, _: Delivery) -> None:
    """Queue the notice of a new invitation; heard again, tell again where the invitation stands."""
    referral = work.referral(event.referral_id)
    known = work.of_referral(event.referral_id).get(event.choice)
    if known is not None:
        work.tell(known)
    elif not referral.refuses(event.choice):
        end_choices(work, event.referral_id, event.choice - 1)
        invite(work, event)


@handlers.on(SeatReleased)
def release_invitation(work: Work, event: SeatReleased, _: Delivery) -> None:
    """End the choice, also one whose seat we have not heard of yet."""
    end_choices(work, event.referral_id, event.choice)


@handlers.on(ReferralWithdrawn)
def withdraw_referral(work: Work, event: ReferralWithdrawn, _: Delivery) -> None:
    """End all choices, and every one that may still be on its way."""
    _end(work, event.referral_id)


@handlers.on(ReferralClosed)
def close_referral(work: Work, event: ReferralClosed, _: Delivery) -> None:
    """End the referral; who takes part keeps the accepted invitation."""
    keep = ("accepted",) if event.outcome == "taking_part" else ()
    _end(work, event.referral_id, keep=keep)


@handlers.on(ReferralErased)
def erase_referral(work: Work, event: ReferralErased, _: Delivery) -> None:
    """End the referral, and forget what was announced of it and whether anybody came."""
    _end(work, event.referral_id)
    for invitation in work.of_referral(event.referral_id).values():
        invitation.forget_visit()
    work.erased.add(event.referral_id)


@handlers.on(ContactFunctionChanged)
def learn_contact(work: Work, event: ContactFunctionChanged | Removed, delivery: Delivery) -> None:
    """Keep the contact function as last announced, and hand its open invitations to whoever answers now.

    Or has the place now of a deputy who was told of one. An older event changes nothing.
    """
    contact_id, sequence = UUID(delivery.key), delivery.sequence or ""
    known = work.contacts.get(contact_id)
    if known is not None and sequence < known.sequence:
        return
    told = ContactFunction(contact_id, sequence) if isinstance(event, Removed) else _contact_function(event, sequence)
    work.contacts[contact_id] = told
    for invitation in work.of_contact(contact_id):
        today = local_day(work.tx.now, invitation.municipality)
        if known is not None and is_handed_over(known, told, invitation.place, today):
            work.hand_over(invitation, "function_changed")
        elif known is not None and has_left(known, told, invitation.place):
            work.hand_over(invitation, "function_changed", to=invitation.place)


@handlers.on_deadline(EXPIRY)
def expire_invitation(work: Work, deadline: Deadline, _: Delivery) -> None:
    """End the invitation that nobody answered in time."""
    for invitation in work.of_referral(UUID(deadline.key)).values():
        if invitation.is_overdue(work.tx.now) and invitation.expire("no_response", work.tx.now):
            work.referral(invitation.referral_id).end_choice(invitation.choice)
            work.tell(invitation)


@handlers.on_stalled("reserved")
def queue_notice(work: Work, stalled: Stalled, _: Delivery) -> None:
    """Queue the notice of an invitation that has none."""
    for invitation in work.of_referral(UUID(stalled.key)).values():
        if invitation.state == "reserved" and invitation.notice_at is None:
            invitation.plan("invitation", work.tx.now)


@handlers.on_stalled("notified")
def set_deadline(work: Work, stalled: Stalled, _: Delivery) -> None:
    """Set the deadline of an invitation that has none."""
    for invitation in work.of_referral(UUID(stalled.key)).values():
        if invitation.state == "notified" and invitation.answer_by is not None:
            work.tx.set_deadline(EXPIRY, stalled.key, invitation.answer_by)


_STANDS_STILL: Final = (
    f"select referral_id::text as key, '{COORDINATION_TOPIC}' as topic from invitation "
    "where since < cast(:now as timestamptz) - interval '10 minutes'"
)
STALLED: Final = {
    "reserved": f"{_STANDS_STILL} and state = 'reserved' and notice_at is null",
    "notified": f"{_STANDS_STILL} and state = 'notified'",
}
"""What the sweep looks for: what waits for nothing that could come."""


def invite(work: Work, event: SeatReserved) -> None:
    """Have a new invitation, whose notice is due."""
    now = work.tx.now
    invitation = Invitation(
        event.referral_id, event.choice, event.activity_id, event.municipality, event.contact_id, now, notice_at=now
    )
    work.add(invitation, event.model_dump(mode="json", include=set(ABOUT)))


def end_choices(work: Work, referral_id: UUID, last: int) -> None:
    """End all choices up to this one."""
    work.referral(referral_id).end_choice(last)
    for invitation in work.of_referral(referral_id).values():
        if invitation.choice <= last:
            invitation.release(work.tx.now)


def _end(work: Work, referral_id: UUID, *, keep: tuple[str, ...] = ()) -> None:
    work.referral(referral_id).ended = True
    for invitation in work.of_referral(referral_id).values():
        if invitation.state not in keep:
            invitation.release(work.tx.now)


def _contact_function(told: ContactFunctionChanged, sequence: str) -> ContactFunction:
    return ContactFunction(
        contact_id=told.contact_id,
        sequence=sequence,
        municipality=told.municipality,
        name=told.name,
        email=told.email,
        phone=told.phone,
        language=told.language,
        people=tuple(_person(one) for one in (told.holder, *told.deputies)) if told.holder or told.deputies else (),
        paused_until=told.paused_until,
        webhook=told.webhook,
    )


def _person(told: Holder | None) -> Person:
    if told is None:
        return Person()
    return Person(told.email, told.phone, tuple((away.first_on, away.last_on) for away in told.absences))
