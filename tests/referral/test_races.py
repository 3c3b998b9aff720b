from datetime import timedelta
from uuid import UUID

import pytest

from schemas.referral import ReferralRejected, ReferralWithdrawn
from tests.referral.stories import (
    STATUS,
    a_request,
    accepted,
    ask,
    call,
    centre_sees,
    choose,
    close,
    declined,
    expired,
    nothing_found,
    notified,
    proposed,
    refused,
    state_of,
    visited,
    withdraw,
)
from tests.support.builders import a_consent, number
from tests.support.service_testing import UnderTest


@pytest.mark.parametrize("late", [notified(1, 11), accepted(1, 11), declined(1, 11), refused(1, 11), visited(1, 11)])
async def test_what_is_heard_after_a_withdrawal_stands_in_the_history_and_moves_nothing(
    referral: UnderTest, late: object
) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11, 12))
    await withdraw(referral)
    before = await referral.names()
    await referral.deliver(late)  # type: ignore[arg-type]  # an event
    assert await state_of(referral) == ("withdrawn", "nobody", "participant")
    assert await referral.names() == before
    (last,) = await referral.rows("select what, choice from history order by number desc limit 1")
    assert last == {"what": late.event_name, "choice": 1}  # type: ignore[attr-defined]  # an event


async def test_an_event_of_an_older_choice_moves_nothing(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11, 12), notified(1, 11), expired(1, 11))
    await referral.deliver(accepted(1, 11))
    assert await state_of(referral) == ("chosen", "nobody", None)
    await referral.deliver(notified(2, 12), declined(1, 11))
    assert (await state_of(referral))[0] == "invited"


async def test_an_answer_overtakes_the_notice_and_the_notice_does_not_take_it_back(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11), accepted(1, 11), notified(1, 11))
    assert (await state_of(referral))[0] == "accepted"


async def test_proposals_that_come_after_a_withdrawal_are_not_followed(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await withdraw(referral)
    await referral.deliver(proposed(11))
    assert (await state_of(referral))[0] == "withdrawn"
    assert "ActivityChosen" not in await referral.names()


async def test_proposals_that_cross_a_choice_move_nothing_and_are_there_if_it_comes_to_nothing(
    referral: UnderTest,
) -> None:
    await ask(referral)
    await referral.deliver(nothing_found(11))
    await choose(referral, 11)
    await referral.deliver(proposed(12))
    assert await state_of(referral) == ("chosen", "nobody", None)
    assert await referral.rows("select kind from deadline where kind = 'choice_overdue'") == []
    await referral.deliver(refused(1, 11))
    assert await state_of(referral) == ("proposed", "coach", "full")
    shown = await call(referral, "GET", f"referrals/{number(1)}")
    assert [proposal["name"] for proposal in shown["proposals"]] == ["Tur 12"]
    await choose(referral, 12)


async def test_a_withdrawal_names_the_last_choice_and_is_told_once(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11, 12), refused(1, 11))
    await withdraw(referral, reason="coach")
    await withdraw(referral, reason="participant")
    (told,) = await referral.announced(ReferralWithdrawn)
    assert (told.event.choice, told.event.reason) == (2, "coach")


async def test_a_withdrawal_heard_before_its_request_is_kept_for_it(referral: UnderTest) -> None:
    await withdraw(referral)
    (rejected,) = await referral.announced(ReferralRejected)
    assert (rejected.topic, rejected.event.referral_id) == (STATUS, UUID(number(1)))
    await ask(referral)
    assert await centre_sees(referral) == [("withdrawn", "nobody")]
    assert "ReferralReceived" not in await referral.names()


async def test_a_withdrawal_passes_a_parked_request_of_its_key_and_holds_when_that_is_tried_again(
    referral: UnderTest,
) -> None:
    await referral.deliver(a_request(max_distance_km=0))
    await withdraw(referral)
    await ask(referral)
    assert await referral.rows("select state from inbox order by id") == [
        {"state": "parked"},
        {"state": "handled"},
        {"state": "held"},
    ]
    assert len(await referral.rows("select * from early_withdrawal")) == 1


async def test_nobody_withdraws_for_another_centre(referral: UnderTest) -> None:
    await ask(referral)
    await withdraw(referral, centre="her:1001")
    assert (await state_of(referral))[0] == "received"
    (rejected,) = await referral.announced(ReferralRejected)
    assert rejected.topic == "referral-status-v1-her-1001"


@pytest.mark.parametrize("end", ["closed", "withdrawn"])
async def test_entered_in_error_is_recorded_of_what_has_ended_too(referral: UnderTest, end: str) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11), accepted(1, 11), visited(1, 11))
    if end == "closed":
        await close(referral, "taking_part")
    else:
        await withdraw(referral)
    await close(referral, "entered_in_error")
    assert (await state_of(referral))[0] == "entered_in_error"
    closed = (await referral.announced())[-2]
    assert (closed.name, closed.event.choice, closed.event.outcome) == ("ReferralClosed", 1, "entered_in_error")


async def test_a_consent_that_was_over_before_it_was_seen_to_begin_is_told_to_be_over(referral: UnderTest) -> None:
    await ask(referral, consent=a_consent("2025-03-14", "2025-12-31"))
    body = {"given_on": "2025-03-12", "expires_on": "2025-03-13", "share": [], "purpose": ""}
    await call(referral, "PUT", f"referrals/{number(1)}/consent", body)
    await referral.let_pass(timedelta(days=3))
    assert await state_of(referral) == ("withdrawn", "nobody", "consent")
    (last,) = await referral.rows("select what from history order by number desc limit 1")
    assert last == {"what": "consent.ends"}


async def test_a_choice_made_twice_is_one_choice(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12))
    await choose(referral, 11, then=[12])
    await referral.deliver(refused(1, 11))
    before = await referral.names()
    await choose(referral, 11, then=[12])
    assert await referral.names() == before
