"""`motesplats restored` on Apache Kafka: what was sent since the restore's time is read again, in a new epoch."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from typer.testing import CliRunner, Result

from schemas.topics import Topic
from services.cli import app
from services.runtime.broker import create_topics, group_of
from services.runtime.connection import Database
from services.runtime.settings import Settings
from services.runtime.transaction import read_epoch
from tests.conftest import MakeDatabase
from tests.support.kafka import bootstrap
from tests.support.service_testing import settings_for

pytestmark = pytest.mark.real
GROUP = group_of("activities")
PLACE = TopicPartition("referral-needs-v1", 0)
RESTORED_TO = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
SENT = [RESTORED_TO + timedelta(hours=hours) for hours in (-30, -20, -0.5, 1, 2)]
"""Two long before the restore's time, one that may not have landed by then, and two after it; none older than the
topic keeps."""


@pytest.fixture
async def kafka(tmp_path: Path) -> AsyncIterator[str]:
    """A broker that holds nothing of other tests: what is read again is told by its time, whoever sent it."""
    async with bootstrap(tmp_path) as servers:
        yield servers


@pytest.fixture
async def told(kafka: str, database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the service is told, in the environment of the command."""
    told = settings_for(await database("activities"), kafka_bootstrap_servers=kafka)
    for name, value in told.items():
        monkeypatch.setenv(f"MOTESPLATS_{name.upper()}", str(value))
    return told


async def epoch(told: dict[str, Any]) -> int:
    database = Database(told["database_url"])
    try:
        return await read_epoch(database)
    finally:
        await database.dispose()


@asynccontextmanager
async def reading(kafka: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(PLACE.topic, bootstrap_servers=kafka, group_id=GROUP, enable_auto_commit=False)
    async with consumer:
        yield consumer


async def restored(*arguments: str) -> Result:
    command = ("restored", "--service", "activities", *arguments)
    return await asyncio.to_thread(CliRunner().invoke, app, command)


async def test_a_restored_service_reads_again_what_it_forgot_and_begins_a_new_epoch(
    kafka: str, told: dict[str, Any]
) -> None:
    await create_topics(Settings(**told), [Topic(PLACE.topic, partitions=1)], replication=1)
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as sender:
        first = await sender.send_and_wait(PLACE.topic, b"{}", timestamp_ms=int(SENT[0].timestamp() * 1000))
        for sent in SENT[1:]:
            await sender.send_and_wait(PLACE.topic, b"{}", timestamp_ms=int(sent.timestamp() * 1000))
    async with reading(kafka) as consumer:
        await consumer.commit({PLACE: first.offset + len(SENT)})
        refused = await restored("--to", RESTORED_TO.isoformat())
    assert (refused.exit_code, "Stop all processes" in refused.stderr) == (2, True)

    done = await restored("--to", RESTORED_TO.isoformat())

    assert done.exit_code == 0, done.stderr
    assert "Step 1 of " in done.stderr
    assert "activities begins epoch 2, and reads 1 partitions again." in done.stdout
    assert f"motesplats announce --since {RESTORED_TO:%Y-%m-%dT%H:%MZ} --service coordinator" in done.stdout
    async with reading(kafka) as consumer:
        assert await consumer.committed(PLACE) == first.offset + 2
    assert await epoch(told) == 2


async def test_an_epoch_that_the_database_has_forgotten_is_not_begun_again(kafka: str, told: dict[str, Any]) -> None:
    topics = [Topic(PLACE.topic, partitions=1), Topic("matching-events-v1", partitions=2)]
    await create_topics(Settings(**told), topics, replication=1)
    async with AIOKafkaProducer(bootstrap_servers=kafka, acks="all") as sender:
        for number, source in ((3, "/activities"), (2, "/activities"), (7, "/referral")):
            headers = [("ce_source", source.encode()), ("ce_sequence", f"{number:06d}{1:014d}".encode())]
            await sender.send_and_wait("matching-events-v1", b"{}", partition=number % 2, headers=headers)
    async with reading(kafka) as consumer:
        await consumer.commit({PLACE: 0})

    done = await restored("--to", RESTORED_TO.isoformat())

    assert "activities begins epoch 4" in done.stdout, done.stderr
    assert await epoch(told) == 4
