"""The queue of notices: which are due, and whose they are while they are sent. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.coordinator import tables
from services.coordinator.domain.notice import Address, Due
from services.runtime.database import columns_of, unnest

_DUE = text(
    "select i.referral_id, i.choice, i.municipality, i.contact_id, i.about, i.generation, "
    "i.since, i.attempts, c.contact_id is not null as contact_is_known, c.email as contact_email, "
    "c.language as contact_language, m.email as coordinator_email, m.language as coordinator_language "
    "from invitation i left join contact_function c on c.contact_id = i.contact_id "
    "left join municipality m on m.code = i.municipality "
    "where i.notice_at <= :now order by i.notice_at limit :limit for update of i skip locked"
).columns(about=tables.invitation.c.about.type)
_LEASED = ("referral_id", "choice", "token_hash")
_LEASE = text(
    "update invitation i set notice_at = :until, attempts = attempts + 1, token_hash = t.token_hash "
    f"from {unnest(tables.invitation, _LEASED)} t where i.referral_id = t.referral_id and i.choice = t.choice"
)
_AGAIN = ("referral_id", "choice", "notice_at")
_PUT_BACK = text(
    f"update invitation i set notice_at = t.notice_at from {unnest(tables.invitation, _AGAIN)} t "
    "where i.referral_id = t.referral_id and i.choice = t.choice and i.state = 'reserved'"
)


@dataclass(frozen=True, slots=True)
class Lease:
    """A notice is ours until the lease ends; from then on its link is known by its hash."""

    referral_id: UUID
    choice: int
    token_hash: bytes


async def due_notices(connection: AsyncConnection, now: datetime, limit: int) -> list[Due]:
    """Return notices that are due and lock them; those that somebody else holds are passed over."""
    rows = (await connection.execute(_DUE, {"now": now, "limit": limit})).all()
    return [_due(row) for row in rows]


async def lease(connection: AsyncConnection, leases: Sequence[Lease], until: datetime) -> None:
    """Keep the notices from others until then, when they are due again."""
    rows = [{name: getattr(one, name) for name in _LEASED} for one in leases]
    await connection.execute(_LEASE, {**columns_of(tables.invitation, rows), "until": until})


async def put_back(connection: AsyncConnection, notices: Sequence[tuple[UUID, int, datetime]]) -> None:
    """Make the notices due at these times, unless their invitations have moved on."""
    if notices:
        rows = [dict(zip(_AGAIN, notice, strict=True)) for notice in notices]
        await connection.execute(_PUT_BACK, columns_of(tables.invitation, rows))


def _due(row: Row) -> Due:  # type: ignore[type-arg]  # a row of many types
    return Due(
        referral_id=row.referral_id,
        choice=row.choice,
        municipality=row.municipality,
        contact_id=row.contact_id,
        about=row.about,
        generation=row.generation,
        waiting_since=row.since,
        attempts=row.attempts + 1,
        contact_is_known=row.contact_is_known,
        contact=_address(row.contact_email, row.contact_language),
        coordinator=_address(row.coordinator_email, row.coordinator_language),
    )


def _address(email: str | None, language: str) -> Address | None:
    return None if email is None else Address(email, language)  # type: ignore[arg-type]  # a code, checked when stored
