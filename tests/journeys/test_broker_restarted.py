"""The broker starts anew, empty, in the middle of a story: the story goes on, and nobody is told twice."""

import asyncio
import signal

from tests.journeys.people import Centre, Town, what_happened
from tests.journeys.world import World
from tests.runtime.conftest import strike


async def test_a_story_goes_on_to_its_end_over_restarts_of_the_broker(world: World, centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    request = centre.request(town)
    referral_id = request["referral_id"]
    await centre.send(request)
    await centre.told(referral_id, last="proposed")

    await asyncio.gather(world.machine.restart_broker(), centre.choose(referral_id, walk))
    notice = await walk.notice()
    await asyncio.gather(world.machine.restart_broker(), notice.accept())
    await centre.becomes(referral_id, "accepted")
    await notice.answer(visit="attended")
    await centre.becomes(referral_id, "attending")
    await centre.close(referral_id, "taking_part")

    # An event may reach the new broker before those that the old one had: their numbers tell the order.
    assert [state for state, _ in await centre.told(referral_id, last="closed")] == [
        *("received", "proposed", "chosen", "invited", "accepted", "attending", "closed")
    ]
    assert [state for _, state in what_happened(await centre.becomes(referral_id, "closed"))] == [
        *("received", "proposed", "chosen", "invited", "accepted", "attending", "closed")
    ]
    assert await walk.taken() == 1
    assert len(walk.mails()) == 1
    message_ids = [mail.message_id for mail in world.machine.catcher.messages]
    assert len(message_ids) == len(set(message_ids))


async def test_a_broker_that_dies_is_started_again_by_itself(world: World, centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    request = centre.request(town)
    await centre.send(request)
    await centre.told(request["referral_id"], last="proposed")

    assert world.machine.tansu
    strike(world.machine.tansu, signal.SIGKILL)
    await centre.choose(request["referral_id"], walk)
    await (await walk.notice()).accept()

    assert [state for state, _ in await centre.told(request["referral_id"], last="accepted")] == [
        *("received", "proposed", "chosen", "invited", "accepted")
    ]
