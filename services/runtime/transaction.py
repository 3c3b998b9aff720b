"""One transaction of a service: what it changes, announces and puts on the clock commits together or not at all."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from secrets import token_hex
from typing import NamedTuple, Protocol

from sqlalchemy import text

from schemas.event import Event
from services.runtime import telemetry
from services.runtime.connection import Connection, Database
from services.runtime.database import copy_rows, write_rows
from services.runtime.lanes import lane_of
from services.runtime.tables import deadline, outbox

_CANCEL = text(
    "delete from deadline using unnest(cast(:kind as text[]), cast(:key as text[])) as gone(kind, key) "
    "where deadline.kind = gone.kind and deadline.key = gone.key"
)
_FORGET_OUTBOX = text("delete from outbox where key = :key and topic <> all(cast(:spare as text[]))")
# By the key as it was sent: on a request topic the order key is another.
_FORGET_INBOX = text(
    "update inbox set state = 'dropped', value = null, headers = null, key = null, ended_at = :now "
    "where lower(key) = :key and topic <> all(cast(:spare as text[])) and state in ('waiting', 'parked', 'held')"
)


class Sequenced(Protocol):
    """An aggregate whose row is locked by this transaction: it counts the events announced under its key."""

    sequence: int


class Announced(NamedTuple):
    """An event as the outbox keeps it: its columns but for the id, and when it was sent."""

    lane: int
    topic: str
    key: str
    sequence: str | None
    event_id: str
    type: str
    time: datetime
    traceparent: str | None
    value: bytes | None


@dataclass(slots=True)
class Transaction:
    """What a handler or a request changes through its store; `announce` is the only way out."""

    connection: Connection
    now: datetime
    epoch: int
    events: list[Announced] = field(default_factory=list)
    deadlines: dict[tuple[str, str], datetime | None] = field(default_factory=dict)
    counted_in: int = 0
    """While a restored service takes up what it announced: the epoch up to which its database has counted."""
    drawn: str = field(default_factory=lambda: token_hex(12))
    """What the ids of its events begin with: to draw for each would ask the system hundreds of times."""

    def announce(self, aggregate: Sequenced | None, event: Event, *, topic: str | None = None) -> None:
        """Send the event if, and only if, this transaction commits.

        The aggregate gives the event its place in the order of its key; None where there is no order to keep.
        """
        self._add(
            event.key,
            topic or event.topic,
            event.type(),
            event.model_dump_json(by_alias=True).encode(),
            aggregate,
        )

    def remove(self, aggregate: Sequenced, event_type: type[Event], key: str) -> None:
        """Send a tombstone: the compacted topic forgets the key."""
        self._add(key, event_type.topic, event_type.type(), None, aggregate)

    def _add(self, key: str, topic: str, kind: str, value: bytes | None, aggregate: Sequenced | None) -> None:
        sequence = None
        if aggregate is not None:
            aggregate.sequence += 1
            sequence = f"{self.epoch:06d}{aggregate.sequence:014d}"
        event_id = f"{self.drawn}{len(self.events):08x}"
        traceparent = telemetry.child_of(telemetry.trace.get(), event_id)
        self.events.append(Announced(lane_of(key), topic, key, sequence, event_id, kind, self.now, traceparent, value))

    def set_deadline(self, kind: str, key: str, due_at: datetime) -> None:
        """Have the handler of this kind called once when it is due; a key has one deadline of a kind."""
        self.deadlines[kind, key] = due_at

    def cancel_deadline(self, kind: str, key: str) -> None:
        """Take the deadline back; nothing happens if there is none."""
        self.deadlines[kind, key] = None

    async def forget(self, key: str, *, spare: Collection[str] = ()) -> None:
        """Erase what was sent or set aside under the key; its announced past cannot be announced again.

        The topics to spare are those whose keys are ids of something else, which a stranger may have copied.
        """
        await self.connection.execute(_FORGET_OUTBOX, {"key": key, "spare": list(spare)})
        await self.connection.execute(_FORGET_INBOX, {"key": key, "spare": list(spare), "now": self.now})

    async def flush(self) -> None:
        """Write the events and deadlines; called once, before the commit."""
        if self.events:
            await copy_rows(self.connection, outbox, Announced._fields, self.events)
        in_order = sorted(
            self.deadlines.items(), key=itemgetter(0)
        )  # other transactions may set the same: nobody waits in a circle
        gone = [name for name, due_at in in_order if due_at is None]
        if gone:
            kinds, keys = map(list, zip(*gone, strict=True))
            await self.connection.execute(_CANCEL, {"kind": kinds, "key": keys})
        await write_rows(
            self.connection,
            deadline,
            [{"kind": kind, "key": key, "due_at": at} for (kind, key), at in in_order if at is not None],
        )


async def read_epoch(engine: Database) -> int:
    """Return the database's present epoch."""
    async with engine.connect() as connection:
        return int(await connection.scalar(text("select coalesce(max(number), 1) from epoch")) or 1)


def utc_now() -> datetime:
    """Return the time, UTC: the clock of everything outside of a test."""
    return datetime.now(UTC)


@asynccontextmanager
async def transaction(engine: Database, epoch: int, now: datetime) -> AsyncIterator[Transaction]:
    """Begin a transaction; commit what it changed and announced at the end, or nothing."""
    async with engine.begin() as connection:
        current = Transaction(connection, now, epoch)
        yield current
        await current.flush()
