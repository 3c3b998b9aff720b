"""Activities read to be shown: a municipality's own, or what is open to all. Never locked, never changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from schemas.activities import ActivityPublished
from services.activities.store.documents import WHOLE, published_of
from services.activities.tables import SORTED_LENGTH
from services.runtime.connection import Connection

_WHOLE = f"select {WHOLE} from activity a join seats s using (activity_id) where "
_BY_NAME = f"left(a.name, {SORTED_LENGTH}), a.activity_id"
_ONE = text(_WHOLE + "a.activity_id = :activity_id and a.status <> 'withdrawn'")


async def find_activity(connection: Connection, activity_id: UUID) -> ActivityPublished | None:
    """Return the activity, None if there is no such one or it was withdrawn."""
    row = (await connection.execute(_ONE, {"activity_id": activity_id})).one_or_none()
    return None if row is None else published_of(row)


async def activities_kept(
    connection: Connection, wanted: Mapping[str, str | None], *, after: tuple[Any, ...] | None, limit: int
) -> list[ActivityPublished]:
    """Return the activities whose columns have the wanted values (None: any), by name, those after name and id.

    Names are told apart by their first `SORTED_LENGTH` characters.
    """
    values: dict[str, Any] = {column: value for column, value in wanted.items() if value is not None}
    conditions = ["a.status <> 'withdrawn'", *(f"a.{column} = :{column}" for column in values)]
    if after:
        conditions.append(f"({_BY_NAME}) > (:name, :activity_id)")
        values["name"], values["activity_id"] = after
    query = text(f"{_WHOLE}{' and '.join(conditions)} order by {_BY_NAME} limit :limit")
    return await _activities(connection, query, values | {"limit": limit})


async def published_activities(
    connection: Connection, municipality: str | None, *, skip: int, limit: int
) -> tuple[list[ActivityPublished], int]:
    """Return a page of what is published, by name, and how many there are in all."""
    condition = "a.status = 'published'"
    values: dict[str, Any] = {}
    if municipality is not None:
        condition += " and a.municipality = :municipality"
        values["municipality"] = municipality
    total = await connection.scalar(text(f"select count(*) from activity a where {condition}"), values)
    query = text(f"{_WHOLE}{condition} order by {_BY_NAME} offset :skip limit :limit")
    return await _activities(connection, query, values | {"skip": skip, "limit": limit}), int(total or 0)


async def published_municipalities(connection: Connection) -> list[str]:
    """Return the municipalities that have anything published."""
    query = text("select distinct municipality from activity where status = 'published' order by municipality")
    return await connection.scalars(query)


async def _activities(connection: Connection, query: TextClause, values: Mapping[str, Any]) -> list[ActivityPublished]:
    return [published_of(row) for row in await connection.execute(query, values)]
