"""A toy service on a fresh database, driven by hand: landing and working are calls, so nothing has to be awaited."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from schemas.event import Event
from services.runtime import due
from services.runtime.at_once import AtOnce
from services.runtime.broker import make_broker, subscription
from services.runtime.connection import Database
from services.runtime.embedded.tansu import Tansu
from services.runtime.inbox import Reading, land
from services.runtime.landing import Landing
from services.runtime.lanes import LANES, hold_inbox_lane, lane_of
from services.runtime.sealing import Seal
from services.runtime.settings import Settings
from services.runtime.telemetry import Heartbeats
from services.runtime.worker import Worker
from tests.conftest import MakeDatabase
from tests.runtime import toy
from tests.support.kafka import Kafka
from tests.support.service_testing import settings_for


@dataclass
class Record:
    """A record as aiokafka brings it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    partition: int = 0
    offset: int = field(default_factory=count().__next__)


def record(event: Event, *, event_id: str | None = None, topic: str | None = None) -> Record:
    """Return the event as a record, with an id of its own unless one is given."""
    made = Record(topic or event.topic, event.key.encode(), event.model_dump_json().encode())
    made.headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", (event_id or f"id-{made.offset}").encode()),
        ("ce_source", b"/test"),
        ("ce_type", type(event).type().encode()),
        ("ce_time", b"2026-11-21T12:00:00Z"),
    ]
    return made


@dataclass
class Toy:
    """The toy at work, with a clock that a test sets."""

    engine: Database
    reading: Reading
    worker: Worker[toy.Work]
    now: datetime = datetime(2026, 11, 21, 12, tzinfo=UTC)
    handles_at_once: bool = False

    @cached_property
    def at_once(self) -> AtOnce[toy.Work]:
        """What takes events as they land, and handles those that need not wait."""
        worker = self.worker
        return AtOnce(
            self.engine, worker.handlers, self.reading, worker.epoch, lambda: self.now, worker.turn, worker.announced
        )

    async def land(self, *records: Record) -> tuple[int, int]:
        """Land the records together; return how many were new and how many were repeats."""
        if not self.handles_at_once:
            return await land(self.engine, self.reading, records, self.now)
        handled, waiting, repeats = await self.at_once.take(records)
        return handled + waiting, repeats

    async def work(self) -> int:
        """Handle until nothing is ready; return how many events that took."""
        total = 0
        while done := await self.worker.run_once(self.now):
            total += done
        return total

    @asynccontextmanager
    async def lane_held(self, order_key: str) -> AsyncIterator[None]:
        """Hold the lane of the key within this context, as another process does that is at work on it."""
        async with self.engine.begin() as connection:
            await hold_inbox_lane(connection, lane_of(order_key))
            yield

    async def later(self, seconds: float) -> None:
        """Let time pass, and what it brings, and work."""
        self.now += timedelta(seconds=seconds)
        await due.fire_deadlines(self.engine, self.now)
        await due.wake_waiting(self.engine, self.now)
        await self.work()

    async def rows(self, query: str, **parameters: object) -> list[Any]:
        """Return what a query finds."""
        async with self.engine.connect() as connection:
            return list((await connection.execute(text(query), parameters)).all())

    async def run(self, statement: str, **parameters: object) -> None:
        """Change the database by hand."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), parameters)

    async def heard(self, bucket: str) -> str | None:
        """Return what the bucket heard, in order."""
        rows = await self.rows("select heard from bucket where name = :name", name=bucket)
        return rows[0].heard.strip() if rows else None

    async def states(self) -> dict[str, int]:
        """Return how many events of the inbox are in each state."""
        rows = await self.rows("select state, count(*) as n from inbox group by state")
        return {row.state: row.n for row in rows}


@pytest.fixture
async def service(database: MakeDatabase) -> AsyncIterator[Toy]:
    toy.mended.clear()
    engine = Database(await database())
    await toy.create_tables(engine)
    handlers = toy.make_handlers()
    reading = Reading(
        sealed=tuple(handlers.decoders),
        ignored=frozenset({toy.LevelRose.type()}),
        overtaking=handlers.overtaking(),
        seal=Seal(b"k" * 32),
    )
    yield Toy(engine, reading, Worker(engine, handlers, reading, list(range(LANES)), epoch=1))
    await engine.dispose()


@pytest.fixture
async def other_engine(service: Toy) -> AsyncIterator[Database]:
    """The same database as another process reaches it."""
    engine = Database(service.engine.url)
    yield engine
    await engine.dispose()


@pytest.fixture
def settings(service: Toy, tansu: Tansu) -> Settings:
    """How a process of the toy service reaches its database and the broker."""
    url = service.engine.url.render_as_string(hide_password=False)
    return Settings(**settings_for(url, kafka_bootstrap_servers=tansu.bootstrap_servers, kafka_broker="tansu"))


@pytest.fixture
async def own_broker(tmp_path: Path) -> AsyncIterator[Tansu]:
    """A broker to break."""
    async with Tansu(tmp_path / "tansu.log") as broker:
        yield broker
        strike(broker, signal.SIGKILL)  # a polite end takes it five seconds


def strike(broker: Tansu | Kafka, number: signal.Signals) -> None:
    """Send the broker's process a signal."""
    assert broker._child
    os.kill(broker._child.pid, number)


def landing_of(service: Toy, name: str, engine: Database | None = None) -> Landing:
    """Return what lands for the toy under this name."""
    at_once = replace(service.at_once, engine=engine or service.engine)
    return Landing(name, at_once, landed=lambda: None, handled=lambda: None, heartbeats=Heartbeats())


@asynccontextmanager
async def landing(
    service: Toy, settings: Settings, topics: Sequence[str], pattern: str | None = None
) -> AsyncIterator[Landing]:
    """Land the topics, in a consumer group named after the database, which each test has of its own."""
    name = str(service.engine.url.database)
    made = landing_of(service, name)
    broker = make_broker(settings)
    made.subscribe(broker, subscription(settings, name), topics=topics, pattern=pattern)
    await broker.start()
    try:
        made.watch_polls(60)
        yield made
    finally:
        made.stopping.set()
        async with asyncio.timeout(60):
            await broker.stop()
