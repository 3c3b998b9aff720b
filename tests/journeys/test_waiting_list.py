"""What is full can be waited for: a freed seat is that of whoever is next, and nobody overtakes."""

from tests.journeys.people import Activity, Centre, Json, Town, what_happened


async def waits(centre: Centre, town: Town, activity: Activity) -> str:
    """Refer somebody for whom nothing but a full activity would fit, and who waits for it."""
    referral_id = await centre.refer(town)
    await centre.becomes(referral_id, "unmatched")
    await centre.call("POST", f"/referral/referrals/{referral_id}/choice", {"activity_id": activity.id})
    await centre.becomes(referral_id, "waitlisted", "coordinator")
    return referral_id


async def takes_part(centre: Centre, town: Town, activity: Activity) -> str:
    """Refer somebody who gets a seat."""
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, activity)
    await centre.becomes(referral_id, "invited")
    return referral_id


async def test_a_freed_seat_is_that_of_whoever_is_next_in_line(centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    await takes_part(centre, town, walk)
    first, second = await waits(centre, town, walk), await waits(centre, town, walk)

    await (await walk.notice()).decline("not_suitable")

    await centre.becomes(first, "invited")
    assert await walk.taken() == 1
    accepted = await (await walk.notice(2)).accept()
    assert "Torvvarda" not in accepted
    told = await centre.becomes(first, "accepted")
    assert what_happened(told)[1:] == [
        ("no_activity.found", "unmatched"),
        ("activity.chosen", "chosen"),
        ("seat.awaited", "waitlisted"),
        ("seat.offered", "chosen"),
        ("contact.notified", "invited"),
        ("invitation.accepted", "accepted"),
    ]
    assert (await centre.becomes(second, "waitlisted"))["activity_id"] == walk.id
    await centre.withdraw(first)
    await centre.becomes(second, "invited")
    await centre.withdraw(second)
    await walk.is_free()


async def test_who_withdraws_or_loses_consent_while_waiting_is_passed_over(centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    holder = await takes_part(centre, town, walk)
    withdraws, loses_consent, stays = [await waits(centre, town, walk) for _ in range(3)]

    await centre.withdraw(withdraws)
    await centre.call("DELETE", f"/referral/referrals/{loses_consent}/consent")
    await centre.becomes(loses_consent, "withdrawn")
    await centre.withdraw(holder)

    await centre.becomes(stays, "invited")
    assert len(walk.mails()) == 2


async def test_more_seats_and_walk_ins_that_leave_are_seats_of_the_line(centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    await takes_part(centre, town, walk)
    first, second = await waits(centre, town, walk), await waits(centre, town, walk)
    path = f"/activities/activities/{walk.id}"
    before: Json = await town.call("GET", path)

    await town.call("PUT", f"{path}/walk-ins", {"walk_ins": 1})
    await town.call("PUT", path, before | {"seats": {"maximum": 3, "taken": 0}})
    await centre.becomes(first, "invited")
    assert await town.call("PUT", f"{path}/walk-ins", {"walk_ins": 0}) == {"maximum": 3, "taken": 3, "waiting": 0}
    await centre.becomes(second, "invited")


async def test_the_contact_function_counts_who_came_by_themselves_and_whoever_waits_gets_what_that_frees(
    centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk", seats=2)
    await takes_part(centre, town, walk)
    notice = await walk.notice()
    await notice.accept()

    page = await notice.answer(to="/walk-ins", walk_ins="1")
    assert "Saved. 2 of 2 seats are taken by now." in page
    waiting = await waits(centre, town, walk)
    page = await notice.answer(to="/walk-ins", walk_ins="0")

    await centre.becomes(waiting, "invited")
    assert await walk.taken() == 2


async def test_when_an_activity_ends_whoever_waits_for_it_gets_what_they_would_take_next(
    centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk")
    await takes_part(centre, town, walk)
    waiting = await waits(centre, town, walk)

    await town.call("POST", f"/activities/activities/{walk.id}/end")

    told = await centre.becomes(waiting, "proposed", "coach")
    assert told["reason"] == "not_open"
