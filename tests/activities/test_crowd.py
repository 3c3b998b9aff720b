"""A crowd that wants the same few seats, handled by eight processes at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.activities import ActivitiesProposed, SeatRefused, SeatReserved
from schemas.coordinator import InvitationDeclined
from schemas.event import Event
from schemas.referral import ActivityChosen
from schemas.registry import EVENTS
from services.activities.handlers import make_handlers
from services.activities.store.catalogue import LiveCatalogue
from services.activities.store.referrals import Referrals
from services.runtime import due
from services.runtime.inbox import land
from services.runtime.lanes import LANES
from services.runtime.worker import Worker
from tests.activities.hearing import know, received
from tests.activities.test_no_wake_up_is_lost import whom_trying_all_would_help
from tests.support.builders import an_activity
from tests.support.service_testing import UnderTest, a_record

PROCESSES = 8
WALKS, SEATS_EACH = 10, 5
WAVES = 5

_TAKE_OUT = text("update outbox set sent_at = now() where sent_at is null returning type, value")
_TOO_MANY = "select 1 from seats where taken > maximum"
_MISCOUNTED = (
    "select 1 from seats where taken <> (select count(*) from referral where held_activity_id = seats.activity_id)"
)
_BUSY = "select 1 from inbox where state <> 'handled' union all select 1 from deadline where due_at <= :now"


@asynccontextmanager
async def processes(activities: UnderTest) -> AsyncIterator[None]:
    """Have eight of them work, each with two lanes and a catalogue of its own."""
    service, stopping = activities.service, asyncio.Event()

    async def work(first: int) -> None:
        handlers = make_handlers(Referrals(LiveCatalogue()))
        worker = Worker(service.engine, handlers, service.reading, [first, first + LANES // 2], service.epoch)
        while not stopping.is_set():
            done = await worker.run_once(activities.clock())
            done += await due.fire_deadlines(service.engine, activities.clock())
            await asyncio.sleep(0 if done else 0.005)

    async with asyncio.TaskGroup() as tasks:
        for first in range(PROCESSES):
            tasks.create_task(work(first))
        yield
        stopping.set()


class Crowd:
    """The participants: who gets no seat goes down the proposals, who gets one keeps it until declined."""

    def __init__(self, activities: UnderTest) -> None:
        self.activities, self.random = activities, Random(1)  # noqa: S311 - a crowd that can be met again
        self.asked, self.proposed = 0, dict[UUID, tuple[UUID, ...]]()
        self.reserved: list[SeatReserved] = []

    async def asks(self, referrals: int) -> None:
        """Have so many more be referred; every other needs a lift."""
        numbers = range(1000 + self.asked, 1000 + self.asked + referrals)
        self.asked += referrals
        await self._send([received(n, access_needs=("lift",) if n % 2 else ()) for n in numbers])

    async def gives_back(self, seats: int) -> None:
        """Have so many invitations be declined."""
        self.random.shuffle(self.reserved)
        gone, self.reserved = self.reserved[:seats], self.reserved[seats:]
        about = {"referral_id", "choice", "activity_id"}
        await self._send([InvitationDeclined(**each.model_dump(include=about), reason="other") for each in gone])

    async def settles(self) -> None:
        """Return when everything is handled and answered; at no time is a seat given twice."""
        while await self.activities.rows(_BUSY, now=self.activities.clock()) or await self._reacts():
            assert not await self.activities.rows(_TOO_MANY)
            await asyncio.sleep(0.02)

    async def _reacts(self) -> bool:
        """Answer what was announced; False when there was nothing."""
        async with self.activities.service.engine.begin() as connection:
            told = (await connection.execute(_TAKE_OUT)).all()
        answers = [self._answer(EVENTS[row.type].model_validate_json(row.value)) for row in told]
        await self._send([answer for answer in answers if answer])
        return bool(told)

    def _answer(self, event: Event) -> Event | None:
        match event:
            case ActivitiesProposed():
                assert event.referral_id not in self.proposed, "who was helped hears it once"
                self.proposed[event.referral_id] = tuple(each.activity_id for each in event.proposals)
                return self._choose(event.referral_id, 1)
            case SeatRefused():
                return self._choose(event.referral_id, event.choice + 1)
            case SeatReserved():
                self.reserved.append(event)
        return None

    def _choose(self, referral_id: UUID, choice: int) -> Event | None:
        for activity_id in self.proposed[referral_id][choice - 1 : choice]:
            return ActivityChosen(referral_id=referral_id, choice=choice, activity_id=activity_id)
        return None

    async def _send(self, events: list[Event]) -> None:
        service = self.activities.service
        if events:
            await land(service.engine, service.reading, [a_record(event) for event in events], self.activities.clock())


@pytest.mark.parametrize("referrals", [600, pytest.param(5000, marks=pytest.mark.real)])
async def test_a_crowd_takes_no_seat_twice_and_nobody_waits_for_one_that_is_free(
    activities: UnderTest, referrals: int
) -> None:
    seats = {"maximum": SEATS_EACH, "taken": 0}
    walks = [an_activity(n, seats=seats, access=["lift"] if n % 2 else []) for n in range(1, WALKS + 1)]
    await know(activities, *walks)
    crowd = Crowd(activities)

    async with processes(activities):
        for _ in range(WAVES):
            await crowd.asks(referrals // WAVES // 2)
            await crowd.settles()
            await crowd.gives_back(SEATS_EACH)
            await crowd.asks(referrals // WAVES // 2)
            await crowd.settles()

    assert not await activities.rows(f"{_TOO_MANY} union all {_MISCOUNTED}")
    assert await whom_trying_all_would_help(activities) == []
    waited = await activities.rows("select 1 from outbox where type like '%.no_activity.found.v1'")
    waiting = await activities.rows("select 1 from unmatched")
    assert len(crowd.proposed) + len(waiting) == referrals
    assert len(waiting) < len(waited), "some waited and were helped"
