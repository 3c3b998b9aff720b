"""The relay: what committed in the outbox goes to Kafka, per key in order, at least once, however long it takes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zlib import crc32

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from sqlalchemy import text

from services.runtime import telemetry
from services.runtime.broker import LARGEST_MESSAGE
from services.runtime.connection import Connection, Database, Row
from services.runtime.crash_points import come_by
from services.runtime.lanes import claim_outbox, share, take_outbox_turn
from services.runtime.transaction import Announced

log = structlog.get_logger(__name__)

BATCH = 500
SEND_SECONDS = 10.0
"""How long a batch may take before the producer is given up and made anew."""
NOT_TRIED: Final = Exception("its partition's batch was full")
LARGEST_VALUE: Final = LARGEST_MESSAGE - 2_048
"""Leaves room for the key and the headers."""
METADATA_SECONDS = 5.0
AT_HAND = 5_000
MISSING = timedelta(seconds=10)

# Lane by lane, so that the index gives the order and a long backlog is not sorted for every batch.
# Found by what is not sent, never by a cursor: a row that commits late is not skipped.
_UNSENT = text(
    "select o.* from unnest(cast(:lanes as smallint[])) l cross join lateral ("
    "  select id, lane, event_id from outbox "
    "  where lane = l and sent_at is null and topic <> all(cast(:missing as text[])) order by id limit :per_lane"
    ") o"
)
_WHOLE = text(
    f"select outbox.id, {', '.join(f'outbox.{name}' for name in Announced._fields)} "
    "from unnest(cast(:lanes as smallint[]), cast(:ids as bigint[])) as wanted(lane, id) "
    "join outbox on outbox.lane = wanted.lane and outbox.id = wanted.id and outbox.sent_at is null"
)
_SENT = text(
    "update outbox set sent_at = :now "
    "from unnest(cast(:lanes as smallint[]), cast(:ids as bigint[])) as gone(lane, id) "
    "where outbox.lane = gone.lane and outbox.id = gone.id and outbox.sent_at is null"
)


@dataclass(slots=True)
class Batch:
    """What goes to one partition at once: the builder, and which rows are in it."""

    topic: str
    partition: int
    builder: Any
    places: list[int] = field(default_factory=list)
    full: bool = False


@dataclass
class Relay:
    """Sends the rows of its lanes; holds their locks while it does, so that nobody else sends them."""

    engine: Database
    make_producer: Callable[[], AIOKafkaProducer]
    source: str
    lanes: Sequence[int]
    send_seconds: float = SEND_SECONDS
    takes_turns: bool = False
    """Whether no two relays may send at once: who reads a partition of Tansu may pass over what one of two writes."""
    producer: AIOKafkaProducer | None = None
    missing: dict[str, datetime] = field(default_factory=dict)
    """Topics that the broker does not know, and until when their events are passed by: they hold back no other's."""
    at_hand: dict[str, Announced] = field(default_factory=dict)
    """Events by their id, as this process announced them: what of them is to be sent, only the table says."""

    def announced(self, events: Sequence[Announced]) -> None:
        """Keep what committed at hand, so that it need not be read; the newest few thousand."""
        self.at_hand.update((event.event_id, event) for event in events)
        while len(self.at_hand) > AT_HAND:
            del self.at_hand[next(iter(self.at_hand))]

    async def run_once(self, now: datetime) -> int:
        """Send one batch and return how many were acknowledged, 0 when there was nothing to send.

        Raises when the database or the broker is away; what was not marked is sent again.
        """
        producer = await self._ready()
        async with self.engine.begin() as connection:
            lanes = await claim_outbox(connection, self.lanes)
            if not lanes:
                self.at_hand.clear()  # nothing is to be sent: what is left here others sent, or it was erased
                return 0
            if self.takes_turns and not await take_outbox_turn(connection):
                return 0
            self.missing = {topic: until for topic, until in self.missing.items() if until > now}
            wanted = {"lanes": lanes, "per_lane": share(BATCH, lanes), "missing": list(self.missing)}
            unsent = await self._whole(connection, await connection.execute(_UNSENT, wanted))
            partitions = await self._partitions(producer, {event.topic for _, event in unsent}, now)
            rows = [(number, event) for number, event in unsent if event.topic in partitions]
            failures = await self._send(producer, [event for _, event in rows], partitions)
            sent = [row for row, failure in zip(rows, failures, strict=True) if failure is None]
            if sent:
                come_by("sent")
                gone = {"lanes": [event.lane for _, event in sent], "ids": [number for number, _ in sent]}
                await connection.execute(_SENT, {**gone, "now": now})
            failed = next((failure for failure in failures if failure not in (None, NOT_TRIED)), None)
            if failed is not None:
                await self._give_up()  # while the lanes are still ours: nothing of it may arrive behind our back
        telemetry.sent.inc(len(sent))
        if failed is not None:
            telemetry.relay_errors.inc()
            raise failed
        return len(sent)

    async def _whole(self, connection: Connection, unsent: Sequence[Row]) -> list[tuple[int, Announced]]:
        """Return the events to be sent with their numbers in the outbox, read but for those at hand.

        What was erased since it was found is not among them.
        """
        # Taken before anything is awaited: what is announced meanwhile takes its place.
        events = {row["event_id"]: self.at_hand.pop(row["event_id"], None) for row in unsent}
        away = [row for row in unsent if events[row["event_id"]] is None]
        if away:
            wanted = {"lanes": [row["lane"] for row in away], "ids": [row["id"] for row in away]}
            for _, *values in await connection.execute(_WHOLE, wanted):
                event = Announced(*values)
                events[event.event_id] = event
        found = ((row["id"], events[row["event_id"]]) for row in unsent)
        return [(number, event) for number, event in found if event is not None]

    async def stop(self, *, within: float = SEND_SECONDS) -> None:
        """Close the producer, giving it up when it does not close in time."""
        producer, self.producer = self.producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(within):
                    await producer.stop()
            except (TimeoutError, KafkaError) as error:
                log.warning("producer_given_up", error=telemetry.name_of(error))
                await self._end(producer, within)

    async def _give_up(self) -> None:
        """End the producer without waiting for what it has not sent, which is sent again by another."""
        producer, self.producer = self.producer, None
        if producer is not None:
            producer._closed = True  # noqa: SLF001 - it has no public way to be ended unsent
            await self._end(producer, self.send_seconds)

    async def _end(self, producer: AIOKafkaProducer, within: float) -> None:
        """End a producer's tasks, which would live on and send late what is sent again."""
        try:
            async with asyncio.timeout(within):
                await producer._sender.close()  # noqa: SLF001 - as above
        except TimeoutError:
            pass  # being cancelled has ended it
        await producer.client.close()

    async def _ready(self) -> AIOKafkaProducer:
        if self.producer is None:
            producer = self.make_producer()
            try:
                async with asyncio.timeout(self.send_seconds):
                    await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self.producer = producer
        return self.producer

    async def _partitions(self, producer: AIOKafkaProducer, topics: set[str], now: datetime) -> dict[str, int]:
        """Return how many partitions each topic has; a `send` to one that is missing would hold up all others."""
        found: dict[str, int] = {}
        answers = await asyncio.gather(*(_partitions_of(producer, topic) for topic in topics))
        for topic, answer in zip(topics, answers, strict=True):
            if isinstance(answer, int):
                found[topic] = answer
            else:
                log.warning("topic_missing", topic=topic, error=telemetry.name_of(answer))
                self.missing[topic] = now + MISSING
        return found

    async def _send(
        self, producer: AIOKafkaProducer, rows: Sequence[Announced], partitions: Mapping[str, int]
    ) -> list[BaseException | None]:
        """Send the rows and return per row None when acknowledged, else what went wrong, or NOT_TRIED.

        What goes to one partition goes as one batch, which the broker takes whole and in order or not at all: so a
        failed event is never overtaken by a later one of its key, and no row pays for a round trip of its own.
        """
        results: list[BaseException | None] = [NOT_TRIED] * len(rows)
        batches = self._batches(producer, rows, partitions, results)
        sends: dict[asyncio.Future[Any], Batch] = {}
        try:
            async with asyncio.timeout(self.send_seconds):
                for batch in batches:
                    send = await producer.send_batch(batch.builder, batch.topic, partition=batch.partition)
                    sends[send] = batch
                if sends:
                    await asyncio.wait(sends)
        except (TimeoutError, KafkaError) as error:
            results = [error if result is NOT_TRIED else result for result in results]
        for send, batch in sends.items():
            if send.done():
                for place in batch.places:
                    results[place] = send.exception()
        return results

    def _batches(
        self,
        producer: AIOKafkaProducer,
        rows: Sequence[Announced],
        partitions: Mapping[str, int],
        results: list[BaseException | None],
    ) -> list["Batch"]:
        """Return the rows in batches; in `results`, put what is too large and what comes after it of its key."""
        batches: dict[tuple[str, int], Batch] = {}
        refused: set[tuple[str, str]] = set()
        for place, row in enumerate(rows):
            if len(row.value or b"") > LARGEST_VALUE or (row.topic, row.key) in refused:
                refused.add((row.topic, row.key))
                results[place] = MessageSizeTooLargeError(row.event_id)
                continue
            key = row.key.encode()
            partition = partition_of(key, partitions[row.topic])
            batch = batches.get((row.topic, partition))
            if batch is None:
                batch = batches[row.topic, partition] = Batch(row.topic, partition, producer.create_batch())
            if not batch.full:
                taken = batch.builder.append(timestamp=None, key=key, value=row.value, headers=self._headers(row))
                if taken is None:
                    batch.full = True
                else:
                    batch.places.append(place)
        return list(batches.values())

    def _headers(self, row: Announced) -> list[tuple[str, bytes]]:
        headers = [("ce_id", row.event_id.encode()), ("ce_subject", row.key.encode())]
        if row.sequence is not None:
            headers.append(("ce_sequence", row.sequence.encode()))
        if row.traceparent is not None:
            headers.append(("traceparent", row.traceparent.encode()))
        return headers + _shared_headers(self.source, row.type, row.time)


@lru_cache(maxsize=256)
def _shared_headers(source: str, kind: str, time: datetime) -> list[tuple[str, bytes]]:
    """Return what the events of a kind in one transaction have in common: one moment, hundreds of events."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_source", source.encode()),
        ("ce_time", time.isoformat().replace("+00:00", "Z").encode()),
        ("content-type", b"application/json"),
        ("ce_type", kind.encode()),
    ]


async def _partitions_of(producer: AIOKafkaProducer, topic: str) -> int | Exception:
    """Return how many partitions the topic has, or what the broker said of it, or that it took too long."""
    try:
        async with asyncio.timeout(METADATA_SECONDS):
            return len(await producer.partitions_for(topic))
    except (TimeoutError, KafkaError) as error:
        return error


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key. Not Java's murmur2, whose Python costs as much as all else of a send."""
    return crc32(key) % partitions
