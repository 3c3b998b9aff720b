"""A participant withdraws, at each stage: nobody is shown anything afterwards, and the seat is somebody else's."""

import pytest

from tests.journeys.people import FIRST_NAME, Activity, Centre, Town, shared_with_services, what_happened
from tests.journeys.world import World
from tests.support.waiting import until


async def somebody_else_comes(centre: Centre, town: Town, activity: Activity, notices: int) -> None:
    """Have somebody else get the seat; how many notices the contact function has then."""
    await activity.is_free()
    other = await centre.refer(town)
    await centre.choose(other, activity)
    await centre.becomes(other, "invited")
    assert len(activity.mails()) == notices


async def nobody_is_shown_anything(world: World, referral_id: str) -> None:
    assert await shared_with_services(world, referral_id) == 410


async def test_a_request_and_its_withdrawal_sent_together_end_withdrawn(
    world: World, centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk")
    request = centre.request(town, policy="best_match")
    referral_id = request["referral_id"]

    await centre.send(centre.withdrawal(referral_id), request)

    assert (await centre.told(referral_id, last="withdrawn")) == [("withdrawn", "nobody")]
    await nobody_is_shown_anything(world, referral_id)
    await somebody_else_comes(centre, town, walk, notices=1)
    assert referral_id not in await world.announced()


async def test_who_withdraws_before_there_are_proposals_is_never_invited(
    world: World, centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk")
    request = centre.request(town, policy="best_match")
    referral_id = request["referral_id"]

    async with world.busy("activities", referral_id):
        await centre.refer(town, **request)
        await centre.becomes(referral_id, "received", "nobody")
        await centre.withdraw(referral_id)

    assert await centre.told(referral_id, last="withdrawn") == [("received", "nobody"), ("withdrawn", "nobody")]
    await nobody_is_shown_anything(world, referral_id)
    await somebody_else_comes(centre, town, walk, notices=1)
    assert (await centre.becomes(referral_id, "withdrawn"))["proposals"] == []


async def test_who_withdraws_after_the_choice_causes_no_notice(world: World, centre: Centre, town: Town) -> None:
    walk, cafe = await town.opens("Walk"), await town.opens("Cafe", km=5)
    referral_id = await centre.refer(town)

    async with world.busy("coordinator", referral_id):
        await centre.choose(referral_id, walk, cafe)
        await walk.is_taken()
        await centre.withdraw(referral_id)

    await nobody_is_shown_anything(world, referral_id)
    await somebody_else_comes(centre, town, walk, notices=1)
    assert cafe.mails() == []


@pytest.mark.parametrize("answered", [False, True], ids=["after the notice", "after the acceptance"])
async def test_who_withdraws_later_is_shown_to_nobody_and_does_not_come(
    world: World, centre: Centre, town: Town, *, answered: bool
) -> None:
    walk, cafe = await town.opens("Walk"), await town.opens("Cafe", km=5)
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk, cafe)
    notice = await walk.notice()
    before = await notice.accept() if answered else await notice.open()
    await centre.becomes(referral_id, "accepted" if answered else "invited")

    await centre.withdraw(referral_id)

    await nobody_is_shown_anything(world, referral_id)
    await somebody_else_comes(centre, town, walk, notices=2)
    await notice.becomes("This is no longer needed.")
    later = {"visit": "attended"} if answered else {"answer": "accept"}
    assert "This is no longer needed." in await notice.answer(before, **later)
    if answered:
        assert FIRST_NAME not in await notice.answer(before, to="/shared")
    withdrawn = await centre.becomes(referral_id, "withdrawn")
    assert withdrawn["history"][-1]["what"] == "referral.withdrawal_requested"
    assert cafe.mails() == []


async def test_an_acceptance_heard_after_the_withdrawal_only_stands_in_the_history(
    world: World, centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk")
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk)
    notice = await walk.notice()
    await centre.becomes(referral_id, "invited")

    async with world.busy("referral", referral_id):
        accepted = await notice.accept()
        await centre.withdraw(referral_id)
        assert FIRST_NAME not in await notice.answer(accepted, to="/shared")

    await somebody_else_comes(centre, town, walk, notices=2)
    await nobody_is_shown_anything(world, referral_id)

    async def acceptance_is_heard() -> bool:
        withdrawn = await centre.becomes(referral_id, "withdrawn")
        return what_happened(withdrawn)[-2:] == [
            ("referral.withdrawal_requested", "withdrawn"),
            ("invitation.accepted", "withdrawn"),
        ]

    assert await until(acceptance_is_heard)
    assert (await centre.told(referral_id, last="withdrawn"))[-2:] == [
        ("invited", "contact_function"),
        ("withdrawn", "nobody"),
    ]
