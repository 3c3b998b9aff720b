"""What the buttons of the coordinator's day page do, and what the page is told of the catalogue."""

from typing import Any

import httpx
import pytest

from tests.activities.test_contacts_api import CONTACT, TROMSO
from tests.activities.test_contacts_api import PATH as CONTACT_PATH
from tests.support.builders import an_activity, number
from tests.support.service_testing import UnderTest

VOLUNTARY = {"organiser_id": "o-1", "name": "Turlaget", "kind": "voluntary"}
AGREEMENT = {"valid_from": "2024-05-01", "valid_to": "2025-04-30"}
KEEPING = "/activities/keeping"


async def publish(activities: UnderTest, **changes: object) -> None:
    async with activities.client(**TROMSO) as client:
        activity = an_activity(organiser=VOLUNTARY, agreement=AGREEMENT, **changes)
        assert (await client.post("/activities/activities", json=activity)).status_code == 201


async def press(activities: UnderTest, path: str, municipality: str = "NO-5501", **fields: str) -> httpx.Response:
    async with activities.client("coordinator", municipality=municipality) as client:
        return await client.post(f"{KEEPING}/{path}", data=fields)


async def ending(activities: UnderTest, municipality: str = "NO-5501") -> Any:  # noqa: ANN401 - any JSON
    async with activities.client("service", audience="activities", scope="today.read") as client:
        answer = await client.get("/activities/today", params={"municipality": municipality})
    assert answer.status_code == 200
    return answer.json()


async def test_an_agreement_that_ends_within_two_months_is_told_and_renewed_with_one_button(
    activities: UnderTest,
) -> None:
    await publish(activities)
    assert (await ending(activities))["agreements"] == [
        {"organiser_id": "o-1", "name": "Turlaget", "last_on": "2025-04-30"}
    ]
    answer = await press(activities, "agreements/o-1", valid_to="2026-04-30")
    assert (answer.status_code, answer.headers["location"]) == (303, "/coordinator/")
    assert (await ending(activities))["agreements"] == []
    async with activities.client(**TROMSO) as client:
        kept = (await client.get(f"/activities/activities/{number(1)}")).json()["agreement"]
    assert kept == {"valid_from": "2024-05-01", "valid_to": "2026-04-30"}


@pytest.mark.parametrize(("verified_on", "told"), [("2024-09-20", ["2025-03-19"]), ("2025-01-10", [])])
async def test_a_verification_that_is_soon_too_old_is_told_and_given_anew_with_one_button(
    activities: UnderTest, verified_on: str, told: list[str]
) -> None:
    await publish(activities, verified_on=verified_on)
    assert [one["last_on"] for one in (await ending(activities))["verifications"]] == told
    assert (await press(activities, f"activities/{number(1)}/verified")).status_code == 303
    assert (await ending(activities))["verifications"] == []


@pytest.mark.parametrize(("verified_days", "told"), [(90, ["2025-04-01"]), (365, []), (40, ["2025-02-10"])])
async def test_a_verification_is_too_old_when_the_municipality_says_so(
    activities: UnderTest, verified_days: int, told: list[str]
) -> None:
    weights = {"interest": 0.45, "distance": 0.2, "time": 0.1, "preference": 0.1, "seats": 0.1, "freshness": 0.05}
    async with activities.client("coordinator", municipality="NO-5501") as client:
        chosen = {"weights": weights, "verified_days": verified_days}
        assert (await client.put("/activities/settings/matching", json=chosen)).status_code == 200
    await publish(activities, verified_on="2025-01-01")
    assert [one["last_on"] for one in (await ending(activities))["verifications"]] == told


async def test_a_contact_function_is_given_another_address_and_all_else_of_it_stays(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as client:
        await client.put(CONTACT_PATH, json=CONTACT | {"phone": "+4777012345"})
        assert (await press(activities, f"contacts/{number(70)}", email="ny@frivillig.test")).status_code == 303
        kept = (await client.get(CONTACT_PATH)).json()
    assert (kept["email"], kept["phone"], kept["name"]) == ("ny@frivillig.test", "+4777012345", "Frivilligsentralen")


async def test_a_deputy_is_given_another_address_and_all_else_of_the_function_stays(activities: UnderTest) -> None:
    deputies = [{"name": "Kontoret", "email": "kontoret@frivillig.test"}, {"name": "Styret", "phone": "+4777012345"}]
    async with activities.client(**TROMSO) as client:
        await client.put(CONTACT_PATH, json=CONTACT | {"deputies": deputies})
        for place, status in (("1", 303), ("9", 303), ("x", 422)):
            answer = await press(activities, f"contacts/{number(70)}", email="ny@frivillig.test", place=place)
            assert answer.status_code == status
        kept = (await client.get(CONTACT_PATH)).json()
    assert [one["email"] for one in (kept, *kept["deputies"])] == [CONTACT["email"], "ny@frivillig.test", None]
    assert kept["deputies"][1]["phone"] == "+4777012345"


async def test_another_municipalitys_is_neither_told_nor_changed(activities: UnderTest) -> None:
    await publish(activities, verified_on="2024-09-20")
    async with activities.client(**TROMSO) as client:
        await client.put(CONTACT_PATH, json=CONTACT)
    assert await ending(activities, "NO-5601") == {"agreements": [], "verifications": [], "lines": []}
    for path, fields in (
        ("agreements/o-1", {"valid_to": "2026-04-30"}),
        (f"activities/{number(1)}/verified", {}),
        (f"activities/{number(1)}/seat", {}),
        (f"contacts/{number(70)}", {"email": "ny@frivillig.test"}),
    ):
        assert (await press(activities, path, "NO-5601", **fields)).status_code == 404
