"""A contact function says with one click that an activity is still correct."""

from schemas.activities import ActivityPublished
from tests.support.builders import an_activity, number
from tests.support.service_testing import UnderTest

PATH = f"/activities/activities/{number(1)}/verification"
SERVICE = {"audience": "activities", "scope": "activity.verify"}


async def test_an_activity_is_verified_on_the_day(activities: UnderTest) -> None:
    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        await coordinator.post("/activities/activities", json=an_activity(verified_on="2024-10-01"))
    async with activities.client("service", **SERVICE) as service:
        said = [await service.put(PATH), await service.put(PATH), await service.put(PATH.replace(number(1), number(2)))]
    assert [answer.status_code for answer in said] == [204] * 3
    _, verified = await activities.announced(ActivityPublished)
    assert str(verified.event.verified_on) == "2025-03-12"


async def test_only_a_service_with_a_token_for_it_may_say_so(activities: UnderTest) -> None:
    async with activities.client("service", audience="activities", scope="activity.pause") as other:
        assert (await other.put(PATH)).status_code == 403
    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        assert (await coordinator.put(PATH)).status_code == 403
