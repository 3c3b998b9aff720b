"""Organisers, agreements and meeting places, as activities name them. Never an activity.

What an activity names is registered with it; a register row is changed only by statements of the
municipality that keeps it.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Table, TextClause, delete, select, text

from schemas.activities import ActivityPublished, Agreement, Organiser, Place
from services.activities import tables
from services.runtime.connection import Connection
from services.runtime.database import columns_of, unnest, write_rows


def _put(table: Table) -> TextClause:
    key, _, *rest = names = [column.name for column in table.columns]
    return text(
        f"insert into {table.name} as known ({', '.join(names)}) {unnest(table, names)} "
        f"on conflict ({key}) do update set {', '.join(f'{name} = excluded.{name}' for name in rest)} "
        "where known.municipality = excluded.municipality "
        f"and ({_columns('known', rest)}) is distinct from ({_columns('excluded', rest)})"
    )


def _columns(table: str, names: Iterable[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


_PUT_ORGANISERS: Final = _put(tables.organiser)
_PUT_PLACES: Final = _put(tables.meeting_place)


async def register(connection: Connection, activities: Iterable[ActivityPublished]) -> None:
    """Register what the activities name; the last of them says how it is."""
    organisers: dict[str, tuple[str, Organiser]] = {}
    places: dict[str, tuple[str, Place]] = {}
    agreements: dict[tuple[str, str], Agreement] = {}
    for activity in activities:
        organiser, place, at = activity.organiser, activity.place, activity.municipality
        organisers[organiser.organiser_id] = at, organiser
        if place:
            places[place.place_id] = at, place
        if activity.agreement and organiser.kind == "voluntary":
            agreements[organiser.organiser_id, at] = activity.agreement
    await put_organisers(connection, organisers.values())
    await put_places(connection, places.values())
    await put_agreements(connection, agreements)


async def put_organisers(connection: Connection, organisers: Iterable[tuple[str, Organiser]]) -> None:
    """Write organisers, each with the municipality that says so."""
    rows = [{"municipality": at, **organiser.model_dump()} for at, organiser in organisers]
    await _write(connection, _PUT_ORGANISERS, tables.organiser, rows)


async def put_places(connection: Connection, places: Iterable[tuple[str, Place]]) -> None:
    """Write meeting places, each with the municipality that says so."""
    rows = [{"municipality": at, **place.model_dump()} for at, place in places]
    await _write(connection, _PUT_PLACES, tables.meeting_place, rows)


async def put_agreements(connection: Connection, agreements: Mapping[tuple[str, str], Agreement]) -> None:
    """Write agreements by organiser and municipality."""
    rows = [
        {"organiser_id": organiser_id, "municipality": at, **agreements[organiser_id, at].model_dump()}
        for organiser_id, at in sorted(agreements)
    ]
    await write_rows(connection, tables.agreement, rows)


async def end_agreement(connection: Connection, organiser_id: str, municipality: str) -> None:
    """Delete an agreement; nothing happens if there is none."""
    await connection.execute(
        delete(tables.agreement).where(
            tables.agreement.c.organiser_id == organiser_id, tables.agreement.c.municipality == municipality
        )
    )


async def _write(connection: Connection, statement: TextClause, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        key = table.columns[0].name
        await connection.execute(statement, columns_of(table, sorted(rows, key=itemgetter(key))))


async def find_organiser(connection: Connection, organiser_id: str) -> tuple[str, Organiser] | None:
    """Return the organiser and the municipality that keeps it."""
    row = await _one(connection, tables.organiser, organiser_id=organiser_id)
    return (row["municipality"], Organiser.model_validate(row)) if row else None


async def find_place(connection: Connection, place_id: str) -> tuple[str, Place] | None:
    """Return the meeting place and the municipality that keeps it."""
    row = await _one(connection, tables.meeting_place, place_id=place_id)
    return (row["municipality"], Place.model_validate(row)) if row else None


async def find_agreement(connection: Connection, organiser_id: str, municipality: str) -> Agreement | None:
    """Return the agreement of an organiser and a municipality."""
    row = await _one(connection, tables.agreement, organiser_id=organiser_id, municipality=municipality)
    return Agreement.model_validate(row) if row else None


async def registered(
    connection: Connection, table: Table, municipality: str, *, after: str | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a register that the municipality keeps, by their ids."""
    key = table.columns[0]
    query = select(table).where(table.c.municipality == municipality).order_by(key).limit(limit)
    if after is not None:
        query = query.where(key > after)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def _one(connection: Connection, table: Table, **values: str) -> dict[str, Any] | None:
    row = (await connection.execute(select(table).filter_by(**values))).mappings().one_or_none()
    return dict(row) if row else None
