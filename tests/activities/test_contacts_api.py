from schemas.activities import ContactFunctionChanged
from tests.support.builders import number
from tests.support.service_testing import UnderTest

CONTACT = {
    "contact_id": number(70),
    "municipality": "NO-5501",
    "name": "Frivilligsentralen",
    "email": "post@frivillig.test",
    "phone": None,
    "language": "nb",
}
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
    assert shown.json() == CONTACT | {"phone": "+4777012345"}
    assert listed.json() == {"items": [shown.json()], "next": None}
    first, second = await activities.announced(ContactFunctionChanged)
    assert (first.topic, first.key) == ("contact-events-v1", number(70))
    assert second.event.phone == "+4777012345"


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
