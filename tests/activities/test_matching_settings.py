"""What a municipality chooses for matching, and that each proposal says by which of its choices it was made."""

from typing import Any

import httpx

from schemas.activities import ActivitiesProposed
from tests.activities.hearing import know, received
from tests.activities.test_match_api import COACH, a_preview
from tests.support.builders import an_activity, number
from tests.support.service_testing import UnderTest

PATH = "/activities/settings/matching"
CONTRACT = {"interest": 0.45, "distance": 0.2, "time": 0.1, "preference": 0.1, "seats": 0.1, "freshness": 0.05}
NEAR_IS_ALL = dict.fromkeys(CONTRACT, 0.0) | {"distance": 1.0}


async def choose(activities: UnderTest, **chosen: Any) -> httpx.Response:  # noqa: ANN401 - any JSON
    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        return await coordinator.put(PATH, json={"weights": CONTRACT, "verified_days": 180} | chosen)


async def proposed(activities: UnderTest, n: int, **needs: object) -> ActivitiesProposed:
    await activities.deliver(received(n, **needs))
    told = await activities.rows("select value from outbox where type like '%.activities.proposed.v1' order by id")
    return ActivitiesProposed.model_validate_json(told[-1]["value"])


def two_walks() -> list[dict[str, Any]]:
    """Return one that is wished for and farther away, and one next door that is not wished for."""
    farther = an_activity(1, place=an_activity()["place"] | {"latitude": 69.7})
    return [farther, an_activity(2, categories=["film"])]


async def test_without_a_choice_the_contract_holds_and_a_proposal_says_so(activities: UnderTest) -> None:
    await know(activities, *two_walks())
    told = await proposed(activities, 1)
    assert [str(each.activity_id) for each in told.proposals] == [number(1), number(2)]
    assert (told.rules_version, told.settings_version) == (1, 0)


async def test_chosen_weights_rank_the_next_referral_and_old_versions_stay(activities: UnderTest) -> None:
    await know(activities, *two_walks())
    await proposed(activities, 1)
    assert (await choose(activities, weights=NEAR_IS_ALL)).json()["version"] == 1
    told = await proposed(activities, 2)
    assert [str(each.activity_id) for each in told.proposals] == [number(2), number(1)]
    assert told.settings_version == 1

    assert (await choose(activities)).json()["version"] == 2
    async with activities.client("coordinator", municipality="NO-5501") as coordinator:
        versions = (await coordinator.get(PATH)).json()
    assert [each["weights"] for each in versions] == [CONTRACT, NEAR_IS_ALL]
    assert (await proposed(activities, 3)).settings_version == 2


async def test_a_longer_verification_window_opens_what_was_unverified(activities: UnderTest) -> None:
    await know(activities, an_activity(1, verified_on="2024-06-01"), an_activity(2))
    assert len((await proposed(activities, 1)).proposals) == 1
    await choose(activities, verified_days=365)
    assert len((await proposed(activities, 2)).proposals) == 2


async def test_another_municipality_keeps_its_own(activities: UnderTest) -> None:
    await choose(activities, weights=NEAR_IS_ALL)
    async with activities.client("coordinator", municipality="NO-5503") as coordinator:
        assert (await coordinator.get(PATH)).json() == []


async def test_weights_that_are_not_one_together_are_refused(activities: UnderTest) -> None:
    answer = await choose(activities, weights=CONTRACT | {"interest": 0.5})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "weights.interest" in answer.text
    assert (await choose(activities, verified_days=0)).status_code == httpx.codes.UNPROCESSABLE_ENTITY


def eleven_km_away() -> dict[str, Any]:
    """Return a walk that is too far for who may go 10 km."""
    return an_activity(1, place=an_activity()["place"] | {"latitude": 69.75})


async def test_whoever_named_no_distance_goes_as_far_as_the_municipality_chose(activities: UnderTest) -> None:
    await know(activities, eleven_km_away())
    assert (await choose(activities, default_distance_km=15)).json()["default_distance_km"] == 15
    told = await proposed(activities, 1, names_distance=False)
    assert [(str(each.activity_id), each.distance_km) for each in told.proposals] == [(number(1), 11)]
    assert told.settings_version == 1


async def test_whoever_named_ten_kilometres_goes_no_farther(activities: UnderTest) -> None:
    await know(activities, eleven_km_away(), an_activity(2))
    await choose(activities, default_distance_km=15)
    assert [str(each.activity_id) for each in (await proposed(activities, 1)).proposals] == [number(2)]


async def test_a_preview_tells_what_would_help_beyond_the_distance_that_the_municipality_chose(
    activities: UnderTest,
) -> None:
    await know(activities, eleven_km_away())
    preview = a_preview()
    left_open = {name: value for name, value in preview.items() if name != "max_distance_km"}
    await choose(activities, default_distance_km=8)
    async with activities.client(**COACH) as coach:
        answers = [(await coach.post("/activities/match", json=asked)).json() for asked in (preview, left_open)]
    assert [answer["would_help"] for answer in answers] == [
        ["1 within 12 km instead of 10."],
        ["1 within 12 km instead of 8."],
    ]


async def test_who_waits_hears_when_the_municipality_lets_them_go_farther(activities: UnderTest) -> None:
    await know(activities, eleven_km_away() | {"municipality": "NO-5503", "open_to": ["NO-5501"]})
    await activities.deliver(received(1, names_distance=False))
    assert not await activities.rows("select 1 from outbox where type like '%.activities.proposed.v1'")
    await choose(activities, default_distance_km=15)
    await activities.handle()
    assert await activities.rows("select 1 from outbox where type like '%.activities.proposed.v1'")
