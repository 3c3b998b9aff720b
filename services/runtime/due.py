"""What time brings: deadlines that are due, attempts whose pause is over, keys that stood still.

A deadline or a stalled key becomes an event of the inbox, in its key's lane, so that it is handled like any
other: in order, once, and parked if it fails.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import TextClause, text

from services.runtime.connection import Connection, Database
from services.runtime.crash_points import come_by
from services.runtime.database import columns_of, unnest
from services.runtime.handling import INTERNAL
from services.runtime.lanes import INBOX_LOCK, lane_of
from services.runtime.tables import inbox

SWEEP_LOCK = 3
SENT_KEPT = timedelta(days=7)
MARK_KEPT = timedelta(days=14)
"""Longer than any topic or outbox keeps events, so that a repeat always meets the mark of its first."""

COLUMNS = ("identity", "lane", "order_key", "topic", "type", "headers", "key", "digest")
_INSERT = text(
    f"insert into inbox ({', '.join(COLUMNS)}, landed_at) "
    f"select t.*, cast(:now as timestamptz) from {unnest(inbox, COLUMNS)} t on conflict (identity) do nothing"
)
_DUE = text(
    "delete from deadline using (select kind, key from deadline where due_at <= :now order by due_at limit 500 "
    "for update skip locked) due where deadline.kind = due.kind and deadline.key = due.key "
    "returning deadline.kind, deadline.key, deadline.id"
)
_LANES = text(
    "with due as materialized (select distinct lane from inbox where state = 'waiting' and next_attempt_at <= :now) "
    f"select lane from due where pg_try_advisory_xact_lock({INBOX_LOCK}, lane)"
)
_WAKE = text(
    "update inbox set state = 'ready' where (state = 'held' or (state = 'waiting' and next_attempt_at <= :now)) "
    "and order_key in (select order_key from inbox where state = 'waiting' and next_attempt_at <= :now "
    "and lane = any(:lanes))"
)
_STILL = (
    "select key from ({stalled}) s where not exists (select from deadline d where d.key = s.key) "
    "and s.key not in (select order_key from inbox where state in ('ready', 'waiting', 'parked', 'held')) "
    "and (s.key, s.topic) not in (select key, topic from outbox where sent_at is null) limit 1000"
)
_ORPHANED = text(
    "update inbox set state = 'ready' where state = 'held' and not exists (select from inbox b "
    "where b.order_key = inbox.order_key and b.id < inbox.id and b.state in ('waiting', 'parked'))"
)
# `time` and `landed_at` are never later than what counts, and the indexes that find them cost next to nothing.
_DROP_SENT = text(
    "delete from outbox where sent_at < :before and ctid = any (array("
    "  select ctid from outbox where time < :before and sent_at < :before limit :limit))"
)
_DROP_MARKS = text(
    "delete from inbox where identity in (select identity from inbox "
    "where landed_at < :before and state in ('handled', 'dropped') and ended_at < :before limit :limit)"
)
DROPPED_AT_ONCE = 10_000


async def fire_deadlines(engine: Database, now: datetime) -> int:
    """Hand what is due to the lanes and return how many; each fires once, whoever looks."""
    async with engine.begin() as connection:
        due = (await connection.execute(_DUE, {"now": now})).all()
        await _insert(connection, ((f"deadline.{row.kind}", row.key, str(row.id)) for row in due), now)
        if due:
            come_by("firing")
    return len(due)


async def wake_waiting(engine: Database, now: datetime) -> int:
    """Make ready the events whose pause is over, and what is held behind them; return how many."""
    async with engine.begin() as connection:
        lanes = await connection.scalars(_LANES, {"now": now})
        return await connection.change(_WAKE, {"now": now, "lanes": lanes}) if lanes else 0


async def sweep(engine: Database, stalled: Mapping[str, str], now: datetime) -> int:
    """Re-drive what stands still longer than its limit, and return how many keys; it must be 0.

    `stalled` is SQL by kind that selects `key` and `topic` (text) as of `:now`; a key that still has something on its
    way (inbox, deadline, or outbox for that topic) is left alone: what waits for another topic, which may be missing,
    moves nothing on. Also ends what outlived its retention.
    """
    found = 0
    async with engine.begin() as connection:
        if not await connection.scalar(text(f"select pg_try_advisory_xact_lock({SWEEP_LOCK}, 0)")):
            return 0
        for kind, query in stalled.items():
            keys = await connection.scalars(text(_STILL.format(stalled=query)), {"now": now})
            await _insert(connection, ((f"stalled.{kind}", key, now.isoformat()) for key in keys), now)
            found += len(keys)
        # Needs no lane: a worker holds again what it finds blocked.
        found += await connection.change(_ORPHANED)
    await _drop(engine, _DROP_SENT, now - SENT_KEPT)
    await _drop(engine, _DROP_MARKS, now - MARK_KEPT)
    return found


async def _drop(engine: Database, statement: TextClause, before: datetime) -> None:
    """Delete all that is older, in short transactions."""
    dropped = DROPPED_AT_ONCE
    while dropped == DROPPED_AT_ONCE:
        async with engine.begin() as connection:
            dropped = await connection.change(statement, {"before": before, "limit": DROPPED_AT_ONCE})


async def _insert(connection: Connection, internal: Iterable[tuple[str, str, str]], now: datetime) -> None:
    rows = [
        {
            "identity": hashlib.blake2b(f"{kind}\x1f{key}\x1f{which}".encode(), digest_size=16).digest(),
            "lane": lane_of(key),
            "order_key": key,
            "topic": "",
            "type": f"{INTERNAL}{kind}",
            "headers": {},
            "key": key,
            "digest": b"",
        }
        for kind, key, which in internal
    ]
    if rows:
        await connection.execute(_INSERT, {**columns_of(inbox, rows), "now": now})
