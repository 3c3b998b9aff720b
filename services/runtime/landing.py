"""The FastStream subscriber: hands what Kafka brings to the inbox, and acknowledges after the commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.message import StreamMessage

from services.runtime import telemetry
from services.runtime.at_once import AtOnce
from services.runtime.crash_points import come_by
from services.runtime.database import is_away
from services.runtime.fetching import ask_less_at_rest
from services.runtime.membership import (
    acknowledge_as_who_has_read,
    has_given_up,
    join_whatever_changes,
    join_with_what_it_sees,
    knows_its_group,
    look_at_all_topics,
)

log = structlog.get_logger(__name__)

Records = tuple[ConsumerRecord[bytes, bytes], ...]
POLL_MS = 500
POSITION_SECONDS = 2.0
LONGEST_PAUSE = 1.0
"""Before landing is tried again: a batch finds a database that is back within this, and work flows."""


class _Bare:
    """A record as FastStream's parser sees it: without headers, which a sender could use to break or steer it."""

    headers = ()

    def __init__(self, record: Any) -> None:  # noqa: ANN401 - aiokafka's record, whatever its version
        self.topic, self.offset, self.timestamp = record.topic, record.offset, record.timestamp
        self.partition, self.value, self.key = record.partition, b"", None


async def parse(records: Any, original: Callable[[Any], Awaitable[StreamMessage[Any]]]) -> StreamMessage[Any]:  # noqa: ANN401
    """Parse without looking at content: no header and no value can raise, or name a topic to reply to."""
    message = await original((_Bare(records[0]), _Bare(records[-1])))
    message.raw_message = records
    return message


async def decode(message: StreamMessage[Any]) -> Any:  # noqa: ANN401 - FastStream's type of a decoded body
    """Decode nothing: the body is the raw records."""
    return message.raw_message


class Landing:
    """Lands the topics of one service."""

    def __init__(
        self,
        name: str,
        at_once: AtOnce[Any],
        *,
        landed: Callable[[], None],
        handled: Callable[[], None],
        heartbeats: telemetry.Heartbeats,
    ) -> None:
        """Take the service's name, and what to call after something new has landed, and after it was handled."""
        self.name, self.at_once = name, at_once
        self.landed, self.handled = landed, handled
        self.heartbeats = heartbeats
        self.waiting = False
        """Whether the database is away."""
        self.stopping = asyncio.Event()
        self.subscribers: list[Any] = []

    def subscribe(
        self, broker: KafkaBroker, arguments: dict[str, Any], *, topics: Sequence[str], pattern: str | None
    ) -> None:
        """Subscribe to the topics, and to those that match the pattern."""
        for names, matching in ((topics, None), ((), pattern)):
            if names or matching:
                subscriber = broker.subscriber(
                    *names,
                    pattern=matching,
                    # The promise itself: offsets move only after the commit. Named here, on the subscriber.
                    ack_policy=AckPolicy.NACK_ON_ERROR,
                    parser=parse,
                    decoder=decode,
                    **arguments | ({"group_id": f"{arguments['group_id']}-requests"} if matching else {}),
                )
                self.subscribers.append(subscriber)
                subscriber(self.land)

    async def land(self, records: Records) -> None:
        """Handle or store a batch; whatever keeps it from that, wait and only store it, but not beyond a stop.

        An error that went back to the broker would bring the same batch again at once, without end.
        """
        pause, take = 0.1, self.at_once.take
        while True:
            try:
                taken = await take(cast("Any", records))
            except Exception as error:
                if self.stopping.is_set():
                    raise
                self.waiting, take = is_away(error), self.at_once.leave
                log.warning("landing_waits", error=telemetry.name_of(error), away=self.waiting)
                if self.waiting:  # no reason to start the process again
                    self._beat_all()
                try:
                    await asyncio.wait_for(self.stopping.wait(), pause)
                except TimeoutError:
                    pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self.waiting = False
                come_by("landed")
                telemetry.landed.inc(taken.handled + taken.waiting)
                telemetry.repeated.inc(taken.repeats)
                telemetry.ignored.inc(len(records) - sum(taken))
                if taken.handled:
                    self.handled()
                if taken.waiting:
                    self.landed()
                return

    def watch_polls(self, stale_after: float, *, less_at_rest: bool = False) -> None:
        """Beat whenever a consumer's loop comes round, each under its own name, and mend how it is a member.

        Called once the broker has started; `less_at_rest` is for one that must be asked all the time.
        """
        for number, subscriber in enumerate(self.subscribers):
            if less_at_rest:
                ask_less_at_rest(subscriber.consumer)
            self.heartbeats.expect(self._loop(number), stale_after)
            subscriber.consumer.getmany = self._beating(self._loop(number), subscriber.consumer.getmany)
            acknowledge_as_who_has_read(subscriber.consumer)
            join_with_what_it_sees(subscriber.consumer)
            join_whatever_changes(subscriber.consumer)
            look_at_all_topics(subscriber.consumer)

    def _loop(self, number: int) -> str:
        return f"{self.name}.landing-{number}"

    def _beat_all(self) -> None:
        for number in range(len(self.subscribers)):
            self.heartbeats.beat(self._loop(number))

    def _beating(self, loop: str, getmany: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def beat_and_get(*partitions: Any, **arguments: Any) -> Any:  # noqa: ANN401 - as aiokafka has it
            # FastStream would poll as briefly as it sleeps after a poll that brought nothing: half of its time.
            self.heartbeats.beat(loop)
            return await getmany(*partitions, **arguments | {"timeout_ms": POLL_MS})

        return beat_and_get


class LagWatch:
    """Notices a consumer that polls and yet brings nothing (aiokafka #1154): it lags and does not move, or has left."""

    def __init__(self, landing: Landing) -> None:
        """Watch the consumers of the landing."""
        self.landing = landing
        self._before: dict[Any, int | None] = {}

    async def moves(self) -> bool:
        """Tell whether every consumer has moved since the last look, or had nothing to read.

        True also while broker or database are away: an outage is not a stall, and a restart would not help.
        """
        if self.landing.waiting:
            return True
        positions: dict[Any, int | None] = {}
        lagging = False
        try:
            async with asyncio.timeout(5):
                for subscriber in self.landing.subscribers:
                    consumer = subscriber.consumer
                    if consumer is None:
                        continue
                    if has_given_up(consumer):
                        return False
                    if not consumer.assignment():
                        continue
                    lagging = lagging or not knows_its_group(consumer)
                    ends = await consumer.end_offsets(list(consumer.assignment()))
                    known = await asyncio.gather(*(_position(consumer, partition) for partition in ends))
                    positions |= zip(ends, known, strict=True)
                    lagging = lagging or any(
                        at is None or at < end for at, end in zip(known, ends.values(), strict=True)
                    )
        except (TimeoutError, KafkaError, AssertionError):
            return True
        before, self._before = self._before, positions
        return not lagging or positions != before


async def _position(consumer: AIOKafkaConsumer, partition: TopicPartition) -> int | None:
    """Return how far the consumer is, None if it does not find out: aiokafka asks without end, and brings nothing."""
    try:
        async with asyncio.timeout(POSITION_SECONDS):
            return int(await consumer.position(partition))
    except TimeoutError:
        return None
