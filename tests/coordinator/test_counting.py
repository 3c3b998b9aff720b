"""Whoever welcomes people says how many come by themselves: they share the seats of those who are referred."""

import pytest

from tests.coordinator.conftest import ACTIVITY, Coordinator
from tests.coordinator.test_answers import WITHDRAWN, Forms, get, post, scope

COUNTED = (f"/activities/activities/{ACTIVITY}/walk-ins", {"walk_ins": 4})


async def accepted(coordinator: Coordinator) -> str:
    path = await coordinator.invite()
    await post(coordinator, path, answer="accept")
    return path


@pytest.mark.parametrize(
    ("seats", "said"),
    [
        ({"maximum": 12, "taken": 7, "waiting": 0}, "Lagret. 7 av 12 plasser er nå tatt. </p>"),
        ({"maximum": 12, "taken": 12, "waiting": 2}, "12 av 12 plasser er nå tatt. Venter på plass: 2."),
        ({"maximum": None, "taken": 7, "waiting": 0}, "Lagret. 7 deltar nå."),
    ],
    ids=["so many seats are taken", "and so many wait", "there are always more"],
)
async def test_whoever_welcomes_people_counts_who_came_by_themselves(
    coordinator: Coordinator, seats: dict[str, int], said: str
) -> None:
    coordinator.referrals.seats = seats
    path = await accepted(coordinator)
    assert (f"{path}/walk-ins", {("walk_ins", "")}) in Forms((await get(coordinator, path)).text).forms
    page = await post(coordinator, f"{path}/walk-ins", walk_ins=" 4 ")
    assert page.status_code == 200
    assert said in " ".join(page.text.split())
    assert coordinator.referrals.told == [COUNTED]
    assert await scope(coordinator, "activities") == {"activity.count"}


@pytest.mark.parametrize("number", ["", "-1", "4.5", "ti", "10000", "٤"])
async def test_what_is_no_number_is_not_counted_and_the_page_says_so(coordinator: Coordinator, number: str) -> None:
    path = await accepted(coordinator)
    page = await post(coordinator, f"{path}/walk-ins", walk_ins=number)
    assert page.status_code == 422
    assert "Skriv et helt tall fra 0 til 9999." in page.text
    assert coordinator.referrals.told == []


async def test_while_the_catalogue_is_away_the_page_says_that_nothing_was_saved(coordinator: Coordinator) -> None:
    path = await accepted(coordinator)
    coordinator.referrals.is_away = True
    page = await post(coordinator, f"{path}/walk-ins", walk_ins="4")
    assert page.status_code == 503
    assert "Ingenting ble lagret: prøv igjen om en stund." in page.text
    assert "Takk! Dere tar imot." in page.text


async def test_of_an_activity_that_is_gone_nothing_is_counted_and_the_page_says_so(coordinator: Coordinator) -> None:
    path = await accepted(coordinator)
    page = await post(coordinator, f"{path}/walk-ins", walk_ins="4")
    assert page.status_code == 409
    assert "er ikke lenger i kommunens katalog" in page.text


async def test_whose_invitation_is_over_counts_nobody(coordinator: Coordinator) -> None:
    path = await accepted(coordinator)
    await coordinator.service.deliver(WITHDRAWN)
    page = await post(coordinator, f"{path}/walk-ins", walk_ins="4")
    assert "Det er ikke lenger aktuelt." in page.text
    assert coordinator.referrals.told == []
