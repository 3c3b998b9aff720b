"""What waits for a municipality's coordinator, as far as this service knows it. Decides nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import TextClause, text

from services.coordinator.domain.invitation import Invitation
from services.coordinator.store.work import Work, load_referrals
from services.runtime.connection import Connection, Row
from services.runtime.transaction import Transaction

MOST: Final = 200
"""Lines of a list: whoever has more has another problem."""

_OPEN: Final = text(
    "select referral_id, choice, about ->> 'activity_name' as name, answer_by, asked_at from invitation "
    "where municipality = :municipality and state = 'notified' and since < cast(:before as timestamptz) "
    f"order by answer_by, referral_id limit {MOST}"
)
_BOUNCED: Final = text(
    "select c.contact_id, c.name, p.place, p.address from reader r "
    "join contact_function c on c.contact_id::text = r.function "
    "cross join lateral (select 0 as place, coalesce(c.email, c.people -> 0 ->> 'email') as address union all "
    "select nr::integer - 1, person ->> 'email' from jsonb_array_elements(c.people) with ordinality e(person, nr) "
    "where nr > 1) p where p.address = any(r.bounced) "
    f"and c.municipality = :municipality order by c.name, c.contact_id, p.place limit {MOST}"
)
_UNREACHABLE: Final = text(
    "select contact_id, name from contact_function c where municipality = :municipality and email is null "
    "and not exists (select from jsonb_array_elements(c.people) person where person ->> 'email' is not null) "
    f"order by name, contact_id limit {MOST}"
)
_MUNICIPALITY: Final = text("select email, language from municipality where code = :municipality")

Rows = Sequence[Row]


async def municipality_of(connection: Connection, municipality: str) -> Row | None:
    """Return where the municipality's own notices go, and its language."""
    return (await connection.execute(_MUNICIPALITY, {"municipality": municipality})).mappings().one_or_none()


async def unanswered(connection: Connection, municipality: str, before: datetime) -> Rows:
    """Return the invitations that have waited for an answer since before then, the most urgent first."""
    return await _rows(connection, _OPEN, municipality=municipality, before=before)


async def bounced(connection: Connection, municipality: str) -> Rows:
    """Return the addresses of contact functions that refuse our mail, each with its place: 0 is the holder's."""
    return await _rows(connection, _BOUNCED, municipality=municipality)


async def unreachable(connection: Connection, municipality: str) -> Rows:
    """Return the contact functions that no mail can reach."""
    return await _rows(connection, _UNREACHABLE, municipality=municipality)


async def load_own(
    tx: Transaction, municipality: str, referral_id: UUID, choice: int
) -> tuple[Work, Invitation] | None:
    """Read and lock an invitation of the municipality; None if there is no such one, or it is another's."""
    work = await load_referrals(tx, [referral_id])
    found = work.of_referral(referral_id).get(choice)
    return (work, found) if found and found.municipality == municipality else None


async def _rows(connection: Connection, query: TextClause, **values: object) -> Rows:
    return (await connection.execute(query, values)).mappings().all()
