"""Landing on a real broker: nothing that Kafka acknowledged is lost, whatever it is and whatever is away.

A test that is named after a trap shows what we do about it: `docs/traps.md`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError, StaleMetadata
from faststream import AckPolicy
from faststream.kafka.subscriber.usecase import BatchSubscriber

from schemas.topics import Topic
from services.runtime.broker import create_topics, make_broker, make_producer, subscription
from services.runtime.database import connect
from services.runtime.embedded.postgres import Postgres
from services.runtime.inbox import land
from services.runtime.landing import LagWatch, Landing
from services.runtime.settings import Settings
from services.runtime.telemetry import REGISTRY
from tests.runtime import toy
from tests.runtime.conftest import Record, Toy, landing, landing_of, record
from tests.runtime.toy import DropFell
from tests.support.waiting import until

_numbers = count(1)


@pytest.fixture
def topic() -> str:
    return f"test-landing-v{next(_numbers)}"


@pytest.fixture
async def sender(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    producer = make_producer(settings)
    await producer.start()
    yield producer
    await producer.stop()


async def send(sender: AIOKafkaProducer, topic: str, *records: Record) -> None:
    for each in records:
        await sender.send_and_wait(topic, key=each.key, value=each.value, headers=list(each.headers), partition=0)


def drops(numbers: Sequence[int]) -> list[Record]:
    return [record(DropFell(bucket="a", number=n)) for n in numbers]


async def has_landed(service: Toy, events: int) -> None:
    await until(lambda: landed_are(service, events))


async def landed_are(service: Toy, events: int) -> bool:
    return (await service.rows("select count(*) from inbox")) == [(events,)]


async def acknowledged(found: Landing, topic: str) -> int:
    """Return up to where the group will never read again."""
    return int(await found.subscribers[0].consumer.committed(TopicPartition(topic, 0)) or 0)


def repeats() -> float:
    return REGISTRY.get_sample_value("motesplats_repeated_total") or 0


def test_each_subscriber_has_the_settings_that_promises_hang_on(service: Toy, settings: Settings) -> None:
    made = landing_of(service, "toy")
    made.subscribe(make_broker(settings), subscription(settings, "toy"), topics=["a", "b"], pattern="c-.*")
    named, matching = made.subscribers
    assert (named.topic_names, named.group_id) == (["a", "b"], "motesplats-toy")
    assert (matching.topic_names, matching.group_id) == (["c-.*"], "motesplats-toy-requests")
    for subscriber in made.subscribers:
        assert type(subscriber) is BatchSubscriber  # and no concurrent one: `max_workers` is 1
        assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR
        assert subscriber._no_reply
        assert subscriber._connection_args["enable_auto_commit"] is False
        assert subscriber._connection_args["auto_offset_reset"] == "earliest"


async def test_trap_05_whatever_strangers_send_lands_beside_its_neighbours_and_steers_nothing(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, topic: str
) -> None:
    reply_to = f"{topic}-replies"
    await create_topics(settings, [Topic(topic), Topic(reply_to, partitions=1)], replication=1)
    records = [record(DropFell(bucket=name, number=1)) for name in "abcdefgh"]
    _, broken_json, strange_header, null_header, null_key, null_value, replies, _ = records
    broken_json.value = b'{"bucket": '
    strange_header.headers = [*strange_header.headers, ("x", b"\xff"), ("content-type", b"\xff")]
    null_header.headers = [*null_header.headers, ("ce_subject", None), ("correlation_id", None)]
    null_key.key = None
    null_value.value = None
    replies.headers = [*replies.headers, ("reply_to", reply_to.encode()), ("correlation_id", b"1")]
    async with landing(service, settings, [topic]) as found:
        await send(sender, topic, *records)
        await has_landed(service, 8)
        await until(lambda: acknowledged(found, topic))
        assert await acknowledged(found, topic) == 8
        partition = TopicPartition(reply_to, 0)
        assert await found.subscribers[0].consumer.end_offsets([partition]) == {partition: 0}
    await service.work()
    heard = [name for name in "abcdefgh" if await service.heard(name)]
    # The null key's event is in the bucket that its value names; a null value is a tombstone, which no handler knows.
    assert heard == ["a", "c", "d", "e", "g", "h"]


async def test_trap_01_nothing_is_acknowledged_before_it_is_stored_and_all_lands_when_the_database_is_back(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, topic: str, postgres: Postgres
) -> None:
    await create_topics(settings, [Topic(topic)], replication=1)
    async with landing(service, settings, [topic]) as found:
        await send(sender, topic, *drops(range(20, 30)))
        await has_landed(service, 10)
        await postgres.stop("immediate")
        try:
            await send(sender, topic, *drops(range(30, 40)))
            await until(lambda: found.waiting)
            assert await acknowledged(found, topic) <= 10
        finally:
            await postgres.start()
        await send(sender, topic, *drops(range(40, 50)))
        await has_landed(service, 30)
        assert not found.waiting
    await service.work()
    assert await service.heard("a") == " ".join(map(str, range(20, 50)))


async def test_landing_alone_gets_over_its_connection_being_cut(service: Toy, settings: Settings) -> None:
    engine = connect(settings)
    made = landing_of(service, "toy", engine)
    async with asyncio.timeout(60):
        for number in range(3):
            await made.land((record(DropFell(bucket="a", number=number)),))
            await service.run(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'motesplats-%' "
                "and datname = current_database()"
            )
    await engine.dispose()
    assert await landed_are(service, 3)


async def test_a_batch_that_takes_longer_than_it_may_is_stored_and_waits_for_a_worker(service: Toy) -> None:
    made = landing_of(service, "toy")

    async def too_long(_work: toy.Work) -> None:
        raise TimeoutError  # as asyncpg has it, and as it has it when the database is away

    made.at_once.handlers = toy.make_handlers()
    made.at_once.handlers.save = too_long
    await made.land((record(DropFell(bucket="a", number=1)),))
    assert await service.states() == {"ready": 1}


async def test_a_process_that_stops_while_it_waits_for_the_database_leaves_all_to_the_next(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, topic: str, postgres: Postgres
) -> None:
    await create_topics(settings, [Topic(topic)], replication=1)
    await postgres.stop("immediate")
    try:
        async with landing(service, settings, [topic]) as found:
            await send(sender, topic, *drops(range(20, 40)))
            await until(lambda: found.waiting)
    finally:
        await postgres.start()
    async with landing(service, settings, [topic]):
        await has_landed(service, 20)
    await service.work()
    assert await service.heard("a") == " ".join(map(str, range(20, 40)))


async def test_what_was_stored_and_not_acknowledged_is_brought_again_and_changes_nothing(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise CommitFailedError

    await create_topics(settings, [Topic(topic)], replication=1)
    before = repeats()
    async with landing(service, settings, [topic]) as found:
        consumer = found.subscribers[0].consumer
        with monkeypatch.context() as broken:
            broken.setattr(consumer, "commit", fail)
            await send(sender, topic, *drops(range(20, 25)))
            await has_landed(service, 5)
            await service.work()
            await consumer.seek_to_beginning()  # where the next process would begin
            await until(lambda: repeats() == before + 5)
            assert await acknowledged(found, topic) == 0
        await send(sender, topic, *drops([25]))
        await until(lambda: acknowledged(found, topic))
    assert await service.heard("a") == "20 21 22 23 24 25"


async def test_trap_03_an_error_that_stays_is_met_with_patience_and_not_with_a_storm(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # with a nack: 12,656 redeliveries in 3 s
    tried = 0

    async def count_and_land(*given: Any) -> tuple[int, int]:  # noqa: ANN401 - as `land` has it
        nonlocal tried
        tried += 1
        return await land(*given)

    monkeypatch.setattr("services.runtime.at_once.land", count_and_land)
    await create_topics(settings, [Topic(topic)], replication=1)
    await service.run("alter table inbox rename to gone")
    async with landing(service, settings, [topic]) as found:
        await send(sender, topic, *drops(range(20, 25)))
        await until(lambda: tried >= 3)
        assert not found.waiting  # not an outage: the process may be started again
        await service.run("alter table gone rename to inbox")
        await has_landed(service, 5)
    assert tried < 20  # as many take more than a minute


async def test_a_topic_made_later_is_heard_too(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, topic: str
) -> None:
    later = f"{topic}-strangers-hsa-SE1"
    async with landing(service, settings, [], pattern=f"{topic}-strangers-.*"):
        await create_topics(settings, [Topic(later, partitions=1)], replication=1)
        await send(sender, later, *drops(range(20, 25)))
        await has_landed(service, 5)


async def test_a_topic_made_while_its_consumer_looks_for_its_group_is_heard_too(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, topic: str
) -> None:
    later = f"{topic}-strangers-hsa-SE1"
    async with landing(service, settings, [], pattern=f"{topic}-strangers-.*") as found:
        consumer = found.subscribers[0].consumer
        coordinator = consumer._coordinator
        assert coordinator._assignors[0].metadata([later]).user_data  # what it sees
        with pytest.raises(StaleMetadata):
            await consumer._fetcher._proc_offset_requests({TopicPartition(f"{topic}-gone", 0): -2})
        async with coordinator._coordinator_lookup_lock:
            coordinator.coordinator_dead()
            await create_topics(settings, [Topic(later, partitions=1)], replication=1)
            await until(lambda: later in consumer.subscription())
        await send(sender, later, *drops(range(20, 25)))
        await has_landed(service, 5)


async def test_trap_12_a_consumer_that_polls_and_brings_nothing_is_noticed(
    service: Toy, settings: Settings, sender: AIOKafkaProducer, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalls = asyncio.Event()

    async def nothing(**_: int) -> dict[TopicPartition, list[Record]]:
        stalls.set()
        return {}

    await create_topics(settings, [Topic(topic)], replication=1)
    async with landing(service, settings, [topic]) as found:
        watch = LagWatch(found)
        await send(sender, topic, *drops(range(20, 25)))
        await has_landed(service, 5)
        assert [await watch.moves() for _ in range(3)] == [True, True, True]
        with monkeypatch.context() as stalled:
            stalled.setattr(found.subscribers[0].consumer, "getmany", nothing)
            await stalls.wait()
            await send(sender, topic, *drops(range(25, 30)))
            await until(lambda: does_not_move(watch))
        await has_landed(service, 10)
        assert await watch.moves()


@pytest.fixture
async def watched(service: Toy, settings: Settings, topic: str) -> AsyncIterator[tuple[LagWatch, AIOKafkaConsumer]]:
    """A consumer that has joined its group, and what watches it."""
    await create_topics(settings, [Topic(topic)], replication=1)
    async with landing(service, settings, [topic]) as found:
        consumer = found.subscribers[0].consumer
        await until(lambda: bool(consumer.assignment()))
        yield LagWatch(found), consumer


async def test_a_consumer_that_never_finds_out_where_it_is_does_not_move(
    watched: tuple[LagWatch, AIOKafkaConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(_: TopicPartition) -> int:
        await asyncio.Event().wait()
        return 0

    watch, consumer = watched
    monkeypatch.setattr("services.runtime.landing.POSITION_SECONDS", 0.01)
    monkeypatch.setattr(consumer, "position", for_ever)
    assert [await watch.moves() for _ in range(3)] == [True, False, False]


async def test_a_consumer_that_does_not_find_its_group_does_not_move(
    watched: tuple[LagWatch, AIOKafkaConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, _ = watched
    assert await watch.moves()
    monkeypatch.setattr("services.runtime.landing.knows_its_group", lambda _: False)
    assert not await watch.moves()


async def test_trap_27_a_consumer_that_will_never_join_again_is_noticed(
    watched: tuple[LagWatch, AIOKafkaConsumer],
) -> None:
    watch, consumer = watched
    assert await watch.moves()
    joining = consumer._coordinator._coordination_task
    joining.cancel()
    await asyncio.wait([joining])
    assert not await watch.moves()


async def does_not_move(watch: LagWatch) -> bool:
    return not await watch.moves()


async def test_an_empty_poll_is_followed_by_a_sleep_that_is_short(
    service: Toy, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    class Idle:
        async def getmany(self, **arguments: int) -> dict[TopicPartition, list[Record]]:
            slept.append(arguments["timeout_ms"] / 1000)
            return {}

    made = landing_of(service, "idle")
    made.subscribe(make_broker(settings), subscription(settings, "idle"), topics=["idle"], pattern=None)
    monkeypatch.setattr("faststream.kafka.subscriber.usecase.anyio.sleep", sleep)
    assert await made.subscribers[0].get_msg(Idle()) == ()
    assert slept == [0.01, 0.01]
