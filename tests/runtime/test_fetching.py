"""How long a consumer has a real Tansu wait, and what aiokafka does by itself beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from schemas.topics import Topic
from services.runtime import fetching
from services.runtime.broker import create_topics, make_producer
from services.runtime.settings import Settings
from tests.support.waiting import until

A_FEW = 5


@dataclass
class Reader:
    """A consumer, and what it asks its broker."""

    consumer: AIOKafkaConsumer
    waits: list[int] = field(default_factory=list)
    """How long each of its questions may wait for an answer, in milliseconds."""

    async def takes(self) -> bool:
        """Take what has come, and tell whether it was anything."""
        return bool(await self.consumer.getmany(timeout_ms=20))

    async def takes_again_until(self, *, asked: int) -> None:
        """Take, time and again, until it has asked that many more times."""
        before = len(self.waits)

        async def has_asked() -> bool:
            await self.takes()
            return len(self.waits) >= before + asked

        await until(has_asked)


@asynccontextmanager
async def reader(settings: Settings, topic: str, *, is_ours: bool) -> AsyncIterator[Reader]:
    """Give a reader of what comes from now on."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap_servers, fetch_max_wait_ms=fetching.SHORT_MS)
    async with consumer:
        found, fetch = Reader(consumer), consumer._fetcher._proc_fetch_request

        async def ask(assignment: object, node: int, question: object) -> bool:
            found.waits.append(vars(question)["_max_wait_ms"])
            told: bool = await fetch(assignment, node, question)
            return told

        consumer._fetcher._proc_fetch_request = ask
        if is_ours:
            fetching.ask_less_at_rest(consumer)
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_end()
        yield found


@pytest.fixture
async def sender(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    async with make_producer(settings) as producer:
        yield producer


@pytest.mark.parametrize("is_ours", [False, True])
async def test_at_rest_its_questions_take_longer_and_as_soon_as_something_comes_they_are_short(
    settings: Settings, sender: AIOKafkaProducer, monkeypatch: pytest.MonkeyPatch, *, is_ours: bool
) -> None:
    topic = f"test-fetching-rest-{is_ours}"
    await create_topics(settings, [Topic(topic, partitions=1)], replication=1)
    async with reader(settings, topic, is_ours=is_ours) as found:
        monkeypatch.setattr(fetching, "AT_WORK_SECONDS", 0.0)
        await found.takes_again_until(asked=A_FEW)
        assert found.waits[-1] == (fetching.LONG_MS if is_ours else fetching.SHORT_MS)
        monkeypatch.setattr(fetching, "AT_WORK_SECONDS", 3_600.0)
        await sender.send_and_wait(topic, b"x", partition=0)
        await until(found.takes)
        await found.takes_again_until(asked=A_FEW)
        assert found.waits[-1] == fetching.SHORT_MS
