"""What coordinators see and set: their municipality, its invitations. Decides nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.coordinator import tables
from services.runtime.database import write_rows

After = tuple[datetime, UUID, int]
"""Where a list goes on: when the invitation was reserved, its referral and choice."""

_MUNICIPALITY = text("select email, language from municipality where code = :code")
_INVITATIONS = text(
    "select referral_id, choice, activity_id, about ->> 'activity_name' as activity_name, contact_id, state, since, "
    "reserved_at, answer_by, reason, visit, visited_on from invitation "
    "where municipality = :municipality and (cast(:state as text) is null or state = :state) "
    "and (cast(:reserved_at as timestamptz) is null or (reserved_at, referral_id, choice) "
    "< (cast(:reserved_at as timestamptz), cast(:referral_id as uuid), cast(:choice as integer))) "
    "order by reserved_at desc, referral_id desc, choice desc limit :limit"
)


async def municipality(connection: AsyncConnection, code: str) -> Row[Any] | None:
    """Return the coordinator's e-mail and language."""
    return (await connection.execute(_MUNICIPALITY, {"code": code})).one_or_none()


async def set_municipality(connection: AsyncConnection, code: str, email: str, language: str) -> None:
    """Keep the coordinator's e-mail and language."""
    await write_rows(connection, tables.municipality, [{"code": code, "email": email, "language": language}])


async def invitations(
    connection: AsyncConnection, municipality: str, state: str | None, after: After | None, limit: int
) -> Sequence[Row[Any]]:
    """Return the municipality's invitations, newest first."""
    reserved_at, referral_id, choice = after or (None, None, None)
    asked = {"municipality": municipality, "state": state, "limit": limit}
    place = {"reserved_at": reserved_at, "referral_id": referral_id, "choice": choice}
    return (await connection.execute(_INVITATIONS, asked | place)).all()
