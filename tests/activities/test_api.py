from uuid import UUID

import pytest

from schemas.activities import ActivityPublished, ActivityWithdrawn
from tests.activities.hearing import WALK, chosen, know
from tests.support.builders import Json, an_activity, number
from tests.support.service_testing import UnderTest

ACTIVITIES = "/activities/activities"
WALK_PATH = f"{ACTIVITIES}/{WALK}"
TROMSO = {"role": "coordinator", "municipality": "NO-5501"}
HARSTAD = {"role": "coordinator", "municipality": "NO-5503"}
CHOIR_CLUB = {"organiser_id": "choir-club", "name": "Koret", "kind": "voluntary"}
AGREED = {"valid_from": "2025-01-01", "valid_to": "2025-12-31"}


async def test_a_coordinator_creates_an_activity_and_it_is_announced(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.post(ACTIVITIES, json=an_activity())
        shown = await coordinator.get(WALK_PATH)

    assert answer.status_code == 201
    assert answer.json()["activity"] == shown.json() == an_activity() | {"extensions": {}}
    [told] = await activities.announced()
    assert told.event == ActivityPublished.model_validate_json(shown.content)


async def test_creating_it_again_is_a_no_op_and_with_other_content_a_conflict(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as coordinator:
        await coordinator.post(ACTIVITIES, json=an_activity())
        again = await coordinator.post(ACTIVITIES, json=an_activity())
        other = await coordinator.post(ACTIVITIES, json=an_activity(name="Kor"))

    assert (again.status_code, other.status_code) == (200, 409)
    assert await activities.names() == ["ActivityPublished"]


async def test_every_field_that_breaks_a_rule_is_told_at_once(activities: UnderTest) -> None:
    broken = an_activity(place=None, categories=["unknown"], colour="red", sessions=[{"day": "mon"}])

    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.post(ACTIVITIES, json=broken)

    assert answer.status_code == 422
    paths = {error["path"] for error in answer.json()["errors"]}
    assert paths == {"place", "categories[0]", "colour", "sessions[0].from", "sessions[0].to"}


async def test_an_activity_belongs_to_the_coordinators_own_municipality(activities: UnderTest) -> None:
    async with activities.client(**HARSTAD) as stranger:
        answer = await stranger.post(ACTIVITIES, json=an_activity())

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"path": "municipality", "rule": "must be your own municipality"}]


async def test_another_municipalitys_activity_is_not_found(activities: UnderTest) -> None:
    await know(activities, an_activity())

    async with activities.client(**HARSTAD) as stranger:
        answers = [
            await stranger.get(WALK_PATH),
            await stranger.put(WALK_PATH, json=an_activity(municipality="NO-5503")),
            await stranger.post(f"{WALK_PATH}/pause"),
            await stranger.delete(WALK_PATH),
        ]
        created = await stranger.post(ACTIVITIES, json=an_activity(municipality="NO-5503"))
        listed = await stranger.get(ACTIVITIES)

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]
    assert created.status_code == 409
    assert listed.json() == {"items": [], "next": None}
    assert await activities.names() == []


@pytest.mark.parametrize("caller", [{"role": "coach", "centre": "hsa:SE1"}, {"role": "region"}])
async def test_only_coordinators_and_organisers_keep_activities(activities: UnderTest, caller: dict[str, str]) -> None:
    async with activities.client(**caller) as other:
        assert (await other.post(ACTIVITIES, json=an_activity())).status_code == 403
    async with activities.client() as nobody:
        assert (await nobody.get(ACTIVITIES)).status_code == 401


async def test_a_change_says_the_whole_and_keeps_the_seats_that_were_taken(activities: UnderTest) -> None:
    await know(activities, an_activity(seats={"maximum": 9, "taken": 3}))
    await activities.deliver(chosen())
    said = an_activity(name="Tur", seats={"maximum": 2, "taken": 0})

    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.put(WALK_PATH, json=said)

    assert answer.json()["activity"]["seats"] == {"maximum": 2, "taken": 4}
    assert [warning["path"] for warning in answer.json()["warnings"]] == ["seats.maximum"]
    [told] = await activities.announced(ActivityPublished)
    assert (told.event.name, told.event.seats.taken) == ("Tur", 4)


async def test_a_change_that_changes_nothing_announces_nothing(activities: UnderTest) -> None:
    await know(activities, an_activity())

    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.put(WALK_PATH, json=an_activity())

    assert answer.status_code == 200
    assert await activities.names() == []


async def test_the_address_and_the_body_name_the_same_activity(activities: UnderTest) -> None:
    await know(activities, an_activity())

    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.put(WALK_PATH, json=an_activity(2))

    assert [error["path"] for error in answer.json()["errors"]] == ["activity_id"]


async def test_an_activity_is_published_paused_verified_and_ended(activities: UnderTest) -> None:
    await know(activities, an_activity(status="draft", verified_on="2024-01-01"))

    async with activities.client(**TROMSO) as coordinator:
        for move in ("publish", "publish", "pause", "verify", "end"):
            answer = await coordinator.post(f"{WALK_PATH}/{move}")
            assert answer.status_code == 200

    told = [announced.event for announced in await activities.announced(ActivityPublished)]
    assert [event.status for event in told] == ["published", "paused", "paused", "ended"]
    assert [str(event.verified_on) for event in told] == ["2024-01-01", "2024-01-01", "2025-03-12", "2025-03-12"]


async def test_a_withdrawn_activity_is_no_more_but_may_come_back(activities: UnderTest) -> None:
    await know(activities, an_activity())

    async with activities.client(**TROMSO) as coordinator:
        gone = await coordinator.delete(WALK_PATH)
        shown = await coordinator.get(WALK_PATH)
        again = await coordinator.delete(WALK_PATH)
        back = await coordinator.post(ACTIVITIES, json=an_activity())

    assert [answer.status_code for answer in (gone, shown, again, back)] == [204, 404, 404, 201]
    assert await activities.names() == ["ActivityWithdrawn", "ActivityPublished"]
    [told] = await activities.announced(ActivityWithdrawn)
    assert told.key == str(WALK)


async def test_the_list_comes_in_pages_by_name_and_can_be_narrowed(activities: UnderTest) -> None:
    await know(
        activities,
        *(an_activity(n, name=f"Tur {9 - n}") for n in range(1, 6)),
        an_activity(6, name="Kor", status="draft", organiser=CHOIR_CLUB),
        an_activity(7, municipality="NO-5503"),
    )

    async with activities.client(**TROMSO) as coordinator:
        names: list[str] = []
        page = (await coordinator.get(ACTIVITIES, params={"limit": 4})).json()
        names += [item["name"] for item in page["items"]]
        page = (await coordinator.get(ACTIVITIES, params={"limit": 4, "cursor": page["next"]})).json()
        names += [item["name"] for item in page["items"]]
        drafts = (await coordinator.get(ACTIVITIES, params={"status": "draft"})).json()
        of_choir = (await coordinator.get(ACTIVITIES, params={"organiser_id": "choir-club"})).json()
        strange = await coordinator.get(ACTIVITIES, params={"cursor": "x"})

    assert names == ["Kor", "Tur 4", "Tur 5", "Tur 6", "Tur 7", "Tur 8"]
    assert page["next"] is None
    assert [item["name"] for item in drafts["items"]] == [item["name"] for item in of_choir["items"]] == ["Kor"]
    assert strange.status_code == 422


async def test_an_organiser_changes_its_own_activities_but_not_what_was_agreed(activities: UnderTest) -> None:
    await know(activities, an_activity(organiser=CHOIR_CLUB, agreement=AGREED), an_activity(2))
    freer = an_activity(organiser=CHOIR_CLUB | {"kind": "municipality"}, agreement=None, municipality="NO-5503")

    async with activities.client("organiser", organiser="choir-club") as organiser:
        changed = await organiser.put(WALK_PATH, json=an_activity(name="Sang", organiser=CHOIR_CLUB, agreement=AGREED))
        refused = await organiser.put(WALK_PATH, json=freer)
        others = await organiser.get(f"{ACTIVITIES}/{number(2)}")
        created = await organiser.post(ACTIVITIES, json=an_activity(3, organiser=CHOIR_CLUB, agreement=AGREED))
        listed = await organiser.get(ACTIVITIES)

    assert (changed.status_code, others.status_code, created.status_code) == (200, 404, 201)
    assert {error["path"] for error in refused.json()["errors"]} == {"municipality", "organiser", "agreement"}
    assert [item["name"] for item in listed.json()["items"]] == ["Sang", "Tur i Folkeparken"]


async def test_an_organiser_that_no_coordinator_registered_states_nothing(activities: UnderTest) -> None:
    async with activities.client("organiser", organiser="nobody") as organiser:
        answer = await organiser.post(ACTIVITIES, json=an_activity())

    assert [error["path"] for error in answer.json()["errors"]] == ["organiser.organiser_id"]


async def test_an_agreement_becomes_so_in_every_activity_of_the_organiser_in_the_municipality(
    activities: UnderTest,
) -> None:
    await know(
        activities,
        an_activity(1, organiser=CHOIR_CLUB),
        an_activity(2, organiser=CHOIR_CLUB, municipality="NO-5503"),
        an_activity(3),
    )

    async with activities.client(**TROMSO) as coordinator:
        agreed = await coordinator.put("/activities/agreements/choir-club", json=AGREED)
        listed = await coordinator.get("/activities/agreements")
        unknown = await coordinator.put("/activities/agreements/nobody", json=AGREED)
        await coordinator.delete("/activities/agreements/choir-club")

    assert agreed.json() == {"organiser_id": "choir-club", **AGREED}
    assert listed.json()["items"] == [agreed.json()]
    assert unknown.status_code == 404
    told = [announced.event for announced in await activities.announced()]
    assert {event.activity_id for event in told} == {WALK}
    assert [bool(event.agreement) for event in told] == [True, False]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("organisers", {"name": "Byen", "kind": "municipality"}),
        ("places", {"name": "Parken", "latitude": 69.6, "longitude": 18.9, "address": "Her"}),
    ],
)
async def test_what_has_no_id_is_not_registered(activities: UnderTest, path: str, said: Json) -> None:
    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.put(f"/activities/{path}/", json=said)

    assert answer.status_code == 422


async def test_an_organiser_and_a_place_are_renamed_in_all_their_activities(activities: UnderTest) -> None:
    await know(activities, an_activity(1), an_activity(2, mode="online", place=None), an_activity(3))
    place = {"name": "Parken", "latitude": 69.6, "longitude": 18.9, "address": "Her"}

    async with activities.client(**TROMSO) as coordinator:
        await coordinator.put(f"/activities/organisers/{number(900)}", json={"name": "Byen", "kind": "municipality"})
        await coordinator.put(f"/activities/places/{number(901)}", json=place)
        organisers = await coordinator.get("/activities/organisers")
        places = await coordinator.get("/activities/places")
    async with activities.client(**HARSTAD) as stranger:
        theirs = await stranger.put(
            f"/activities/organisers/{number(900)}", json={"name": "Vi", "kind": "municipality"}
        )

    told = [announced.event for announced in await activities.announced()]
    assert [event.organiser.name for event in told] == ["Byen"] * 5
    assert [event.place.name for event in told[3:]] == ["Parken", "Parken"]
    assert [item["name"] for item in organisers.json()["items"]] == ["Byen"]
    assert places.json()["items"] == [{"place_id": number(901), **place}]
    assert theirs.status_code == 404


async def test_what_a_coordinator_changed_is_matched_so_at_once(activities: UnderTest) -> None:
    await know(activities, an_activity())
    await activities.deliver(chosen())

    async with activities.client(**TROMSO) as coordinator:
        await coordinator.post(f"{WALK_PATH}/pause")
    await activities.deliver(chosen(n=101))

    assert (await activities.names())[-1] == "SeatRefused"
    assert UUID((await activities.announced())[-1].key) == UUID(number(101))


async def test_the_calls_are_described(activities: UnderTest) -> None:
    async with activities.client() as anybody:
        document = (await anybody.get("/activities/openapi.json")).json()

    assert document["openapi"].startswith("3.1")
    assert {
        "/activities/match",
        "/activities/services",
        "/activities/activities/{activity_id}/{move}",
        "/activities/agreements/{organiser_id}",
        "/activities/contacts/{contact_id}",
        "/activities/imports/activities",
    } <= set(document["paths"])
