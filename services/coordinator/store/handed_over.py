"""What the mail server has taken and nobody has recorded yet, so that it is not sent again. Decides nothing.

A mark is written after each mail and gone once it is recorded what became of it: what stays is of who was killed in
between. It does not wait for the disk: what a power cut takes with it are the marks of its last second.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import text

from services.runtime.connection import Connection, Database

T = TypeVar("T")

_MARK: Final = text(
    "with quickly as (select set_config('synchronous_commit', 'off', true)) "
    "insert into handed_over (mark) select unnest(cast(:marks as bytea[])) from quickly on conflict do nothing"
)
_AMONG: Final = text("select mark from handed_over where mark = any(cast(:marks as bytea[]))")
_FORGET: Final = text("delete from handed_over where mark = any(cast(:marks as bytea[]))")
_FORGET_BEFORE: Final = text("delete from handed_over where at < :before")


@asynccontextmanager
async def marking(engine: Database) -> AsyncIterator[Callable[[Sequence[bytes]], Awaitable[None]]]:
    """Give what keeps that something was handed over, on a connection of its own."""
    async with engine.connect() as connection:
        run = await connection.prepare(_MARK)  # so that a mark leaves in one piece, also the first

        async def mark(marks: Sequence[bytes]) -> None:
            await run({"marks": marks})

        yield mark


async def among(engine: Database, by_mark: Mapping[bytes, T]) -> list[T]:
    """Return which of these somebody handed over who could not record it."""
    if not by_mark:
        return []
    async with engine.connect() as connection:
        return [by_mark[mark] for mark in await connection.scalars(_AMONG, {"marks": list(by_mark)})]


async def forget(connection: Connection, marks: Collection[bytes]) -> None:
    """Forget these, since it is recorded what became of them."""
    if marks:
        await connection.execute(_FORGET, {"marks": marks})


async def forget_before(connection: Connection, before: datetime) -> None:
    """Forget those that nobody asked for."""
    await connection.execute(_FORGET_BEFORE, {"before": before})
