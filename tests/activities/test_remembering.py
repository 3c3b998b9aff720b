"""What a restored activities service takes up again of what it had announced."""

import json

from schemas.activities import (
    ActivityPublished,
    ActivityWithdrawn,
    ContactFunctionChanged,
    SeatAwaited,
    SeatRefused,
    SeatReleased,
    SeatReserved,
)
from schemas.event import Event
from services.activities.remembering import steps
from services.runtime.restoring import begin_epoch
from tests.activities.hearing import WALK, chosen, id_of, know, taken
from tests.support.builders import an_activity
from tests.support.service_testing import Landed, UnderTest, a_record, an_own

ONE_SEAT = an_activity(1, seats={"maximum": 2, "taken": 1})
OF_OLD_SEATS = "document"
"""The column that holds, beside all else of an activity, how many seats were taken when it was written."""
CONTACT = ContactFunctionChanged(
    contact_id=id_of(7), municipality="NO-5501", name="Turgruppa", email="tur@mote.example", language="nb"
)


def reserved(n: int, choice: int = 1) -> SeatReserved:
    return SeatReserved(
        referral_id=id_of(n),
        choice=choice,
        activity_id=WALK,
        contact_id=None,
        municipality="NO-5501",
        activity_name="Tur i Folkeparken",
        organiser_name="Tromsø kommune",
        mode="place",
    )


def published(**changes: object) -> ActivityPublished:
    return ActivityPublished.model_validate_json(json.dumps(an_activity(1, **changes)))


async def test_who_was_given_the_last_seat_has_it_whoever_is_heard_first(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)

    await activities.take_up(steps(), an_own(reserved(101), 1))
    await activities.deliver(chosen(n=102))
    await activities.deliver(chosen(n=101))

    told = [(each.name, each.key) for each in await activities.announced()]
    assert told == [("SeatRefused", str(id_of(102))), ("SeatReserved", str(id_of(101)))]
    assert await taken(activities) == 2


async def test_a_seat_that_was_given_up_is_given_to_whoever_got_it_then(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)
    await activities.deliver(chosen(n=101))
    gone = SeatReleased(referral_id=id_of(101), choice=1, activity_id=WALK, reason="declined")

    await activities.take_up(steps(), an_own(reserved(102), 1), an_own(gone, 2))
    await activities.deliver(chosen(n=103))

    held = await activities.rows("select referral_id from referral where held_choice is not null")
    assert [row["referral_id"] for row in held] == [id_of(102)]
    assert (await activities.names())[-1] == "SeatRefused"


async def test_a_promised_seat_is_kept_where_it_is_full_by_now(activities: UnderTest) -> None:
    await know(activities, an_activity(1, seats={"maximum": 2, "taken": 2}))

    await activities.take_up(steps(), an_own(reserved(101), 1))

    assert await taken(activities) == 3


async def test_what_is_known_already_changes_nothing(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)
    await activities.deliver(chosen(n=101))

    for _ in range(2):
        await activities.take_up(steps(), an_own(reserved(101), 1))

    assert await taken(activities) == 2


async def test_a_refused_choice_is_refused_for_the_same_reason_when_it_is_heard_again(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)
    refused = SeatRefused(referral_id=id_of(101), choice=1, activity_id=WALK, reason="full")

    await activities.take_up(steps(), an_own(refused, 1))
    await activities.deliver(chosen(n=101))

    [told] = await activities.announced()
    assert told.event == refused


async def test_who_stood_in_line_stands_there_until_the_seat_that_they_got(activities: UnderTest) -> None:
    await know(activities, an_activity(1, seats={"maximum": 2, "taken": 2}))
    waiting = [
        an_own(SeatAwaited(referral_id=id_of(n), choice=1, activity_id=WALK, place=n - 100), 1) for n in (101, 102)
    ]

    await activities.take_up(steps(), *waiting, an_own(reserved(101), 2))

    [row] = await activities.rows("select taken, line from seats")
    assert row == {"taken": 3, "line": f"{id_of(102)}:1"}


async def test_the_catalogue_is_as_it_was_announced_and_is_not_announced_again(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)
    older, newest = published(name="Gammelt navn"), published(name="Nytt navn")

    await activities.take_up(steps(), an_own(newest, 3), an_own(older, 2), an_own(CONTACT, 1))

    [row] = await activities.rows("select name from activity")
    assert row["name"] == "Nytt navn"
    assert len(await activities.rows("select from contact_function where document is not null")) == 1
    assert await activities.names() == []


async def test_what_was_announced_before_the_backup_does_not_bring_it_back(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)

    await activities.take_up(steps(), an_own(published(name="Gammelt navn"), 1))

    [row] = await activities.rows("select name from activity")
    assert row["name"] == ONE_SEAT["name"]


async def test_of_two_lives_after_the_backup_both_count_and_the_later_one_last(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)
    earlier = an_own(published(name="Tur i Folkeparken 1"), 3), an_own(CONTACT, 1)
    later = an_own(published(name="Tur i Folkeparken 2"), 2, epoch=2)

    await activities.take_up(steps(), later, *earlier, epoch=3)

    [row] = await activities.rows("select name from activity")
    assert row["name"] == "Tur i Folkeparken 2"
    assert len(await activities.rows("select from contact_function where document is not null")) == 1


async def test_what_was_taken_up_before_the_backup_does_not_come_back(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)
    await begin_epoch(activities.service.engine, 2)

    await activities.take_up(steps(), an_own(published(name="Gammelt navn"), 9), epoch=3)

    [row] = await activities.rows("select name from activity")
    assert row["name"] == ONE_SEAT["name"]


async def test_taken_up_again_after_it_was_cut_off_it_changes_nothing(activities: UnderTest) -> None:
    await know(activities, an_activity(1, seats={"maximum": 2, "taken": 1}), an_activity(2))
    gone = SeatReleased(referral_id=id_of(101), choice=1, activity_id=WALK, reason="declined")
    refused = SeatRefused(referral_id=id_of(103), choice=1, activity_id=WALK, reason="full")
    awaited = [SeatAwaited(referral_id=id_of(n), choice=1, activity_id=WALK, place=1) for n in (102, 104)]
    events: list[Event] = [published(name="Nytt navn"), CONTACT, reserved(101), *awaited, refused, gone, reserved(102)]
    events += [reserved(101, choice=2), ActivityWithdrawn(activity_id=id_of(2))]
    records = [an_own(event, number) for number, event in enumerate(events, start=2)]
    await activities.take_up(steps(), *records)
    before = await activities.everything(OF_OLD_SEATS)

    await activities.take_up(steps(), *records)

    assert await activities.everything(OF_OLD_SEATS) == before
    assert await taken(activities) == 3


async def test_an_activity_and_a_contact_function_that_were_removed_are(activities: UnderTest) -> None:
    await know(activities, ONE_SEAT)
    gone = a_record(CONTACT, headers={"ce_sequence": f"{1:06d}{2:014d}"})
    removed = Landed(gone.topic, gone.key, None, gone.headers)

    await activities.take_up(steps(), an_own(ActivityWithdrawn(activity_id=WALK), 2), an_own(CONTACT, 1), removed)

    assert (await activities.rows("select status from activity"))[0]["status"] == "withdrawn"
    assert await activities.rows("select from contact_function where document is not null") == []
