"""Handling: a worker takes lanes and works through them in order, one transaction for many events."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Generic

import structlog
from sqlalchemy import text

from schemas.strict import FieldError, Invalid
from services.runtime import telemetry
from services.runtime.connection import Connection, Database, Row
from services.runtime.crash_points import come_by
from services.runtime.database import is_away
from services.runtime.handling import Delivery, Handlers, W
from services.runtime.inbox import Reading
from services.runtime.lanes import claim_inbox, share
from services.runtime.transaction import Announced, Transaction

log = structlog.get_logger(__name__)

BATCH = 500
ALONE = 1
SLICE = 32
"""Events after which others on the loop get their turn: the relay, landing, requests."""
PAUSES = (1, 5, 25, 125)
"""Seconds before each further attempt of an event that failed; after the last it is parked."""

_READY = text(
    "select i.*, exists ("
    "  select from inbox b where b.order_key = i.order_key and b.state in ('waiting', 'parked') and b.id < i.id"
    ") as blocked "
    "from unnest(cast(:lanes as smallint[])) l cross join lateral ("
    "  select id, identity, order_key, topic, type, headers, key, value, overtakes, attempts, "
    "  case when topic = '' then landed_at end as fell_due from inbox "
    "  where lane = l and state = 'ready' order by id limit :per_lane"
    ") i limit :limit"
)
_HOLD = text("update inbox set state = 'held' where identity = any(:identities)")
_HANDLED = text(
    "update inbox set state = 'handled', value = null, headers = null, key = null, error = null, ended_at = :now "
    "where identity = any(:identities)"
)
_FAILED = text(
    "update inbox set state = :state, attempts = attempts + 1, next_attempt_at = :next_attempt_at, "
    "error = cast(:error as jsonb), ended_at = :ended_at where identity = :identity"
)


class HandlerFailedError(Exception):
    """A handler raised; what came before it in the batch did not."""

    def __init__(self, position: int) -> None:
        """Take the position in the batch, from 0."""
        self.position = position


async def handle_all(handlers: Handlers[W], work: W, deliveries: Sequence[Delivery]) -> None:
    """Call the handler of each, in order; HandlerFailedError, with its cause, at the first that raises."""
    for place, delivery in enumerate(deliveries):
        if place % SLICE == 0:
            await asyncio.sleep(0)
        telemetry.trace.set(delivery.traceparent)
        try:
            handlers.handle(work, delivery)
        except Exception as error:
            raise HandlerFailedError(place) from error


@dataclass
class Worker(Generic[W]):
    """Handles what has landed in its lanes.

    A batch that fails commits nothing. The worker then takes smaller steps: up to the event that failed,
    that event alone, and on; alone, an event that fails again is put aside with its error, and its
    transaction commits just that.
    """

    engine: Database
    handlers: Handlers[W]
    reading: Reading
    lanes: Sequence[int]
    epoch: int
    announced: Callable[[Sequence[Announced]], None] = lambda _events: None
    """Told what was announced, once it is committed."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while it handles: two that handle would share a thread and wait for each other's rows."""
    steps: deque[int] = field(default_factory=deque)

    async def run_once(self, now: datetime) -> int:
        """Handle one batch and return how many events it took, 0 when there was nothing to do.

        Raises when the database is away: nothing was committed, nothing is lost, try again.
        """
        limit = self.steps.popleft() if self.steps else BATCH
        rows: Sequence[Row] = ()
        announced: list[Announced] = []
        started = perf_counter()
        try:
            async with self.turn, self.engine.begin() as connection:
                lanes = await claim_inbox(connection, self.lanes)
                if not lanes:
                    return 0
                wanted = {"lanes": lanes, "per_lane": share(BATCH, lanes), "limit": limit}
                rows = (await connection.execute(_READY, wanted)).all()
                ready = await self._hold_blocked(connection, rows)
                # What fell due fell due at another's time: by ours, which may be behind, a handler would find it early.
                now = max([now, *(row.fell_due for row in rows if row.fell_due)])
                if ready and limit == ALONE:
                    announced = await self._handle_alone(connection, ready[0], now)
                elif ready:
                    announced = await self._handle(connection, ready, now)
        except HandlerFailedError as failure:
            self.steps.extend([failure.position, ALONE] if failure.position else [ALONE])
        except Exception as error:
            if is_away(error) or limit == ALONE or not rows:
                raise
            log.warning("batch_failed", error=telemetry.name_of(error), events=len(rows))
            self.steps.extend([ALONE] * len(rows))
        else:
            come_by("committed")
            self.announced(announced)
            telemetry.batch_seconds.observe(perf_counter() - started)
        return len(rows)

    async def _hold_blocked(self, connection: Connection, rows: Sequence[Row]) -> list[Row]:
        """Put aside what must wait behind a failed event of its key, and return the rest."""
        blocked = [row.identity for row in rows if row.blocked and not row.overtakes]
        if blocked:
            await connection.execute(_HOLD, {"identities": blocked})
        return [row for row in rows if row.overtakes or not row.blocked]

    async def _handle_alone(self, connection: Connection, row: Row, now: datetime) -> list[Announced]:
        try:
            async with connection.begin_nested():
                return await self._handle(connection, [row], now)
        except Exception as error:
            if is_away(error):
                raise
            cause = error.__cause__ if isinstance(error, HandlerFailedError) and error.__cause__ else error
            return await self._put_aside(connection, row, cause, now)

    async def _handle(self, connection: Connection, rows: Sequence[Row], now: datetime) -> list[Announced]:
        """Load, decide and save for all rows together, and mark them handled or, if unreadable, parked.

        Returns what was announced, as all steps of a batch do.
        """
        tx = Transaction(connection, now, self.epoch)
        readable, unreadable = await self._read(rows)
        work = await self.handlers.load(tx, [delivery for _, delivery in readable])
        try:
            await handle_all(self.handlers, work, [delivery for _, delivery in readable])
        except HandlerFailedError as failure:
            raise HandlerFailedError(rows.index(readable[failure.position][0])) from failure.__cause__
        for row, errors in unreadable:
            await self._park(connection, row, errors, now)
            self._refuse(work, row, errors)
        come_by("decided")
        await self.handlers.save(work)
        await tx.flush()
        if readable:
            await connection.execute(_HANDLED, {"identities": [row.identity for row, _ in readable], "now": now})
        come_by("written")
        telemetry.count_handled(delivery.type for _, delivery in readable)
        return tx.events

    async def _read(
        self, rows: Sequence[Row]
    ) -> tuple[list[tuple[Row, Delivery]], list[tuple[Row, Sequence[FieldError]]]]:
        """Return what can be read and what cannot.

        What follows an unreadable event of its key is in neither: the next batch finds it blocked.
        """
        readable: list[tuple[Row, Delivery]] = []
        unreadable: list[tuple[Row, Sequence[FieldError]]] = []
        blocked: set[str] = set()
        for place, row in enumerate(rows):
            if place % SLICE == 0:
                await asyncio.sleep(0)
            if row.order_key not in blocked or row.overtakes:
                try:
                    readable.append((row, self._decode(row)))
                except Invalid as error:
                    unreadable.append((row, error.errors))
                    blocked.add(row.order_key)
        return readable, unreadable

    def _decode(self, row: Row) -> Delivery:
        value = row.value
        if value is not None and self.reading.is_sealed(row.topic):
            value = self.reading.seal.open(value, row.identity)
        return self.handlers.decode(row.headers or {}, row.topic, row.type, row.key, value)

    def _refuse(self, work: W, row: Row, errors: Sequence[FieldError]) -> None:
        """Tell the stranger what was wrong; our own services are not told what they sent."""
        if self.handlers.refuse is None or not self.reading.is_sealed(row.topic):
            return
        headers = row.headers or {}
        delivery = Delivery(
            event=None,
            topic=row.topic,
            key=row.key or "",
            type=row.type,
            source=headers.get("ce_source", ""),
            traceparent=headers.get("traceparent"),
        )
        telemetry.trace.set(delivery.traceparent)
        self.handlers.refuse(work, delivery, errors)

    async def _put_aside(
        self, connection: Connection, row: Row, error: BaseException, now: datetime
    ) -> list[Announced]:
        """Park what will never do; let anything else wait for its next attempt, or park it after the last."""
        if isinstance(error, Invalid):
            tx = Transaction(connection, now, self.epoch)
            work = await self.handlers.load(tx, [])
            self._refuse(work, row, error.errors)
            await self.handlers.save(work)
            await tx.flush()
            await self._park(connection, row, error.errors, now)
            return tx.events
        what = (FieldError("", telemetry.name_of(error)),)
        log.warning("handler_failed", type=row.type, error=telemetry.name_of(error), attempt=row.attempts + 1)
        if row.attempts >= len(PAUSES):
            await self._park(connection, row, what, now)
        else:
            pause = timedelta(seconds=PAUSES[row.attempts])
            await self._fail(connection, row, "waiting", what, next_attempt_at=now + pause)
        return []

    async def _park(self, connection: Connection, row: Row, errors: Sequence[FieldError], now: datetime) -> None:
        telemetry.parked.labels(row.type if row.type in self.handlers.by_event else "other").inc()
        await self._fail(connection, row, "parked", errors, ended_at=now)

    async def _fail(
        self,
        connection: Connection,
        row: Row,
        state: str,
        errors: Sequence[FieldError],
        *,
        next_attempt_at: datetime | None = None,
        ended_at: datetime | None = None,
    ) -> None:
        await connection.execute(
            _FAILED,
            {
                "identity": row.identity,
                "state": state,
                "error": json.dumps([{"path": error.path, "rule": error.rule} for error in errors]),
                "next_attempt_at": next_attempt_at,
                "ended_at": ended_at,
            },
        )
