"""Activities as coordinators and imports state them, with organisers, agreements and places. Never who may."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from schemas.activities import ActivityPublished, ActivityWithdrawn
from services.activities import tables
from services.activities.domain.days import today
from services.activities.domain.keeping import Activity
from services.activities.store.documents import WHOLE, WITHDRAWN, activity_row, published_of
from services.activities.store.pauses import forget_pauses
from services.activities.store.registers import register
from services.activities.store.waiting import look_who_waits
from services.runtime.connection import Row
from services.runtime.database import columns_of, unnest
from services.runtime.errors import Conflict
from services.runtime.transaction import Transaction

# The seats too: they are written below, and every transaction locks them in the order of their ids.
_LOCK = (
    f"select a.activity_id, a.status, a.sequence, {WHOLE} "
    "from activity a join seats s using (activity_id) where {which} order by a.activity_id for update of a, s"
)
_BY_ID = text(_LOCK.format(which="a.activity_id = any(:ids)"))
_BY_ORGANISER = text(_LOCK.format(which="a.organiser_id = :organiser_id and a.status <> 'withdrawn'"))
_BY_PLACE = text(_LOCK.format(which="a.place_id = :place_id and a.status <> 'withdrawn'"))
_AFTER = text(_LOCK.format(which="a.activity_id > :after").replace("for update", "limit :limit for update"))

_COLUMNS = tuple(column.name for column in tables.activity.columns if column.name != "changed")
_NEW = f"from {unnest(tables.activity, _COLUMNS)} t"
_INSERT = text(
    f"insert into activity ({', '.join(_COLUMNS)}) select {', '.join(_COLUMNS)} {_NEW} on conflict do nothing"
)
_UPDATE = text(
    f"update activity a set {', '.join(f'{name} = t.{name}' for name in _COLUMNS[1:])}, "
    f"changed = {tables.CHANGED_NOW} {_NEW} where a.activity_id = t.activity_id"
)
_UPDATE_SEQUENCES = text(
    f"update activity a set sequence = t.sequence from {unnest(tables.activity, ('activity_id', 'sequence'))} t "
    "where a.activity_id = t.activity_id"
)
_SEATS = ("activity_id", "maximum", "taken")
_INSERT_SEATS = text(
    f"insert into seats ({', '.join(_SEATS)}, walk_ins) select {', '.join(_SEATS)}, taken "
    f"from {unnest(tables.seats, _SEATS)} t"
)
_UPDATE_SEATS = text(
    f"update seats s set maximum = t.maximum, changed = {tables.CHANGED_NOW} "
    f"from {unnest(tables.seats, _SEATS)} t where s.activity_id = t.activity_id"
)


@dataclass(slots=True)
class Stating:
    """The activities of one transaction, locked, and those of them that become something else."""

    tx: Transaction
    on: date
    activities: dict[UUID, Activity] = field(default_factory=dict)
    known: set[UUID] = field(default_factory=set)
    changed: dict[UUID, Activity] = field(default_factory=dict)

    def activity(self, activity_id: UUID) -> Activity:
        """Return the activity as it is kept; one never heard of is empty."""
        return self.activities.setdefault(activity_id, Activity(activity_id))

    def become(self, activity: Activity, published: ActivityPublished, *, announced: bool = False) -> None:
        """Have the activity be this from now on, and announce it unless it was."""
        activity.published, activity.is_withdrawn = published, False
        self.changed[activity.activity_id] = activity
        if not announced:
            self.announce(activity)
        if published.status in ("published", "ended"):
            look_who_waits(self.tx, activity.activity_id)

    def withdraw(self, activity: Activity, *, announced: bool = False) -> None:
        """Have the activity be no more, and announce it unless it was."""
        activity.withdraw()
        self.changed[activity.activity_id] = activity
        if not announced:
            self.announce(activity)
        look_who_waits(self.tx, activity.activity_id)

    def announce(self, activity: Activity) -> None:
        """Announce the whole present state of the activity."""
        gone = ActivityWithdrawn(activity_id=activity.activity_id)
        self.tx.announce(activity, activity.present or gone)


async def load_activities(tx: Transaction, ids: Iterable[UUID]) -> Stating:
    """Lock the activities of these ids."""
    return await _load(tx, _BY_ID, ids=list(ids))


async def load_activities_of_organiser(tx: Transaction, organiser_id: str) -> Stating:
    """Lock all activities of an organiser."""
    return await _load(tx, _BY_ORGANISER, organiser_id=organiser_id)


async def load_activities_at_place(tx: Transaction, place_id: str) -> Stating:
    """Lock all activities at a meeting place."""
    return await _load(tx, _BY_PLACE, place_id=place_id)


async def load_activities_after(tx: Transaction, after: UUID, limit: int) -> Stating:
    """Lock the next activities by id, withdrawn ones among them."""
    return await _load(tx, _AFTER, after=after, limit=limit)


async def _load(tx: Transaction, which: TextClause, **values: object) -> Stating:
    stating = Stating(tx, today(tx.now))
    for row in await tx.connection.execute(which, values):
        stating.activities[row.activity_id] = _activity(row)
    stating.known.update(stating.activities)
    return stating


async def save_activities(stating: Stating) -> None:
    """Write what changed; Conflict if somebody else created one of them at the same moment.

    Seats taken are written for new activities only: reservations count them from then on. What is not paused any
    more has no last day of a pause.
    """
    rows = [(activity, activity.published) for activity in stating.changed.values() if activity.published]
    rows.sort(key=lambda pair: pair[0].activity_id)
    new = [pair for pair in rows if pair[0].activity_id not in stating.known]
    known = [pair for pair in rows if pair[0].activity_id in stating.known]
    execute = stating.tx.connection.execute
    if new:
        stored = [activity_row(*pair) for pair in new]
        if await stating.tx.connection.change(_INSERT, columns_of(tables.activity, stored)) != len(new):
            raise Conflict("Somebody else created it at the same moment; try again.")
        await execute(_INSERT_SEATS, columns_of(tables.seats, _seat_rows(new)))
    if known:
        await execute(_UPDATE, columns_of(tables.activity, [activity_row(*pair) for pair in known]))
        await execute(_UPDATE_SEATS, columns_of(tables.seats, _seat_rows(known)))
        awake = [activity.activity_id for activity, published in known if published.status != "paused"]
        await forget_pauses(stating.tx.connection, awake)
    await register(stating.tx.connection, [published for activity, published in rows if not activity.is_withdrawn])


async def save_sequences(stating: Stating) -> None:
    """Write what was counted for activities that are as they were."""
    rows = [{"activity_id": id_, "sequence": activity.sequence} for id_, activity in stating.activities.items()]
    await stating.tx.connection.execute(_UPDATE_SEQUENCES, columns_of(tables.activity, rows))


def _seat_rows(pairs: Sequence[tuple[Activity, ActivityPublished]]) -> list[dict[str, Any]]:
    return [
        {"activity_id": activity.activity_id, "maximum": published.seats.maximum, "taken": published.seats.taken}
        for activity, published in pairs
    ]


def _activity(row: Row) -> Activity:
    return Activity(
        activity_id=row.activity_id,
        published=published_of(row),
        is_withdrawn=row.status == WITHDRAWN,
        sequence=row.sequence,
    )
