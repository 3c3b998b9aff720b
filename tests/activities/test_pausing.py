from datetime import timedelta
from typing import Any

import pytest

from schemas.activities import ActivityPublished
from tests.support.builders import an_activity, number
from tests.support.service_testing import UnderTest

PATH = f"/activities/activities/{number(1)}"


async def states(activities: UnderTest) -> list[str]:
    """Return the statuses that were announced."""
    return [announced.event.status for announced in await activities.announced(ActivityPublished)]


async def pause(activities: UnderTest, until: str = "2025-04-30", scope: str = "activity.pause") -> int:
    async with activities.client("service", audience="activities", scope=scope) as client:
        return (await client.put(f"{PATH}/pause", json={"until": until})).status_code


async def as_coordinator(activities: UnderTest, method: str, path: str = PATH, body: Any = None) -> None:  # noqa: ANN401 - any JSON
    async with activities.client("coordinator", municipality="NO-5501") as client:
        assert (await client.request(method, path, json=body)).is_success


async def day_comes(activities: UnderTest, days: int) -> None:
    """Let days pass, and what ends pauses look."""
    activities.clock.now += timedelta(days=days)
    (step,) = [loop.step for loop in activities.service._loops if loop.name == "pauses"]
    await step(activities.clock())


async def test_an_activity_is_paused_up_to_and_with_the_day_and_then_published_again(activities: UnderTest) -> None:
    await as_coordinator(activities, "POST", "/activities/activities", an_activity())
    assert await pause(activities) == 204
    assert await pause(activities) == 204
    await day_comes(activities, 49)
    assert await states(activities) == ["published", "paused"]
    await day_comes(activities, 1)
    await day_comes(activities, 1)
    assert await states(activities) == ["published", "paused", "published"]


@pytest.mark.parametrize("move", ["end", "pause"])
async def test_what_the_coordinator_decides_meanwhile_stays(activities: UnderTest, move: str) -> None:
    await as_coordinator(activities, "POST", "/activities/activities", an_activity())
    await pause(activities)
    await as_coordinator(activities, "POST", f"{PATH}/{move}")
    before = await states(activities)
    await day_comes(activities, 60)
    assert await states(activities) == before


@pytest.mark.parametrize("status", ["draft", "paused", "ended"])
async def test_what_is_not_published_is_not_paused(activities: UnderTest, status: str) -> None:
    await as_coordinator(activities, "POST", "/activities/activities", an_activity(status=status))
    assert await pause(activities) == 204
    assert await states(activities) == [status]


async def test_what_nobody_knows_is_not_paused(activities: UnderTest) -> None:
    assert await pause(activities) == 204
    assert await states(activities) == []


async def test_a_token_for_another_call_pauses_nothing(activities: UnderTest) -> None:
    assert await pause(activities, scope="match.preview") == 403
