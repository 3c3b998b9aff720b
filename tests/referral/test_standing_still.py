from datetime import timedelta

from sqlalchemy import text

from schemas.referral import ActivityChosen, ReferralReceived
from services.referral.announcing import announce_state
from services.runtime.migrations import differences
from tests.referral.stories import STATUS, ask, notified, proposed, withdraw
from tests.support.service_testing import UnderTest

LONG = timedelta(minutes=11)


async def sent(referral: UnderTest, *, but: str = "") -> None:
    """Let the relay have sent everything, but for what goes to a topic that is missing: nothing else is on its way."""
    async with referral.service.transaction() as tx:
        await tx.connection.execute(text("update outbox set sent_at = now() where topic <> :but"), {"but": but})


async def test_a_referral_that_nobody_matched_is_announced_again(referral: UnderTest) -> None:
    await ask(referral, 1)
    await ask(referral, 2, study_arm="control")
    await sent(referral)
    assert await referral.sweep() == 0
    referral.clock.now += LONG
    assert await referral.sweep() == 1
    assert [told.key for told in await referral.announced(ReferralReceived)] == [
        "00000000-0000-0000-0000-000000000001"
    ] * 2


async def test_a_choice_that_got_no_answer_is_announced_again_under_the_same_number(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11))
    await sent(referral)
    referral.clock.now += LONG
    assert await referral.sweep() == 1
    assert [told.event.choice for told in await referral.announced(ActivityChosen)] == [1, 1]


async def test_what_its_centre_cannot_be_told_for_want_of_a_topic_hides_no_referral_that_stands_still(
    referral: UnderTest,
) -> None:
    await ask(referral, 1)
    await ask(referral, 2, policy="best_match")
    await referral.deliver(proposed(11, n=2))
    await sent(referral, but=STATUS)
    referral.clock.now += LONG
    assert await referral.sweep() == 2
    assert sorted((await referral.names())[-2:]) == ["ActivityChosen", "ReferralReceived"]
    assert await referral.sweep() == 0


async def test_the_present_state_is_announced_for_readers_that_start_anew(referral: UnderTest) -> None:
    for n, policy in ((1, "coach_chooses"), (2, "best_match"), (3, "best_match"), (4, "best_match")):
        await ask(referral, n, policy=policy)
    await ask(referral, 5, study_arm="control")
    await referral.deliver(proposed(11, n=2), notified(1, 11, n=2), proposed(11, n=3))
    await withdraw(referral, 4)
    before = len(await referral.announced())
    assert await announce_state(referral.service.transaction) == 3
    assert [told.name for told in (await referral.announced())[before:]] == [
        "ReferralReceived",
        "ActivityChosen",
        "ActivityChosen",
    ]


async def test_the_migrations_make_the_tables_that_the_code_reads(referral: UnderTest) -> None:
    url = referral.service.settings.database_url.get_secret_value()
    assert await differences(url, "referral") == []
    assert await referral.rows("select number from epoch") == [{"number": 1}]
