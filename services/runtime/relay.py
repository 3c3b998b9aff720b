"""The relay: what committed in the outbox goes to Kafka, per key in order, at least once, however long it takes."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.runtime import telemetry
from services.runtime.lanes import claim_outbox, share

log = structlog.get_logger(__name__)

BATCH = 500
SEND_SECONDS = 10.0
"""How long a batch may take before the producer is given up and made anew."""
NOT_TRIED: Final = Exception("there was no time left for it")
METADATA_SECONDS = 2.0
MISSING = timedelta(seconds=10)

# Lane by lane, so that the index gives the order and a long backlog is not sorted for every batch.
# Found by what is not sent, never by a cursor: a row that commits late is not skipped.
_UNSENT = text(
    "select o.* from unnest(cast(:lanes as smallint[])) l cross join lateral ("
    "  select id, topic, key, sequence, event_id, type, time, traceparent, value from outbox "
    "  where lane = l and sent_at is null and topic <> all(cast(:missing as text[])) order by id limit :per_lane"
    ") o"
)
_SENT = text("update outbox set sent_at = :now where id = any(:ids)")


@dataclass
class Relay:
    """Sends the rows of its lanes; holds their locks while it does, so that nobody else sends them."""

    engine: AsyncEngine
    make_producer: Callable[[], AIOKafkaProducer]
    source: str
    lanes: Sequence[int]
    send_seconds: float = SEND_SECONDS
    producer: AIOKafkaProducer | None = None
    missing: dict[str, datetime] = field(default_factory=dict)
    """Topics that the broker does not know, and until when their events are passed by: they hold back no other's."""

    async def run_once(self, now: datetime) -> int:
        """Send one batch and return how many were acknowledged, 0 when there was nothing to send.

        Raises when the database or the broker is away; what was not marked is sent again.
        """
        producer = await self._ready()
        async with self.engine.begin() as connection:
            lanes = await claim_outbox(connection, self.lanes)
            if not lanes:
                return 0
            self.missing = {topic: until for topic, until in self.missing.items() if until > now}
            wanted = {"lanes": lanes, "per_lane": share(BATCH, lanes), "missing": list(self.missing)}
            rows = await self._with_topic(producer, (await connection.execute(_UNSENT, wanted)).all(), now)
            failures = await self._send(producer, rows)
            sent = [row.id for row, failure in zip(rows, failures, strict=True) if failure is None]
            if sent:
                await connection.execute(_SENT, {"ids": sent, "now": now})
        telemetry.sent.inc(len(sent))
        failed = next((failure for failure in failures if failure not in (None, NOT_TRIED)), None)
        if failed is not None:
            telemetry.relay_errors.inc()
            await self.stop()
            raise failed
        return len(sent)

    async def stop(self) -> None:
        """Close the producer, giving it up when it does not close in time."""
        producer, self.producer = self.producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(self.send_seconds):
                    await producer.stop()
            except (TimeoutError, KafkaError) as error:
                log.warning("producer_given_up", error=telemetry.name_of(error))
                await self._end(producer)

    async def _end(self, producer: AIOKafkaProducer) -> None:
        """End a producer whose `stop` ran out of time: its tasks would live on and send late what is sent again."""
        try:
            async with asyncio.timeout(self.send_seconds):
                await producer._sender.close()  # noqa: SLF001 - it has no public way to be ended unsent
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

    async def _with_topic(
        self, producer: AIOKafkaProducer, rows: Sequence[Row[Any]], now: datetime
    ) -> Sequence[Row[Any]]:
        """Return the rows whose topic the broker knows; a `send` to another would hold up all that come after."""
        for topic in {row.topic for row in rows}:
            try:
                async with asyncio.timeout(METADATA_SECONDS):
                    await producer.partitions_for(topic)
            except (TimeoutError, KafkaError) as error:
                log.warning("topic_missing", topic=topic, error=telemetry.name_of(error))
                self.missing[topic] = now + MISSING
        return [row for row in rows if row.topic not in self.missing] if self.missing else rows

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Row[Any]]) -> list[BaseException | None]:
        """Send the rows and return per row None when acknowledged, else what went wrong, or NOT_TRIED.

        Pipelined, but a key's next event leaves only when its last was acknowledged: a failed send can then
        never be overtaken. As keys seldom repeat in a batch, this is mostly one wave; where they do, no wave is
        begun in the second half of the time, so that what was acknowledged gets marked.
        """
        results: list[BaseException | None] = [NOT_TRIED] * len(rows)
        clock = asyncio.get_running_loop().time
        half_time = clock() + self.send_seconds / 2
        try:
            async with asyncio.timeout(self.send_seconds):
                for wave in waves(rows):
                    if clock() > half_time:
                        break
                    sendable = [place for place in wave if results[place] is NOT_TRIED]
                    for place, result in zip(sendable, await self._pipeline(producer, rows, sendable), strict=True):
                        results[place] = result
                        if result is not None:
                            _fail_key(rows, results, place, result)
        except TimeoutError as error:
            return [error if result is NOT_TRIED else result for result in results]
        return results

    async def _pipeline(
        self, producer: AIOKafkaProducer, rows: Sequence[Row[Any]], places: Sequence[int]
    ) -> list[BaseException | None]:
        sends: list[asyncio.Future[Any] | BaseException] = []
        for place in places:
            row = rows[place]
            try:
                send = await producer.send(row.topic, value=row.value, key=row.key.encode(), headers=self._headers(row))
            except KafkaError as error:
                sends.append(error)
            else:
                sends.append(send)
        futures = [send for send in sends if isinstance(send, asyncio.Future)]
        if futures:
            await asyncio.wait(futures)
        return [send.exception() if isinstance(send, asyncio.Future) else send for send in sends]

    def _headers(self, row: Row[Any]) -> list[tuple[str, bytes]]:
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", row.event_id.encode()),
            ("ce_source", self.source.encode()),
            ("ce_type", row.type.encode()),
            ("ce_time", row.time.isoformat().replace("+00:00", "Z").encode()),
            ("ce_subject", row.key.encode()),
            ("content-type", b"application/json"),
        ]
        if row.sequence is not None:
            headers.append(("ce_sequence", row.sequence.encode()))
        if row.traceparent is not None:
            headers.append(("traceparent", row.traceparent.encode()))
        return headers


def waves(rows: Sequence[Row[Any]]) -> list[list[int]]:
    """Return the places of the rows in waves that name a topic's key at most once, its rows in order."""
    seen: dict[tuple[str, str], int] = {}
    found: list[list[int]] = []
    for place, row in enumerate(rows):
        name = (row.topic, row.key)
        wave = seen[name] = seen.get(name, -1) + 1
        if wave == len(found):
            found.append([])
        found[wave].append(place)
    return found


def _fail_key(rows: Sequence[Row[Any]], results: list[BaseException | None], place: int, error: BaseException) -> None:
    """Mark the row and all later ones of its topic's key as not sent."""
    for later in range(place, len(rows)):
        if (rows[later].topic, rows[later].key) == (rows[place].topic, rows[place].key):
            results[later] = error
