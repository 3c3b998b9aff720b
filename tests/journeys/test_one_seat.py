"""Two referrals want the last seat at once: one gets it, the other is given what it wants next."""

import asyncio

from tests.journeys.people import Centre, Town, what_happened


async def test_of_two_who_choose_the_last_seat_one_gets_it_and_the_other_goes_on(centre: Centre, town: Town) -> None:
    walk, cafe = await town.opens("Walk"), await town.opens("Cafe", km=5)
    both = await asyncio.gather(centre.refer(town), centre.refer(town))
    await asyncio.gather(*(centre.proposals(referral_id) for referral_id in both))

    await asyncio.gather(*(centre.choose(referral_id, walk, cafe) for referral_id in both))

    found = await asyncio.gather(*(centre.becomes(referral_id, "invited") for referral_id in both))
    first, second = sorted(found, key=lambda referral: int(referral["choice"]))
    assert (first["choice"], first["activity_id"]) == (1, walk.id)
    assert (second["choice"], second["activity_id"]) == (2, cafe.id)
    assert [(line["what"], line["reason"]) for line in second["history"]][3:5] == [
        ("seat.refused", "full"),
        ("activity.chosen", None),
    ]
    for activity in (walk, cafe):
        assert await activity.taken() == 1
        assert len(activity.mails()) == 1


async def test_who_wants_nothing_else_than_the_seat_that_is_gone_is_for_the_coach_again(
    centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk")
    both = await asyncio.gather(centre.refer(town), centre.refer(town))
    await asyncio.gather(*(centre.proposals(referral_id) for referral_id in both))
    first, second = both
    await centre.choose(first, walk)
    notice = await walk.notice()

    await centre.choose(second, walk)

    refused = await centre.becomes(second, "proposed", "coach")
    assert (refused["reason"], refused["choice"]) == ("full", 1)
    await notice.decline("other")
    await walk.is_free()
    await centre.choose(second, walk)
    await (await walk.notice(2)).accept()
    accepted = await centre.becomes(second, "accepted")
    assert ("seat.refused", "proposed") in what_happened(accepted)
