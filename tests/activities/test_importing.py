import codecs
import json
from collections.abc import Iterator
from typing import Any

from services.activities.announcing import announce_state
from services.activities.domain.keeping import LONGEST_ID, MOST_SEATS
from services.activities.importing import Import
from tests.activities.hearing import WALK, chosen, taken
from tests.activities.test_contacts_api import CONTACT
from tests.activities.test_limits import long_text
from tests.support.builders import Json, an_activity, number
from tests.support.service_testing import UnderTest

TROMSO = {"role": "coordinator", "municipality": "NO-5501"}
NDJSON = {"Content-Type": "application/x-ndjson"}


def lines_of(*documents: Json | str) -> bytes:
    return b"\n".join(
        (document if isinstance(document, str) else json.dumps(document)).encode() for document in documents
    )


async def imported(activities: UnderTest, *documents: Json | str, what: str = "activities") -> dict[str, Any]:
    """Return what the import over HTTP answers."""
    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.post(f"/activities/imports/{what}", content=lines_of(*documents), headers=NDJSON)
    assert answer.status_code == 200
    return dict(answer.json())


async def test_a_file_imported_twice_changes_nothing_the_second_time(activities: UnderTest) -> None:
    documents = [an_activity(n, extensions={"ours": [1.0, 1e30, "å"]}) for n in (1, 2, 3)]

    first = await imported(activities, *documents)
    again = await imported(activities, *documents)

    assert (first["created"], again["created"], again["unchanged"]) == (3, 0, 3)
    assert await activities.names() == ["ActivityPublished"] * 3


async def test_a_byte_order_mark_before_the_first_line_is_none_of_it(activities: UnderTest) -> None:
    lines = codecs.BOM_UTF8 + lines_of(an_activity(1), an_activity(2))

    async with activities.client(**TROMSO) as coordinator:
        answer = await coordinator.post("/activities/imports/activities", content=lines, headers=NDJSON)

    assert (answer.json()["created"], answer.json()["refused"]) == (2, 0)


async def test_what_differs_only_to_json_has_changed(activities: UnderTest) -> None:
    await imported(activities, an_activity(extensions={"ours": 1, "theirs": 2}))

    same = await imported(activities, an_activity(extensions={"theirs": 2, "ours": 1}))
    other = await imported(activities, an_activity(extensions={"ours": True, "theirs": 2}))

    assert (same["unchanged"], other["changed"]) == (1, 1)
    told = [announced.event.extensions["ours"] for announced in await activities.announced()]
    assert [str(value) for value in told] == ["1", "True"]


async def test_bad_lines_are_told_with_number_path_and_rule_and_the_others_go_on(activities: UnderTest) -> None:
    answer = await imported(
        activities,
        "nonsense",
        "",
        an_activity(1),
        an_activity(2, mode="online", categories=[]),
        an_activity(1, name="Again"),
        an_activity(3, municipality="NO-5503"),
    )

    told = [(line["line"], line["path"]) for line in answer["lines"]]
    assert told == [(1, "$"), (4, "place"), (4, "categories"), (5, "activity_id"), (6, "municipality")]
    assert (answer["created"], answer["refused"]) == (1, 4)
    assert "nonsense" not in json.dumps(answer)


async def test_a_line_that_no_database_could_keep_is_refused_and_the_others_go_on(activities: UnderTest) -> None:
    long = long_text(LONGEST_ID)
    answer = await imported(
        activities,
        an_activity(1, organiser={"organiser_id": long, "name": long_text(4_000), "kind": "municipality"}),
        an_activity(2, organiser={"organiser_id": f"{long}x", "name": "Klubb", "kind": "municipality"}),
        an_activity(3),
    )
    assert [(line["line"], line["path"]) for line in answer["lines"]] == [(2, "organiser.organiser_id")]
    assert (answer["created"], answer["refused"]) == (2, 1)


async def test_an_import_counts_seats_taken_only_for_what_it_did_not_know(activities: UnderTest) -> None:
    await imported(activities, an_activity(seats={"maximum": 9, "taken": 5}))
    await activities.deliver(chosen())

    answer = await imported(activities, an_activity(seats={"maximum": 9, "taken": 1}))

    assert answer["unchanged"] == 1
    assert await taken(activities) == 6


async def test_so_many_seats_may_be_taken_that_one_more_can_still_be_counted(activities: UnderTest) -> None:
    answer = await imported(
        activities,
        an_activity(1, seats={"maximum": None, "taken": MOST_SEATS}),
        an_activity(2, seats={"maximum": None, "taken": MOST_SEATS + 1}),
        an_activity(3, seats={"maximum": MOST_SEATS + 1, "taken": 0}),
    )
    await activities.deliver(chosen())

    assert [(line["line"], line["path"]) for line in answer["lines"]] == [(2, "seats.taken"), (3, "seats.maximum")]
    assert await activities.names() == ["ActivityPublished", "SeatReserved"]
    assert await taken(activities) == MOST_SEATS + 1


async def test_fewer_seats_than_taken_are_kept_and_reported(activities: UnderTest) -> None:
    await imported(activities, an_activity(seats={"maximum": 9, "taken": 5}))

    answer = await imported(activities, an_activity(seats={"maximum": 3, "taken": 0}))

    assert (answer["changed"], answer["warnings"], answer["lines"][0]["path"]) == (1, 1, "seats.maximum")
    assert await activities.rows("select maximum, taken from seats") == [{"maximum": 3, "taken": 5}]


async def test_a_verification_is_never_moved_back_nor_past_today(activities: UnderTest) -> None:
    await imported(activities, an_activity(verified_on="2025-03-01"))

    back = await imported(activities, an_activity(verified_on="2025-02-01", name="Tur"))
    ahead = await imported(activities, an_activity(verified_on="2025-03-13", name="Tur"))
    silent = await imported(activities, an_activity(verified_on=None, name="Tur"))
    later = await imported(activities, an_activity(verified_on="2025-03-12", name="Tur"))
    new = await imported(activities, an_activity(2, verified_on="2025-03-13"))

    assert [answer["warnings"] for answer in (back, ahead, silent, later, new)] == [1, 1, 0, 0, 1]
    assert [answer["changed"] for answer in (back, ahead, silent, later)] == [1, 0, 0, 1]
    days = [str(told.event.verified_on) for told in await activities.announced()]
    assert days == ["2025-03-01", "2025-03-01", "2025-03-12", "None"]


async def test_another_municipalitys_activity_is_not_taken_over(activities: UnderTest) -> None:
    harstads = [(1, lines_of(an_activity(municipality="NO-5503")))]
    await Import(activities.service.transaction, lambda *_: None).activities(harstads)

    answer = await imported(activities, an_activity())

    assert (answer["refused"], answer["lines"][0]["path"]) == (1, "municipality")


async def test_a_long_import_goes_in_bounded_transactions(activities: UnderTest) -> None:
    document = an_activity()

    def lines() -> Iterator[tuple[int, bytes]]:
        for n in range(1, 1203):
            yield n, json.dumps(document | {"activity_id": number(n)}).encode()

    summary = await Import(activities.service.transaction, lambda *_: None).activities(lines())

    rows = await activities.rows("select count(*) as many from activity group by changed order by 1")
    sizes = [row["many"] for row in rows]
    assert (summary.created, sizes) == (1202, [202, 500, 500])


async def test_contact_functions_are_imported_by_the_same_rules(activities: UnderTest) -> None:
    first = await imported(activities, CONTACT, CONTACT | {"contact_id": number(71), "email": None}, what="contacts")
    again = await imported(activities, CONTACT, what="contacts")
    other = await imported(activities, CONTACT | {"name": "Sentralen"}, what="contacts")

    assert (first["created"], first["refused"], first["lines"][0]["path"]) == (1, 1, "phone")
    assert (again["unchanged"], other["changed"]) == (1, 1)
    assert await activities.names() == ["ContactFunctionChanged"] * 2


async def test_only_a_coordinator_imports(activities: UnderTest) -> None:
    async with activities.client("organiser", organiser="o") as organiser:
        answer = await organiser.post("/activities/imports/activities", content=b"", headers=NDJSON)

    assert answer.status_code == 403


async def test_the_whole_state_is_announced_again(activities: UnderTest) -> None:
    await imported(activities, an_activity(1), an_activity(2))
    await imported(activities, CONTACT, CONTACT | {"contact_id": number(71)}, what="contacts")
    async with activities.client(**TROMSO) as coordinator:
        await coordinator.delete(f"/activities/activities/{WALK}")
        await coordinator.delete(f"/activities/contacts/{number(70)}")
    before = len(await activities.names())

    count = await announce_state(activities.service.transaction)

    names = (await activities.names())[before:]
    assert count == 4
    assert names == ["ActivityWithdrawn", "ActivityPublished", "ContactFunctionChanged", "ContactFunctionChanged"]
    assert [told.event is None for told in (await activities.announced())[before:]] == [False, False, True, False]
    assert (await activities.announced())[before].sequence == f"000001{3:014d}"
