from typing import Any

import pytest

from schemas.activities import ContactFunctionChanged
from tests.support.builders import an_activity, number
from tests.support.service_testing import UnderTest

CONTACT = {
    "contact_id": number(70),
    "municipality": "NO-5501",
    "name": "Frivilligsentralen",
    "email": "post@frivillig.test",
    "phone": None,
    "language": "nb",
}
UNSAID = {"holder": None, "deputies": [], "paused_until": None, "webhook": None}
AWAY = {"first_on": "2025-07-07", "last_on": "2025-08-03"}
DEPUTY = {"name": "Kontoret", "email": "kontoret@frivillig.test", "phone": None, "absences": [AWAY]}
PATH = f"/activities/contacts/{number(70)}"
TROMSO = {"role": "coordinator", "municipality": "NO-5501"}


async def test_a_contact_function_is_announced_when_it_changes(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as coordinator:
        new = await coordinator.put(PATH, json=CONTACT)
        again = await coordinator.put(PATH, json=CONTACT)
        changed = await coordinator.put(PATH, json=CONTACT | {"phone": "+4777012345"})
        shown = await coordinator.get(PATH)
        listed = await coordinator.get("/activities/contacts")

    assert [answer.status_code for answer in (new, again, changed)] == [201, 200, 200]
    assert shown.json() == CONTACT | UNSAID | {"phone": "+4777012345"}
    assert listed.json() == {"items": [shown.json()], "next": None}
    first, second = await activities.announced(ContactFunctionChanged)
    assert (first.topic, first.key) == ("contact-events-v1", number(70))
    assert second.event.phone == "+4777012345"


async def test_a_function_has_a_holder_deputies_in_order_absences_and_a_pause(activities: UnderTest) -> None:
    more = {
        "holder": DEPUTY | {"name": "Lederen", "email": None},
        "deputies": [DEPUTY, DEPUTY | {"name": "Styret", "absences": []}],
        "paused_until": "2025-03-31",
        "webhook": "https://frivillig.test/motesplats",
    }
    async with activities.client(**TROMSO) as coordinator:
        put = await coordinator.put(PATH, json=CONTACT | more)

    assert put.json() == CONTACT | more
    (announced,) = await activities.announced(ContactFunctionChanged)
    assert [deputy.name for deputy in announced.event.deputies] == ["Kontoret", "Styret"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"webhook": "http://frivillig.test"}, "webhook"),
        ({"deputies": [DEPUTY | {"email": "nobody"}]}, "deputies[0].email"),
        ({"holder": DEPUTY | {"absences": [AWAY | {"last_on": "2025-02-30"}]}}, "holder.absences[0].last_on"),
    ],
)
async def test_what_is_wrong_with_a_function_is_told_by_its_path(
    activities: UnderTest, wrong: dict[str, Any], path: str
) -> None:
    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.put(PATH, json=CONTACT | wrong)
    assert [error["path"] for error in answer.json()["errors"]] == [path]


async def test_the_coordinator_sees_how_much_hangs_on_one_person(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as coordinator:
        nothing = await coordinator.get("/activities/figures/dependence")
        await coordinator.put(PATH, json=CONTACT)
        other = f"/activities/contacts/{number(71)}"
        await coordinator.put(other, json=CONTACT | {"contact_id": number(71), "deputies": [DEPUTY]})
        of = [number(70), number(71), None]
        for n, contact_id in enumerate(of, start=1):
            await coordinator.post("/activities/activities", json=an_activity(n, contact_id=contact_id))
        await coordinator.post("/activities/activities", json=an_activity(9, status="draft"))
        some = await coordinator.get("/activities/figures/dependence")

    names = ("activities", "on_one_person", "without_contact_function", "share_on_one_person")
    assert nothing.json() == dict(zip(names, (0, 0, 0, None), strict=True))
    assert some.json() == dict(zip(names, (3, 2, 1, 0.67), strict=True))


async def test_a_removed_contact_function_is_a_tombstone_and_may_come_back(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as coordinator:
        await coordinator.put(PATH, json=CONTACT)
        removed = await coordinator.delete(PATH)
        shown = await coordinator.get(PATH)
        again = await coordinator.delete(PATH)
        back = await coordinator.put(PATH, json=CONTACT)

    assert [answer.status_code for answer in (removed, shown, again, back)] == [204, 404, 404, 201]
    _, tombstone, last = await activities.announced()
    assert tombstone.event is None
    assert last.sequence == f"000001{3:014d}"


async def test_another_municipalitys_contact_function_is_not_found(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as coordinator:
        await coordinator.put(PATH, json=CONTACT)
    async with activities.client("coordinator", municipality="NO-5503") as stranger:
        answers = [
            await stranger.get(PATH),
            await stranger.put(PATH, json=CONTACT | {"municipality": "NO-5503"}),
            await stranger.delete(PATH),
        ]
        listed = await stranger.get("/activities/contacts")

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert listed.json()["items"] == []


async def test_a_contact_function_is_reached_somehow(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.put(
            PATH, json=CONTACT | {"email": None, "language": "fr", "municipality": "NO-5503"}
        )

    assert answer.status_code == 422
    assert {error["path"] for error in answer.json()["errors"]} == {"phone", "language"}
