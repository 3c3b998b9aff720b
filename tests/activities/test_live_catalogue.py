import asyncio
import json
from itertools import groupby

from sqlalchemy import text

from schemas.activities import ActivityPublished
from services.activities.domain.days import today
from services.activities.domain.matching import Match
from services.activities.store.activities import load_activities, save_activities
from services.activities.store.catalogue import LiveCatalogue
from services.activities.wire import need_of_received
from tests.activities.hearing import WALK, chosen, know, received
from tests.support.builders import an_activity, number
from tests.support.service_testing import UnderTest

ANOTHER = {"organiser_id": "another", "name": "Koret", "kind": "municipality"}


class Process:
    """Another process of the service: its catalogue on the same database."""

    def __init__(self, activities: UnderTest) -> None:
        self.activities, self.catalogue = activities, LiveCatalogue()

    async def match(self) -> Match:
        """Return what it would propose now."""
        async with self.activities.service.engine.connect() as connection:
            await self.catalogue.catch_up(connection, on := today(self.activities.clock()))
        return self.catalogue.match(need_of_received(received()), on)

    async def begin(self) -> None:
        """Read everything, as a process does that starts."""
        async with self.catalogue.read_from(self.activities.service.engine):
            pass

    async def proposes(self) -> list[str]:
        """Return the ids that it would propose now, in order of id."""
        return sorted(proposal.activity_id for proposal in (await self.match()).proposals)


async def test_what_one_process_changed_another_matches_so_at_once(activities: UnderTest) -> None:
    other = Process(activities)
    assert await other.proposes() == []

    await know(activities, an_activity(1), an_activity(2))
    assert await other.proposes() == [number(1), number(2)]

    await know(activities, an_activity(2, status="ended"))
    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        await coordinator.delete(f"/activities/activities/{WALK}")
    assert await other.proposes() == []
    assert (await other.match()).excluded == {"unpublished": 1}


async def test_seats_taken_by_one_process_are_full_in_another(activities: UnderTest) -> None:
    other = Process(activities)
    await know(activities, an_activity(seats={"maximum": 1, "taken": 0}))
    assert await other.proposes() == [number(1)]

    await activities.deliver(chosen())

    assert (await other.match()).waitable == (number(1),)


async def test_a_change_that_commits_late_is_not_skipped(activities: UnderTest) -> None:
    other = Process(activities)
    written, go_on = asyncio.Event(), asyncio.Event()

    async def commit_late() -> None:
        said = ActivityPublished.model_validate_json(json.dumps(an_activity(2)))
        async with activities.service.transaction() as tx:
            stating = await load_activities(tx, [said.activity_id])
            stating.become(stating.activity(said.activity_id), said)
            await save_activities(stating)
            written.set()
            await go_on.wait()

    slow = asyncio.create_task(commit_late())
    await written.wait()
    await know(activities, an_activity(1, organiser=ANOTHER, place=None, mode="online"))
    assert await other.proposes() == [number(1)]
    go_on.set()
    await slow

    assert await other.proposes() == [number(1), number(2)]


async def test_catching_up_reads_what_changed_and_nothing_else(activities: UnderTest) -> None:
    await know(activities, *(an_activity(n) for n in range(1, 50)))
    other = Process(activities)
    await other.match()
    await activities.deliver(chosen())
    async with activities.service.engine.begin() as connection:
        await connection.execute(text("update activity set document = 'unreadable'"))

    match = await other.match()

    assert len(match.proposals) == 5


async def test_a_process_that_starts_knows_what_one_that_kept_up_knows(activities: UnderTest) -> None:
    kept_up, started = Process(activities), Process(activities)
    await know(activities, *(an_activity(n, open_to=["NO-5503"] if n % 2 else []) for n in range(1, 9)))
    await know(activities, an_activity(2, status="ended"), an_activity(3, seats={"maximum": 1, "taken": 1}))
    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        await coordinator.delete(f"/activities/activities/{WALK}")

    await started.begin()

    assert await started.match() == await kept_up.match()
    for n in range(1, 9):
        told, other = started.catalogue.listing(number(n)), kept_up.catalogue.listing(number(n))
        assert told
        assert other
        assert (told.activity_id, told.name) == (other.activity_id, other.name)
        on = today(activities.clock())
        assert started.catalogue.is_over(number(n), on) == kept_up.catalogue.is_over(number(n), on) == (n in (1, 2))


async def test_others_get_their_turn_between_activities_that_are_open_to_a_whole_country(activities: UnderTest) -> None:
    other, country = Process(activities), [f"NO-{code}" for code in range(5501, 5750)]
    on, count = today(activities.clock()), 6
    published = [an_activity(n, open_to=country) for n in range(1, count + 1)]
    seen: list[int] = []

    async def watch() -> None:
        farthest = need_of_received(received())._replace(municipality=country[-1])
        while True:
            seen.append(other.catalogue.match(farthest, on).excluded.get("unpublished", 0))
            await asyncio.sleep(0)

    await know(activities, *published)
    await other.match()
    watching = asyncio.create_task(watch())
    await know(activities, *({**each, "status": "paused"} for each in published))
    await other.match()
    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        for n in range(1, count + 1):
            await coordinator.delete(f"/activities/activities/{number(n)}")
    await other.match()
    watching.cancel()

    assert [paused for paused, _ in groupby(seen)] == [*range(count), *range(count, -1, -1)]


async def test_what_another_version_wrote_for_matching_is_made_anew(activities: UnderTest) -> None:
    await know(activities, an_activity(1), an_activity(2))
    async with activities.service.engine.begin() as connection:
        of_first = text("update activity set matched = 'of another version' where activity_id = :id")
        await connection.execute(of_first, {"id": number(1)})

    starting, keeping_up = Process(activities), Process(activities)
    await starting.begin()

    assert await starting.proposes() == await keeping_up.proposes() == [number(1), number(2)]
