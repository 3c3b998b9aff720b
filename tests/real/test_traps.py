"""What bites in FastStream and aiokafka on Apache Kafka, each pinned: an upgrade that moves a trap is noticed.

A trap has its number in `docs/traps.md`. Beside what bites stands what we do instead, on the same broker.
"""

import asyncio
import inspect
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any
from uuid import uuid4

import aiokafka.conn
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage, KafkaResponse
from faststream.kafka.subscriber.usecase import LogicSubscriber
from pydantic import BaseModel, SecretStr

from schemas.topics import Topic
from services.runtime.broker import create_topics, make_producer
from services.runtime.landing import LagWatch, decode, parse
from services.runtime.lanes import LANES
from services.runtime.relay import Relay
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.transaction import transaction
from tests.runtime.conftest import Toy, landing, strike
from tests.runtime.toy import Bucket, DropFell, LevelRose, make_handlers
from tests.support.kafka import Kafka, own_kafka
from tests.support.reading_topics import all_in, once, sequences
from tests.support.service_testing import settings_for
from tests.support.waiting import until

pytestmark = pytest.mark.real
Handler = Callable[..., Awaitable[None]]
Subscriber = LogicSubscriber[Any]
OURS: dict[str, Any] = {"parser": parse, "decoder": decode, "no_reply": True}


class Drop(BaseModel):
    """What a handler asks for that has its content checked by FastStream."""

    number: int


class Group:
    """A topic of its own, and those who read it with FastStream in one consumer group, one after another."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self.settings, self.servers, self.topic = settings, settings.kafka_bootstrap_servers, topic

    async def send(self, *values: bytes | None) -> None:
        """Send values, none with a key or a header."""
        for value in values:
            await self.send_record(value)

    async def send_record(self, value: bytes | None, *, partition: int = 0, **record: Any) -> None:  # noqa: ANN401 - as aiokafka has it
        """Send a record."""
        async with AIOKafkaProducer(bootstrap_servers=self.servers) as producer:
            await producer.send_and_wait(self.topic, value, partition=partition, **record)

    @asynccontextmanager
    async def reading(self, handler: Handler, **arguments: Any) -> AsyncIterator[Subscriber]:  # noqa: ANN401 - as FastStream has them
        """Have a process read within this context, and stop in order at its end."""
        broker = KafkaBroker(self.servers, logger=None, graceful_timeout=0.5, allow_auto_create_topics=False)
        named = {"group_id": self.topic, "auto_offset_reset": "earliest"}
        subscriber = broker.subscriber(self.topic, **named, **arguments)
        subscriber(handler)
        await broker.start()
        try:
            yield subscriber
        finally:
            await broker.stop()

    async def left(self, partition: int = 0) -> list[bytes | None]:
        """Return what the next process of the group will be brought, for it is not acknowledged."""
        place, found = TopicPartition(self.topic, partition), list[bytes | None]()
        async with AIOKafkaConsumer(
            bootstrap_servers=self.servers, group_id=self.topic, enable_auto_commit=False, auto_offset_reset="earliest"
        ) as consumer:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            while await consumer.position(place) < end:
                found += [record.value for record in (await consumer.getmany(timeout_ms=1000)).get(place, ())]
        return found


@pytest.fixture
def settings(kafka: str) -> Settings:
    return Settings(**settings_for("postgresql+asyncpg://nobody@127.0.0.1:1/nothing", kafka_bootstrap_servers=kafka))


@pytest.fixture
async def group(settings: Settings) -> Group:
    topic = f"trap-{uuid4().hex[:12]}"
    await create_topics(settings, [Topic(topic, partitions=4)], replication=1)
    return Group(settings, topic)


@pytest.mark.parametrize(("policy", "left"), [({}, []), ({"ack_policy": AckPolicy.NACK_ON_ERROR}, [b"1"])])
async def test_trap_01_without_a_policy_what_is_in_hand_at_a_stop_is_lost(
    group: Group, policy: dict[str, Any], left: list[bytes]
) -> None:
    begun = asyncio.Event()

    async def never_ends(_: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with group.reading(never_ends, **policy):
        await group.send(b"1")
        await begun.wait()
    assert await group.left() == left


@pytest.mark.parametrize(
    ("policy", "left"),
    [(AckPolicy.ACK, []), (AckPolicy.REJECT_ON_ERROR, []), (AckPolicy.NACK_ON_ERROR, [b"1", b"2", b"3"])],
)
@pytest.mark.filterwarnings("ignore:AckPolicy.REJECT_ON_ERROR")
async def test_trap_02_policies_that_acknowledge_errors_lose_what_failed(
    group: Group, policy: AckPolicy, left: list[bytes]
) -> None:
    failed: list[int] = []

    async def fail(body: int) -> None:
        failed.append(body)
        raise ValueError(body)

    async with group.reading(fail, ack_policy=policy):
        await group.send(b"1", b"2", b"3")
        await until(lambda: len(failed) >= 3)
    assert await group.left() == left


async def test_trap_03_a_nack_of_an_error_that_stays_is_a_storm_that_stops_the_partition(group: Group) -> None:
    # That ours waits instead: `test_trap_03_an_error_that_stays_is_met_with_patience_and_not_with_a_storm`.
    tried: list[int] = []

    async def fail_at_one(body: int) -> None:
        tried.append(body)
        if body == 1:
            raise ValueError(body)

    async with group.reading(fail_at_one, ack_policy=AckPolicy.NACK_ON_ERROR):
        await group.send(b"1", b"2")
        await until(lambda: len(tried) > 500)
    assert set(tried) == {1}
    assert await group.left() == [b"1", b"2"]


async def test_trap_04_what_nobody_acknowledged_is_lost_with_the_next_acknowledgement(group: Group) -> None:
    async def acknowledge_two_alone(body: int, message: KafkaMessage) -> None:
        if body == 2:
            await message.ack()

    async with group.reading(acknowledge_two_alone, ack_policy=AckPolicy.MANUAL):
        await group.send(b"1", b"2")
        await until(lambda: is_acknowledged(group))
    assert await group.left() == []


async def is_acknowledged(group: Group) -> bool:
    return not await group.left()


@pytest.mark.parametrize(
    ("policy", "heard", "left"), [(AckPolicy.ACK, [1, 3], []), (AckPolicy.NACK_ON_ERROR, [1], [b"{", b'{"number": 3}'])]
)
async def test_trap_05_content_that_is_refused_is_skipped_in_silence_or_stops_all(
    group: Group, policy: AckPolicy, heard: list[int], left: list[bytes]
) -> None:
    found: list[int] = []
    seen: list[bytes] = []

    async def hear(drop: Drop) -> None:
        found.append(drop.number)

    async def look_on(message: KafkaMessage, original: Callable[[KafkaMessage], Awaitable[Any]]) -> Any:  # noqa: ANN401 - a body
        seen.append(message.body)
        return await original(message)

    async with group.reading(hear, ack_policy=policy, decoder=look_on):
        await group.send(b'{"number": 1}', b"{", b'{"number": 3}')
        await until(lambda: found == [1, 3] or seen.count(b"{") > 10)
    assert found == heard
    assert await group.left() == left


@pytest.mark.parametrize(
    ("arguments", "heard"),
    [
        ({"ack_policy": AckPolicy.NACK_ON_ERROR}, [6]),
        ({"ack_policy": AckPolicy.NACK_ON_ERROR, **OURS}, [b"1", b"2", b"3", None, b"5", b"6"]),
    ],
)
async def test_trap_05_headers_that_cannot_be_read_lose_their_neighbours_but_not_where_nobody_reads_them(
    group: Group, arguments: dict[str, Any], heard: list[object]
) -> None:
    found: list[object] = []

    async def hear(body: Any) -> None:  # noqa: ANN401 - what was decoded, or the records
        found.extend(getattr(record, "value", record) for record in body)

    async def has_read(subscriber: Subscriber) -> bool:
        assert subscriber.consumer
        return await subscriber.consumer.position(TopicPartition(group.topic, 0)) == 5

    reply_to = f"{group.topic}-replies"
    await create_topics(group.settings, [Topic(reply_to, partitions=1)], replication=1)
    await group.send_record(b"1")
    await group.send_record(b"2", headers=[("x", b"\xff")])
    await group.send_record(b"3", headers=[("ce_subject", None)])
    await group.send_record(None, key=b"4", headers=[("reply_to", reply_to.encode())])
    await group.send_record(b"5", key=b"\xff")
    async with group.reading(hear, batch=True, **arguments) as subscriber:
        await until(lambda: has_read(subscriber))
        await group.send(b"6")
        await until(lambda: is_acknowledged(group))
    assert found == heard
    assert await all_in(group.servers, reply_to) == []


@pytest.mark.parametrize(("workers", "left"), [(2, [b"1"]), (1, [])])
async def test_trap_06_with_several_workers_what_is_handled_during_a_stop_is_not_acknowledged(
    group: Group, workers: int, left: list[bytes]
) -> None:
    begun, may_end, handled = asyncio.Event(), asyncio.Event(), list[int]()

    async def take_long(body: int) -> None:
        begun.set()
        await may_end.wait()
        handled.append(body)

    async def let_end(subscriber: Subscriber) -> None:
        await until(lambda: not subscriber.running)
        may_end.set()

    other = AIOKafkaConsumer(
        group.topic, bootstrap_servers=group.servers, group_id=group.topic, enable_auto_commit=False
    )
    async with other:
        async with group.reading(take_long, ack_policy=AckPolicy.NACK_ON_ERROR, max_workers=workers) as subscriber:
            await until(lambda: 0 < len(other.assignment()) < 4)
            mine = next(n for n in range(4) if TopicPartition(group.topic, n) not in other.assignment())
            await group.send_record(b"1", partition=mine)
            await begun.wait()
            ending = asyncio.create_task(let_end(subscriber))
        await ending
    assert handled == [1]
    assert await group.left(mine) == left


async def test_trap_07_a_published_batch_scatters_a_key_over_the_partitions(group: Group) -> None:
    # That the relay keeps a key together is a promise of `tests/universal`: its topics have several partitions.
    async with KafkaBroker(group.servers, logger=None) as broker:
        for _ in range(20):
            await broker.publish_batch(*[KafkaResponse(b"{}", key=b"one")] * 5, topic=group.topic)
    found = await all_in(group.servers, group.topic)
    assert {record.key for record in found} == {b"one"}
    assert len({record.partition for record in found}) > 1


async def test_trap_12_a_consumer_that_stalls_after_a_rebalance_is_noticed(
    service: Toy, settings: Settings, group: Group
) -> None:
    second = settings.model_copy(update={"instance": "2"})
    async with landing(service, settings, [group.topic]) as found, landing(service, second, [group.topic]):
        consumer, watch = found.subscribers[0].consumer, LagWatch(found)
        await until(lambda: len(consumer.assignment()) == 2)
        mine = min(consumer.assignment())
        consumer.pause(*consumer.assignment())  # it polls, and nothing comes, and nothing is said
        await group.send_record(b"1", partition=mine.partition)
        await until(lambda: stands_still(watch))
        consumer.resume(*consumer.assignment())
        await until(lambda: service.rows("select from inbox"))
        assert await watch.moves()


async def stands_still(watch: LagWatch) -> bool:
    return not await watch.moves()


async def test_trap_13_who_counts_longer_than_a_session_lasts_is_taken_for_dead(group: Group) -> None:
    # That ours may last 45 s: `test_trap_13_a_consumer_is_known_by_its_instance_on_kafka_...`.
    all_is_others, has_all = threading.Event(), {TopicPartition(group.topic, n) for n in range(4)}

    def member() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            group.topic,
            bootstrap_servers=group.servers,
            group_id=group.topic,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=500,
        )

    async def count_for_long() -> None:
        async with member() as consumer:
            await until(lambda: consumer.assignment() == has_all)
            begun.set()
            await until(lambda: len(consumer.assignment()) == 2)
            all_is_others.wait(60)  # the loop stands still, as in a computation

    begun = threading.Event()
    counting = asyncio.create_task(asyncio.to_thread(asyncio.run, count_for_long()))
    await asyncio.to_thread(begun.wait, 60)
    async with member() as other:
        await until(lambda: len(other.assignment()) == 2)
        await until(lambda: other.assignment() == has_all)
        all_is_others.set()
        await counting


@pytest.fixture(scope="module")
async def own_broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kafka]:
    """An Apache Kafka to freeze."""
    async with own_kafka(tmp_path_factory.mktemp("own-kafka")) as broker:
        yield broker


@contextmanager
def frozen(broker: Kafka) -> Iterator[None]:
    """Have the broker stand still within this context: connections stay, and nobody answers."""
    strike(broker, signal.SIGSTOP)
    try:
        yield
    finally:
        strike(broker, signal.SIGCONT)


@pytest.fixture
def of_own(service: Toy, settings: Settings, own_broker: Kafka) -> Settings:
    url = SecretStr(service.engine.url.render_as_string(hide_password=False))
    return settings.model_copy(update={"kafka_bootstrap_servers": own_broker.bootstrap_servers, "database_url": url})


async def test_trap_14_an_idempotent_producer_never_gives_up_but_the_relay_does_and_sends_again(
    service: Toy, of_own: Settings, own_broker: Kafka
) -> None:
    await create_topics(of_own, [Topic(LevelRose.topic)], replication=1)
    bucket, lanes = Bucket("a"), list(range(LANES))
    patient = AIOKafkaProducer(
        bootstrap_servers=own_broker.bootstrap_servers, enable_idempotence=True, request_timeout_ms=1_000
    )
    relay = Relay(service.engine, lambda: make_producer(of_own), "/toy", lanes, send_seconds=60)

    async def announce(drops: int) -> None:
        async with transaction(service.engine, 1, service.now) as tx:
            for _ in range(drops):
                tx.announce(bucket, LevelRose(bucket="a", drops=bucket.sequence))

    await announce(1)
    assert await relay.run_once(service.now) == 1
    await announce(20)
    relay.send_seconds = 5
    async with patient:
        await patient.send_and_wait(LevelRose.topic, b"{}", key=b"patient")
        with frozen(own_broker):
            waiting = await patient.send(LevelRose.topic, b"{}", key=b"patient")
            with pytest.raises((KafkaError, TimeoutError)):
                await relay.run_once(service.now)
            assert not waiting.done()  # although it was told to wait for a second
        await waiting
    relay.send_seconds = 60
    assert await relay.run_once(service.now) == 20
    await relay.stop()
    sent = [record for record in await all_in(own_broker.bootstrap_servers, LevelRose.topic) if record.key == b"a"]
    assert sequences(once(sent)) == {"a": list(range(1, 22))}


def test_trap_15_no_sasl_session_is_ever_renewed_so_ours_have_no_end() -> None:
    # That ours are SCRAM: `test_trap_15_a_broker_of_production_is_reached_over_tls_with_a_password`.
    assert "session_lifetime" not in inspect.getsource(aiokafka.conn)


async def test_trap_16_a_service_stops_also_when_its_broker_does_not_answer(
    of_own: Settings, own_broker: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.service.STOP_SECONDS", 1)
    topics = [Topic(topic) for topic in (DropFell.topic, LevelRose.topic)]
    await create_topics(of_own, topics, replication=1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(Service("toy", of_own, make_handlers()).running())
        with frozen(own_broker):
            async with asyncio.timeout(60):
                await stack.aclose()
