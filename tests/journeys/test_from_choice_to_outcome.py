"""A coach records a choice, the contact function welcomes the participant, and an outcome closes the loop."""

from tests.journeys.people import FIRST_NAME, PHONE, Centre, Town, shared_with_services, what_happened
from tests.journeys.world import World


async def test_a_chosen_activity_welcomes_the_participant_and_the_outcome_closes_the_loop(
    world: World, centre: Centre, town: Town
) -> None:
    walk, cafe = await town.opens("Walk"), await town.opens("Cafe", km=5)
    referral_id = await centre.refer(town)
    assert await centre.proposals(referral_id) == [walk.id, cafe.id]
    await centre.choose(referral_id, walk, cafe)

    notice = await walk.notice()
    page = await notice.open()
    assert "Can you welcome them?" in page
    assert FIRST_NAME not in notice.mail.text + page
    assert await walk.taken() == 1
    accepted = await notice.accept()
    assert FIRST_NAME not in accepted
    shared = await notice.answer(accepted, to="/shared")
    assert FIRST_NAME in shared
    assert PHONE in shared
    assert "You have answered that the person came." in await notice.answer(accepted, visit="attended")
    await centre.becomes(referral_id, "attending", "coach")
    await centre.close(referral_id, "taking_part")

    closed = await centre.becomes(referral_id, "closed")
    assert closed["outcome"] == "taking_part"
    assert what_happened(closed) == [
        ("referral.requested", "received"),
        ("activities.proposed", "proposed"),
        ("activity.chosen", "chosen"),
        ("contact.notified", "invited"),
        ("invitation.accepted", "accepted"),
        ("visit.recorded", "attending"),
        ("referral.closed", "closed"),
    ]
    assert [line["who"] for line in closed["history"]] == [
        *("centre", "activities", "coach", "coordinator", "coordinator", "coordinator", "coach")
    ]
    assert await centre.told(referral_id, last="closed") == [
        ("received", "nobody"),
        ("proposed", "participant"),
        ("chosen", "nobody"),
        ("invited", "contact_function"),
        ("accepted", "participant"),
        ("attending", "coach"),
        ("closed", "nobody"),
    ]
    assert await shared_with_services(world, referral_id) == 410
    assert "nothing to show" in await notice.answer(accepted, to="/shared")
    assert await walk.taken() == 1
    assert len(walk.mails()) == 1
    assert cafe.mails() == []


async def test_a_participant_referred_over_kafka_is_reached_by_what_the_coach_tells_later(
    centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk")
    request = centre.request(town)
    referral_id = request["referral_id"]
    await centre.send(request)
    await centre.told(referral_id, last="proposed")
    await centre.choose(referral_id, walk)
    notice = await walk.notice()
    accepted = await notice.accept()
    assert "nothing to show" in await notice.answer(accepted, to="/shared")

    contact = {"first_name": FIRST_NAME, "phone": None, "email": "torvvarda@mote.example"}
    await centre.call("PUT", f"/referral/referrals/{referral_id}/contact", contact)

    shared = await notice.answer(accepted, to="/shared")
    assert FIRST_NAME in shared
    assert "torvvarda@mote.example" not in shared


async def test_a_participant_who_tried_and_left_gives_the_seat_to_the_next(centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    first, second = await centre.refer(town), await centre.refer(town)
    await centre.choose(first, walk)
    notice = await walk.notice()
    await notice.answer(await notice.accept(), visit="no_show")
    await notice.answer(visit="attended")
    await centre.becomes(first, "attending")

    await centre.close(first, "tried_and_left")
    await walk.is_free()
    await centre.choose(second, walk)

    await (await walk.notice(2)).accept()
    await centre.becomes(second, "accepted", "participant")
