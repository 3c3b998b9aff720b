import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support import kafka as support

pytestmark = pytest.mark.real


async def make_topic(servers: str) -> str:
    topic = f"support-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 12, 1, topic_configs={"cleanup.policy": "compact"})])
    await admin.close()
    return topic


async def send(servers: str, topic: str, *values: bytes | None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True)
    await producer.start()
    for value in values:
        await producer.send_and_wait(topic, value, key=b"k")
    await producer.stop()


async def receive(servers: str, topic: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=servers, group_id=topic, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    values = [(await asyncio.wait_for(consumer.getone(), 30)).value for _ in range(count)]
    await consumer.commit()
    await consumer.stop()
    return values


async def test_what_an_idempotent_producer_sent_a_group_receives_in_order(kafka: str) -> None:
    topic = await make_topic(kafka)
    await send(kafka, topic, b"{}", None)
    assert await receive(kafka, topic, 2) == [b"{}", None]


async def test_what_was_acknowledged_is_there_after_the_broker_was_killed(tmp_path: Path) -> None:
    async with support.own_kafka(tmp_path) as broker:
        topic = await make_topic(broker.bootstrap_servers)
        await send(broker.bootstrap_servers, topic, b"1")
        await broker.restart()
        assert await receive(broker.bootstrap_servers, topic, 1) == [b"1"]


@pytest.fixture
def nothing_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "CI", "MOTESPLATS_REQUIRE_KAFKA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(support, "LIBRARIES", tmp_path / "nothing")
    return tmp_path


async def test_without_a_kafka_a_test_is_skipped_and_says_why(nothing_fetched: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="make kafka"):
        async with support.bootstrap(nothing_fetched):
            pass


@pytest.mark.parametrize("variable", [("CI", "true"), ("MOTESPLATS_REQUIRE_KAFKA", "1")])
async def test_where_kafka_is_required_a_test_without_one_fails(
    nothing_fetched: Path, monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str]
) -> None:
    monkeypatch.setenv(*variable)
    with pytest.raises(pytest.fail.Exception, match="required here"):
        async with support.bootstrap(nothing_fetched):
            pass


async def test_the_kafka_that_the_environment_names_is_taken(
    nothing_fetched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example.org:9092")
    async with support.bootstrap(nothing_fetched) as servers:
        assert servers == "kafka.example.org:9092"
