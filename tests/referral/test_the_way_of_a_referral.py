from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from schemas.activities import NoActivityFound
from schemas.coordinator import ContactUnreachable
from schemas.referral import ActivityChosen, ReferralReceived, ReferralStatusChanged
from tests.referral.stories import (
    STATUS,
    about,
    accepted,
    ask,
    centre_sees,
    choose,
    close,
    declined,
    expired,
    notified,
    proposed,
    refused,
    state_of,
    visited,
)
from tests.support.builders import a_consent, number
from tests.support.service_testing import UnderTest


async def test_best_match_goes_from_request_to_notice_with_two_events_a_step(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    assert await referral.names() == ["ReferralReceived", "ReferralStatusChanged"]
    await referral.deliver(proposed(11, 12))
    assert (await referral.names())[2:] == ["ActivityChosen", "ReferralStatusChanged"]
    await referral.deliver(notified(1, 11))
    assert (await referral.names())[4:] == ["ReferralStatusChanged"]
    assert await centre_sees(referral) == [
        ("received", "nobody"),
        ("chosen", "nobody"),
        ("invited", "contact_function"),
    ]


async def test_a_referral_goes_from_proposals_to_an_outcome(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12))
    await choose(referral, 12)
    await referral.deliver(notified(1, 12), accepted(1, 12), visited(1, 12), visited(1, 12))
    await close(referral, "taking_part")
    assert await centre_sees(referral) == [
        ("received", "nobody"),
        ("proposed", "participant"),
        ("chosen", "nobody"),
        ("invited", "contact_function"),
        ("accepted", "participant"),
        ("attending", "coach"),
        ("closed", "nobody"),
    ]
    assert (await referral.names())[-2:] == ["ReferralClosed", "ReferralStatusChanged"]


async def test_a_centre_is_told_on_its_own_topic_and_every_key_has_gapless_numbers(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11))
    await choose(referral, 11)
    announced = await referral.announced()
    assert {told.topic for told in announced if told.name == "ReferralStatusChanged"} == {STATUS}
    assert [told.sequence for told in announced] == [f"000001{n:014d}" for n in range(1, len(announced) + 1)]


async def test_what_the_participant_wants_next_gets_its_chance_at_once(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12, 13))
    await choose(referral, 13, then=[11, 12])
    await referral.deliver(refused(1, 13))
    await referral.deliver(notified(2, 11), declined(2, 11))
    await referral.deliver(notified(3, 12), expired(3, 12))
    chosen = [told.event for told in await referral.announced(ActivityChosen)]
    assert [(event.choice, event.activity_id) for event in chosen] == [
        (1, UUID(number(13))),
        (2, UUID(number(11))),
        (3, UUID(number(12))),
    ]
    last = (await referral.announced(ReferralStatusChanged))[-1].event
    assert (last.state, last.waiting_on, last.activity_id, last.reason) == ("proposed", "coach", None, "no_response")


async def test_without_a_next_wish_the_coach_is_told_why(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(proposed(11, 12))
    await choose(referral, 11)
    await referral.deliver(declined(1, 11))
    assert await state_of(referral) == ("proposed", "coach", "not_suitable")
    await choose(referral, 12)
    assert (await referral.announced(ActivityChosen))[-1].event.choice == 2


async def test_best_match_goes_down_the_proposals_once(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11, 12))
    await referral.deliver(refused(1, 11), refused(2, 12))
    assert await state_of(referral) == ("proposed", "coach", "full")
    await referral.deliver(proposed(11, 12))
    assert await state_of(referral) == ("proposed", "coach", "full")
    await referral.deliver(proposed(12, 14))
    assert (await referral.announced(ActivityChosen))[-1].event.activity_id == UUID(number(14))


async def test_when_nothing_fits_the_coordinator_is_waited_on_and_later_proposals_count(referral: UnderTest) -> None:
    await ask(referral)
    await referral.deliver(NoActivityFound(referral_id=UUID(number(1)), reason="no_activity"))
    assert await state_of(referral) == ("unmatched", "coordinator", "no_activity")
    await referral.deliver(proposed(11))
    assert await state_of(referral) == ("proposed", "participant", None)


async def test_every_event_delivered_again_changes_nothing(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    story = [proposed(11, 12), notified(1, 11), declined(1, 11), notified(2, 12), accepted(2, 12)]
    for event in story:
        await referral.deliver(event)
        before, state = await referral.names(), await state_of(referral)
        await referral.deliver(event)
        await ask(referral, policy="best_match")
        assert (await referral.names(), await state_of(referral)) == (before, state)


async def test_a_decline_before_the_first_visit_counts_and_one_after_it_does_not(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11, 12), notified(1, 11), accepted(1, 11), declined(1, 11))
    assert await state_of(referral) == ("chosen", "nobody", None)
    await referral.deliver(accepted(2, 12), visited(2, 12), declined(2, 12))
    assert (await state_of(referral))[0] == "attending"


async def test_a_visit_that_did_not_happen_moves_nothing_and_stands_in_the_history(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    await referral.deliver(proposed(11), accepted(1, 11), visited(1, 11, "no_show"))
    assert (await state_of(referral))[0] == "accepted"
    rows = await referral.rows("select what, reason from history order by number desc limit 1")
    assert rows == [{"what": "visit.recorded", "reason": "no_show"}]


async def test_an_unreachable_contact_stands_in_the_history_until_the_invitation_expires(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    unreachable = ContactUnreachable(**about(1, 11), contact_id=None, reason="refused")
    await referral.deliver(proposed(11), notified(1, 11), unreachable)
    assert (await state_of(referral))[0] == "invited"
    await referral.deliver(expired(1, 11))
    assert await state_of(referral) == ("proposed", "coach", "no_response")


@pytest.mark.parametrize(
    ("changes", "waits_on"),
    [
        ({"study_arm": "control"}, "study"),
        ({"consent": None}, "consent"),
        ({"consent": a_consent(expires_on="2025-03-11")}, "consent"),
        ({"participant": {"pseudonym": "p-1", "age": 67, "protected_identity": True}}, "coach"),
    ],
)
async def test_a_referral_that_must_wait_is_told_to_its_own_centre_only(
    referral: UnderTest, changes: dict[str, Any], waits_on: str
) -> None:
    await ask(referral, **changes)
    assert [told.topic for told in await referral.announced()] == [STATUS]
    assert await state_of(referral) == ("received", waits_on, None)
    await referral.deliver(proposed(11))
    await close(referral, "no_longer_possible")
    assert {told.topic for told in await referral.announced()} == {STATUS}


async def test_a_consent_that_begins_tomorrow_lets_the_referral_begin_then(referral: UnderTest) -> None:
    await ask(referral, consent=a_consent(given_on="2025-03-13"))
    await referral.let_pass(timedelta(hours=10, minutes=59))
    assert await state_of(referral) == ("received", "consent", None)
    await referral.let_pass(timedelta(minutes=1))
    assert await state_of(referral) == ("received", "nobody", None)
    assert len(await referral.announced(ReferralReceived)) == 1


async def test_a_consent_that_is_over_ends_what_is_not_yet_done(referral: UnderTest) -> None:
    await ask(referral, consent=a_consent(expires_on="2025-03-12"), policy="best_match")
    await referral.deliver(proposed(11), notified(1, 11))
    await referral.let_pass(timedelta(hours=10, minutes=59))
    assert (await state_of(referral))[0] == "invited"
    await referral.let_pass(timedelta(minutes=1))
    assert await state_of(referral) == ("withdrawn", "nobody", "consent")
    withdrawn = (await referral.announced())[-2].event
    assert (withdrawn.choice, withdrawn.reason) == (1, "consent")


async def test_who_takes_part_goes_on_taking_part_when_the_consent_is_over(referral: UnderTest) -> None:
    await ask(referral, consent=a_consent(expires_on="2025-03-12"), policy="best_match")
    await referral.deliver(proposed(11), notified(1, 11), accepted(1, 11), visited(1, 11))
    await referral.let_pass(timedelta(days=1))
    assert (await state_of(referral))[0] == "attending"


async def test_who_has_chosen_nothing_for_ten_working_days_is_for_the_coach(referral: UnderTest) -> None:
    await ask(referral, 1)
    await ask(referral, 2)
    await referral.deliver(proposed(11, n=1), proposed(11, n=2))
    await choose(referral, 11, n=2)
    await referral.let_pass(timedelta(days=14))  # from a Wednesday: the tenth working day is under way
    assert (await state_of(referral, 1))[:2] == ("proposed", "participant")
    await referral.let_pass(timedelta(days=1))
    assert (await state_of(referral, 1))[:2] == ("proposed", "coach")
    assert (await state_of(referral, 2))[:2] == ("chosen", "nobody")
    await choose(referral, 11)
    assert (await state_of(referral, 1))[0] == "chosen"


async def test_the_centre_is_told_that_a_participant_has_stopped_coming(referral: UnderTest) -> None:
    await ask(referral, policy="best_match")
    stopped = visited(1, 11, "cancelled").model_copy(update={"stopped": True})
    await referral.deliver(proposed(11), accepted(1, 11), visited(1, 11), stopped, stopped)
    told = [(each.event.state, each.event.reason) for each in await referral.announced(ReferralStatusChanged)]
    assert told[-2:] == [("attending", None), ("attending", "stopped")]
