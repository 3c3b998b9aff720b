"""A centre erases a referral: everybody forgets it, and the seat is somebody else's."""

from tests.journeys.people import FIRST_NAME, Centre, Town, shared_with_services
from tests.journeys.world import World


async def test_an_erased_referral_is_forgotten_by_everybody(world: World, centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk)
    notice = await walk.notice()
    accepted = await notice.accept()
    await centre.becomes(referral_id, "accepted")

    await centre.call("DELETE", f"/referral/referrals/{referral_id}", role="centre", expect=204)

    await centre.call("GET", f"/referral/referrals/{referral_id}", expect=404)
    await walk.is_free()
    await notice.becomes("This is no longer needed.")
    assert FIRST_NAME not in await notice.answer(accepted, to="/shared")
    assert await shared_with_services(world, referral_id) == 404
    other = await centre.refer(town)
    await centre.choose(other, walk)
    await centre.becomes(other, "invited")
