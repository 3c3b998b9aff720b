"""After a restore: a service takes up again what it said itself, and what that hangs on, before it starts.

Kafka still has what the database has forgotten. Read before anybody comes, in the order of the steps, it leaves no
race between what was promised and what is asked for anew. Never a word of what it means.
"""

import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.event import Event
from schemas.strict import Invalid
from services.runtime.broker import connection, partitions_by_topic
from services.runtime.connection import Database
from services.runtime.handling import Delivery, Handlers
from services.runtime.inbox import Reading, Record
from services.runtime.restoring import BEFORE
from services.runtime.sealing import Seal
from services.runtime.settings import Settings
from services.runtime.transaction import Sequenced, Transaction, read_epoch, transaction, utc_now

A_TRANSACTION: Final = 500
EVERYTHING: Final = Reading(sealed=(), ignored=frozenset(), overtaking=frozenset(), seal=Seal(bytes(32)))
"""Reads whatever was sent; nothing of it is stored, so nothing is sealed."""
_THE_TIME: Final = attrgetter("time")
_NUMBERED: Final = re.compile(rb"(\d{6})\d{14}")


@dataclass(frozen=True)
class Step:
    """What is taken up together: by which handlers, of which events, from topics whose names match."""

    handlers: Handlers[Any]
    events: Sequence[type[Event]]
    only_last: bool = False
    """Whether the last event of each key says all."""

    @property
    def kinds(self) -> frozenset[str]:
        """The types of its events."""
        return frozenset(event.type() for event in self.events)

    def reads(self, topic: str) -> bool:
        """Tell whether its events travel on the topic, which may be one of many whose names begin alike."""
        return _is_of(topic, {event.topic for event in self.events})


async def next_epoch(database: Database, settings: Settings, service: str, own: Collection[str], to: datetime) -> int:
    """Return the number of the epoch that a service begins whose database is of then (UTC): above all that it used.

    The database has forgotten the epochs that began later, but their events are on the service's own topics.
    """
    used = await read_epoch(database)
    topics = await partitions_by_topic(settings)
    places = [place for name, parts in topics.items() if _is_of(name, own) for place in parts]
    async for record in _sent_since(settings, places, to - BEFORE):
        used = max(used, epoch_of(record, f"/{service}"))
    return used + 1


def epoch_of(record: Record, source: str) -> int:
    """Return the epoch that the source's number of this event is of; 0 of what it has not numbered, or not sent."""
    said = dict(record.headers)
    numbered = _NUMBERED.fullmatch(said.get("ce_sequence") or b"")
    return int(numbered[1]) if numbered and said.get("ce_source") == source.encode() else 0


async def remember(
    database: Database,
    settings: Settings,
    epoch: int,
    steps: Sequence[Step],
    to: datetime,
    *,
    tell: Callable[[str], None],
) -> None:
    """Take up, step by step, what was sent since shortly before then (UTC); what is known already changes nothing.

    Done again after it was cut off, it goes on. What is announced meanwhile belongs to the epoch, which is to begin.
    `tell` is given a line on how far it has come.
    """
    topics = await partitions_by_topic(settings)
    for number, step in enumerate(steps, start=1):
        places = [place for name, parts in topics.items() if step.reads(name) for place in parts]
        records = [record async for record in _sent_since(settings, places, to - BEFORE)]
        tell(f"Step {number} of {len(steps)}: {len(records)} events of {len(places)} partitions.")
        await take_up(database, epoch, step, records, utc_now)


async def take_up(
    database: Database, epoch: int, step: Step, records: Sequence[Record], clock: Callable[[], datetime]
) -> None:
    """Have the step's handlers handle its events among the records, each once and those of a key in order."""
    known, deliveries = await read_epoch(database), list(_in_order(step, records))
    for first in range(0, len(deliveries), A_TRANSACTION):
        some = deliveries[first : first + A_TRANSACTION]
        async with transaction(database, epoch, clock()) as tx:
            tx.counted_in = known
            work = await step.handlers.load(tx, some)
            for delivery in some:
                with suppress(Invalid):  # as what cannot be read: it comes again, and is parked then
                    step.handlers.handle(work, delivery)
            await step.handlers.save(work)


def is_newer(delivery: Delivery, known: Sequenced, tx: Transaction) -> bool:
    """Tell whether the event was announced after all that the restored row has counted.

    Of an epoch before the database's own nothing is: that was taken up when its own began. Of a later one, in which
    the service lived until it was restored once more, all is.
    """
    return (delivery.sequence or "") > f"{tx.counted_in:06d}{known.sequence:014d}"


def _is_of(name: str, topics: Collection[str]) -> bool:
    return any(re.fullmatch(rf"{topic}(-[a-z]+-.+)?", name) for topic in topics)


async def _sent_since(settings: Settings, places: Sequence[TopicPartition], since: datetime) -> AsyncIterator[Record]:
    """Yield what stands in the partitions from then on, each in order."""
    if not places:
        return
    async with AIOKafkaConsumer(**connection(settings), enable_auto_commit=False) as consumer:
        ends = await consumer.end_offsets(places)
        firsts = await consumer.offsets_for_times(dict.fromkeys(places, int(since.timestamp() * 1000)))
        wanted = {place: ends[place] for place, first in firsts.items() if first and first.offset < ends[place]}
        consumer.assign(list(wanted))
        for place in wanted:
            consumer.seek(place, firsts[place].offset)
        while any([await consumer.position(place) < end for place, end in wanted.items()]):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    yield record


def _in_order(step: Step, records: Sequence[Record]) -> Iterator[Delivery]:
    """Yield each event once, as its sender numbered those of its key, and else by the time that it was announced.

    So what was announced after an earlier restore comes last, wherever its numbers began anew: it was said knowing what
    had been announced before, which that restore took up.

    What cannot be read is left to the service, which meets it again and parks it.
    """
    first: dict[bytes, Delivery] = {}
    for record in records:
        row = EVERYTHING.row(record)
        if row and row["type"] in step.kinds and row["identity"] not in first:
            try:
                first[row["identity"]] = step.handlers.decode(
                    row["headers"], row["topic"], row["type"], row["key"], row["value"]
                )
            except Invalid:
                continue
    timed = sorted((each for each in first.values() if each.time), key=_THE_TIME)
    numbered = sorted(timed, key=lambda each: each.sequence or "")
    yield from {each.key: each for each in numbered}.values() if step.only_last else _each_key(timed, numbered)


def _each_key(timed: Sequence[Delivery], numbered: Sequence[Delivery]) -> Iterator[Delivery]:
    """Yield the events of all keys by time, and those of one key by number: clocks of two processes may differ."""
    of_key: dict[str, list[Delivery]] = {}
    for each in reversed(numbered):
        of_key.setdefault(each.key, []).append(each)
    yield from (of_key[each.key].pop() for each in timed)
