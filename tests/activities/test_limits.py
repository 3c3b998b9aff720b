"""What is too long or too much for a database to keep, to look up or to count on from, and what only seems so."""

from random import Random
from urllib.parse import quote

import pytest

from schemas.activities import ActivitiesProposed
from services.activities.domain.keeping import LONGEST_ID, LONGEST_NAME
from services.runtime.relay import LARGEST_VALUE
from tests.activities.hearing import know, received
from tests.support.builders import Json, an_activity
from tests.support.service_testing import UnderTest

ACTIVITIES = "/activities/activities"
TROMSO = {"role": "coordinator", "municipality": "NO-5501"}
ORGANISER = {"name": "Koret", "kind": "voluntary"}
PLACE = {"name": "Parken", "latitude": 69.6, "longitude": 18.9, "address": "Her"}
WIDEST = "\x01"
"""The character that takes most room in a cursor."""


def long_text(length: int, seed: int = 1) -> str:
    """Return a text of three octets a letter, that no database makes shorter."""
    return "".join(map(chr, Random(seed).choices(range(0x4E00, 0x9000), k=length)))  # noqa: S311 - no secrets


async def listed(activities: UnderTest, path: str) -> list[Json]:
    """Return all that is listed, read page by page."""
    found: list[Json] = []
    cursor: str | None = ""
    async with activities.client(**TROMSO) as coordinator:
        while cursor is not None:
            answer = await coordinator.get(path, params={"limit": 1} | ({"cursor": cursor} if cursor else {}))
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            cursor = answer.json()["next"]
    return found


async def test_what_a_column_only_just_holds_is_no_number_of_seats(activities: UnderTest) -> None:
    seats = {"maximum": 2_147_483_647, "taken": 2_147_483_647}
    async with activities.client(**TROMSO) as coordinator:
        refused = await coordinator.post(ACTIVITIES, json=an_activity(seats=seats))
    assert refused.status_code == 422
    assert [error["path"] for error in refused.json()["errors"]] == ["seats.maximum", "seats.taken"]


async def test_an_id_that_nobody_could_look_up_is_refused(activities: UnderTest) -> None:
    async with activities.client(**TROMSO) as coordinator:
        long = ORGANISER | {"organiser_id": long_text(LONGEST_ID + 1)}
        refused = await coordinator.post(ACTIVITIES, json=an_activity(organiser=long))
    assert refused.status_code == 422
    assert [error["path"] for error in refused.json()["errors"]] == ["organiser.organiser_id"]


@pytest.mark.parametrize(
    ("path", "said", "field"), [("organisers", ORGANISER, "organiser_id"), ("places", PLACE, "place_id")]
)
@pytest.mark.parametrize("length", [LONGEST_ID + 1, 2_000])
async def test_nothing_is_registered_under_an_id_that_nobody_could_look_up(
    activities: UnderTest, path: str, said: Json, field: str, length: int
) -> None:
    async with activities.client(**TROMSO) as coordinator:
        refused = await coordinator.put(f"/activities/{path}/{quote(long_text(length))}", json=said)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"path": field, "rule": "must have at most 500 characters"}]


async def test_a_name_that_no_event_has_room_for_is_refused(activities: UnderTest) -> None:
    name = WIDEST * (LONGEST_NAME + 1)
    said = an_activity(name=name, organiser=ORGANISER | {"organiser_id": "o", "name": name})
    async with activities.client(**TROMSO) as coordinator:
        stated = await coordinator.post(ACTIVITIES, json=said | {"place": PLACE | {"place_id": "p", "name": name}})
        organiser = await coordinator.put("/activities/organisers/o", json=ORGANISER | {"name": name})
        place = await coordinator.put("/activities/places/p", json=PLACE | {"name": name})
    refused = [[error["path"] for error in answer.json()["errors"]] for answer in (stated, organiser, place)]
    assert refused == [["name", "organiser.name", "place.name"], ["name"], ["name"]]
    assert {error["rule"] for error in organiser.json()["errors"] + stated.json()["errors"]} == {
        "must have at most 5000 characters"
    }


@pytest.mark.parametrize("letters", [long_text(4_000), WIDEST * (LONGEST_NAME - 1)], ids=["long", "wide"])
async def test_long_names_are_kept_and_listed_page_by_page(activities: UnderTest, letters: str) -> None:
    names = [f"{number}{letters}" for number in range(3)]
    await know(activities, *(an_activity(n, name=name) for n, name in enumerate(names)))
    assert [each["name"] for each in await listed(activities, ACTIVITIES)] == names


@pytest.mark.parametrize(
    ("path", "said", "field"), [("organisers", ORGANISER, "organiser_id"), ("places", PLACE, "place_id")]
)
@pytest.mark.parametrize("letter", [WIDEST, "\U0001f333"])
async def test_ids_as_long_as_may_be_are_listed_page_by_page(
    activities: UnderTest, path: str, said: Json, field: str, letter: str
) -> None:
    ids = [f"{letter * (LONGEST_ID - 1)}{last}" for last in "\x01\x02\x03"]
    async with activities.client(**TROMSO) as coordinator:
        for one in ids:
            assert (await coordinator.put(f"/activities/{path}/{quote(one)}", json=said)).status_code == 200
    assert [each[field] for each in await listed(activities, f"/activities/{path}")] == ids


async def test_what_is_proposed_fits_into_an_event_however_long_its_names_are(activities: UnderTest) -> None:
    longest = WIDEST * LONGEST_NAME
    offer = {
        "name": longest,
        "organiser": ORGANISER | {"organiser_id": "o", "name": longest, "kind": "municipality"},
        "place": PLACE | {"place_id": "p", "name": longest},
    }
    free, full = {"maximum": None, "taken": 0}, {"maximum": 1, "taken": 1}
    await know(activities, *(an_activity(n, **offer, seats=full if n > 5 else free) for n in range(1, 11)))
    await activities.deliver(received())

    [proposed] = await activities.announced(ActivitiesProposed)
    assert (len(proposed.event.proposals), len(proposed.event.waitable_activities)) == (5, 5)
    [row] = await activities.rows("select octet_length(value) as octets from outbox where topic = 'matching-events-v1'")
    assert row["octets"] < LARGEST_VALUE
