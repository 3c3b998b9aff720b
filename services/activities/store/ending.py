"""What of a municipality's catalogue needs its coordinator soon. Decides nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import TextClause, text

from services.runtime.connection import Connection, Row

MOST: Final = 200

_AGREEMENTS: Final = text(
    "select organiser_id, o.name, g.valid_to as last_on from agreement g join organiser o using (organiser_id) "
    "where g.municipality = :municipality and g.valid_to between :first and :last "
    f"order by g.valid_to, o.name limit {MOST}"
)
_VERIFIED: Final = text(
    "select activity_id, name, verified_on, contact_id from (select activity_id, name, "
    "(document::jsonb ->> 'contact_id')::uuid as contact_id, "
    "(document::jsonb ->> 'verified_on')::date as verified_on from activity "
    "where municipality = :municipality and status = 'published') published "
    f"where verified_on between :first and :last order by verified_on, name limit {MOST}"
)
_WAITING: Final = text(
    "select activity_id, a.name, cardinality(string_to_array(s.line, ' ')) as waiting "
    "from activity a join seats s using (activity_id) where a.municipality = :municipality and s.line <> '' "
    f"order by waiting desc, a.name limit {MOST}"
)

Rows = Sequence[Row]


async def in_line(connection: Connection, municipality: str) -> Rows:
    """Return the activities that somebody stands in line for, the longest line first."""
    return (await connection.execute(_WAITING, {"municipality": municipality})).mappings().all()


async def agreements_ending(connection: Connection, municipality: str, first: date, last: date) -> Rows:
    """Return the agreements whose last day lies within these days, the first to end first."""
    return await _rows(connection, _AGREEMENTS, municipality, first, last)


async def verified_within(connection: Connection, municipality: str, first: date, last: date) -> Rows:
    """Return what is published and was verified last within these days, the oldest first."""
    return await _rows(connection, _VERIFIED, municipality, first, last)


async def _rows(connection: Connection, query: TextClause, municipality: str, first: date, last: date) -> Rows:
    values = {"municipality": municipality, "first": first, "last": last}
    return (await connection.execute(query, values)).mappings().all()
