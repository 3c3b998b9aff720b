"""A stage for each promise: topics, consumer groups and databases of its own, on whatever broker there is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError
from sqlalchemy import text

from schemas.topics import Topic
from services.runtime.broker import create_topics, make_producer
from services.runtime.connection import Database, Row
from services.runtime.service import Service
from services.runtime.settings import Settings
from tests.conftest import MakeDatabase
from tests.runtime import toy
from tests.runtime.conftest import Record, record
from tests.runtime.toy import DropFell
from tests.support.reading_topics import all_in, once, sequences
from tests.support.service_testing import settings_for
from tests.support.waiting import until

BUCKETS = tuple(f"b{n}" for n in range(30))
_BUSY = text(
    "select (select coalesce(sum(drops), 0) from bucket) < :events or exists (select from outbox where sent_at is null)"
)


@dataclass(frozen=True)
class Broker:
    """A broker that is there for all tests of this process, and perhaps of others."""

    kind: str
    bootstrap_servers: str


@dataclass
class Reader:
    """A service that hears of drops, and what it makes of them."""

    name: str
    settings: Settings
    engine: Database
    drops: type[DropFell]
    levels: str

    def process(self, instance: str = "1") -> Service[toy.Work]:
        """Return a process of the service, not yet at work."""
        settings = self.settings.model_copy(update={"instance": instance})
        return Service(self.name, settings, toy.only_counting(self.drops, self.levels))

    async def rows(self, query: str) -> list[Row]:
        """Return what a query finds."""
        async with self.engine.connect() as connection:
            return list(await connection.execute(text(query)))

    async def has_handled(self, events: int) -> bool:
        """Tell whether it has handled so many events or more."""
        return len(await self.rows("select from inbox where state = 'handled'")) >= events

    async def heard_each_once_and_in_order(
        self, numbers: Iterable[int], buckets: Iterable[str] = BUCKETS, *, within: float = 200
    ) -> None:
        """Wait until all is handled and announced; then look that nothing is lost, twice or out of order."""
        numbers, buckets = list(numbers), list(buckets)
        await until(lambda: self._is_done(len(numbers) * len(buckets)), within=within)
        heard = {row.name: row.heard for row in await self.rows("select name, heard from bucket")}
        assert heard == dict.fromkeys(buckets, "".join(f"{n} " for n in numbers))
        announced = once(await all_in(self.settings.kafka_bootstrap_servers, self.levels))
        assert sequences(announced) == {name: list(range(1, len(numbers) + 1)) for name in buckets}

    async def _is_done(self, events: int) -> bool:
        async with self.engine.connect() as connection:
            return not await connection.scalar(_BUSY, {"events": events})


@dataclass
class Stage:
    """A topic of drops, whoever sends them, and whoever reads them."""

    settings: Settings
    sender: AIOKafkaProducer
    drops: type[DropFell]
    reader: Callable[[], Awaitable[Reader]]
    """Makes a service with a database and a group of its own."""

    async def send(self, numbers: Iterable[int], buckets: Iterable[str] = BUCKETS) -> None:
        """Have a drop of each number fall into each bucket; a bucket's next when its last is acknowledged."""
        buckets = list(buckets)
        for number in numbers:
            await self.send_records([record(self.drops(bucket=name, number=number)) for name in buckets])

    async def send_records(self, records: Iterable[Record]) -> None:
        """Send records of different keys, and return when all are acknowledged."""
        sent = [await self.sender.send(r.topic, key=r.key, value=r.value, headers=list(r.headers)) for r in records]
        await asyncio.gather(*sent)


async def is_known(sender: AIOKafkaProducer, topic: str) -> bool:
    """Tell whether the broker says that it has the topic: one that was just made may take a moment."""
    try:
        return bool(await sender.partitions_for(topic))
    except UnknownTopicOrPartitionError:
        return False


@pytest.fixture(params=["tansu", "kafka"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each kind of broker; what follows knows no other difference between them than its name."""
    found = request.getfixturevalue(request.param)
    return Broker(request.param, found if isinstance(found, str) else found.bootstrap_servers)


@pytest.fixture
async def stage(broker: Broker, database: MakeDatabase) -> AsyncIterator[Stage]:
    """A stage that nobody else is on, also of those who play on the same broker at the same time."""
    stage, engines = f"stage-{uuid4().hex[:12]}", list[Database]()

    class StageDropFell(DropFell):
        topic = f"{stage}-drops"

    def settings(url: str) -> Settings:
        return Settings(**settings_for(url, kafka_bootstrap_servers=broker.bootstrap_servers, kafka_broker=broker.kind))

    async def reader() -> Reader:
        url, name = await database(), f"{stage}-{len(engines)}"
        engines.append(Database(url))
        await toy.create_tables(engines[-1])
        await create_topics(settings(url), [Topic(f"{name}-levels", partitions=3)], replication=1)
        return Reader(name, settings(url), engines[-1], StageDropFell, f"{name}-levels")

    nowhere = settings("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    await create_topics(nowhere, [Topic(StageDropFell.topic, partitions=6)], replication=1)
    async with make_producer(nowhere) as sender:
        await until(lambda: is_known(sender, StageDropFell.topic))
        yield Stage(nowhere, sender, StageDropFell, reader)
    for engine in engines:
        await engine.dispose()
