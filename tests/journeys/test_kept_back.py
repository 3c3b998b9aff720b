"""Control arm, protected identity, no consent in force: nobody hears of them, until consent lets a referral begin."""

from typing import Any

from tests.journeys.people import FIRST_NAME, Activity, Centre, Town, shared_with_services, what_happened
from tests.journeys.world import World


async def nobody_hears(world: World, centre: Centre, town: Town, walk: Activity, *kept_back: str) -> None:
    """Assert that of all who were referred, only somebody who is referred now is heard of."""
    plain = await centre.refer(town, policy="best_match")
    await walk.notice()
    await centre.becomes(plain, "invited")
    assert len(walk.mails()) == 1
    announced = await world.announced()
    assert plain in announced
    assert announced.isdisjoint(kept_back)


async def test_a_control_arm_rests_and_nobody_hears_of_it(world: World, centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    referral_id = await centre.refer(town, study_arm="control", policy="best_match")

    await nobody_hears(world, centre, town, walk, referral_id)

    rests = await centre.becomes(referral_id, "received", "study")
    assert rests["proposals"] == []
    assert await centre.told(referral_id, last="received") == [("received", "study")]
    choice = {"activity_id": walk.id}
    await centre.call("POST", f"/referral/referrals/{referral_id}/choice", choice, expect=409)
    assert await shared_with_services(world, referral_id) == 410


async def test_of_a_protected_identity_only_the_coach_sees_what_would_fit(
    world: World, centre: Centre, town: Town
) -> None:
    walk, cafe = await town.opens("Walk"), await town.opens("Cafe", km=5)
    request: dict[str, Any] = centre.request(town, policy="best_match")
    request["participant"]["protected_identity"] = True
    referral_id = await centre.refer(town, **request)

    shown = await centre.becomes(referral_id, "received", "coach")
    assert [(each["activity_id"], each["name"]) for each in shown["proposals"]] == [
        (walk.id, "Walk"),
        (cafe.id, "Cafe"),
    ]
    assert all(each["reasons"] for each in shown["proposals"])

    await nobody_hears(world, centre, town, walk, referral_id)
    assert cafe.mails() == []
    assert await shared_with_services(world, referral_id) == 410
    await centre.close(referral_id, "taking_part")
    assert [state for state, _ in await centre.told(referral_id, last="closed")] == ["received", "closed"]
    assert referral_id not in await world.announced()


async def test_without_consent_in_force_a_referral_waits_until_it_is_given(
    world: World, centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk", seats=None)
    missing = await centre.refer(town, consent=None)
    ended = await centre.refer(town, consent=centre.consent(-90, -1))
    later = await centre.refer(town, consent=centre.consent(1, 90))
    for referral_id in (missing, ended, later):
        await centre.becomes(referral_id, "received", "consent")
    await nobody_hears(world, centre, town, walk, missing, ended, later)

    await centre.call("PUT", f"/referral/referrals/{missing}/consent", centre.consent(), role="centre")
    await centre.call("PUT", f"/referral/referrals/{ended}/consent", centre.consent())
    await world.days_pass(1)

    for referral_id in (missing, ended, later):
        assert await centre.proposals(referral_id) == [walk.id]
    assert what_happened(await centre.becomes(ended, "proposed")) == [
        ("referral.requested", "received"),
        ("consent.given", "received"),
        ("activities.proposed", "proposed"),
    ]
    assert ("consent.starts", "received") in what_happened(await centre.becomes(later, "proposed"))


async def test_a_consent_that_is_withdrawn_or_ends_stops_everything(world: World, centre: Centre, town: Town) -> None:
    walk, cafe = await town.opens("Walk"), await town.opens("Cafe", km=5)
    withdrawn = await centre.refer(town)
    ends = await centre.refer(town, consent=centre.consent(0, 1))
    await centre.choose(withdrawn, walk)
    await centre.choose(ends, cafe)
    of_withdrawn, of_ends = await walk.notice(), await cafe.notice()
    accepted = await of_withdrawn.accept()
    assert FIRST_NAME in await of_withdrawn.answer(accepted, to="/shared")
    await centre.becomes(withdrawn, "accepted")
    await centre.becomes(ends, "invited")

    await centre.call("DELETE", f"/referral/referrals/{withdrawn}/consent")
    await world.days_pass(2)

    for referral_id, activity, notice in ((withdrawn, walk, of_withdrawn), (ends, cafe, of_ends)):
        assert (await centre.becomes(referral_id, "withdrawn"))["reason"] == "consent"
        assert await shared_with_services(world, referral_id) == 410
        await activity.is_free()
        await notice.becomes("This is no longer needed.")
    assert FIRST_NAME not in await of_withdrawn.answer(accepted, to="/shared")
