"""Sending what is due: claim, ask whether consent stands, hand over, record. Never without consent.

Notices are leased a batch at a time, sent outside of any transaction, and recorded together. Whoever is killed in
between leaves a lease that ends: what was not recorded is then sent again, with the same link and the same Message-ID,
but for the mails that are marked as handed over.

A referral whose consent is not in force is not announced to anybody: its notice keeps waiting, with growing pauses.
Whether the consent comes back or the referral is withdrawn is for the referral service to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from typing import Final
from uuid import UUID

from services.coordinator.domain.contact_function import Channel
from services.coordinator.domain.links import AnswerLink, answer_link, mark_of
from services.coordinator.domain.notice import (
    Away,
    Bounced,
    Delivery,
    Due,
    Later,
    Outcome,
    Recipient,
    Sent,
    Unasked,
    Unreachable,
    is_given_up,
    next_attempt,
    recipient_of,
)
from services.coordinator.domain.parcels import Parcel, Readers, new_of_each, parcels_of, put_off
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.letterhead import Letterhead, notice_name
from services.coordinator.notifier import Message, Notifier, send_all
from services.coordinator.recording import record
from services.coordinator.referral_service import ReferralService
from services.coordinator.store import handed_over, notices
from services.coordinator.store.work import Work
from services.runtime.crash_points import come_by
from services.runtime.database import is_away
from services.runtime.service import Service
from services.runtime.webhook import secret_of

BATCH: Final = 200
LONGEST_DIGEST: Final = 2_000
LEASE: Final = timedelta(minutes=3)
"""Longer than asking and sending may take together."""

SLOW: Final = timedelta(seconds=10)
"""What takes longer goes on in the next step: a loop is to show that it does not stand still."""

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Claimed:
    """Notices that are ours to send, who reads them, and how many others were put off for a digest."""

    due: Sequence[Due]
    readers: Readers
    put_off: int


@dataclass(slots=True)
class Batch:
    """Notices that are ours, what became of each as far as it is known, and how far we are with them."""

    due: Sequence[Due]
    at: datetime
    outcomes: list[Outcome]
    marks: Mapping[int, bytes]
    """By place: by which it is known that a mail with this notice was handed over."""
    parcels: Sequence[Parcel]
    """What is still to be handed over, mails first."""
    unstored: Sequence[int]
    """Places of notices of which it is not stored yet what became of them: forgotten, their mails would go again."""
    was_heard: bool = False
    """Whether the other end had to do with any of it; if not, it is away for all."""

    def is_lost(self, now: datetime) -> bool:
        """Whether others may have it by now; what was handed over is to be written down even then."""
        return not self.unstored and now >= self.at + LEASE


@dataclass(slots=True)
class Notices:
    """What it takes to send notices; a function gets `most` of them one by one in an hour."""

    service: Service[Work]
    referrals: ReferralService
    notifier: Notifier[Message]
    channels: frozenset[Channel]
    letterhead: Letterhead
    answer_time: AnswerTime
    link_key: bytes
    most: int
    failures: int = 0
    """How often in a row the other end was away."""
    not_before: datetime = LONG_AGO
    """When it is tried again: until then everything keeps its place in the queue."""
    batch: Batch | None = None
    """The batch that is not done yet."""

    async def send_due(self, now: datetime) -> int:
        """Send some of the notices that are due, and return how many were dealt with.

        Raises when the database is away; what was handed over and not recorded is recorded first the next time.
        """
        if self.batch is None or self.batch.is_lost(now):
            self.batch = None
            if now < self.not_before:
                return 0
            claimed = await self._claim(now)
            if not claimed.due:
                return claimed.put_off
            self.batch = await self._begin(claimed, now)
        return await self._go_on(self.batch, now)

    async def _go_on(self, batch: Batch, now: datetime) -> int:
        """Hand over and record until all is done; where that takes long, the next step goes on."""
        stored, until = 0, monotonic() + SLOW.total_seconds()
        while self.batch is batch and monotonic() < until:
            if not batch.unstored:
                try:
                    await self._hand_over(batch)
                except Exception:
                    self.batch = None  # nobody knows what of it went out: it goes again when the lease ends
                    raise
                come_by("marked")
            stored += await self._store(batch, now)
        return stored

    async def _store(self, batch: Batch, now: datetime) -> int:
        try:
            await self._record(batch)
        except Exception as error:
            if not is_away(error):
                self.batch = None
            raise
        stored, batch.unstored = len(batch.unstored), ()
        if not batch.parcels:
            self._remember(batch)
        if not batch.parcels or batch.is_lost(now):
            self.batch = None
        return stored

    def _remember(self, batch: Batch) -> None:
        if Away() in batch.outcomes:
            self.failures = 1 if batch.was_heard else self.failures + 1
            self.not_before = next_attempt(self.failures, batch.at)
        else:
            self.failures = 0

    async def _claim(self, now: datetime) -> Claimed:
        async with self.service.engine.begin() as connection:
            due = await notices.due_notices(connection, now, BATCH, self.answer_time)
            if not due:
                return Claimed((), {}, 0)
            if functions := sorted({one.function for one in due if one.bundle_at}):
                known = {(one.referral_id, one.choice) for one in due}
                rest = await notices.rest_of_digests(connection, functions, now, LONGEST_DIGEST, self.answer_time)
                due += [one for one in rest if (one.referral_id, one.choice) not in known]
            leases = [notices.Lease(one.referral_id, one.choice, self._link(one).hash) for one in due]
            readers = await notices.lease(connection, leases, new_of_each(due), now, now + LEASE)
            off = put_off(due, readers, self.most, now)
            await notices.put_off(connection, [(*key, at) for key, at in off.items()])
        return Claimed([one for one in due if (one.referral_id, one.choice) not in off], readers, len(off))

    async def _begin(self, claimed: Claimed, now: datetime) -> Batch:
        """Return the batch with what is to be handed over; those without a recipient or a consent are not."""
        due = claimed.due
        found = [recipient_of(one, now, claimed.readers[one.function].bounced, self.channels) for one in due]
        sendable = {place: recipient for place, recipient in enumerate(found) if isinstance(recipient, Recipient)}
        marks = {place: self._mark(due[place], recipient) for place, recipient in sendable.items()}
        tried = {mark: place for place, mark in marks.items() if due[place].attempts > 1}
        taken = await handed_over.among(self.service.engine, tried)
        asking = [one.referral_id for place, one in enumerate(due) if place not in taken and one.notice != "withdrawn"]
        consents = await self.referrals.consents_in_force(asking) if asking else frozenset[UUID]()
        outcomes: list[Outcome] = [Unasked()] * len(due)
        for place, one in enumerate(due):
            if place in taken:
                outcomes[place] = _sent(sendable.pop(place))
            elif one.notice != "withdrawn" and (consents is None or one.referral_id not in consents):
                sendable.pop(place, None)
            elif not isinstance(outcome := found[place], Recipient):
                outcomes[place] = outcome
        unsendable = [place for place in range(len(due)) if place not in sendable]
        return Batch(due, now, outcomes, marks, parcels_of(due, sendable), unsendable)

    async def _hand_over(self, batch: Batch) -> None:
        """Hand over the mails; if there are none left, the rest: what is slow keeps no mail from being recorded."""
        mails = [parcel for parcel in batch.parcels if parcel.is_mail]
        parcels, batch.parcels = mails or batch.parcels, batch.parcels[len(mails) :] if mails else ()
        makes = [partial(self._message, batch, parcel) for parcel in parcels]
        deliveries = await send_all(self.notifier, makes)
        batch.was_heard |= any(delivery not in (None, "away") for delivery in deliveries)
        for parcel, delivery in zip(parcels, deliveries, strict=True):
            for place in parcel.places:
                batch.outcomes[place] = _outcome(batch.due[place], parcel.recipient, delivery)
        batch.unstored = [place for parcel in parcels for place in parcel.places]

    async def _record(self, batch: Batch) -> None:
        due = [batch.due[place] for place in batch.unstored]
        outcomes = [batch.outcomes[place] for place in batch.unstored]
        async with self.service.transaction() as tx:
            await record(tx, due, outcomes, batch.at, batch.at + LEASE)
            sent = [place for place in batch.unstored if isinstance(batch.outcomes[place], Sent)]
            await handed_over.forget(tx.connection, [batch.marks[place] for place in sent])

    def _link(self, due: Due) -> AnswerLink:
        return answer_link(self.link_key, due.referral_id, due.choice, due.generation)

    def _mark(self, due: Due, recipient: Recipient) -> bytes:
        return mark_of(notice_name(due, recipient, self._link(due)), recipient.address.to)

    def _message(self, batch: Batch, parcel: Parcel) -> Message:
        inside = [(batch.due[place], self._link(batch.due[place])) for place in parcel.places]
        marks = tuple(batch.marks[place] for place in parcel.places)
        match parcel.recipient.address.channel:
            case "email" if len(inside) == 1:
                made = self.letterhead.notice(inside[0][0], parcel.recipient, inside[0][1], batch.at)
                return replace(made, marks=marks)
            case "email":
                return replace(self.letterhead.digest(inside, parcel.recipient, batch.at), marks=marks)
            case "sms":
                return self.letterhead.sms(inside, parcel.recipient)
            case "webhook":
                secret = secret_of(self.link_key, inside[0][0].function, parcel.recipient.address.to)
                return self.letterhead.hook(inside, parcel.recipient, secret, batch.at)


def _outcome(due: Due, recipient: Recipient, delivery: Delivery | None) -> Outcome:
    match delivery:
        case "sent":
            return _sent(recipient)
        case None | "broken_off":
            return Later()
        case "deferred" if not is_given_up(due.attempts):
            return Later()
        case "away":
            return Away()
        case "refused" | "deferred" if recipient.contact_id is not None:
            return Bounced(recipient.address.to)
        case "refused" | "deferred":
            return Unreachable(f"mail_{delivery}", None)


def _sent(recipient: Recipient) -> Sent:
    return Sent(recipient.contact_id, recipient.place, recipient.address.channel)
