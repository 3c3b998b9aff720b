"""What the activities service announced before its database went back to an earlier time, taken up again from Kafka.

So the catalogue is as it was, and who was given a seat has it, before anybody who comes later can get it. What was
never announced is gone: who came by themselves, organisers without an activity, what a municipality chose.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from schemas.activities import (
    ActivityPublished,
    ActivityWithdrawn,
    ContactFunctionChanged,
    SeatAwaited,
    SeatRefused,
    SeatReleased,
    SeatReserved,
)
from services.activities.domain import seats
from services.activities.domain.keeping import restate
from services.activities.store.activities import Stating, load_activities, save_activities
from services.activities.store.catalogue import LiveCatalogue
from services.activities.store.contacts import Contacts, load_contacts, save_contacts
from services.activities.store.referrals import Referrals, Work
from services.runtime.handling import Delivery, Handlers, Removed
from services.runtime.remembering import Step, is_newer
from services.runtime.transaction import Transaction

ENDED: Final = (SeatRefused, SeatReleased)
GIVEN: Final = (SeatReserved, SeatAwaited)


def steps() -> Sequence[Step]:
    """Return what is taken up, in this order: each step stands on those before it."""
    activities: Handlers[Stating] = Handlers(load=_load_activities, save=save_activities)
    activities.on(ActivityPublished, ActivityWithdrawn)(state_again)
    contacts: Handlers[Contacts] = Handlers(load=_load_contacts, save=save_contacts)
    contacts.on(ContactFunctionChanged)(change_again)
    referrals = Referrals(LiveCatalogue(), promised=True)
    ended: Handlers[Work] = Handlers(load=referrals.load, save=referrals.save)
    ended.on(*ENDED)(end_again)
    given: Handlers[Work] = Handlers(load=referrals.load, save=referrals.save)
    given.on(*GIVEN)(give_again)
    return (
        Step(activities, (ActivityPublished, ActivityWithdrawn)),
        Step(contacts, (ContactFunctionChanged,)),
        Step(ended, ENDED),
        Step(given, GIVEN),
    )


def state_again(stating: Stating, event: ActivityPublished | ActivityWithdrawn, delivery: Delivery) -> None:
    """Have the activity be as it was announced; how many seats are taken is counted here."""
    known = stating.activity(event.activity_id)
    if not is_newer(delivery, known, stating.tx):
        return
    if isinstance(event, ActivityPublished):
        stating.become(known, restate(known, event, stating.on).published, announced=True)
    elif known.published:
        stating.withdraw(known, announced=True)


def change_again(contacts: Contacts, event: ContactFunctionChanged | Removed, delivery: Delivery) -> None:
    """Have the contact function be as it was announced."""
    known = contacts.contact(_contact_of(delivery))
    if not is_newer(delivery, known, contacts.tx):
        return
    if not isinstance(event, Removed):
        contacts.become(known, event, announced=True)
    elif known.present:
        contacts.remove(known, announced=True)


def end_again(work: Work, event: SeatRefused | SeatReleased, _: Delivery) -> None:
    """Have the choice over; whoever got its seat is told next."""
    refusal = event.reason if isinstance(event, SeatRefused) else None
    seats.let_go(work.referral(event.referral_id), event.choice, work.seats, refusal)


def give_again(work: Work, event: SeatReserved | SeatAwaited, _: Delivery) -> None:
    """Have the seat that was given, or the place in line."""
    waits = isinstance(event, SeatAwaited)
    seats.take_up(work.referral(event.referral_id), event.choice, event.activity_id, work.seats, waits=waits)


async def _load_activities(tx: Transaction, deliveries: Sequence[Delivery]) -> Stating:
    return await load_activities(tx, {each.event.activity_id for each in deliveries})


async def _load_contacts(tx: Transaction, deliveries: Sequence[Delivery]) -> Contacts:
    return await load_contacts(tx, {_contact_of(each) for each in deliveries})


def _contact_of(delivery: Delivery) -> UUID:
    return UUID(delivery.key)
