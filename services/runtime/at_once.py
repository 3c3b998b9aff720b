"""Handling at once: what can be handled when it lands is handled in the transaction that lands it.

It is then never stored as something that waits: no value, no headers, nothing sealed, nothing to find again. What
cannot (its lane is held or has work waiting, its key waits behind a failed event, it cannot be read) lands as it is,
in the same transaction, and waits for a worker. If anything fails nothing was done, and all of it lands to wait.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any, Generic, NamedTuple

import asyncpg
import structlog
from sqlalchemy import text

from schemas.strict import Invalid
from services.runtime import telemetry
from services.runtime.connection import Connection, Database
from services.runtime.crash_points import come_by
from services.runtime.database import copy_rows, is_away
from services.runtime.handling import Delivery, Handlers, W
from services.runtime.inbox import COLUMNS, Reading, Record, as_values, land
from services.runtime.lanes import INBOX_LOCK
from services.runtime.tables import inbox
from services.runtime.transaction import Announced, Transaction
from services.runtime.worker import SLICE, handle_all

log = structlog.get_logger(__name__)

COLUMNS_AT_ONCE = (*COLUMNS, "landed_at", "state", "ended_at")

# One statement sees one moment. Whatever another does at that moment makes a lane look busy that is not any more,
# and never free when it is not: what is ready, waiting or parked was so before, and its lane's holder still had it.
_FREE = text(
    "with mine as materialized ("
    "  select lane from unnest(cast(:lanes as smallint[])) lane where pg_try_advisory_xact_lock(:lock, lane)"
    ") "
    "select array(select lane from mine"
    "  where not exists (select from inbox where inbox.lane = mine.lane and state = 'ready')) as lanes, "
    "array(select order_key from inbox"
    "  where order_key = any(:keys) and state in ('waiting', 'parked', 'held')) as blocked"
)


class Taken(NamedTuple):
    """How many events were handled, how many wait for a worker, and how many were there already."""

    handled: int
    waiting: int
    repeats: int


@dataclass
class AtOnce(Generic[W]):
    """Takes what lands, one batch at a time, and none while the worker has its turn."""

    engine: Database
    handlers: Handlers[W]
    reading: Reading
    epoch: int
    clock: Callable[[], datetime]
    turn: asyncio.Lock
    announced: Callable[[Sequence[Announced]], None]

    async def take(self, records: Sequence[Record]) -> Taken:
        """Store the records and commit, some or all of them handled; a repeat is a no-op, as `land` has it.

        Raises when the database is away, or refuses what it must take: nothing was stored.
        """
        try:
            return await self._at_once(records)
        except Exception as error:
            if is_away(error):
                raise
            if not isinstance(error, asyncpg.UniqueViolationError):  # of a repeat
                log.warning("batch_failed", error=telemetry.name_of(error), events=len(records))
        return await self.leave(records)

    async def leave(self, records: Sequence[Record]) -> Taken:
        """Store the records and commit, all to wait for a worker; raises as `take` does."""
        new, repeats = await land(self.engine, self.reading, records, self.clock())
        return Taken(0, new, repeats)

    async def _at_once(self, records: Sequence[Record]) -> Taken:
        rows = self.reading.rows(records)
        if not rows:
            return Taken(0, 0, 0)
        async with self.turn:
            started = perf_counter()
            async with self.engine.begin() as connection:
                tx = Transaction(connection, self.clock(), self.epoch)
                deliveries = await self._take(tx, rows)
            if deliveries:
                come_by("committed")
                self.announced(tx.events)
                telemetry.batch_seconds.observe(perf_counter() - started)
        return Taken(len(deliveries), len(rows) - len(deliveries), 0)

    async def _take(self, tx: Transaction, rows: list[dict[str, Any]]) -> list[Delivery]:
        free, blocked = await _free(tx.connection, rows)
        landing: list[tuple[Any, ...]] = []
        deliveries: list[Delivery] = []
        for place, row in enumerate(rows):
            if place % SLICE == 0:
                await asyncio.sleep(0)
            delivery = self._read(row) if row["lane"] in free and row["order_key"] not in blocked else None
            if delivery is None:
                blocked.add(row["order_key"])
                landing.append((*as_values(self.reading.to_wait(row)), tx.now, "ready", None))
            else:
                deliveries.append(delivery)
                landing.append(
                    (*as_values({**row, "headers": None, "key": None, "value": None}), tx.now, "handled", tx.now)
                )
        await copy_rows(tx.connection, inbox, COLUMNS_AT_ONCE, landing)
        if deliveries:
            await self._handle(tx, deliveries)
        return deliveries

    def _read(self, row: dict[str, Any]) -> Delivery | None:
        try:
            return self.handlers.decode(row["headers"], row["topic"], row["type"], row["key"], row["value"])
        except Invalid:
            return None

    async def _handle(self, tx: Transaction, deliveries: list[Delivery]) -> None:
        work = await self.handlers.load(tx, deliveries)
        await handle_all(self.handlers, work, deliveries)
        come_by("decided")
        await self.handlers.save(work)
        await tx.flush()
        come_by("written")
        telemetry.count_handled(delivery.type for delivery in deliveries)


async def _free(connection: Connection, rows: list[dict[str, Any]]) -> tuple[set[int], set[str]]:
    """Take the lanes of the rows that nobody holds; return those with nothing to do, and the keys that wait."""
    lanes, keys = {row["lane"] for row in rows}, {row["order_key"] for row in rows}
    wanted = {"lanes": list(lanes), "keys": list(keys), "lock": INBOX_LOCK}
    found = (await connection.execute(_FREE, wanted)).one()
    return set(found.lanes), set(found.blocked)
