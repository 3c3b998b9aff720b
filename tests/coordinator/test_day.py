from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from tests.coordinator.conftest import CONTACT, MUNICIPALITY, REFERRAL, Coordinator, a_contact, a_seat
from tests.coordinator.test_answers import Forms, post
from tests.coordinator.test_notices import with_answer
from tests.coordinator.test_silence import DEPUTY

ENDING: dict[str, Any] = {
    "agreements": [{"organiser_id": "o/1", "name": "Turlaget", "last_on": "2025-04-30"}],
    "verifications": [{"activity_id": str(UUID(int=5)), "name": "Strikkekafé", "last_on": "2025-03-30"}],
    "lines": [{"activity_id": str(UUID(int=6)), "name": "Kor", "waiting": 3}],
}


async def day(coordinator: Coordinator, municipality: str = MUNICIPALITY) -> httpx.Response:
    async with coordinator.service.client("coordinator", municipality=municipality) as client:
        return await client.get("/coordinator/")


async def press(coordinator: Coordinator, action: str, municipality: str = MUNICIPALITY, **fields: str) -> int:
    async with coordinator.service.client("coordinator", municipality=municipality) as client:
        return (await client.post(f"/coordinator/day/{action}", data=fields)).status_code


async def actions(coordinator: Coordinator) -> list[str]:
    return [action for action, _ in Forms((await day(coordinator)).text).forms]


async def test_what_nobody_answered_stands_there_the_day_after_with_a_button_that_reminds(
    coordinator: Coordinator,
) -> None:
    await coordinator.invite()
    assert "Tur i Folkeparken" not in (await day(coordinator)).text
    coordinator.service.clock.now += timedelta(days=1)
    page = (await day(coordinator)).text
    assert "Tur i Folkeparken" in page
    assert "svar senest onsdag 19. mars 2025" in page
    before = len(coordinator.catcher.messages)
    assert await press(coordinator, "remind", referral_id=str(REFERRAL), choice="1") == 303
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == before + 1


async def test_a_question_stands_there_with_a_button_that_gives_more_time(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await post(coordinator, f"{path}/question", text="Er det greit med trapper?")
    coordinator.service.clock.now += timedelta(days=2)
    page = await day(coordinator)
    assert "spurte onsdag 12. mars 2025" in page.text
    assert "trapper" not in page.text
    assert await press(coordinator, "more-time", referral_id=str(REFERRAL), choice="1") == 303
    await coordinator.service.let_pass(timedelta(days=6))  # it was due on the 19th
    assert (await coordinator.state())["state"] == "notified"
    await coordinator.service.let_pass(timedelta(days=3))
    assert (await coordinator.state())["state"] == "expired"


async def test_who_reads_no_mail_stands_there_with_a_field_for_an_address(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(email=None, phone="+4777012345"))
    page = (await day(coordinator)).text
    assert "Turleder" in page
    assert f"/activities/keeping/contacts/{CONTACT}" in page


async def test_an_address_that_bounced_stands_there_until_it_is_another(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    await with_answer(coordinator, "refused").send_due(coordinator.service.clock())
    assert "tur@mote.example tar ikke imot" in (await day(coordinator)).text
    await coordinator.service.deliver(a_contact(2, email="ny@mote.example"))
    assert "tar ikke imot" not in (await day(coordinator)).text


async def test_a_deputys_address_that_bounced_is_given_anew_as_the_deputys(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(deputies=[DEPUTY]), a_seat())
    await coordinator.send_notices()
    async with coordinator.service.service.engine.begin() as connection:
        await connection.execute(text("update reader set bounced = '{kontoret@mote.example}'"))
    page = (await day(coordinator)).text
    assert "Turleder, vara 1" in page
    assert "kontoret@mote.example tar ikke imot" in page
    assert (f"/activities/keeping/contacts/{CONTACT}", {("email", ""), ("place", "1")}) in Forms(page).forms


async def test_more_time_is_as_much_as_the_municipality_gives(coordinator: Coordinator) -> None:
    patience = {"reminder_after": 1, "deputy_after": 2, "answer_within": 3}
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        given = {"email": "post@kommune.example", "language": "nb", "patience": patience}
        await client.put(f"/coordinator/municipalities/{MUNICIPALITY}", json=given)
    await coordinator.invite()
    coordinator.service.clock.now += timedelta(days=1)
    assert await press(coordinator, "more-time", referral_id=str(REFERRAL), choice="1") == 303
    assert (await coordinator.state())["answer_by"].date().isoformat() == "2025-03-18"  # and not the 20th


async def test_what_ends_soon_in_the_catalogue_stands_there_with_its_buttons(coordinator: Coordinator) -> None:
    coordinator.referrals.ending = ENDING
    page = await day(coordinator)
    for told in (
        "3 venter",
        "til og med onsdag 30. april 2025",
        "gjelder til og med søndag 30. mars 2025",
        'value="2026-04-30"',
    ):
        assert told in page.text
    assert await actions(coordinator) == [
        "/sign-in/out",
        "/coordinator/day/address",
        f"/activities/keeping/activities/{UUID(int=6)}/seat",
        "/activities/keeping/agreements/o/1",
        f"/activities/keeping/activities/{UUID(int=5)}/verified",
    ]


async def test_while_the_catalogue_is_away_the_rest_of_the_day_is_there(coordinator: Coordinator) -> None:
    page = await day(coordinator)
    assert page.status_code == 200
    assert page.text.count("Katalogen svarer ikke akkurat nå.") == 3


async def test_a_municipality_without_an_address_gives_one_there(coordinator: Coordinator) -> None:
    assert "Dere har ingen adresse" in (await day(coordinator)).text
    assert await press(coordinator, "address", email="post@kommune.example") == 303
    assert "Dere har ingen adresse" not in (await day(coordinator)).text


@pytest.mark.parametrize("action", ["remind", "more-time"])
async def test_another_municipality_neither_sees_nor_changes_it(coordinator: Coordinator, action: str) -> None:
    await coordinator.invite()
    coordinator.service.clock.now += timedelta(days=1)
    assert "Tur i Folkeparken" not in (await day(coordinator, "NO-5503")).text
    assert await press(coordinator, action, "NO-5503", referral_id=str(REFERRAL), choice="1") == 404
    for choice in ("x", "1" * 5000):
        assert await press(coordinator, action, referral_id=str(REFERRAL), choice=choice) == 404


async def test_nobody_sees_it_without_signing_in(coordinator: Coordinator) -> None:
    async with coordinator.service.client() as client:
        answer = await client.get("/coordinator/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/coordinator/")


async def test_the_page_speaks_the_municipalitys_language(coordinator: Coordinator) -> None:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        body = {"email": "post@kommune.example", "language": "en"}
        await client.put(f"/coordinator/municipalities/{MUNICIPALITY}", json=body)
    assert "My day" in (await day(coordinator)).text
    assert "Min dag" in (await day(coordinator, "SE-0180")).text
