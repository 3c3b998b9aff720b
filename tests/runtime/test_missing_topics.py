"""A service that starts before somebody has made its topics."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from aiokafka.errors import UnknownTopicOrPartitionError

from schemas.topics import Topic
from services.runtime import broker
from services.runtime.broker import create_topics
from services.runtime.embedded.tansu import Tansu
from services.runtime.service import Service
from services.runtime.settings import Settings
from tests.runtime import toy
from tests.support.log_lines import log_lines
from tests.support.waiting import until

TOPICS = sorted(toy.make_handlers().topics())


@pytest.fixture
def toy_service(settings: Settings, own_broker: Tansu) -> Service[toy.Work]:
    """A toy whose broker has no topic: that of all tests has those of others."""
    told = settings.model_copy(update={"kafka_bootstrap_servers": own_broker.bootstrap_servers})
    return Service("toy", told, toy.make_handlers())


async def test_a_service_without_its_topics_names_them_once_and_ends(
    toy_service: Service[toy.Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "TOPICS_SECONDS", 1.0)
    with log_lines() as written:
        with pytest.raises(UnknownTopicOrPartitionError):
            async with toy_service.running():
                pass
        (line,) = written()
    assert (line["level"], line["event"], line["topic"]) == ("error", "topics_missing", TOPICS)


async def test_a_service_starts_once_its_topics_are_made(toy_service: Service[toy.Work]) -> None:
    with log_lines() as written:
        async with AsyncExitStack() as running:
            starting = asyncio.create_task(running.enter_async_context(toy_service.running()))
            await until(written)
            await create_topics(toy_service.settings, map(Topic, TOPICS), replication=1)
            await starting
        assert [line["event"] for line in written()] == ["topics_missing"]
