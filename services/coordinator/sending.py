"""Sending what is due: claim, ask whether consent stands, hand over, record. Never without consent.

A notice is leased, sent outside of any transaction, and recorded, a batch at a time. Whoever is killed in between
leaves a lease that ends: the notice is then sent again with the same link and the same Message-ID, at most.

A referral whose consent is not in force is not announced to anybody: its notice keeps waiting, with growing pauses.
Whether the consent comes back or the referral is withdrawn is for the referral service to say.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from services.coordinator.domain.contact_function import Channel
from services.coordinator.domain.links import AnswerLink, answer_link
from services.coordinator.domain.notice import (
    Away,
    Bounced,
    Due,
    Later,
    Outcome,
    Recipient,
    Sent,
    Unreachable,
    is_given_up,
    next_attempt,
    recipient_of,
)
from services.coordinator.domain.pacing import Reader, digest_at, how_many_singly
from services.coordinator.domain.working_days import AnswerTime
from services.coordinator.letterhead import Letterhead
from services.coordinator.notifier import Message, Notifier
from services.coordinator.recording import record
from services.coordinator.referral_service import ReferralService
from services.coordinator.smtp import Delivery
from services.coordinator.store import notices
from services.coordinator.store.work import Work
from services.runtime.crash_points import come_by
from services.runtime.database import is_away
from services.runtime.service import Service
from services.runtime.webhook import secret_of

BATCH: Final = 200
LONGEST_DIGEST: Final = 2_000
LEASE: Final = timedelta(minutes=3)
"""Longer than asking and sending may take together."""

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

Readers = Mapping[str, Reader]
"""What is known of each function by its id, or of each municipality's coordinator by its code."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Notices that go to one recipient in one message, by their places in the batch."""

    recipient: Recipient
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Notices that are ours to send, who reads them, and how many others were put off for a digest."""

    due: Sequence[Due]
    readers: Readers
    put_off: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A batch, what became of each notice of it, and when."""

    claimed: Claimed
    outcomes: Sequence[Outcome]
    at: datetime


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
    handed_over: HandedOver | None = None
    """The batch of which it is not stored yet what became of it: forgotten, its mails would go again."""

    async def send_due(self, now: datetime) -> int:
        """Send a batch of notices that are due, and return how many there were.

        Raises when the database is away; what was handed over and not recorded is recorded first the next time.
        """
        if self.handed_over is None:
            if now < self.not_before:
                return 0
            claimed = await self._claim(now)
            if not claimed.due:
                return claimed.put_off
            self.handed_over = HandedOver(claimed, await self._send(claimed, now), now)
            come_by("handed_over")
        return await self._record_batch(self.handed_over)

    async def _record_batch(self, batch: HandedOver) -> int:
        try:
            await self._record(batch.claimed, batch.outcomes, batch.at)
        except Exception as error:
            if not is_away(error):
                self.handed_over = None
            raise
        self.handed_over = None
        self._remember(batch.outcomes, batch.at)
        return len(batch.claimed.due) + batch.claimed.put_off

    def _remember(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        if Away() in outcomes:
            self.failures += 1
            self.not_before = next_attempt(self.failures, now)
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
            readers = await notices.lease(connection, leases, _new(due), now, now + LEASE)
            off = _put_off(due, readers, self.most, now)
            await notices.put_off(connection, [(*key, at) for key, at in off.items()])
        return Claimed([one for one in due if (one.referral_id, one.choice) not in off], readers, len(off))

    async def _send(self, claimed: Claimed, now: datetime) -> list[Outcome]:
        """Return what became of each notice; those without a recipient or a consent are not sent."""
        due = claimed.due
        outcomes: list[Outcome] = [Later()] * len(due)
        asking = [one.referral_id for one in due if one.notice != "withdrawn"]
        consents = await self.referrals.consents_in_force(asking) if asking else frozenset[UUID]()
        sendable: dict[int, Recipient] = {}
        for place, one in enumerate(due):
            if one.notice != "withdrawn" and (consents is None or one.referral_id not in consents):
                continue
            match recipient_of(one, now, claimed.readers[one.function].bounced, self.channels):
                case Recipient() as recipient:
                    sendable[place] = recipient
                case outcome:
                    outcomes[place] = outcome
        parcels = _parcels(due, sendable)
        deliveries = await self.notifier.send([self._message(due, parcel, now) for parcel in parcels])
        for parcel, delivery in zip(parcels, deliveries, strict=True):
            for place in parcel.places:
                outcomes[place] = _outcome(due[place], sendable[place], delivery)
        return outcomes

    async def _record(self, claimed: Claimed, outcomes: Sequence[Outcome], now: datetime) -> None:
        async with self.service.transaction() as tx:
            await record(tx, claimed.due, outcomes, now)

    def _link(self, due: Due) -> AnswerLink:
        return answer_link(self.link_key, due.referral_id, due.choice, due.function, due.generation)

    def _message(self, due: Sequence[Due], parcel: Parcel, now: datetime) -> Message:
        inside = [(due[place], self._link(due[place])) for place in parcel.places]
        match parcel.recipient.address.channel:
            case "email" if len(inside) == 1:
                return self.letterhead.notice(inside[0][0], parcel.recipient, inside[0][1], now)
            case "email":
                return self.letterhead.digest(inside, parcel.recipient, now)
            case "sms":
                return self.letterhead.sms(inside, parcel.recipient)
            case "webhook":
                secret = secret_of(self.link_key, inside[0][0].function, parcel.recipient.address.to)
                return self.letterhead.hook(inside, parcel.recipient, secret, now)


def _new(due: Iterable[Due]) -> dict[str, int]:
    """Return how many of each function's messages are sent for the first time; a digest is one."""
    single = Counter({one.function: 0 for one in due})
    single.update(one.function for one in due if one.attempts == 1 and one.bundle_at is None)
    single.update(function for function, _ in {(one.function, one.bundle_at) for one in due if one.bundle_at})
    return dict(single)


def _put_off(due: Iterable[Due], readers: Readers, most: int, now: datetime) -> dict[tuple[UUID, int], datetime]:
    """Return which of the new notices are too many for now, and until when each waits."""
    new: dict[str, list[Due]] = defaultdict(list)
    for one in due:
        if one.attempts == 1 and one.bundle_at is None:
            new[one.function].append(one)
    return {
        (one.referral_id, one.choice): digest_at(readers[function], now, one.municipality)
        for function, found in new.items()
        for one in found[how_many_singly(readers[function], len(found), most) :]
    }


def _parcels(due: Sequence[Due], sendable: Mapping[int, Recipient]) -> list[Parcel]:
    """Return what goes out: each notice by itself, but those of a digest together."""
    digests: dict[tuple[str, str, datetime], list[int]] = defaultdict(list)
    parcels = []
    for place, recipient in sendable.items():
        one = due[place]
        if one.bundle_at is None:
            parcels.append(Parcel(recipient, (place,)))
        else:
            digests[one.function, recipient.address.to, one.bundle_at].append(place)
    return parcels + [Parcel(sendable[places[0]], tuple(places)) for places in digests.values()]


def _outcome(due: Due, recipient: Recipient, delivery: Delivery) -> Outcome:
    match delivery:
        case "sent":
            return Sent(recipient.contact_id, recipient.place, recipient.address.channel)
        case "deferred" if not is_given_up(due.attempts):
            return Later()
        case "away":
            return Away()
        case "refused" | "deferred" if recipient.contact_id is not None:
            return Bounced(recipient.address.to)
        case "refused" | "deferred":
            return Unreachable(f"mail_{delivery}", None)
