"""Seats and who stands in line for them, read and written for many activities at once. Decides nothing."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.activities import tables
from services.activities.domain.days import today
from services.activities.domain.seats import Seats, Waiting
from services.activities.store.catalogue import LiveCatalogue
from services.runtime.connection import Connection
from services.runtime.database import columns_of, unnest
from services.runtime.transaction import Transaction

_READ: Final = "select activity_id, maximum, taken, line from seats where {which} order by activity_id for update"
_SEATS: Final = text(_READ.format(which="activity_id = any(:ids)"))
_SEATS_OR_LINES: Final = text(
    _READ.format(which="activity_id = any(:ids) or (activity_id = any(:if_awaited) and line <> '')")
)
_TAKEN: Final = ("activity_id", "taken")
_PASSED: Final = (*_TAKEN, "line")
_CHANGE: Final = (
    "update seats s set taken = s.taken + t.taken, {line}changed = {now} from {rows} t "
    "where s.activity_id = t.activity_id "
    "and (cast(:promised as boolean) or t.taken <= 0 or s.maximum is null or s.taken + t.taken <= s.maximum)"
)
_TAKE: Final = text(_CHANGE.format(line="", now=tables.CHANGED_NOW, rows=unnest(tables.seats, _TAKEN)))
_PASS: Final = text(_CHANGE.format(line="line = t.line, ", now=tables.CHANGED_NOW, rows=unnest(tables.seats, _PASSED)))


_WALK_INS: Final = text(
    "update seats set taken = taken - walk_ins + :walk_ins, walk_ins = :walk_ins, "
    f"changed = {tables.CHANGED_NOW} where activity_id = :activity_id"
)
SEAT_NEWS: Final = "seat_news"
"""The deadline, due at once, of a referral that stood in line."""


class OversoldError(Exception):
    """Seats were not as they had been decided upon. The batch is done again; their lock makes it impossible."""


async def load_seats(
    tx: Transaction, catalogue: LiveCatalogue, ids: Collection[UUID], *, if_awaited: Collection[UUID] = ()
) -> dict[UUID, Seats]:
    """Return the seats of those of the activities that there are, locked in the order of their ids.

    Of some only if somebody waits for a seat. The catalogue catches up behind the locks: what whoever held them
    committed is seen.
    """
    seats: dict[UUID, Seats] = {}
    if ids or if_awaited:
        named: dict[str, Any] = {"ids": list(ids)}
        if if_awaited:
            rows = await tx.connection.execute(_SEATS_OR_LINES, named | {"if_awaited": list(if_awaited)})
        else:
            rows = await tx.connection.execute(_SEATS, named)
        seats = {row.activity_id: Seats(row.maximum, row.taken, _line(row.line)) for row in rows}
    on = today(tx.now)
    await catalogue.catch_up(tx.connection, on)
    for activity_id, each in seats.items():
        each.is_open = catalogue.is_open(str(activity_id), on)
        each.is_over = bool(each.line) and catalogue.is_over(str(activity_id), on)
    return seats


def tell_of_seat(tx: Transaction, referral_id: UUID) -> None:
    """Have a referral that stood in line hear what became of its seat, in order with all else that it hears."""
    tx.set_deadline(SEAT_NEWS, str(referral_id), tx.now)


async def count_walk_ins(connection: Connection, activity_id: UUID, walk_ins: int) -> None:
    """Have so many come by themselves; all who were referred keep their seats, even when it is over the maximum."""
    await connection.execute(_WALK_INS, {"activity_id": activity_id, "walk_ins": walk_ins})


async def save_seats(connection: Connection, seats: Mapping[UUID, Seats], *, promised: bool = False) -> None:
    """Write what changed in one statement, so that a seat that is passed on is never free; OversoldError.

    What was promised is taken, even when it is over the maximum.
    """
    rows = [
        {"activity_id": activity_id, "taken": each.change, "line": _written(each.line)}
        for activity_id, each in seats.items()
        if each.change or each.has_moved
    ]
    if rows:
        statement = _PASS if any(each.has_moved for each in seats.values()) else _TAKE
        columns = columns_of(tables.seats, rows)
        if await connection.change(statement, columns | {"promised": promised}) != len(rows):
            raise OversoldError


def _line(written: str) -> tuple[Waiting, ...]:
    pairs = [each.partition(":") for each in written.split()]
    return tuple([Waiting(UUID(referral_id), int(choice)) for referral_id, _, choice in pairs])


def _written(line: Iterable[Waiting]) -> str:
    return " ".join(f"{waiting.referral_id}:{waiting.choice}" for waiting in line)
