"""The world of a journey: one machine, its time, and how busy its services are. Never anybody who acts in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import httpx
from sqlalchemy import text

from schemas import topics
from services.one_machine import OneMachine
from services.runtime.lanes import hold_inbox_lane, lane_of
from services.runtime.service import LANDING, TIME
from services.runtime.transaction import utc_now
from services.working_days import SATURDAY, ZONES, is_working_day
from tests.support.reading_topics import all_in
from tests.support.service_testing import NOON
from tests.support.waiting import until

_PASSING = "select key from ({stalled}) s where not exists (select from deadline d where d.key = s.key) limit 1"
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_HANDLED = text("select exists (select from inbox where order_key = :key and state = 'handled')")


def is_ordinary(day: date) -> bool:
    """Tell whether it is a Wednesday as `builders.ON` is, and no working day of the two weeks after it is a holiday."""
    weeks = [day + timedelta(days=n) for n in range(14)]
    return day.weekday() == NOON.weekday() and all(
        is_working_day(one, country) for one in weeks for country in ZONES if one.weekday() < SATURDAY
    )


@dataclass
class Time:
    """The time of the machine: it begins at noon on the day `builders.ON`, runs, and can be moved ahead."""

    ahead: timedelta = field(default_factory=lambda: NOON - utc_now())

    def __call__(self) -> datetime:
        """Return the time (UTC)."""
        return utc_now() + self.ahead


@dataclass(frozen=True)
class World:
    """One machine, a client that follows redirects as browsers do, and the machine's time."""

    machine: OneMachine
    http: httpx.AsyncClient
    time: Time

    def day(self, days: int = 0) -> date:
        """Return the day so many days from now."""
        return (self.time() + timedelta(days=days)).date()

    async def begins(self) -> None:
        """Move the time ahead to where a story may begin, unless it is so already."""
        if not (is_ordinary(self.day()) and NOON.hour <= self.time().hour < NOON.hour + 3):
            day = next(day for day in map(self.day, count(1)) if is_ordinary(day))
            await self.becomes(datetime.combine(day, NOON.timetz()))

    async def days_pass(self, days: int) -> None:
        """Move the time ahead, and have the services look at it at once."""
        await self.becomes(self.time() + timedelta(days=days))

    async def becomes(self, at: datetime) -> None:
        """Move the time ahead to then, and have the services look at it at once.

        What is on its way arrives before: it would seem to have stood still for as long, and be driven again.
        """
        assert at > self.time(), "time does not go back"
        await until(self._nothing_is_on_its_way)
        self.time.ahead += at - self.time()
        for made in self.machine.made.values():
            made.service.wake(TIME)

    async def _nothing_is_on_its_way(self) -> bool:
        for made in self.machine.made.values():
            async with made.service.engine.connect() as connection:
                for query in made.service.stalled.values():
                    if await connection.scalar(text(_PASSING.format(stalled=query)), {"now": NEVER}):
                        return False
        return True

    @asynccontextmanager
    async def busy(self, service: str, key: str) -> AsyncIterator[None]:
        """Have a service put off what it hears of the key, within this context, as when it has much else to do."""
        busy = self.machine.made[service].service
        async with busy.engine.begin() as connection:
            await hold_inbox_lane(connection, lane_of(key))
            yield
        busy.wake(LANDING)

    async def handled(self, service: str, key: str) -> None:
        """Return when the service has handled something of the key."""

        async def has() -> bool:
            async with self.machine.made[service].service.engine.connect() as connection:
                return bool(await connection.scalar(_HANDLED, {"key": key}))

        await until(has)

    async def call(
        self, role: str, claims: dict[str, str], method: str, path: str, body: object = None, *, expect: int = 200
    ) -> Any:  # noqa: ANN401 - any JSON
        """Make a call for somebody in the role and return the JSON of the answer, if there is any."""
        headers = {"Authorization": f"Bearer {self.machine.issuer.token(role, **claims)}"}  # type: ignore[arg-type]  # claims are texts
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == expect, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def announced(self) -> set[str]:
        """Return the keys of everything that services tell each other, as anyone could read it."""
        records = await all_in(self.machine.kafka, *(topic.name for topic in topics.OURS))
        return {record.key.decode() for record in records}
