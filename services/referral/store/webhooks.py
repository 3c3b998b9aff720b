"""The webhooks of health centres and the messages on their way there. Decides nothing."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.referral import tables
from services.referral.domain.message import State
from services.runtime.connection import Connection, Row
from services.runtime.database import columns_of, unnest, write_rows

_TRY_NOW: Final = text(
    "update message set due_at = :now, attempts = 0 where health_centre = :health_centre and state = 'queued'"
)
_REMOVE: Final = text("delete from webhook where health_centre = :health_centre")
_REMOVE_MESSAGES: Final = text("delete from message where health_centre = :health_centre")
_HEADS: Final = (
    "select h.referral_id, h.sequence from message h where h.health_centre = w.health_centre and h.due_at <= :now "
    "and not exists (select from message b where b.referral_id = h.referral_id and b.sequence < h.sequence "
    "  and b.due_at is not null) "
    "order by h.due_at, h.sequence limit :each for update skip locked"
)
_CLAIM: Final = text(
    f"with due as materialized (select w.url, d.* from webhook w cross join lateral ({_HEADS}) d "
    "where w.health_centre <> all(cast(:busy as text[])) limit :limit) "
    "update message m set state = 'sent', attempts = attempts + 1, due_at = :until from due "
    "where m.referral_id = due.referral_id and m.sequence = due.sequence "
    "returning m.referral_id, m.sequence, m.health_centre, due.url, m.content, m.queued_at, m.attempts"
)
_TOLD: Final = ("referral_id", "sequence", "state", "due_at", "answer")
_RECORD: Final = text(
    "update message m set state = t.state, due_at = t.due_at, answer = t.answer, "
    "ended_at = case when t.due_at is null then cast(:now as timestamptz) end, "
    "content = case when t.due_at is null then null else m.content end "
    f"from {unnest(tables.message, _TOLD)} t "
    "where m.referral_id = t.referral_id and m.sequence = t.sequence and m.due_at is not null"
)
# What stands behind a message cannot be due before it is.
_KEEP_BEHIND: Final = text(
    f"update message m set due_at = t.due_at from {unnest(tables.message, _TOLD)} t "
    "where m.referral_id = t.referral_id and m.state = 'queued' and m.due_at < t.due_at"
)
_FORGET: Final = text(
    "delete from message where ended_at < :before or health_centre not in (select health_centre from webhook)"
)
_STANDINGS: Final = text(
    "select w.health_centre, w.url, w.registered_at, count(m.due_at) as waiting, "
    "min(m.queued_at) filter (where m.due_at is not null) as oldest_waiting_at, "
    "count(*) filter (where m.state = 'failed') as failed, "
    "max(m.ended_at) filter (where m.state = 'delivered') as delivered_at "
    "from webhook w left join message m using (health_centre) "
    "where (cast(:health_centre as text) is null or w.health_centre = :health_centre) "
    "and w.health_centre > :after group by w.health_centre order by w.health_centre limit :limit"
)
_MESSAGES: Final = text(
    "select referral_id, sequence, state, queued_at, attempts, due_at, ended_at, answer from message "
    "where health_centre = :health_centre and (cast(:state as text) is null or state = :state) "
    "and (cast(:queued_at as timestamptz) is null or (queued_at, referral_id, sequence) "
    "  < (:queued_at, cast(:referral_id as uuid), cast(:sequence as text))) "
    "order by queued_at desc, referral_id desc, sequence desc limit :limit"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is ours to send; `attempts` counts this one."""

    referral_id: UUID
    sequence: str
    health_centre: str
    url: str
    content: str
    queued_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an attempt; `due_at` is when the next one is, None if there is none."""

    referral_id: UUID
    sequence: str
    state: State
    due_at: datetime | None
    answer: str


async def register(connection: Connection, health_centre: str, url: str, now: datetime) -> None:
    """Have the centre told there from now on; what waits is tried at once."""
    row = {"health_centre": health_centre, "url": url, "registered_at": now}
    await write_rows(connection, tables.webhook, [row])
    await connection.execute(_TRY_NOW, {"health_centre": health_centre, "now": now})


async def remove(connection: Connection, health_centre: str) -> bool:
    """Forget the centre's webhook and all that was told there; False if it has none."""
    await connection.execute(_REMOVE_MESSAGES, {"health_centre": health_centre})
    return bool(await connection.change(_REMOVE, {"health_centre": health_centre}))


async def claim(
    connection: Connection, busy: Collection[str], now: datetime, until: datetime, *, each: int, limit: int
) -> list[Message]:
    """Return messages that are due, ours until then: of each centre that is not busy a few, of each referral one."""
    asked = {"busy": list(busy), "now": now, "until": until, "each": each, "limit": limit}
    return [Message(*row) for row in await connection.execute(_CLAIM, asked)]


async def record(connection: Connection, told: Sequence[Told], now: datetime) -> None:
    """Keep what became of messages; of those that have ended, what they said is forgotten."""
    columns = columns_of(tables.message, [asdict(one) for one in told])
    await connection.execute(_RECORD, {**columns, "now": now})
    await connection.execute(_KEEP_BEHIND, columns)


async def forget(connection: Connection, before: datetime) -> None:
    """Forget messages that ended before then, and those of centres that have no webhook any more."""
    await connection.execute(_FORGET, {"before": before})


async def standings(connection: Connection, *, health_centre: str | None, after: str, limit: int) -> Sequence[Row]:
    """Return how it goes with webhooks, one's or all behind that centre, in the order of the centres."""
    asked = {"health_centre": health_centre, "after": after, "limit": limit}
    return await connection.execute(_STANDINGS, asked)


async def messages(
    connection: Connection,
    health_centre: str,
    *,
    state: State | None,
    after: tuple[datetime, UUID, str] | None,
    limit: int,
) -> Sequence[Row]:
    """Return the centre's messages, the latest first, behind the one that `after` names."""
    queued_at, referral_id, sequence = after or (None, None, None)
    behind = {"queued_at": queued_at, "referral_id": referral_id, "sequence": sequence}
    asked = {"health_centre": health_centre, "state": state, "limit": limit}
    return await connection.execute(_MESSAGES, asked | behind)
