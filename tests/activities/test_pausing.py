from datetime import timedelta
from typing import Any

import pytest

from schemas.activities import ActivityPublished
from tests.activities.test_importing import imported
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


@pytest.mark.parametrize(("until", "days"), [("2025-05-15", 64), ("2025-04-15", 34)])
async def test_a_contact_may_choose_another_day(activities: UnderTest, until: str, days: int) -> None:
    await as_coordinator(activities, "POST", "/activities/activities", an_activity())
    await pause(activities)
    assert await pause(activities, until) == 204
    await day_comes(activities, days)
    assert await states(activities) == ["published", "paused"]
    await day_comes(activities, 1)
    assert await states(activities) == ["published", "paused", "published"]


async def test_a_contact_gives_the_coordinators_own_pause_no_end(activities: UnderTest) -> None:
    await as_coordinator(activities, "POST", "/activities/activities", an_activity())
    await as_coordinator(activities, "POST", f"{PATH}/pause")
    assert await pause(activities) == 204
    await day_comes(activities, 60)
    assert await states(activities) == ["published", "paused"]


async def test_what_the_coordinator_published_and_paused_again_stays_paused(activities: UnderTest) -> None:
    await as_coordinator(activities, "POST", "/activities/activities", an_activity())
    await pause(activities)
    for status in ("published", "paused"):
        await as_coordinator(activities, "PUT", body=an_activity(status=status))
    before = await states(activities)
    await day_comes(activities, 60)
    assert await states(activities) == before


async def test_what_was_withdrawn_and_stated_again_stays_paused(activities: UnderTest) -> None:
    await as_coordinator(activities, "POST", "/activities/activities", an_activity())
    await pause(activities)
    await as_coordinator(activities, "DELETE")
    await as_coordinator(activities, "POST", "/activities/activities", an_activity(status="paused"))
    await day_comes(activities, 60)
    assert await states(activities) == ["published", "paused", "paused"]


async def test_a_correction_leaves_the_day_of_the_pause(activities: UnderTest) -> None:
    await as_coordinator(activities, "POST", "/activities/activities", an_activity())
    await pause(activities)
    await as_coordinator(activities, "PUT", body=an_activity(status="paused", name="Tur"))
    await day_comes(activities, 50)
    assert await states(activities) == ["published", "paused", "paused", "published"]


async def test_an_import_keeps_the_pause_of_a_contact_and_says_so(activities: UnderTest) -> None:
    await imported(activities, an_activity())
    await pause(activities)
    again = await imported(activities, an_activity())
    assert (again["unchanged"], [line["path"] for line in again["lines"]]) == (1, ["status"])
    assert await states(activities) == ["published", "paused"]
    await day_comes(activities, 50)
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
