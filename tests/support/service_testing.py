"""A service on a real database without Kafka: events are landed, handled and read from the outbox by hand."""

import base64
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from schemas.event import Event
from schemas.registry import EVENTS
from services.runtime import due
from services.runtime.identity import AUDIENCE
from services.runtime.inbox import land
from services.runtime.issuer import Issuer
from services.runtime.lanes import LANES
from services.runtime.process import Made
from services.runtime.remembering import Step, take_up
from services.runtime.service import Service
from services.runtime.worker import Worker

KEY = base64.b64encode(bytes(range(32))).decode()
BASE_URL = "http://testserver"
NOON = datetime(2025, 3, 12, 12, 0, tzinfo=UTC)
"""When tests begin: on the day `builders.ON`, a Wednesday."""


@dataclass
class Clock:
    """The time as tests set it (UTC)."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@dataclass
class Landed:
    """A record as Kafka would have brought it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    partition: int = 0
    offset: int = field(default_factory=count().__next__)


@dataclass(frozen=True)
class Announced:
    """An event in the outbox; `event` is None for a tombstone."""

    name: str
    topic: str
    key: str
    sequence: str | None
    event: Any


@dataclass
class UnderTest:
    """A service that a test drives: what it hears, what it announces, who calls it."""

    made: Made
    issuer: Issuer
    clock: Clock

    @property
    def service(self) -> Service[Any]:
        """What carries its events."""
        return self.made.service

    @property
    def web(self) -> FastAPI:
        """What answers its requests."""
        return self.made.web

    async def deliver(
        self, *events: Event | Landed, topic: str | None = None, source: str = "/test", key: str | None = None
    ) -> None:
        """Land the events, each under an id of its own, and handle all there is to handle."""
        await self.land(*events, topic=topic, source=source, key=key)
        await self.handle()

    async def land(
        self, *events: Event | Landed, topic: str | None = None, source: str = "/test", key: str | None = None
    ) -> None:
        """Land the events, each under an id of its own; nothing is handled yet."""
        for event in events:
            record = event if isinstance(event, Landed) else a_record(event, topic=topic, source=source, key=key)
            await land(self.service.engine, self.service.reading, [record], self.clock())

    async def handle(self) -> None:
        """Handle what has landed and what is due, until nothing is left."""
        service = self.service
        worker = Worker(service.engine, service.handlers, service.reading, list(range(LANES)), service.epoch)
        while await worker.run_once(self.clock()) or await due.fire_deadlines(service.engine, self.clock()):
            pass
        failed = await self.rows("select type, error from inbox where state = 'waiting'")
        assert not failed, f"a handler or its store raised: {failed}"

    async def take_up(self, steps: Sequence[Step], *records: Landed, epoch: int = 2) -> None:
        """Take up, as after a restore, what Kafka still has, before this epoch begins."""
        for step in steps:
            some = [record for record in records if step.reads(record.topic)]
            await take_up(self.service.engine, epoch, step, some, self.clock)

    async def everything(self, *but: str) -> dict[str, list[str]]:
        """Return all that the database holds, by table, but for these columns and when a row was written last."""
        found, rest = {}, " - ".join(["to_jsonb(t)", *(f"'{column}'" for column in (*but, "changed"))])
        for table in await self.rows("select tablename as name from pg_tables where schemaname = 'public'"):
            rows = await self.rows(f"select ({rest})::text as row from {table['name']} t order by 1")
            found[table["name"]] = [each["row"] for each in rows]
        return found

    async def let_pass(self, time: timedelta) -> None:
        """Move the clock, and handle what has become due or stands still since."""
        self.clock.now += time
        await due.fire_deadlines(self.service.engine, self.clock())
        await self.handle()

    async def sweep(self) -> int:
        """Look for what stands still, re-drive it, and return how many keys that were."""
        found = await due.sweep(self.service.engine, self.service.stalled, self.clock())
        await self.handle()
        return found

    async def announced(self, *kinds: type[Event]) -> list[Announced]:
        """Return the outbox, oldest first; only events of these classes when any is named."""
        names = [kind.type() for kind in kinds]
        rows = await self.rows("select topic, key, sequence, type, value from outbox order by id")
        return [_announced(row) for row in rows if not names or row["type"] in names]

    async def names(self) -> list[str]:
        """Return the class names of all that was announced, oldest first."""
        return [announced.name for announced in await self.announced()]

    async def parked(self) -> list[list[tuple[str, str]]]:
        """Return why each parked event is parked: paths and rules."""
        rows = await self.rows("select error from inbox where state = 'parked' order by id")
        return [[(error["path"], error["rule"]) for error in row["error"]] for row in rows]

    async def rows(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        """Return what a query finds."""
        async with self.service.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(sql), parameters)).mappings()]

    @asynccontextmanager
    async def client(
        self, role: str | None = None, *, audience: str = AUDIENCE, **claims: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Give an HTTP client of somebody in the role, such as `client("coach", centre="hsa:SE1")`.

        `audience` names the service when the role is `service`. Without a role, nobody.
        """
        token = self.issuer.token(role, audience=audience, **claims) if role else None  # type: ignore[arg-type]  # claims are texts
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.web)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as client:
            yield client


def settings_for(database_url: str, **own: object) -> dict[str, Any]:
    """Return the settings every service needs, with the service's own."""
    return {
        "database_url": database_url,
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "kafka_security_protocol": "PLAINTEXT",
        "service_key": KEY,
        "public_url": BASE_URL,
        "oidc_issuer": "urn:test",
        **own,
    }


@asynccontextmanager
async def under_test(make: Callable[[Issuer, Clock], Made], folder: Path) -> AsyncIterator[UnderTest]:
    """Give the service; the folder keeps the issuer's key."""
    issuer, clock = Issuer(folder, bind="127.0.0.1"), Clock()
    made = make(issuer, clock)
    try:
        yield UnderTest(made, issuer, clock)
    finally:
        await made.service.engine.dispose()


def a_record(
    event: Event,
    *,
    topic: str | None = None,
    source: str = "/test",
    key: str | None = None,
    value: bytes | None = None,
    headers: Mapping[str, str | None] | None = None,
) -> Landed:
    """Return the event as Kafka would bring it, under a new id; `headers` replaces, or with None drops, some."""
    key = event.key if key is None else key
    attributes: dict[str, str | None] = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid4()),
        "ce_source": source,
        "ce_type": event.type(),
        "ce_time": NOON.isoformat().replace("+00:00", "Z"),
        "ce_subject": key,
        "content-type": "application/json",
        **(headers or {}),
    }
    body = event.model_dump_json(by_alias=True).encode() if value is None else value
    kept = [(name, text.encode()) for name, text in attributes.items() if text is not None]
    return Landed(topic or event.topic, key.encode(), body, kept)


def an_own(event: Event, number: int, *, topic: str | None = None, epoch: int = 1) -> Landed:
    """Return the event as the service itself had announced it, by its number in the order of its key."""
    headers = {"ce_sequence": f"{epoch:06d}{number:014d}"}
    return a_record(event, topic=topic, headers=headers)


def _announced(row: dict[str, Any]) -> Announced:
    kind = EVENTS[row["type"]]
    event = None if row["value"] is None else kind.model_validate_json(row["value"])
    return Announced(kind.__name__, row["topic"], row["key"], row["sequence"], event)
