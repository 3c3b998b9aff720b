"""All activities in memory, as matching reads them, and how they keep up with the database. Never a rule.

Whoever matches or reserves lets the catalogue catch up first, so that it is as fresh as that very
transaction, whoever changed an activity: another batch, another process, the command line. To find what
changed since the last time, every change of `seats` or `activity` writes the number of its transaction into
`seats.changed`. The catalogue remembers the oldest transaction that was still under way when it last
looked, and reads what that one or any later one wrote: nothing that commits late is skipped, and a long
transaction elsewhere only has some rows read twice.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import lru_cache
from itertools import compress
from typing import Any, Final

from sqlalchemy import text

from schemas.activities import ActivityPublished
from services.activities.domain.explaining import Answer, changes_that_help
from services.activities.domain.listing import Listing
from services.activities.domain.matching import LAYOUT, NEARLY_EQUAL, Catalogue, Match, Need, Proposal, Records
from services.activities.store.documents import WITHDRAWN, record_of
from services.activities.store.settings import newest_settings
from services.runtime.connection import Connection, Database

_OLDEST = "cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint)"
_SEATS = "cast(s.activity_id as text) as activity_id, s.maximum, s.taken, a.status"
_DOCUMENT = "convert_to(a.document, 'UTF8')"  # bytes, for a text that was parsed may hold a second copy of itself
_NOW = text(f"select {_OLDEST}")
_IS_PLAIN = f"a.status <> '{WITHDRAWN}' and substr(a.matched, 1, 4) = :layout"
_PLAIN = text(
    "select cast(s.activity_id as text), s.maximum, s.taken, a.matched, a.status = 'ended' "
    f'from seats s join activity a using (activity_id) where {_IS_PLAIN} order by a.municipality collate "C"'
)
_OTHERS = text(
    f"select {_SEATS}, a.matched, {_DOCUMENT} from seats s join activity a using (activity_id) where not ({_IS_PLAIN})"
)
_DOCUMENTS = text(f"select cast(a.activity_id as text) as activity_id, {_DOCUMENT} from activity a")
_CHANGED = text(
    f"select {_SEATS}, case when a.changed >= :since then a.matched end, "
    f"case when a.changed >= :since then {_DOCUMENT} end, now.oldest, now.chosen "
    f"from (select {_OLDEST} as oldest, (select count(*) from matching_settings) as chosen) as now "
    "left join (seats s join activity a using (activity_id)) on s.changed >= :since"
)
OVER: Final = ("ended", WITHDRAWN)
ROWS_A_SLICE: Final = 1000
"""So much is done before others on the loop get their turn, when rows come municipality by municipality."""
CHANGES_A_SLICE: Final = 50
"""The same, of rows from anywhere."""
SERVED_A_SLICE: Final = 200
"""The same, counted by the municipalities that they serve: some are open to a whole country."""
ANSWERS_A_SLICE: Final = 50
SHELVES_A_SLICE: Final = 20


class LiveCatalogue:
    """The activities of one process, ready to be matched."""

    def __init__(self) -> None:
        """Begin empty; the first `catch_up` reads everything."""
        self._matching = Catalogue()
        self._documents: dict[str, bytes] = {}
        self._over: set[str] = set()
        self._since = 0
        self._chosen = 0
        self._on = date.min
        self._one_at_a_time = asyncio.Lock()

    def listing(self, activity_id: str) -> Listing | None:
        """Return what is told of the activity, None if there is no such one."""
        document = self._documents.get(activity_id)
        return None if document is None else _listing(document)

    def match(self, need: Need, on: date) -> Match:
        """Return what fits the need on the day."""
        return self._matching.match(self._matching.settled(need), self._not_before(on), within=NEARLY_EQUAL)

    def answer(self, need: Need, on: date) -> Answer:
        """Return what fits the need on the day, and which single changes would help if nothing does."""
        settled = self._matching.settled(need)
        return self._explained(settled, on, self.match(settled, on))

    async def answer_all(self, needs: Sequence[Need], on: date) -> list[Answer]:
        """Return the answers to needs, in their order: together they are found quicker."""
        answers: dict[int, Answer] = {}
        settled = [self._matching.settled(need) for need in needs]
        for number, found in self._matching.matches(settled, self._not_before(on), within=NEARLY_EQUAL):
            answers[number] = self._explained(settled[number], on, found)
            if len(answers) % ANSWERS_A_SLICE == 0:
                await asyncio.sleep(0)
        return [answers[number] for number in range(len(needs))]

    def _explained(self, need: Need, on: date, found: Match) -> Answer:
        if found.no_match != "no_activity":
            return Answer(need, on, found)

        def propose(changed: Need, limit: int) -> Iterable[Proposal]:
            return self._matching.match(changed, self._on, limit).proposals

        def find(activity_id: str) -> Listing:
            return _listing(self._documents[activity_id])

        return Answer(need, on, found, tuple(changes_that_help(need, found.excluded, propose, find, on)))

    def is_open(self, activity_id: str, on: date) -> bool:
        """Whether the activity takes anybody on the day, as far as its seats do not decide."""
        return self._matching.is_open(activity_id, self._not_before(on))

    def is_over(self, activity_id: str, on: date) -> bool:
        """Whether the activity was ended or withdrawn, or has no session any more."""
        return activity_id in self._over or self._matching.has_ended(activity_id, self._not_before(on))

    @asynccontextmanager
    async def read_from(self, engine: Database) -> AsyncIterator[None]:
        """Read everything before the service begins, so that no event waits for it."""
        async with engine.begin() as connection:
            since = await connection.scalar(_NOW)
            async for rows in connection.in_slices(_PLAIN, {"layout": LAYOUT}, ROWS_A_SLICE):
                ids, maxima, taken, records, ended = zip(*rows, strict=True)
                await taking_turns(self._matching.placing(Records.read(ids, records, maxima, taken)))
                self._over.update(compress(ids, ended))
                self._documents |= dict.fromkeys(ids, b"")  # to come, under these very texts
            async for rows in connection.in_slices(_OTHERS, {"layout": LAYOUT}, CHANGES_A_SLICE):
                await taking_turns(self._take_over(rows), 1)
            async for rows in connection.in_slices(_DOCUMENTS, {}, ROWS_A_SLICE):
                self._documents.update(rows)
        self._since = since  # what changed meanwhile is read again
        yield

    async def catch_up(self, connection: Connection, on: date) -> None:
        """Take over what was committed since the last time, and only that; let a new day do what it does."""
        async with self._one_at_a_time:  # else an older look could overwrite what a newer one found
            changed = await connection.execute(_CHANGED, {"since": self._since})
            rows = [row[:-2] for row in changed if row.activity_id is not None]
            for start in range(0, len(rows), CHANGES_A_SLICE):
                if start:
                    await asyncio.sleep(0)
                await taking_turns(self._take_over(rows[start : start + CHANGES_A_SLICE]), 1)
            self._since = changed[0].oldest
            if changed[0].chosen != self._chosen:
                for municipality, settings in (await newest_settings(connection)).items():
                    self._matching.adopt(municipality, settings)
                    await asyncio.sleep(0)
                self._chosen = changed[0].chosen
            await taking_turns(self._matching.turn_to(self._not_before(on)))

    def _not_before(self, on: date) -> date:
        """Return the day, or a later one that somebody has asked for: a batch from before midnight turns none back."""
        self._on = max(self._on, on)
        return self._on

    def _take_over(self, rows: Iterable[Sequence[Any]]) -> Iterator[None]:
        """Have the activities be as the rows say; only what is stated anew has a record.

        Pauses are where each activity is either as before or as the rows say, whomever it serves.
        """
        stated = []
        for activity_id, maximum, taken, status, matched, document in rows:
            if matched is not None:
                self._documents[activity_id] = document
                (self._over.add if status in OVER else self._over.discard)(activity_id)
            if status == WITHDRAWN:  # what held a seat in it may still be told where
                self._matching.remove(activity_id)
                yield
            elif matched is None:
                self._matching.seat(activity_id, maximum, taken)
            else:
                stated.append((activity_id, record_of(matched, document), maximum, taken))
        if stated:
            for part in Records.read(*zip(*stated, strict=True)).parts(SERVED_A_SLICE):
                self._matching.place(part)
                yield


async def taking_turns(pauses: Iterator[None], every: int = SHELVES_A_SLICE) -> None:
    """Let others on the loop have their turn at every so manieth of the pauses."""
    for number, _ in enumerate(pauses, start=1):
        if number % every == 0:
            await asyncio.sleep(0)


@lru_cache(maxsize=10_000)  # what is proposed often is not read often
def _listing(document: bytes) -> Listing:
    return Listing.of(ActivityPublished.model_validate_json(document))
