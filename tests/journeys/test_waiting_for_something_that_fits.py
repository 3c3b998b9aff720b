"""Where nothing fits yet: it is asked about before anything is saved, and what opens later is proposed by itself."""

from tests.journeys.people import Centre, Town, what_happened
from tests.journeys.world import World


async def what_would_fit(world: World, centre: Centre, town: Town) -> str:
    """Return the page that a coach gets who asks for somebody of 67 who would like to walk."""
    filled = {"municipality": town.code, "latitude": "69.65", "longitude": "18.96", "age": "67", "interests": "walking"}
    headers = {"Authorization": f"Bearer {world.machine.issuer.token('coach', centre=centre.id)}"}
    answer = await world.http.post("/referral/what-fits", data=filled, headers=headers)
    assert answer.status_code == 200
    return answer.text


async def test_a_coach_sees_what_would_fit_before_anything_is_saved(world: World, centre: Centre, town: Town) -> None:
    before = await centre.call("GET", "/referral/referrals")
    assert "There are none." in await what_would_fit(world, centre, town)

    await town.opens("Kveldstur")

    shown = await what_would_fit(world, centre, town)
    assert "This would fit" in shown
    assert "Kveldstur" in shown
    assert await centre.call("GET", "/referral/referrals") == before


async def test_what_opens_later_is_proposed_to_whoever_waits(centre: Centre, town: Town) -> None:
    referral_id = await centre.refer(town)
    await centre.becomes(referral_id, "unmatched", "coordinator")

    walk = await town.opens("Walk")

    assert await centre.proposals(referral_id) == [walk.id]
    await centre.choose(referral_id, walk)
    await (await walk.notice()).accept()
    told = await centre.becomes(referral_id, "accepted")
    assert what_happened(told)[:3] == [
        ("referral.requested", "received"),
        ("no_activity.found", "unmatched"),
        ("activities.proposed", "proposed"),
    ]


async def test_a_seat_that_comes_free_is_proposed_to_whoever_waits(centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    first = await centre.refer(town, policy="best_match")
    notice = await walk.notice()
    second = await centre.refer(town)
    await centre.becomes(second, "unmatched")

    await notice.decline("not_suitable")

    assert await centre.proposals(second) == [walk.id]
    await centre.becomes(first, "proposed", "coach")


async def test_after_ninety_days_it_is_the_coachs_to_arrange(world: World, centre: Centre, town: Town) -> None:
    referral_id = await centre.refer(town)
    await centre.becomes(referral_id, "unmatched", "coordinator")

    await world.days_pass(90)

    await centre.becomes(referral_id, "unmatched", "coach")
