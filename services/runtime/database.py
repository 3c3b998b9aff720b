"""The connection to PostgreSQL and rows in bulk. Never a word of what the rows mean."""

import json
import ssl
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Table, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB

from services.runtime.connection import Connection, Database
from services.runtime.settings import Settings

Row = Mapping[str, Any]
Values = tuple[Any, ...]
FEW = 20
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def connect(settings: Settings) -> Database:
    """Return the service's database; nothing is opened before the first use."""
    return Database(
        settings.database_url.get_secret_value(),
        size=settings.database_pool_size,
        tls=ssl.create_default_context(cafile=settings.database_ca_file) if settings.database_ca_file else None,
        settings={
            "application_name": f"motesplats-{settings.instance}",
            "timezone": "UTC",
            "idle_in_transaction_session_timeout": "60000",
            "jit": "off",
        },
    )


def is_away(error: BaseException) -> bool:
    """Tell whether the database is away (try again later), as opposed to refusing what it was asked."""
    if isinstance(error, ValueError):  # a value that asyncpg cannot encode, which is an InterfaceError too
        return False
    if isinstance(error, asyncpg.InternalClientError):  # what it raises when a connection breaks at the wrong moment
        return str(error).startswith("cannot switch to state")
    return isinstance(
        error,
        OSError
        | TimeoutError
        | asyncpg.InterfaceError
        | asyncpg.PostgresConnectionError
        | asyncpg.CannotConnectNowError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.TooManyConnectionsError
        | asyncpg.DeadlockDetectedError
        | asyncpg.SerializationError
        | asyncpg.LockNotAvailableError
        | asyncpg.ReadOnlySQLTransactionError
        | asyncpg.IdleInTransactionSessionTimeoutError
        | asyncpg.InsufficientResourcesError,
    )


async def write_rows(connection: Connection, table: Table, rows: Sequence[Row], *, replace: bool = True) -> None:
    """Write many rows of one shape in one statement; a row with a known primary key is replaced, or left.

    Columns that the rows do not name keep their value, or take their default when the row is new.
    """
    if not rows:
        return
    statement = _upsert(table, tuple(rows[0]), replace)
    await connection.execute(statement, columns_of(table, rows))


async def copy_rows(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Values]) -> None:
    """Insert new rows, each the values of the columns named: a few by a statement, many by COPY.

    COPY takes less of everything but round trips. A transaction that can only be rolled back, and an error, if one
    of the rows is known already. JSON is given as text.
    """
    if len(rows) > FEW:
        await connection.copy(table.name, names, rows)
    elif rows:
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        await connection.execute(_insert(table, tuple(names)), columns)


async def copy_alone(database: Database, table: Table, names: Sequence[str], rows: Sequence[Values]) -> None:
    """Insert new rows as `copy_rows` does, by COPY, all or nothing and at once committed, as a statement of its own is.

    asyncpg's UniqueViolationError if one of them is known already.
    """
    async with database.connect() as connection:
        await connection.copy(table.name, names, rows)


def columns_of(table: Table, rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return the rows turned on their side: one list a column, as `unnest` takes them."""
    return {name: _encode(table, name, [row[name] for row in rows]) for name in rows[0]}


def _encode(table: Table, name: str, values: list[Any]) -> list[Any]:
    if isinstance(table.c[name].type, JSONB):
        return [None if value is None else json.dumps(value, separators=(",", ":")) for value in values]
    return values


def unnest(table: Table, names: Iterable[str]) -> str:
    """Return a subselect of one array a column, bound by the columns' names and typed as they are."""
    columns = [(name, table.c[name].type) for name in names]
    arrays = ", ".join(
        f"cast(:{name} as {'text' if isinstance(kind, JSONB) else kind.compile(_DIALECT)}[])" for name, kind in columns
    )
    picked = ", ".join(
        f'cast("{name}" as jsonb) as "{name}"' if isinstance(kind, JSONB) else f'"{name}"' for name, kind in columns
    )
    listed = ", ".join(f'"{name}"' for name, _ in columns)
    return f"(select {picked} from unnest({arrays}) with ordinality as u({listed}, nr_) order by nr_)"


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...]) -> TextClause:
    listed = ", ".join(f'"{name}"' for name in names)
    return text(f"insert into {table.name} ({listed}) {unnest(table, names)}")


@lru_cache(maxsize=256)
def _upsert(table: Table, names: tuple[str, ...], replace: bool) -> TextClause:  # noqa: FBT001 - part of a cache key
    keys = [column.name for column in table.primary_key]
    changed = [name for name in names if name not in keys]
    conflict = (
        "do update set " + ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
        if replace and changed
        else "do nothing"
    )
    listed = ", ".join(f'"{name}"' for name in names)
    return text(
        f"insert into {table.name} ({listed}) {unnest(table, names)} on conflict ({', '.join(keys)}) {conflict}"
    )
