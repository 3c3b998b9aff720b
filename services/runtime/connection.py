"""SQLAlchemy's statements, run by asyncpg with nothing in between. Never what a statement means.

What a service does for an event is a dozen short statements. SQLAlchemy describes them; its own connection would
take longer over most of them than PostgreSQL does (docs/decisions/0013).
"""

import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Self

import asyncpg
from sqlalchemy import URL, ClauseElement, make_url
from sqlalchemy.dialects.postgresql import asyncpg as dialect

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
ACQUIRE_SECONDS = 10
JSONB_VERSION = b"\x01"
SILENCE = {"TCP_USER_TIMEOUT": 20_000, "TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""After twenty seconds (the first is in milliseconds) without a sign of life a server counts as away."""


class Row(asyncpg.Record):  # type: ignore[misc]  # asyncpg is untyped
    """One row: `row.name` and `row["name"]`; iterating gives the values."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the column holds
        """Return the column's value."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Result(list[Row]):
    """The rows of a statement."""

    def all(self) -> Self:
        """Return all rows."""
        return self

    def mappings(self) -> Self:
        """Return the rows, which are mappings already."""
        return self

    def one(self) -> Row:
        """Return the only row; ValueError if there is another number of them."""
        [row] = self
        return row

    def one_or_none(self) -> Row | None:
        """Return the only row or None; ValueError if there are more."""
        return self.one() if self else None


class Connection:
    """A connection of a pool, in a transaction if it was begun."""

    def __init__(self, driver: asyncpg.Connection) -> None:
        """Take asyncpg's connection."""
        self.driver = driver

    async def execute(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> Result:
        """Run the statement with values by the names of its parameters and return its rows."""
        query, arguments = _prepared(statement, values)
        return Result(await self.driver.fetch(query, *arguments))

    async def change(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> int:
        """Run the statement and return how many rows it changed."""
        query, arguments = _prepared(statement, values)
        status: str = await self.driver.execute(query, *arguments)
        return int(status.rpartition(" ")[2])

    async def scalar(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - as the column
        """Return the first column of the first row, None when there is no row."""
        query, arguments = _prepared(statement, values)
        return await self.driver.fetchval(query, *arguments)

    async def prepare(self, statement: ClauseElement) -> Callable[[Mapping[str, Any]], Awaitable[None]]:
        """Return what runs the statement with values; all of it is sent at once, the first time too."""
        prepared = await self.driver.prepare(_compiled(statement)[0])

        async def run(values: Mapping[str, Any]) -> None:
            _, arguments = _prepared(statement, values)
            await prepared.fetch(*arguments)

        return run

    async def scalars(self, statement: ClauseElement, values: Mapping[str, Any] | None = None) -> list[Any]:
        """Return the first column of every row."""
        return [row[0] for row in await self.execute(statement, values)]

    async def in_slices(
        self, statement: ClauseElement, values: Mapping[str, Any], size: int
    ) -> AsyncIterator[Sequence[Row]]:
        """Yield the rows of a statement, so many at a time; only in a transaction."""
        query, arguments = _prepared(statement, values)
        cursor = await self.driver.cursor(query, *arguments)
        while rows := await cursor.fetch(size):
            yield rows

    async def copy(self, table: str, columns: Iterable[str], records: Iterable[tuple[Any, ...]]) -> None:
        """Insert the records by COPY, all or nothing."""
        await self.driver.copy_records_to_table(table, columns=list(columns), records=records)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """Have what is done in this context undone, and nothing else, when it raises."""
        async with self.driver.transaction():
            yield


class _Kept(asyncpg.Connection):  # type: ignore[misc]  # asyncpg is untyped
    """A connection of the pool, on which nobody ever sets anything: there is nothing to reset between two uses."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """A pool of connections to one database; nothing is opened before the first use."""

    def __init__(
        self,
        url: str | URL,
        *,
        size: int = 5,
        tls: ssl.SSLContext | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Take a URL as SQLAlchemy has it, how many connections at most, and PostgreSQL's settings for each."""
        self.url = make_url(url)
        self._arguments: dict[str, Any] = {
            "host": self.url.query.get("host", self.url.host),
            "port": self.url.port,
            "user": self.url.username,
            "password": self.url.password,
            "database": self.url.database,
            "ssl": tls,
            "min_size": 0,
            "max_size": size,
            "timeout": 5,
            "command_timeout": 60,
            "server_settings": dict(settings or {}),
            "connection_class": _Kept,
            "record_class": Row,
            "init": _set_up,
        }
        self._pool: asyncpg.Pool | None = None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Connection]:
        """Give a connection on which every statement commits by itself; TimeoutError if all stay busy."""
        if self._pool is None:
            # Of size 0 until it is used, so nothing is awaited here and no other task comes in between.
            self._pool = await asyncpg.create_pool(**self._arguments)
        async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as driver:
            yield Connection(driver)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """Give a connection in a transaction that commits at the end, or is rolled back by whatever is raised."""
        async with self.connect() as connection, connection.driver.transaction():
            yield connection

    async def dispose(self) -> None:
        """Close all connections, without waiting for what they are at."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()


async def _set_up(connection: asyncpg.Connection) -> None:
    """Have jsonb read as what it says, it is given as text; and break off from a server that fell silent."""
    _mind_silence(connection._transport.get_extra_info("socket"))  # noqa: SLF001 - asyncpg has no public way to it
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",  # as COPY takes it
        encoder=lambda text: JSONB_VERSION + text.encode(),
        decoder=lambda binary: json.loads(binary[1:]),
    )


def _mind_silence(link: socket.socket) -> None:
    """Have the kernel break the connection once the other end has said nothing for some time, however long it works.

    Before the time limit of a statement, and then of its rollback, are over, a loop would be taken for one that stalls.
    """
    if link.family != socket.AF_UNIX:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in SILENCE.items():
            if hasattr(socket, option):  # not everywhere
                link.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _prepared(statement: ClauseElement, values: Mapping[str, Any] | None) -> tuple[str, list[Any]]:
    query, names, fixed = _compiled(statement)
    given = {**fixed, **values} if fixed and values else values or fixed
    return query, [given[name] for name in names]


@lru_cache(maxsize=1024)
def _compiled(statement: ClauseElement) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
    """Return the SQL, the names of its parameters in order, and the values that the statement itself holds."""
    compiled = statement.compile(dialect=_DIALECT)
    names = tuple(compiled.positiontup or ())  # type: ignore[attr-defined]  # of a compiler of SQL, which it is
    held = compiled.params
    return str(compiled), names, {name: value for name, value in held.items() if value is not None}
