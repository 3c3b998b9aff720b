"""Who would rather wait for a seat than go without, or without this activity."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from schemas.event import Event
from schemas.referral import ActivityChosen, ReferralWithdrawn
from tests.referral.stories import (
    accepted,
    ask,
    awaited,
    centre_sees,
    choose,
    declined,
    expired,
    nothing_found,
    notified,
    offered,
    proposed,
    refused,
    state_of,
    visited,
    withdraw,
)
from tests.support.builders import a_consent
from tests.support.service_testing import UnderTest


async def waits_of(referral: UnderTest) -> list[bool]:
    return [chosen.event.wait for chosen in await referral.announced(ActivityChosen)]


async def waitlisted(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(nothing_found(11, 12))
    await choose(referral, 11)
    await referral.deliver(awaited(1, 11))


async def test_who_chooses_what_is_full_waits_until_a_seat_is_freed(referral: UnderTest) -> None:
    await waitlisted(referral)
    assert await waits_of(referral) == [True]
    await referral.deliver(offered(1, 11), notified(1, 11))
    assert (await centre_sees(referral))[1:] == [
        ("unmatched", "coordinator"),
        ("chosen", "nobody"),
        ("waitlisted", "coordinator"),
        ("chosen", "nobody"),
        ("invited", "contact_function"),
    ]


async def test_one_goes_on_where_it_is_full_but_for_what_was_said_to_be(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12).model_copy(update={"waitable": nothing_found(13).waitable}))
    await choose(referral, 11, then=[13])
    await referral.deliver(refused(1, 11))
    assert await waits_of(referral) == [False, True]


async def test_who_would_rather_wait_does_for_whatever_is_full(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12))
    await choose(referral, 11, then=[12], wait=True)
    assert await waits_of(referral) == [True]
    await referral.deliver(awaited(1, 11))
    await choose(referral, 11, then=[12], wait=True)
    await choose(referral, 12, expect=409)
    await referral.deliver(refused(1, 11))
    assert await waits_of(referral) == [True, True]


async def test_what_was_neither_proposed_nor_full_cannot_be_waited_for(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(nothing_found(11))
    await choose(referral, 12, expect=422)
    assert (await state_of(referral))[0] == "unmatched"


@pytest.mark.parametrize(
    ("news", "state"),
    [
        (notified(1, 11), "invited"),
        (accepted(1, 11), "accepted"),
        (visited(1, 11), "attending"),
        (declined(1, 11), "proposed"),
        (expired(1, 11), "proposed"),
        (refused(1, 11), "proposed"),
    ],
)
async def test_what_overtakes_the_offer_counts_and_the_offer_then_moves_nothing(
    referral: UnderTest, news: Event, state: str
) -> None:
    await waitlisted(referral)
    await referral.deliver(news)
    assert (await state_of(referral))[0] == state
    await referral.deliver(offered(1, 11), awaited(1, 11))
    assert (await state_of(referral))[0] == state


async def test_who_withdraws_waits_no_more(referral: UnderTest) -> None:
    await waitlisted(referral)
    await withdraw(referral)
    await referral.deliver(offered(1, 11))
    assert (await state_of(referral))[0] == "withdrawn"
    (told,) = await referral.announced(ReferralWithdrawn)
    assert told.event.choice == 1


async def test_whose_consent_runs_out_waits_no_more(referral: UnderTest) -> None:
    await ask(referral, consent=a_consent(expires_on="2025-03-12"))
    await referral.deliver(nothing_found(11))
    await choose(referral, 11)
    await referral.deliver(awaited(1, 11))
    await referral.let_pass(timedelta(days=1))
    assert await state_of(referral) == ("withdrawn", "nobody", "consent")


async def test_what_one_waits_for_is_announced_again_when_it_stands_still(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(nothing_found(11))
    await choose(referral, 11)
    async with referral.service.transaction() as tx:
        await tx.connection.execute(text("update outbox set sent_at = now()"))
    referral.clock.now += timedelta(minutes=11)
    assert await referral.sweep() == 1
    assert await waits_of(referral) == [True, True]
