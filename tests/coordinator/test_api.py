from datetime import timedelta
from uuid import UUID

import pytest

from services.runtime.paging import cursor_of
from tests.coordinator.conftest import MUNICIPALITY, Coordinator, a_seat

CODE = f"/coordinator/municipalities/{MUNICIPALITY}"
GIVEN = {"email": "koordinator@mote.example", "language": "nb", "patience": None}


async def test_a_coordinator_says_where_notices_go_that_nobody_else_gets(coordinator: Coordinator) -> None:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        assert (await client.get(CODE)).status_code == 404
        assert (await client.put(CODE, json=GIVEN)).json() == GIVEN
        assert (await client.put(CODE, json=GIVEN | {"language": "se"})).status_code == 200
        assert (await client.get(CODE)).json() == GIVEN | {"language": "se"}


async def test_an_operator_may_set_it_for_any_municipality(coordinator: Coordinator) -> None:
    async with coordinator.service.client("operator") as client:
        assert (await client.put(CODE, json=GIVEN)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_another_municipality_is_not_there(coordinator: Coordinator, method: str) -> None:
    async with coordinator.service.client("coordinator", municipality="NO-5503") as client:
        answer = await client.request(method, CODE, json=GIVEN if method == "PUT" else None)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("role", "claims", "status"),
    [
        (None, {}, 401),
        ("coach", {"centre": "hsa:SE1"}, 403),
        ("organiser", {"organiser": "x"}, 403),
        ("centre", {"centre": "hsa:SE1"}, 403),
    ],
)
@pytest.mark.parametrize("path", [CODE, "/coordinator/invitations"])
async def test_others_are_turned_away(
    coordinator: Coordinator, path: str, role: str | None, claims: dict[str, str], status: int
) -> None:
    async with coordinator.service.client(role, **claims) as client:
        assert (await client.get(path)).status_code == status


@pytest.mark.parametrize(
    ("given", "paths"),
    [
        ({}, ["email", "language"]),
        (GIVEN | {"patience": {"reminder_after": 3, "deputy_after": 3, "answer_within": 5}}, ["patience.deputy_after"]),
        (GIVEN | {"email": "no address"}, ["email"]),
        (GIVEN | {"language": "de"}, ["language"]),
        (GIVEN | {"phone": "1"}, ["phone"]),
    ],
)
async def test_every_wrong_field_is_named_at_once(
    coordinator: Coordinator, given: dict[str, str], paths: list[str]
) -> None:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        answer = await client.put(CODE, json=given)
    assert answer.status_code == 422
    assert sorted(error["path"] for error in answer.json()["errors"]) == paths


async def test_a_coordinator_sees_the_municipalitys_invitations_newest_first_page_by_page(
    coordinator: Coordinator,
) -> None:
    for number in range(5):
        coordinator.service.clock.now += timedelta(minutes=number % 2)  # some at the same moment
        await coordinator.service.deliver(a_seat(referral_id=UUID(int=100 + number)))
    await coordinator.service.deliver(a_seat(referral_id=UUID(int=200), municipality="NO-5503"))
    seen: list[str] = []
    cursor: str | None = None
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        while True:
            asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get("/coordinator/invitations", params=asked)).json()
            seen += [item["referral_id"] for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
    assert seen == [str(UUID(int=100 + number)) for number in (4, 3, 2, 1, 0)]


async def test_a_coordinator_sees_who_does_not_answer(coordinator: Coordinator) -> None:
    await coordinator.invite()
    await coordinator.service.let_pass(timedelta(days=30))
    await coordinator.service.deliver(a_seat(referral_id=UUID(int=11)))
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        page = (await client.get("/coordinator/invitations", params={"state": "expired"})).json()
        assert (await client.get("/coordinator/invitations", params={"state": "x"})).status_code == 422
        assert (await client.get("/coordinator/invitations", params={"cursor": "x"})).status_code == 422
    (item,) = page["items"]
    assert (item["state"], item["reason"], item["activity_name"]) == ("expired", "no_response", "Tur i Folkeparken")


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("contacts", (2**63, 0, UUID(int=1))),
        ("contacts", (0, 2**63, UUID(int=1))),
        ("invitations", ("2025-03-12T12:00:00Z", UUID(int=1), 2**31)),
        ("invitations", ("0001-01-01T00:00:00+14:00", UUID(int=1), 1)),
    ],
)
async def test_a_cursor_that_no_row_could_have_is_refused(
    coordinator: Coordinator, path: str, values: tuple[object, ...]
) -> None:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        answer = await client.get(f"/coordinator/{path}", params={"cursor": cursor_of(*values)})
    assert answer.status_code == 422


async def test_the_answer_pages_are_left_out_of_the_document_of_the_api(coordinator: Coordinator) -> None:
    async with coordinator.service.client() as client:
        paths = (await client.get("/coordinator/openapi.json")).json()["paths"]
    assert set(paths) == {
        "/coordinator/contacts",
        "/coordinator/contacts/{contact_id}/trial",
        "/coordinator/contacts/{contact_id}/webhook",
        "/coordinator/invitations",
        "/coordinator/municipalities/{code}",
        "/coordinator/notices/preview",
        "/coordinator/notices/reports",
        "/coordinator/health/live",
        "/coordinator/health/ready",
    }
