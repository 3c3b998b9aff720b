"""After a decline or a silence, what is wanted next gets its chance; when none is left, the coach is told why."""

from tests.journeys.people import Centre, Town, what_happened
from tests.journeys.world import World

TIME_TO_ANSWER = 14
"""Days after which an answer comes too late, whatever holidays there were."""


async def test_best_match_goes_down_the_proposals_by_itself_until_none_is_left(
    world: World, centre: Centre, town: Town
) -> None:
    walk, cafe, choir = await town.opens("Walk"), await town.opens("Cafe", km=4), await town.opens("Choir", km=8)
    referral_id = await centre.refer(town, policy="best_match")

    await (await walk.notice()).decline("not_suitable")
    silent = await cafe.notice()
    await walk.is_free()
    assert await cafe.taken() == 1
    await centre.becomes(referral_id, "invited", "contact_function")
    await world.days_pass(TIME_TO_ANSWER)
    await (await choir.notice()).decline("paused")

    told = await centre.becomes(referral_id, "proposed", "coach")
    assert (told["reason"], told["activity_id"]) == ("paused", None)
    for activity in (walk, cafe, choir):
        await activity.is_free()
        assert len(activity.mails()) == 1
    assert "The time to answer is over." in await silent.open()
    assert what_happened(told) == [
        ("referral.requested", "received"),
        ("activities.proposed", "chosen"),
        ("activity.chosen", "chosen"),
        ("contact.notified", "invited"),
        ("invitation.declined", "chosen"),
        ("activity.chosen", "chosen"),
        ("contact.notified", "invited"),
        ("invitation.expired", "chosen"),
        ("activity.chosen", "chosen"),
        ("contact.notified", "invited"),
        ("invitation.declined", "proposed"),
    ]


async def test_only_what_the_participant_chose_gets_its_chance_and_then_the_coach_is_told(
    world: World, centre: Centre, town: Town
) -> None:
    walk, cafe, choir = await town.opens("Walk"), await town.opens("Cafe", km=4), await town.opens("Choir", km=8)
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, cafe, walk)

    await (await cafe.notice()).decline("full")
    await walk.notice()
    await centre.becomes(referral_id, "invited", "contact_function")
    await world.days_pass(TIME_TO_ANSWER)

    told = await centre.becomes(referral_id, "proposed", "coach")
    assert told["reason"] == "no_response"
    assert choir.mails() == []
    await cafe.is_free()
    await walk.is_free()
    await centre.choose(referral_id, choir)
    await (await choir.notice()).accept()
    assert (await centre.becomes(referral_id, "accepted"))["choice"] == 3


async def test_an_answer_after_the_deadline_changes_nothing(world: World, centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    referral_id = await centre.refer(town, policy="best_match")
    notice = await walk.notice()
    opened_in_time = await notice.open()
    await world.days_pass(TIME_TO_ANSWER)
    await centre.becomes(referral_id, "proposed", "coach")

    assert "The time to answer is over." in await notice.answer(opened_in_time, answer="accept")

    await walk.is_free()
    told = await centre.becomes(referral_id, "proposed", "coach")
    assert "invitation.accepted" not in [what for what, _ in what_happened(told)]
