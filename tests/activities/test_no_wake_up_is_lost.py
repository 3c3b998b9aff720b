"""Who waits, after anything that can happen, against trying all of them."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest

from schemas.activities import ActivitiesProposed
from schemas.coordinator import InvitationDeclined
from schemas.needs import Needs
from schemas.referral import ActivityChosen, ReferralReceived, ReferralRequested, ReferralWithdrawn
from schemas.strict import parse_object
from services.activities.domain.days import today
from services.activities.store.catalogue import LiveCatalogue
from services.activities.wire import need_of_received
from tests.activities.hearing import know
from tests.support import random_matching
from tests.support.builders import Json, a_consent, number
from tests.support.service_testing import UnderTest

STEPS = 40
ACTIVITIES = 24


async def whom_trying_all_would_help(activities: UnderTest) -> list[UUID]:
    """Return those who wait and whom something fits, by a fresh catalogue of the whole."""
    catalogue = LiveCatalogue()
    rows = await activities.rows("select cast(needs as text) as needs from unmatched")
    waiting = [ReferralReceived.model_validate_json(row["needs"]) for row in rows]
    on = today(activities.clock())
    async with activities.service.engine.connect() as connection:
        await catalogue.catch_up(connection, on)
    return [needs.referral_id for needs in waiting if catalogue.match(need_of_received(needs), on).proposals]


def asked(random: Random, n: int) -> ReferralReceived:
    """Return what is announced of a referral at random, of those that ask for much."""
    request = parse_object(ReferralRequested, random_matching.referral(random, n) | {"consent": a_consent()})
    needs = {name: getattr(request, name) for name in Needs.model_fields}
    person = {"age": request.participant.age, "gender": request.participant.gender}
    return ReferralReceived(referral_id=UUID(number(n)), consent_until=date(2025, 12, 31), **needs, **person)


class Story:
    """What happens to a service at random; referrals are numbered from 100."""

    def __init__(self, activities: UnderTest, seed: int) -> None:
        self.activities = activities
        self.random = Random(seed)  # noqa: S311 - a story that can be told again
        self.referrals, self.proposed = 100, Counter[str]()

    async def goes_on(self) -> None:
        """Have one or more things happen before anything is handled."""
        happens: tuple[Callable[[], Awaitable[None]], ...] = (
            *[self._some_ask] * 2,
            *[self._activities_change] * 2,
            self._some_choose,
            self._a_seat_becomes_free,
            self._somebody_leaves,
            self._a_day_passes,
        )
        for each in self.random.sample(happens, self.random.randint(1, 3)):
            await each()
        await self.activities.handle()
        self.proposed += Counter(told.key for told in await self.activities.announced(ActivitiesProposed))
        await know(self.activities)  # empties the outbox

    async def _some_ask(self) -> None:
        self.referrals += 5
        await self.activities.land(*[asked(self.random, self.referrals - n) for n in range(5)])

    async def _activities_change(self) -> None:
        which = self.random.sample(range(1, ACTIVITIES), 3)
        await know(self.activities, *[self._activity(n) for n in which])

    def _activity(self, n: int) -> Json:
        """Return an activity; some have a seat or two, or an agreement that is about to begin."""
        activity, soon = random_matching.activity(self.random, n), self.random.randint(-1, 4)
        if self.random.random() < 0.5:
            activity["seats"] = {"maximum": self.random.choice([1, 2]), "taken": 0}
        if self.random.random() < 0.5:
            begins = today(self.activities.clock()) + timedelta(days=soon)
            activity["agreement"] = {"valid_from": str(begins), "valid_to": "2025-12-31"}
        return activity

    async def _some_choose(self) -> None:
        free = await self.activities.rows("select activity_id from seats where taken < maximum order by 1")
        for row in self.random.sample(free, len(free) // 2):
            await self.activities.land(ActivityChosen(referral_id=self._anybody(), choice=1, **row))

    async def _a_seat_becomes_free(self) -> None:
        held = await self.activities.rows(
            "select referral_id, held_choice as choice, held_activity_id as activity_id from referral "
            "where held_choice is not null order by 1"
        )
        for row in self.random.sample(held, min(2, len(held))):
            await self.activities.land(InvitationDeclined(**row, reason="other"))

    async def _somebody_leaves(self) -> None:
        await self.activities.land(ReferralWithdrawn(referral_id=self._anybody(), choice=0, reason="coach"))

    async def _a_day_passes(self) -> None:
        self.activities.clock.now += timedelta(days=1)

    def _anybody(self) -> UUID:
        return UUID(number(self.random.randint(101, max(101, self.referrals))))


@pytest.mark.parametrize("seed", range(3))
async def test_nobody_waits_whom_trying_all_would_help(activities: UnderTest, seed: int) -> None:
    story = Story(activities, seed)
    for _ in range(STEPS):
        await story.goes_on()
        assert await whom_trying_all_would_help(activities) == []

    waiting = await activities.rows("select referral_id from unmatched")
    assert waiting
    assert max(story.proposed.values()) == 1
    [tried] = await activities.rows("select count(*) from inbox where type = 'motesplats.deadline.try_again'")
    # Of all that waited at each step only some were tried, and many of those tried were helped.
    assert tried["count"] < STEPS * len(waiting)
