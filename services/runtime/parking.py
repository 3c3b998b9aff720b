"""What operators do: see what is parked and why, retry it, drop it, and announce the past again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from services.runtime.connection import Connection, Database, Row
from services.runtime.inbox import Reading
from services.runtime.lanes import LANES, hold_inbox_lane, hold_outbox_lane

_LIST = text(
    "select id, topic, type, order_key, error, attempts, landed_at, ended_at as parked_at, "
    "(select count(*) from inbox h where h.order_key = inbox.order_key and h.state = 'held') as held "
    "from inbox where state = 'parked' order by id limit :limit"
)
_SHOW = text("select * from inbox where id = :id and state = 'parked'")
_RETRY = text(
    "update inbox set state = 'ready', attempts = 0, ended_at = null, next_attempt_at = null where identity = :identity"
)
_DROP = text(
    "update inbox set state = 'dropped', value = null, headers = null, key = null, ended_at = :now "
    "where identity = :identity"
)
_RELEASE = text("update inbox set state = 'ready' where order_key = :order_key and state = 'held'")
_AGAIN = text("update outbox set sent_at = null where lane = :lane and time >= :since and sent_at is not null")


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked event: why, since when, and how many wait behind it."""

    id: int
    topic: str
    type: str
    key: str
    errors: Sequence[dict[str, str]]
    attempts: int
    landed_at: datetime
    parked_at: datetime
    held: int


async def parked_events(engine: Database, limit: int = 1000) -> list[Parked]:
    """Return what is parked, oldest first."""
    async with engine.connect() as connection:
        rows = (await connection.execute(_LIST, {"limit": limit})).all()
    return [
        Parked(
            id=row.id,
            topic=row.topic,
            type=row.type,
            key=row.order_key,
            errors=row.error or [],
            attempts=row.attempts,
            landed_at=row.landed_at,
            parked_at=row.parked_at,
            held=row.held,
        )
        for row in rows
    ]


async def parked_value(engine: Database, reading: Reading, number: int) -> tuple[dict[str, str], bytes | None] | None:
    """Return the headers and the value of a parked event, unsealed; None if it is not parked.

    The value may be personal data: whoever shows it logs the reading.
    """
    async with engine.connect() as connection:
        row = (await connection.execute(_SHOW, {"id": number})).one_or_none()
    if row is None:
        return None
    value = row.value
    if value is not None and reading.is_sealed(row.topic):
        value = reading.seal.open(value, row.identity)
    return row.headers or {}, value


async def retry(engine: Database, number: int) -> bool:
    """Let the event, and what is held behind it, be handled again; False if it is not parked."""
    async with engine.begin() as connection:
        row = await _take(connection, number)
        if row is None:
            return False
        await connection.execute(_RETRY, {"identity": row.identity})
        await connection.execute(_RELEASE, {"order_key": row.order_key})
    return True


async def drop(engine: Database, number: int, now: datetime) -> bool:
    """Give the event up for good and let go what is held behind it; False if it is not parked."""
    async with engine.begin() as connection:
        row = await _take(connection, number)
        if row is None:
            return False
        await connection.execute(_DROP, {"identity": row.identity, "now": now})
        await connection.execute(_RELEASE, {"order_key": row.order_key})
    return True


async def announce_again(engine: Database, since: datetime) -> int:
    """Have the relay send again everything announced since then (UTC) and return how many; repeats are no-ops.

    Waits lane by lane for what the relay has in hand: a batch may hold what only a broker that is gone took, and
    would mark it as sent behind our back.
    """
    count = 0
    for lane in range(LANES):
        async with engine.begin() as connection:
            count += await _announce_lane_again(connection, lane, since)
    return count


@asynccontextmanager
async def announcing_again(engine: Database, since: datetime) -> AsyncIterator[None]:
    """As `announce_again`, but nothing at all is sent within this context: after it, the oldest goes first.

    So an empty broker can be made ready, and a reader meets no event before those that it missed. At most a minute.
    """
    async with engine.begin() as connection:
        for lane in range(LANES):
            await _announce_lane_again(connection, lane, since)
        yield


async def _announce_lane_again(connection: Connection, lane: int, since: datetime) -> int:
    await hold_outbox_lane(connection, lane)
    return await connection.change(_AGAIN, {"lane": lane, "since": since})


async def _take(connection: Connection, number: int) -> Row | None:
    """Return the parked row with its lane held, so that no worker puts another event behind it meanwhile."""
    row = (await connection.execute(_SHOW, {"id": number})).one_or_none()
    if row is None:
        return None
    await hold_inbox_lane(connection, row.lane)
    return (await connection.execute(_SHOW, {"id": number})).one_or_none()
