from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.activities import ContactFunctionChanged, SeatReleased
from schemas.coordinator import InvitationAccepted
from schemas.event import Event
from schemas.referral import ReferralClosed, ReferralErased, ReferralWithdrawn
from services.coordinator.announcing import announce_state
from tests.coordinator.conftest import ACTIVITY, CONTACT, REFERRAL, Coordinator, a_contact, a_seat
from tests.support.service_testing import a_record

WITHDRAWN = ReferralWithdrawn(referral_id=REFERRAL, choice=1, reason="participant")
ERASED = ReferralErased(referral_id=REFERRAL)


def released(choice: int = 1) -> SeatReleased:
    return SeatReleased(referral_id=REFERRAL, choice=choice, activity_id=ACTIVITY, reason="next_choice")


def closed(outcome: str) -> ReferralClosed:
    return ReferralClosed(referral_id=REFERRAL, choice=1, outcome=outcome)  # type: ignore[arg-type]  # a code


ENDS = [WITHDRAWN, ERASED, released(), closed("could_not"), closed("taking_part")]
NAMES = ["withdrawn", "erased", "released", "closed", "taking part"]


async def test_a_reserved_seat_becomes_an_invitation_with_a_notice_to_send(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_seat())
    state = await coordinator.state()
    assert (state["state"], state["notice_at"]) == ("reserved", coordinator.service.clock())
    assert await coordinator.service.names() == []


async def test_a_seat_heard_of_twice_is_one_invitation(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_seat(), a_seat())
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 0  # no contact function, no coordinator: nobody to tell
    assert await coordinator.service.names() == []
    await coordinator.service.deliver(a_contact())
    coordinator.service.clock.now += timedelta(seconds=1)
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 1


async def test_a_seat_heard_of_again_later_is_told_where_it_stands_and_no_mail_goes_out(
    coordinator: Coordinator,
) -> None:
    await coordinator.invite()
    await coordinator.service.deliver(a_seat())
    await coordinator.send_notices()
    assert await coordinator.service.names() == ["ContactNotified", "ContactNotified"]
    assert len(coordinator.catcher.messages) == 1


@pytest.mark.parametrize("end", ENDS, ids=NAMES)
async def test_what_ends_a_referral_or_a_choice_releases_the_invitation(coordinator: Coordinator, end: Event) -> None:
    await coordinator.invite()
    await coordinator.service.deliver(end)
    assert (await coordinator.state())["state"] == "released"
    assert await coordinator.service.rows("select * from deadline") == []
    await coordinator.service.let_pass(timedelta(days=30))
    assert "InvitationExpired" not in await coordinator.service.names()


@pytest.mark.parametrize("end", ENDS, ids=NAMES)
async def test_an_end_heard_before_the_seat_it_ends_leaves_nothing_to_send(
    coordinator: Coordinator, end: Event
) -> None:
    await coordinator.service.deliver(a_contact(), end, a_seat())
    await coordinator.send_notices()
    assert await coordinator.service.rows("select * from invitation") == []
    assert len(coordinator.catcher.messages) == 0


@pytest.mark.parametrize("end", ENDS, ids=NAMES)
async def test_an_end_before_the_notice_goes_out_stops_it(coordinator: Coordinator, end: Event) -> None:
    await coordinator.service.deliver(a_contact(), a_seat(), end)
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 0


async def test_the_next_choice_releases_the_one_before_and_older_ones_come_too_late(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat(2), a_seat(3), a_seat(1))
    await coordinator.send_notices()
    rows = await coordinator.service.rows("select choice, state from invitation order by choice")
    assert [(row["choice"], row["state"]) for row in rows] == [(2, "released"), (3, "notified")]
    assert len(coordinator.catcher.messages) == 1


async def test_after_a_released_choice_the_next_one_is_invited(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat(1), released(1), a_seat(2))
    await coordinator.send_notices()
    assert (await coordinator.state(2))["state"] == "notified"


async def test_a_withdrawal_heard_twice_changes_nothing_more(coordinator: Coordinator) -> None:
    await coordinator.invite()
    await coordinator.service.deliver(WITHDRAWN)
    before = await coordinator.service.rows("select * from invitation")
    coordinator.service.clock.now += timedelta(minutes=1)
    await coordinator.service.deliver(WITHDRAWN, released())
    assert await coordinator.service.rows("select * from invitation") == before


async def test_who_takes_part_keeps_the_accepted_invitation(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    async with coordinator.service.client() as client:
        await client.post(path, data={"answer": "accept"})
    await coordinator.service.deliver(closed("taking_part"))
    assert (await coordinator.state())["state"] == "accepted"


async def test_silence_expires_once_when_the_answer_was_due(coordinator: Coordinator) -> None:
    await coordinator.invite()
    await coordinator.service.let_pass(timedelta(days=7))
    assert "InvitationExpired" not in await coordinator.service.names()
    await coordinator.service.let_pass(timedelta(days=1))
    (expired,) = [one.event for one in await coordinator.service.announced() if one.name == "InvitationExpired"]
    assert (expired.choice, expired.reason) == (1, "no_response")
    await coordinator.service.let_pass(timedelta(days=30))
    assert (await coordinator.service.names()).count("InvitationExpired") == 1


async def test_an_answer_in_time_is_not_followed_by_an_expiry(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    async with coordinator.service.client() as client:
        await client.post(path, data={"answer": "accept"})
    await coordinator.service.let_pass(timedelta(days=30))
    assert await coordinator.service.names() == ["ContactNotified", "InvitationAccepted"]


async def test_an_expired_choice_does_not_come_back(coordinator: Coordinator) -> None:
    await coordinator.invite()
    await coordinator.service.let_pass(timedelta(days=30))
    await coordinator.service.deliver(a_seat())
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 1
    assert (await coordinator.service.names())[-1] == "InvitationExpired"  # told again to whoever asked again


async def test_the_events_of_a_referral_are_numbered_in_order(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    async with coordinator.service.client() as client:
        await client.post(path, data={"answer": "accept"})
    sequences = [one.sequence for one in await coordinator.service.announced()]
    assert sequences == [f"{1:06d}{number:014d}" for number in (1, 2)]


async def test_an_erased_referral_is_forgotten_but_for_its_end(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    async with coordinator.service.client() as client:
        await client.post(path, data={"answer": "accept"})
        await client.post(f"{path}/visit", data={"visit": "attended"})
    await coordinator.service.deliver(ERASED)
    assert await coordinator.service.announced() == []
    state = await coordinator.state()
    assert (state["state"], state["visit"], state["visited_on"]) == ("released", None, None)


async def test_an_older_state_of_a_contact_function_changes_nothing(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(2, email="new@mote.example"), a_contact(1, email="old@mote.example"))
    (row,) = await coordinator.service.rows("select email from contact_function")
    assert row["email"] == "new@mote.example"
    await coordinator.service.deliver(a_contact(3, email="newest@mote.example"))
    (row,) = await coordinator.service.rows("select email from contact_function")
    assert row["email"] == "newest@mote.example"


async def test_of_a_removed_contact_function_nothing_is_kept_and_an_older_state_does_not_bring_it_back(
    coordinator: Coordinator,
) -> None:
    tombstone = replace(a_contact(3), value=None)
    await coordinator.service.deliver(a_contact(1), tombstone, a_contact(2))
    (row,) = await coordinator.service.rows("select * from contact_function")
    assert {name for name, value in row.items() if value is not None} == {"contact_id", "sequence"}


async def test_the_sweep_finds_what_was_made_to_stand_still_and_only_that(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat(), a_seat(referral_id=UUID(int=11)))
    await coordinator.send_notices()
    coordinator.service.clock.now += timedelta(minutes=11)
    assert await coordinator.service.sweep() == 0
    async with coordinator.service.service.transaction() as tx:
        for sql in (
            "delete from deadline where key = '00000000-0000-0000-0000-000000000001'",
            "update invitation set state = 'reserved', notice_at = null where referral_id::text like '%b'",
            "delete from deadline where key = '00000000-0000-0000-0000-00000000000b'",
            "update outbox set sent_at = now()",
        ):
            await tx.connection.execute(text(sql))
    assert await coordinator.service.sweep() == 2
    await coordinator.send_notices()
    assert len(await coordinator.service.rows("select * from deadline")) == 2
    assert len(coordinator.catcher.messages) == 3
    assert await coordinator.service.sweep() == 0


async def test_a_contact_function_without_an_order_is_taken_as_it_comes(coordinator: Coordinator) -> None:
    event = ContactFunctionChanged(
        contact_id=CONTACT, municipality="NO-5501", name="Turleder", email="a@mote.example", language="sv"
    )
    await coordinator.service.deliver(a_record(event))
    assert len(await coordinator.service.rows("select * from contact_function")) == 1


async def test_an_answer_and_a_withdrawal_race_to_one_end(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    await coordinator.service.deliver(WITHDRAWN)
    async with coordinator.service.client() as client:
        answered = await client.post(path, data={"answer": "accept"}, follow_redirects=True)
    assert "ikke lenger aktuelt" in answered.text
    assert await coordinator.service.announced(InvitationAccepted) == []


async def test_a_reader_that_starts_anew_hears_of_what_is_open(coordinator: Coordinator) -> None:
    path = await coordinator.invite()
    async with coordinator.service.client() as client:
        await client.post(path, data={"answer": "accept"})
        await client.post(f"{path}/visit", data={"visit": "attended"})
    await coordinator.invite(UUID(int=11))
    await coordinator.service.deliver(a_seat(referral_id=UUID(int=12)))
    before = len(await coordinator.service.names())
    assert await announce_state(coordinator.service.service.transaction) == 3
    assert (await coordinator.service.names())[before:] == ["InvitationAccepted", "VisitRecorded", "ContactNotified"]
