"""Which activities are paused, up to and with which day. Decides nothing."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.activities import tables
from services.runtime.connection import Connection
from services.runtime.database import write_rows

_OVER: Final = text("select activity_id from pause where until < :day order by activity_id limit 500")
_CHANGE: Final = text("update pause set until = :until where activity_id = :activity_id")
_PAUSED: Final = text("select activity_id from pause where activity_id = any(:ids)")
_FORGET: Final = text("delete from pause where activity_id = any(:ids)")


async def keep_pause(connection: Connection, activity_id: UUID, until: date) -> None:
    """Keep the last day of a pause."""
    await write_rows(connection, tables.pause, [{"activity_id": activity_id, "until": until}])


async def change_pause(connection: Connection, activity_id: UUID, until: date) -> None:
    """Have a pause that is kept last until the day; nothing happens if there is none."""
    await connection.execute(_CHANGE, {"activity_id": activity_id, "until": until})


async def paused_of(connection: Connection, activity_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of these activities that are paused until a day."""
    return set(await connection.scalars(_PAUSED, {"ids": list(activity_ids)}))


async def over_before(connection: Connection, day: date) -> list[UUID]:
    """Return activities whose last day of pause is before the day."""
    return await connection.scalars(_OVER, {"day": day})


async def forget_pauses(connection: Connection, activity_ids: Sequence[UUID]) -> None:
    """Forget the last days of these activities' pauses."""
    await connection.execute(_FORGET, {"ids": list(activity_ids)})
