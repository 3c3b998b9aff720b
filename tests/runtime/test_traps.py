"""What bites in FastStream and PostgreSQL and needs no Apache Kafka to show: the rest of `tests/real/test_traps.py`."""

import asyncio
import inspect

import aiokafka.client
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError, StaleMetadata
from aiokafka.protocol.metadata import MetadataRequest
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage, KafkaRouter

from schemas.topics import Topic
from services.runtime.broker import create_topics, make_producer, partitions_by_topic, subscription
from services.runtime.connection import Database
from services.runtime.embedded.tansu import Tansu
from services.runtime.lanes import LANES
from services.runtime.membership import (
    acknowledge_as_who_has_read,
    has_given_up,
    join_whatever_changes,
    join_with_what_it_sees,
    look_at_all_topics,
)
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.transaction import transaction
from tests.runtime.conftest import Toy, record
from tests.runtime.toy import SAVE_FAILS, Bucket, DropFell, LevelRose
from tests.support.reading_topics import all_in, attribute
from tests.support.waiting import until


def test_trap_08_a_brokers_policy_does_not_reach_the_handlers_of_a_router_made_earlier() -> None:
    # That ours stands on each subscriber: `test_every_subscriber_acknowledges_only_what_has_landed`.
    router = KafkaRouter()
    earlier = router.subscriber("a", group_id="g")
    broker = KafkaBroker(ack_policy=AckPolicy.NACK_ON_ERROR)
    broker.include_router(router)
    assert earlier._connection_args["enable_auto_commit"] is True
    assert broker.subscriber("b", group_id="g")._connection_args["enable_auto_commit"] is False


def test_trap_09_what_is_not_said_is_what_we_do_not_want() -> None:
    # That ours is said: `test_each_subscriber_has_the_settings_that_promises_hang_on`, and those of `test_broker.py`.
    subscriber = inspect.signature(KafkaBroker.subscriber).parameters
    broker = inspect.signature(KafkaBroker.__init__).parameters
    assert (subscriber["auto_offset_reset"].default, subscriber["group_id"].default) == ("latest", None)
    assert broker["allow_auto_create_topics"].default is True
    assert inspect.signature(AIOKafkaProducer.__init__).parameters["enable_idempotence"].default is False


@pytest.mark.parametrize("is_ours", [False, True])
async def test_trap_09_who_asks_about_a_topic_has_it_made_unless_it_says_not_to(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, *, is_ours: bool
) -> None:
    if not is_ours:
        monkeypatch.setattr(aiokafka.client, "MetadataRequest", MetadataRequest)
    topic = f"test-trap-09-asked-{is_ours}-v1"
    async with make_producer(settings) as producer:
        await producer.client.set_topics([topic])
    assert (topic in await partitions_by_topic(settings)) is not is_ours


async def test_trap_17_a_long_transaction_of_somebody_else_holds_back_no_event(
    service: Toy, settings: Settings, other_engine: Database
) -> None:
    topic = "test-trap-17-v1"
    await create_topics(settings, [Topic(topic)], replication=1)
    relay = Relay(service.engine, lambda: make_producer(settings), "/toy", list(range(LANES)), send_seconds=60)
    async with transaction(other_engine, 1, service.now) as long:
        long.announce(Bucket("long"), LevelRose(bucket="long", drops=0), topic=topic)
        await long.flush()  # it has written, and has not ended: `pg_snapshot_xmin` does not pass it
        long.events.clear()
        async with transaction(service.engine, 1, service.now) as tx:
            tx.announce(Bucket("short"), LevelRose(bucket="short", drops=0), topic=topic)
        assert await relay.run_once(service.now) == 1
    await relay.stop()
    assert [sent.key for sent in await all_in(settings.kafka_bootstrap_servers, topic)] == [b"short"]


async def test_trap_20_what_a_handler_publishes_is_out_before_it_fails_and_in_no_trace(settings: Settings) -> None:
    heard, told = "test-trap-20-v1", "test-trap-20-told-v1"
    await create_topics(settings, [Topic(heard, partitions=1), Topic(told, partitions=1)], replication=1)
    failed = asyncio.Event()
    broker = KafkaBroker(settings.kafka_bootstrap_servers, logger=None)
    publisher = broker.publisher(told)

    @broker.subscriber(heard, group_id=heard, auto_offset_reset="earliest", ack_policy=AckPolicy.ACK)
    async def tell_and_fail(_: bytes, message: KafkaMessage) -> None:
        assert message.correlation_id == "of-the-sender"
        await publisher.publish(b"told")
        failed.set()
        raise ValueError

    async with broker:
        await broker.start()
        await broker.publish(b"x", heard, correlation_id="of-the-sender")
        await failed.wait()
    [sent] = await all_in(settings.kafka_bootstrap_servers, told)
    assert sent.value == b"told"
    assert attribute(sent, "correlation_id") != "of-the-sender"


async def test_trap_20_what_a_handler_announces_is_out_with_the_commit_or_not_at_all(service: Toy) -> None:
    await service.land(record(DropFell(bucket="a", number=SAVE_FAILS)), record(DropFell(bucket="b", number=20)))
    await service.work()
    assert [row.key for row in await service.rows("select key from outbox")] == ["b"]


@pytest.fixture
def breaking(settings: Settings, own_broker: Tansu) -> Settings:
    """How a process of the toy service reaches a broker to break."""
    return settings.model_copy(update={"kafka_bootstrap_servers": own_broker.bootstrap_servers})


async def a_reader(settings: Settings, topic: Topic, **more: int) -> AIOKafkaConsumer:
    """Make the topic and return a consumer of it as the toy's is, yet to start."""
    await create_topics(settings, [topic], replication=1)
    said = subscription(settings, "toy")
    fixed = {name: said[name] for name in ("group_id", "auto_offset_reset", "session_timeout_ms")} | more
    return AIOKafkaConsumer(
        topic.name, bootstrap_servers=settings.kafka_bootstrap_servers, enable_auto_commit=False, **fixed
    )


@pytest.mark.parametrize("is_ours", [False, True])
async def test_trap_24_an_acknowledgement_outlives_its_broker_and_is_made_as_another_member(
    own_broker: Tansu, breaking: Settings, *, is_ours: bool
) -> None:
    topic = Topic("test-trap-24-v1", partitions=1)
    consumer = await a_reader(breaking, topic)
    async with make_producer(breaking) as producer:
        await producer.send_and_wait(topic.name, b"before")
    async with consumer:
        if is_ours:
            acknowledge_as_who_has_read(consumer)
        await consumer.getone()
        read_by = consumer._subscription.subscription.assignment
        async with consumer._coordinator._commit_lock:  # so that it is tried when the broker is there again
            acknowledging = asyncio.create_task(consumer.commit())
            await own_broker.kill()
            await own_broker.start()
            await create_topics(breaking, [topic], replication=1)
            await until(lambda: consumer._subscription.subscription.assignment is not read_by)
        (failed,) = await asyncio.gather(acknowledging, return_exceptions=True)
        assert isinstance(failed, CommitFailedError) is is_ours
        assert await consumer.committed(TopicPartition(topic.name, 0)) == (None if is_ours else 1)


@pytest.mark.parametrize("is_ours", [False, True])
async def test_trap_25_who_joins_again_with_the_same_words_reads_what_it_read_before(
    own_broker: Tansu, breaking: Settings, *, is_ours: bool
) -> None:
    topic = Topic("test-trap-25-v1", partitions=1)
    consumer = await a_reader(breaking, topic, metadata_max_age_ms=200)

    async def joins_again() -> None:
        before = consumer._subscription.subscription.assignment
        await until(lambda: consumer._subscription.subscription.assignment not in (before, None))

    async with consumer:
        if is_ours:
            join_with_what_it_sees(consumer)
        await own_broker.kill()
        await own_broker.start()
        await joins_again()
        assert not consumer.assignment()  # there is no topic
        await create_topics(breaking, [topic], replication=1)
        await joins_again()
        assert bool(consumer.assignment()) is is_ours


@pytest.mark.parametrize("is_ours", [False, True])
async def test_trap_26_who_subscribes_by_pattern_and_asks_about_what_is_gone_sees_no_other_topic_any_more(
    settings: Settings, *, is_ours: bool
) -> None:
    there, later = (Topic(f"test-trap-26-{is_ours}-{name}", partitions=1) for name in ("there", "later"))
    await create_topics(settings, [there], replication=1)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers)
    async with consumer:
        consumer.subscribe(pattern=f"test-trap-26-{is_ours}-.*")
        if is_ours:
            look_at_all_topics(consumer)
        await until(lambda: consumer.subscription() == {there.name})
        with pytest.raises(StaleMetadata):
            await consumer._fetcher._proc_offset_requests({TopicPartition("test-trap-26-gone", 0): -2})
        await create_topics(settings, [later], replication=1)
        await consumer._client.force_metadata_update()
        await consumer._client.force_metadata_update()  # the first may have been on its way before
        assert (later.name in consumer.subscription()) is is_ours


@pytest.mark.parametrize("is_ours", [False, True])
async def test_trap_27_a_consumer_whose_topics_change_while_it_looks_for_its_group_gives_up(
    settings: Settings, *, is_ours: bool
) -> None:
    there, later = (Topic(f"test-trap-27-{is_ours}-{name}", partitions=1) for name in ("there", "later"))
    await create_topics(settings, [there], replication=1)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group_id=there.name,
        enable_auto_commit=False,
        session_timeout_ms=subscription(settings, "toy")["session_timeout_ms"],
        metadata_max_age_ms=200,
    )
    async with consumer:
        consumer.subscribe(pattern=f"test-trap-27-{is_ours}-.*")
        coordinator = consumer._coordinator
        if is_ours:
            join_whatever_changes(consumer)
        await until(consumer.assignment)
        async with coordinator._coordinator_lookup_lock:  # it looks for its group, and is yet to find it
            coordinator.coordinator_dead()
            await create_topics(settings, [later], replication=1)
            await until(lambda: later.name in consumer.subscription())
        await until(lambda: has_given_up(consumer) or len(consumer.assignment()) == 2)
        assert has_given_up(consumer) is not is_ours
        if not is_ours:
            assert isinstance(coordinator._coordination_task.exception(), KafkaError)


async def test_trap_28_who_reads_a_partition_of_tansu_may_pass_over_what_one_of_two_writes(settings: Settings) -> None:
    place = TopicPartition("test-trap-28-v1", 0)
    await create_topics(settings, [Topic(place.topic, partitions=1)], replication=1)
    read: list[int] = []

    async def write() -> None:
        async with make_producer(settings) as producer:
            while True:
                await producer.send_and_wait(place.topic, b"x", partition=place.partition)

    async def passes_over() -> bool:
        read.extend(record.offset for records in (await consumer.getmany(timeout_ms=20)).values() for record in records)
        return bool(read) and len(read) <= read[-1] - read[0]

    async with AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers, fetch_max_wait_ms=10) as consumer:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        writers = [asyncio.create_task(write()) for _ in range(3)]
        await until(passes_over, every=0)
        for writer in writers:
            writer.cancel()
        await asyncio.wait(writers)
    written = await all_in(settings.kafka_bootstrap_servers, place.topic)
    assert [record.offset for record in written] == list(range(len(written)))  # nothing is missing
