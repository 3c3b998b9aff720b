"""A service of a few lines for the tests of the runtime: it counts drops in buckets, and knows no other word."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Integer, Table, Text, text
from sqlalchemy.ext.asyncio import create_async_engine

from schemas.event import Event
from schemas.strict import FieldError, Invalid, parse
from services.runtime.connection import Database
from services.runtime.database import write_rows
from services.runtime.handling import Deadline, Delivery, Handlers, Stalled
from services.runtime.tables import with_runtime_tables
from services.runtime.transaction import Transaction

metadata = with_runtime_tables()
bucket = Table(
    "bucket",
    metadata,
    Column("name", Text, primary_key=True),
    Column("drops", Integer, nullable=False),
    Column("heard", Text, nullable=False, comment="the numbers of the drops in the order of their handling"),
    Column("sequence", BigInteger, nullable=False),
)


class DropFell(Event):
    """A drop fell into a bucket."""

    event_name: ClassVar[str] = "test.drop_fell"
    topic: ClassVar[str] = "test-drops-v1"
    key_field: ClassVar[str] = "bucket"
    bucket: str
    number: int


class BucketEmptied(DropFell):
    """The bucket was emptied: overtakes what waits."""

    event_name: ClassVar[str] = "test.bucket_emptied"
    overtakes: ClassVar[bool] = True


class LevelRose(Event):
    """What the toy announces."""

    event_name: ClassVar[str] = "test.level_rose"
    topic: ClassVar[str] = "test-levels-v1"
    key_field: ClassVar[str] = "bucket"
    bucket: str
    drops: int


class DropRefused(Event):
    """What a stranger hears whose drop could not be read."""

    event_name: ClassVar[str] = "test.drop_refused"
    topic: ClassVar[str] = "test-answers-v1"
    key_field: ClassVar[str] = "bucket"
    bucket: str
    errors: tuple[FieldError, ...]


@dataclass(slots=True)
class Bucket:
    """A bucket as a handler sees it."""

    name: str
    drops: int = 0
    heard: str = ""
    sequence: int = 0


@dataclass
class Work:
    """The buckets of a batch."""

    tx: Transaction
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def of(self, name: str) -> Bucket:
        """Return the bucket, an empty one if it is new."""
        return self.buckets.setdefault(name, Bucket(name))


async def load(tx: Transaction, deliveries: Sequence[Delivery]) -> Work:
    names = [delivery.key for delivery in deliveries]
    rows = await tx.connection.execute(
        text("select * from bucket where name = any(:names) order by name for update"), {"names": names}
    )
    return Work(tx, {row.name: Bucket(row.name, row.drops, row.heard, row.sequence) for row in rows})


async def save(work: Work) -> None:
    if any(b.drops == UNSAVABLE for b in work.buckets.values()):
        await work.tx.connection.execute(text("select 1/0"))
    rows = [{"name": b.name, "drops": b.drops, "heard": b.heard, "sequence": b.sequence} for b in work.buckets.values()]
    await write_rows(work.tx.connection, bucket, rows)


HANDLER_FAILS, HANDLER_REFUSES, SAVE_FAILS = 13, 14, 1000
DRIES, WET_AGAIN, OVERFLOWS = 15, 16, 17
UNSAVABLE = -1


def count_drop(work: Work, event: DropFell, _delivery: Delivery, *, levels: str = LevelRose.topic) -> None:
    """Count, and announce it on the topic; numbers above stand for what goes wrong in real handlers."""
    found = work.of(event.bucket)
    found.drops += 1
    found.heard += f"{event.number} "
    if event.number == HANDLER_FAILS and not mended:
        raise RuntimeError("a secret value")
    if event.number == HANDLER_REFUSES:
        raise Invalid((FieldError("number", "must be a lucky one"),))
    if event.number == SAVE_FAILS:
        found.drops = UNSAVABLE
    if event.number == OVERFLOWS:
        found.drops = 2**31
    if event.number in (DRIES, SAVE_FAILS):
        work.tx.set_deadline("dry", event.bucket, work.tx.now + timedelta(hours=1))
    if event.number == WET_AGAIN:
        work.tx.cancel_deadline("dry", event.bucket)
    work.tx.announce(found, LevelRose(bucket=event.bucket, drops=found.drops), topic=levels)


mended: list[bool] = []
"""Not empty when an operator has mended what made the handler fail."""


def empty_bucket(work: Work, event: BucketEmptied, _delivery: Delivery) -> None:
    found = work.of(event.bucket)
    found.drops, found.heard = 0, found.heard + "emptied "


def evaporate(work: Work, due: Deadline, _delivery: Delivery) -> None:
    found = work.of(due.key)
    found.heard += "dry "


def stir(work: Work, stalled: Stalled, _delivery: Delivery) -> None:
    found = work.of(stalled.key)
    found.heard += "stirred "


def refuse(work: Work, delivery: Delivery, errors: Sequence[FieldError]) -> None:
    work.tx.announce(None, DropRefused(bucket=delivery.key, errors=tuple(errors)))


def only_counting(drops: type[DropFell], levels: str) -> Handlers[Work]:
    """Return handlers that hear this class alone, on its own topic, and announce on another."""
    handlers = Handlers[Work](load=load, save=save)
    handlers.on(drops)(partial(count_drop, levels=levels))
    return handlers


def make_handlers() -> Handlers[Work]:
    handlers = Handlers[Work](
        load=load,
        save=save,
        decoders={"test-strangers-v1": lambda _headers, _topic, value: parse(DropFell, value or b"")},
        refuse=refuse,
    )
    handlers.on(DropFell)(count_drop)
    handlers.on(BucketEmptied)(empty_bucket)
    handlers.on_deadline("dry")(evaporate)
    handlers.on_stalled("stale")(stir)
    return handlers


async def create_tables(engine: Database) -> None:
    describing = create_async_engine(engine.url)
    async with describing.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await describing.dispose()
