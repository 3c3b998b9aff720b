"""What coordinators see and set: their municipality, its invitations. Decides nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.coordinator import tables
from services.coordinator.domain.working_days import AnswerTime
from services.runtime.connection import Connection, Row
from services.runtime.database import write_rows

After = tuple[datetime, UUID, int]
"""Where a list goes on: when the invitation was reserved, its referral and choice."""

_MUNICIPALITY = text(
    "select email, language, reminder_after, deputy_after, answer_within from municipality where code = :code"
)
_WEBHOOK = text("select webhook from contact_function where municipality = :municipality and contact_id = :contact_id")
_CONTACTS = text(
    "with seen as (select c.contact_id, c.name, c.paused_until, "
    "count(i) filter (where i.state <> 'reserved') as asked, "
    "count(i) filter (where i.state in ('accepted', 'declined')) as answered, "
    "count(i) filter (where i.state = 'expired' and i.reason = 'no_response') as silent, "
    "count(i) filter (where i.state = 'notified') as waiting, "
    "min(i.since) filter (where i.state = 'notified') as waiting_since "
    "from contact_function c left join invitation i on i.contact_id = c.contact_id "
    "and i.municipality = c.municipality and i.reserved_at >= :since "
    "where c.municipality = :municipality group by c.contact_id) "
    "select * from seen where cast(:silent as bigint) is null or (silent, waiting, contact_id) "
    "< (cast(:silent as bigint), cast(:waiting as bigint), cast(:contact_id as uuid)) "
    "order by silent desc, waiting desc, contact_id desc limit :limit"
)
_INVITATIONS = text(
    "select referral_id, choice, activity_id, about ->> 'activity_name' as activity_name, contact_id, state, since, "
    "case when delivery is not null then delivery when state = 'reserved' then 'queued' "
    "when reason = 'unreachable' then 'failed' when answer_by is not null then 'sent' end as delivery, "
    "municipality, reserved_at, answer_by, reason, visit, visited_on from invitation "
    "where municipality = :municipality and (cast(:state as text) is null or state = :state) "
    "and (cast(:reserved_at as timestamptz) is null or (reserved_at, referral_id, choice) "
    "< (cast(:reserved_at as timestamptz), cast(:referral_id as uuid), cast(:choice as integer))) "
    "order by reserved_at desc, referral_id desc, choice desc limit :limit"
)


async def municipality(connection: Connection, code: str) -> Row | None:
    """Return the coordinator's e-mail and language, and how long people may take."""
    return (await connection.execute(_MUNICIPALITY, {"code": code})).one_or_none()


async def answer_time_of(connection: Connection, code: str, otherwise: AnswerTime) -> AnswerTime:
    """Return how long people may take in the municipality."""
    row = await municipality(connection, code)
    return otherwise if row is None else otherwise.as_set(row.reminder_after, row.deputy_after, row.answer_within)


async def set_municipality(connection: Connection, row: Mapping[str, Any]) -> None:
    """Keep what is known of a municipality."""
    await write_rows(connection, tables.municipality, [row])


async def webhook(connection: Connection, municipality: str, contact_id: UUID) -> str | None:
    """Return the webhook of one of the municipality's contact functions, None if it has none."""
    found: str | None = await connection.scalar(_WEBHOOK, {"municipality": municipality, "contact_id": contact_id})
    return found


async def contacts(
    connection: Connection, municipality: str, since: datetime, after: tuple[int, int, UUID] | None, limit: int
) -> Sequence[Row]:
    """Return the municipality's contact functions with what came of invitations since then, the most silent first."""
    silent, waiting, contact_id = after or (None, None, None)
    asked = {"municipality": municipality, "since": since, "limit": limit}
    place = {"silent": silent, "waiting": waiting, "contact_id": contact_id}
    return (await connection.execute(_CONTACTS, asked | place)).all()


async def invitations(
    connection: Connection, municipality: str, state: str | None, after: After | None, limit: int
) -> Sequence[Row]:
    """Return the municipality's invitations, newest first."""
    reserved_at, referral_id, choice = after or (None, None, None)
    asked = {"municipality": municipality, "state": state, "limit": limit}
    place = {"reserved_at": reserved_at, "referral_id": referral_id, "choice": choice}
    return (await connection.execute(_INVITATIONS, asked | place)).all()
