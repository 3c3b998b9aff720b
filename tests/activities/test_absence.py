"""Somebody of a contact function says on the answer page that they are away: a deputy is in charge meanwhile."""

import pytest

from schemas.activities import ContactFunctionChanged
from tests.activities.test_contacts_api import AWAY, CONTACT, DEPUTY, PATH, TROMSO
from tests.support.service_testing import UnderTest

DAYS = {"first_on": "2025-03-12", "last_on": "2025-03-31"}


async def say(activities: UnderTest, *, place: int = 0, expect: int = 204, **days: str) -> None:
    async with activities.client("service", audience="activities", scope="contact.absence") as service:
        answer = await service.put(f"{PATH}/absence", json={"place": place} | DAYS | days)
    assert answer.status_code == expect, answer.text


async def known(activities: UnderTest, **changes: object) -> None:
    async with activities.client(**TROMSO) as coordinator:
        assert (await coordinator.put(PATH, json=CONTACT | changes)).is_success


async def announced(activities: UnderTest) -> ContactFunctionChanged:
    event = (await activities.announced(ContactFunctionChanged))[-1].event
    assert isinstance(event, ContactFunctionChanged)
    return event


async def test_the_holder_is_away_and_everybody_hears_of_it_once(activities: UnderTest) -> None:
    await known(activities, holder={"name": "Lederen"}, deputies=[DEPUTY])
    await say(activities)
    await say(activities)
    told = await announced(activities)
    assert told.holder is not None
    assert [one.model_dump(mode="json") for one in told.holder.absences] == [DAYS]
    assert [one.model_dump(mode="json") for one in told.deputies[0].absences] == [AWAY]
    assert len(await activities.announced(ContactFunctionChanged)) == 2


async def test_a_deputy_is_away_beside_what_is_known(activities: UnderTest) -> None:
    await known(activities, deputies=[DEPUTY])
    await say(activities, place=1)
    told = await announced(activities)
    assert [one.model_dump(mode="json") for one in told.deputies[0].absences] == [AWAY, DAYS]


async def test_a_holder_who_was_not_named_is_called_as_the_function_is(activities: UnderTest) -> None:
    await known(activities, deputies=[DEPUTY])
    await say(activities)
    told = await announced(activities)
    assert told.holder is not None
    assert told.holder.name == CONTACT["name"]


@pytest.mark.parametrize("place", [1, 7])
async def test_nothing_happens_where_nobody_has_the_place_any_more(activities: UnderTest, place: int) -> None:
    await known(activities)
    await say(activities, place=place)
    assert len(await activities.announced(ContactFunctionChanged)) == 1


async def test_nothing_happens_to_a_function_that_is_no_more(activities: UnderTest) -> None:
    await say(activities)
    assert await activities.announced() == []


@pytest.mark.parametrize("wrong", [{"last_on": "2025-02-30"}, {"more": "x"}])
async def test_what_is_no_absence_is_refused(activities: UnderTest, wrong: dict[str, str]) -> None:
    await known(activities)
    await say(activities, expect=422, **wrong)
