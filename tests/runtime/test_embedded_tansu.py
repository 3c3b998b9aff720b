import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from services.runtime.embedded.child import CannotStart
from services.runtime.embedded.tansu import Tansu


@asynccontextmanager
async def producer(broker: Tansu) -> AsyncIterator[AIOKafkaProducer]:
    client = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers, acks="all")
    await client.start()
    yield client
    await client.stop()


async def topics(broker: Tansu) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    names = set(await admin.list_topics())
    await admin.close()
    return names


async def make_topic(broker: Tansu, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.create_topics([NewTopic(name, 12, 1, topic_configs={"cleanup.policy": "compact"})])
    await admin.close()


async def test_an_event_sent_is_received_as_it_was_sent_also_a_tombstone(tansu: Tansu) -> None:
    await make_topic(tansu, "sent-and-received")
    consumer = AIOKafkaConsumer(
        "sent-and-received",
        bootstrap_servers=tansu.bootstrap_servers,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=10,
    )
    async with producer(tansu) as sender:
        await sender.send_and_wait("sent-and-received", b"{}", key=b"k", headers=[("ce_id", b"1"), ("x", b"\xff")])
        await sender.send_and_wait("sent-and-received", None, key=b"k")
    await consumer.start()
    received = [await asyncio.wait_for(consumer.getone(), 60) for _ in range(2)]
    await consumer.stop()
    assert [(r.key, r.value) for r in received] == [(b"k", b"{}"), (b"k", None)]
    assert received[0].headers == (("ce_id", b"1"), ("x", b"\xff"))


async def test_a_broker_that_starts_again_is_empty_and_at_the_same_address(tmp_path: Path) -> None:
    async with Tansu(tmp_path / "tansu.log") as broker:
        address = broker.bootstrap_servers
        await make_topic(broker, "short-lived")
        assert "short-lived" in await topics(broker)
        await broker.restart()
        assert broker.bootstrap_servers == address
        assert "short-lived" not in await topics(broker)


async def test_a_broker_whose_port_is_taken_says_so(tmp_path: Path, tansu: Tansu) -> None:
    second = Tansu(tmp_path / "tansu.log")
    second.listens_at = tansu.bootstrap_servers
    with pytest.raises(CannotStart, match=r"(?s)tansu ended at start.*Address in use"):
        await second.start()
