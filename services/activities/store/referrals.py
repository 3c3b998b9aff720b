"""What a batch of events needs, read and written in a few statements whatever its size. Never a decision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from schemas.activities import ActivityPublished, SeatAwaited, SeatReserved
from schemas.referral import ActivityChosen, ReferralReceived
from schemas.topics import COMPACTED
from services.activities import tables
from services.activities.domain.days import today
from services.activities.domain.explaining import Answer
from services.activities.domain.seats import Held, Referral, Seats
from services.activities.store.catalogue import LiveCatalogue
from services.activities.store.seats import SEAT_NEWS, load_seats, save_seats
from services.activities.store.waiting import (
    OF_ACTIVITY,
    OF_REFERRAL,
    TRY_AGAIN,
    could_be_helped,
    due_ids,
    load_activities,
    load_needs,
    look_who_waits,
)
from services.activities.wire import need_of_received
from services.runtime.connection import Row
from services.runtime.database import write_rows
from services.runtime.handling import Deadline, Delivery
from services.runtime.transaction import Transaction

OF_SEATS: Final = (ActivityChosen, SeatReserved, SeatAwaited)
"""What is chosen, or was given before a restore: a seat of the activity, or a place in line."""
_REFERRALS = text("select * from referral where referral_id = any(:ids) order by referral_id for update")
_FORGET_NEEDS = text("delete from unmatched where referral_id = any(:ids)")


@dataclass(slots=True)
class Work:
    """The referrals and seats of a batch, locked; handlers change them."""

    tx: Transaction
    on: date
    catalogue: LiveCatalogue
    referrals: dict[UUID, Referral] = field(default_factory=dict)
    seats: dict[UUID, Seats] = field(default_factory=dict)
    answers: Mapping[UUID, Answer] = field(default_factory=dict)
    """To each referral that was just received, found for all together."""
    unmatched: dict[UUID, ReferralReceived | None] = field(default_factory=dict)
    """Needs to be tried again later; None where there is nothing to try any more."""
    erased: set[UUID] = field(default_factory=set)
    waiting: dict[UUID, ReferralReceived] = field(default_factory=dict)
    """The needs that are to be tried again now."""
    changed: dict[UUID, ActivityPublished] = field(default_factory=dict)
    """The activities for which those who wait are to be looked through now."""
    helped: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)
    """By such an activity, the referrals that it could help."""

    def referral(self, referral_id: UUID) -> Referral:
        """Return the referral; one not met before has no choices yet."""
        return self.referrals.setdefault(referral_id, Referral(referral_id))

    def needs(self, referral_id: UUID) -> ReferralReceived | None:
        """Return the needs that are to be tried again now; None if it was matched, or ended, meanwhile."""
        return self.unmatched.get(referral_id, self.waiting.get(referral_id))


class Referrals:
    """Loads and saves the work of a batch, with the catalogue of this process beside it."""

    def __init__(self, catalogue: LiveCatalogue, *, promised: bool = False) -> None:
        self._catalogue, self._promised = catalogue, promised

    async def load(self, tx: Transaction, deliveries: Sequence[Delivery]) -> Work:
        """Lock the referrals of the events, then the seats that they may take or free, each in order."""
        work = Work(tx, today(tx.now), self._catalogue)
        referral_ids = {each.event.referral_id for each in deliveries if not isinstance(each.event, Deadline)}
        referral_ids |= due_ids(deliveries, *OF_REFERRAL, SEAT_NEWS)
        for row in await tx.connection.execute(_REFERRALS, {"ids": list(referral_ids)}):
            work.referrals[row.referral_id] = _referral(row)
        activity_ids = set(_activities_of(deliveries, work.referrals.values()))
        changed = due_ids(deliveries, *OF_ACTIVITY)
        work.seats = await load_seats(tx, self._catalogue, activity_ids, if_awaited=changed)
        received = [delivery.event for delivery in deliveries if isinstance(delivery.event, ReferralReceived)]
        answers = await self._catalogue.answer_all([need_of_received(each) for each in received], work.on)
        work.answers = {each.referral_id: answer for each, answer in zip(received, answers, strict=True)}
        await self._load_waiting(work, deliveries)
        return work

    async def _load_waiting(self, work: Work, deliveries: Sequence[Delivery]) -> None:
        """Read the needs that are to be tried again, and whom the activities that changed could help."""
        connection = work.tx.connection
        if again := due_ids(deliveries, TRY_AGAIN):
            work.waiting = await load_needs(connection, again)
        if changed := due_ids(deliveries, *OF_ACTIVITY):
            work.changed = await load_activities(connection, changed)
            takers = [each for each in work.changed.values() if self._takes(each, work.on)]
            work.helped = await could_be_helped(connection, takers)

    def _takes(self, activity: ActivityPublished, on: date) -> bool:
        maximum, taken = activity.seats.maximum, activity.seats.taken
        return (maximum is None or taken < maximum) and self._catalogue.is_open(str(activity.activity_id), on)

    async def save(self, work: Work) -> None:
        """Write the referrals, the seats that changed, and the needs that wait; forget the erased."""
        connection = work.tx.connection
        await write_rows(connection, tables.referral, [_referral_row(each) for each in work.referrals.values()])
        for activity_id, seats in work.seats.items():
            if seats.is_freed:
                look_who_waits(work.tx, activity_id)
        await save_seats(connection, work.seats, promised=self._promised)
        matched = [referral_id for referral_id, needs in work.unmatched.items() if needs is None]
        if matched:
            await connection.execute(_FORGET_NEEDS, {"ids": matched})
        waiting = [_needs_row(needs, work.tx) for needs in work.unmatched.values() if needs]
        await write_rows(connection, tables.unmatched, waiting)
        for referral_id in work.erased:
            await work.tx.forget(str(referral_id), spare=COMPACTED)


def _activities_of(deliveries: Sequence[Delivery], referrals: Iterable[Referral]) -> Iterator[UUID]:
    yield from (d.event.activity_id for d in deliveries if isinstance(d.event, OF_SEATS))
    yield from (referral.held.activity_id for referral in referrals if referral.held)


def _referral(row: Row) -> Referral:
    return Referral(
        referral_id=row.referral_id,
        ended_choice=row.ended_choice,
        refusal=row.refusal,
        has_ended=row.has_ended,
        held=Held(row.held_choice, row.held_activity_id) if row.held_choice is not None else None,
        sequence=row.sequence,
    )


def _referral_row(referral: Referral) -> dict[str, Any]:
    return {
        "referral_id": referral.referral_id,
        "ended_choice": referral.ended_choice,
        "refusal": referral.refusal,
        "has_ended": referral.has_ended,
        "held_choice": referral.held.choice if referral.held else None,
        "held_activity_id": referral.held.activity_id if referral.held else None,
        "sequence": referral.sequence,
    }


def _needs_row(needs: ReferralReceived, tx: Transaction) -> dict[str, Any]:
    return {
        "referral_id": needs.referral_id,
        "municipality": needs.municipality,
        "needs": needs.model_dump(mode="json", by_alias=True),
        "since": tx.now,
    }
