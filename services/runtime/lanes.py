"""Which lane a key travels in, and who holds a lane. The same in every process, for ever: rows carry it."""

from collections.abc import Sequence
from zlib import crc32

from sqlalchemy import text

from services.runtime.connection import Connection

LANES = 16
INBOX_LOCK, OUTBOX_LOCK = 1, 2


def lane_of(order_key: str) -> int:
    """Return the lane of a key, 0 to 15."""
    return crc32(order_key.encode()) % LANES


# The pending test is inside, so that one round trip finds work and takes it. `materialized` keeps the
# planner from asking for the lock of a lane that has nothing to do.
_CLAIM = """
with pending as materialized (
  select lane from unnest(cast(:lanes as smallint[])) as lane
  where exists (select 1 from {table} where {table}.lane = lane.lane and {condition})
)
select lane from pending where pg_try_advisory_xact_lock(:lock, lane)
"""
_HOLD = text("select pg_advisory_xact_lock(:lock, :lane)")
_TURN = text("select pg_try_advisory_xact_lock(:lock, :lane)")
_CLAIM_INBOX = text(_CLAIM.format(table="inbox", condition="state = 'ready'"))
_CLAIM_OUTBOX = text(_CLAIM.format(table="outbox", condition="sent_at is null"))


def share(batch: int, lanes: Sequence[int]) -> int:
    """Return how many rows of each claimed lane make a batch, at least 1."""
    return max(1, batch // len(lanes))


async def claim_inbox(connection: Connection, lanes: Sequence[int]) -> list[int]:
    """Take those of the lanes that have something to handle and that nobody else holds.

    The lock lives as long as the transaction: a lost connection can never leave two workers on one lane.
    What the lanes hold must be read by a later statement, which sees what the last holder committed.
    """
    return await connection.scalars(_CLAIM_INBOX, {"lanes": lanes, "lock": INBOX_LOCK})


async def claim_outbox(connection: Connection, lanes: Sequence[int]) -> list[int]:
    """Take those of the lanes that have something to send and that nobody else holds, as `claim_inbox`."""
    return await connection.scalars(_CLAIM_OUTBOX, {"lanes": lanes, "lock": OUTBOX_LOCK})


async def take_outbox_turn(connection: Connection) -> bool:
    """Take the one turn that all relays of a service share, for as long as the transaction; False if another has it."""
    return bool(await connection.scalar(_TURN, {"lock": OUTBOX_LOCK, "lane": LANES}))


async def hold_inbox_lane(connection: Connection, lane: int) -> None:
    """Wait until the lane is ours, for an operator's step that must not meet a worker half way."""
    await connection.execute(_HOLD, {"lock": INBOX_LOCK, "lane": lane})


async def hold_outbox_lane(connection: Connection, lane: int) -> None:
    """Wait until the lane is ours, so that no relay is half way with a batch of it."""
    await connection.execute(_HOLD, {"lock": OUTBOX_LOCK, "lane": lane})
