from datetime import timedelta
from uuid import UUID

import pytest

from schemas.activities import NoActivityFound
from schemas.needs import TRIED_FOR
from schemas.referral import ReferralReceived
from tests.referral.stories import ask, call, centre_sees, choose, proposed, state_of, withdraw
from tests.referral.test_pages import a_coach
from tests.support.builders import a_consent, number
from tests.support.service_testing import UnderTest

ONE = number(1)
NOTHING = NoActivityFound(referral_id=UUID(ONE), reason="no_activity")


async def test_what_is_found_later_is_proposed_to_the_participant(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(NOTHING)
    await referral.let_pass(timedelta(days=40))

    await referral.deliver(proposed(11))

    assert await state_of(referral) == ("proposed", "participant", None)
    shown = await call(referral, "GET", f"referrals/{ONE}")
    assert [proposal["name"] for proposal in shown["proposals"]] == ["Tur 11"]
    await choose(referral, 11)


async def test_after_ninety_days_it_is_on_the_coachs_list(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(NOTHING)

    await referral.let_pass(TRIED_FOR - timedelta(seconds=1))
    assert await state_of(referral) == ("unmatched", "coordinator", "no_activity")
    await referral.let_pass(timedelta(seconds=1))

    assert await state_of(referral) == ("unmatched", "coach", "no_activity")
    assert (await centre_sees(referral))[-1] == ("unmatched", "coach")
    listed = await call(referral, "GET", "referrals?waiting_on=coach")
    assert [line["referral_id"] for line in listed["items"]] == [ONE]
    async with a_coach(referral) as coach:
        assert "nothing more is looked for by itself" in (await coach.get(f"/referral/{ONE}")).text


async def test_what_was_helped_or_ended_meanwhile_is_not_said_to_be_unmatched(referral: UnderTest) -> None:
    for n in (1, 2):
        await ask(referral, n)
        await referral.deliver(NoActivityFound(referral_id=UUID(number(n)), reason="no_activity"))
    await referral.deliver(proposed(11))
    await withdraw(referral, 2)

    await referral.let_pass(TRIED_FOR)

    assert (await state_of(referral, 1))[0] == "proposed"
    assert await state_of(referral, 2) == ("withdrawn", "nobody", "participant")


async def test_proposals_that_a_withdrawal_overtook_change_nothing(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(NOTHING)
    await withdraw(referral)

    await referral.deliver(proposed(11))

    assert await state_of(referral) == ("withdrawn", "nobody", "participant")


@pytest.mark.parametrize("heard", [(NOTHING,), ()], ids=["unmatched", "received"])
async def test_who_tries_again_hears_that_a_consent_was_renewed(
    referral: UnderTest, heard: tuple[NoActivityFound, ...]
) -> None:
    await ask(referral, consent=a_consent(expires_on="2025-03-20"))
    await referral.deliver(*heard)

    await call(referral, "PUT", f"referrals/{ONE}/consent", a_consent(expires_on="2025-06-30"))

    told = [str(each.event.consent_until) for each in await referral.announced(ReferralReceived)]
    assert told == ["2025-03-20", "2025-06-30"]
    await referral.deliver(NOTHING)
    assert await state_of(referral) == ("unmatched", "coordinator", "no_activity")
