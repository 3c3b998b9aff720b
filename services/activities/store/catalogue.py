"""All activities in memory, as matching reads them, and how they keep up with the database. Never a rule.

Whoever matches or reserves lets the catalogue catch up first, so that it is as fresh as that very
transaction, whoever changed an activity: another batch, another process, the command line. To find what
changed since the last time, every change of `seats` or `activity` writes the number of its transaction into
`seats.changed`. The catalogue remembers the oldest transaction that was still under way when it last
looked, and reads what that one or any later one wrote: nothing that commits late is skipped, and a long
transaction elsewhere only has some rows read twice.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date

from sqlalchemy import text

from services.activities.domain.explaining import Answer, changes_that_help
from services.activities.domain.listing import Listing
from services.activities.domain.matching import Catalogue, Match, Need, Proposal
from services.activities.store.documents import WITHDRAWN, published_of
from services.activities.wire import activity_of
from services.runtime.connection import Connection, Database, Row

_CHANGED = text(
    "select now.oldest, s.activity_id, s.maximum, s.taken, a.status, "
    "case when a.changed >= :since then a.document end as document "
    "from (select cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint) as oldest) as now "
    "left join (seats s join activity a using (activity_id)) on s.changed >= :since"
)


class LiveCatalogue:
    """The activities of one process, ready to be matched."""

    def __init__(self) -> None:
        """Begin empty; the first `catch_up` reads everything."""
        self._matching = Catalogue()
        self._listings: dict[str, Listing] = {}
        self._over: set[str] = set()
        self._since = 0
        self._one_at_a_time = asyncio.Lock()

    def listing(self, activity_id: str) -> Listing | None:
        """Return what is told of the activity, None if there is no such one."""
        return self._listings.get(activity_id)

    def match(self, need: Need, on: date) -> Match:
        """Return what fits the need on the day."""
        return self._matching.match(need, on)

    def answer(self, need: Need, on: date) -> Answer:
        """Return what fits the need on the day, and which single changes would help if nothing does."""
        found = self.match(need, on)
        if found.no_match != "no_activity":
            return Answer(need, on, found)

        def propose(changed: Need, limit: int) -> Iterable[Proposal]:
            return self._matching.match(changed, on, limit).proposals

        changes = changes_that_help(need, found.excluded, propose, self._listings.__getitem__, on)
        return Answer(need, on, found, tuple(changes))

    def is_open(self, activity_id: str, on: date) -> bool:
        """Whether the activity takes anybody on the day, as far as its seats do not decide."""
        return self._matching.is_open(activity_id, on)

    def is_over(self, activity_id: str) -> bool:
        """Whether the activity was ended or withdrawn."""
        return activity_id in self._over

    @asynccontextmanager
    async def read_from(self, engine: Database) -> AsyncIterator[None]:
        """Read everything before the service begins, so that no event waits for it."""
        async with engine.connect() as connection:
            await self.catch_up(connection)
        yield

    async def catch_up(self, connection: Connection) -> None:
        """Take over what was committed since the last time; only that."""
        async with self._one_at_a_time:  # else an older look could overwrite what a newer one found
            oldest = self._since
            for row in await connection.execute(_CHANGED, {"since": self._since}):
                oldest = row.oldest
                if row.activity_id is not None:
                    self._take_over(row)
            self._since = oldest

    def _take_over(self, row: Row) -> None:
        activity_id = str(row.activity_id)
        if row.document is not None:
            published = published_of(row)
            self._listings[activity_id] = Listing.of(published)
            (self._over.add if published.status == "ended" else self._over.discard)(activity_id)
        if row.status == WITHDRAWN:  # what held a seat in it may still be told where
            self._matching.remove(activity_id)
        elif row.document is not None:
            self._matching.put(activity_of(published))
        else:
            self._matching.seat(activity_id, row.maximum, row.taken)
