import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.coordinator import ContactNotified, ContactUnreachable, InvitationExpired
from schemas.referral import ReferralWithdrawn
from services.coordinator.domain.notice import PAUSES, Delivery, Due
from services.coordinator.letterhead import Letterhead
from services.coordinator.mail import Mail
from services.coordinator.notifier import Message
from services.coordinator.sending import LEASE, Notices
from tests.coordinator.conftest import (
    ACTIVITY,
    CONTACT,
    MUNICIPALITY,
    REFERRAL,
    Coordinator,
    a_contact,
    a_seat,
    link,
    not_written_down,
    unmarked,
)

OTHER = UUID(int=11)
CODE = f"/coordinator/municipalities/{MUNICIPALITY}"


async def set_coordinator(coordinator: Coordinator) -> None:
    async with coordinator.service.client("coordinator", municipality=MUNICIPALITY) as client:
        answer = await client.put(CODE, json={"email": "koordinator@mote.example", "language": "sv"})
        assert answer.status_code == 200


def notices(coordinator: Coordinator) -> Notices:
    (step, *_) = [loop.step for loop in coordinator.service.service._loops if loop.name == "notifier"]
    found: Notices = step.__self__  # type: ignore[attr-defined]  # a bound method
    return found


async def test_the_contact_function_gets_the_notice_and_others_hear_that_it_was_sent(coordinator: Coordinator) -> None:
    await coordinator.invite()
    (mail,) = coordinator.catcher.messages
    assert mail.to == ("tur@mote.example",)
    assert mail.subject == "Noen vil komme til Tur i Folkeparken"
    (announced,) = await coordinator.service.announced(ContactNotified)
    assert announced.key == str(REFERRAL)
    assert announced.event == ContactNotified(
        referral_id=REFERRAL,
        choice=1,
        activity_id=ACTIVITY,
        contact_id=CONTACT,
        channel="email",
        answer_by=datetime(2025, 3, 19, 22, 59, 59, tzinfo=UTC),
    )


async def test_a_mail_tells_nothing_that_leads_to_the_participant(coordinator: Coordinator) -> None:
    await coordinator.invite()
    (mail,) = coordinator.catcher.messages
    assert str(REFERRAL) not in mail.text
    assert str(REFERRAL).encode() not in mail.raw


async def test_no_link_is_stored(coordinator: Coordinator) -> None:
    token = (await coordinator.invite()).rpartition("/")[2]
    for table in ("invitation", "outbox", "inbox", "deadline", "referral"):
        assert token not in str(await coordinator.service.rows(f"select * from {table}"))


async def test_without_a_contact_function_the_coordinator_is_asked(coordinator: Coordinator) -> None:
    await set_coordinator(coordinator)
    await coordinator.service.deliver(a_seat(contact_id=None))
    await coordinator.send_notices()
    (mail,) = coordinator.catcher.messages
    assert mail.to == ("koordinator@mote.example",)
    assert mail.message["Content-Language"] == "sv"
    (announced,) = await coordinator.service.announced(ContactNotified)
    assert announced.event.contact_id is None


async def test_a_contact_function_without_email_leaves_it_to_the_coordinator(coordinator: Coordinator) -> None:
    await set_coordinator(coordinator)
    await coordinator.service.deliver(a_contact(email=None, phone="+4777012345"), a_seat())
    await coordinator.send_notices()
    assert [mail.to for mail in coordinator.catcher.messages] == [("koordinator@mote.example",)]


async def test_without_anybody_to_ask_the_invitation_expires_as_unreachable(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_seat(contact_id=None))
    await coordinator.send_notices()
    assert await coordinator.service.names() == ["ContactUnreachable", "InvitationExpired"]
    unreachable, expired = [one.event for one in await coordinator.service.announced()]
    assert (unreachable.reason, unreachable.contact_id, expired.reason) == ("no_contact", None, "unreachable")


async def test_a_contact_function_that_we_hear_of_late_still_gets_its_notice(coordinator: Coordinator) -> None:
    await set_coordinator(coordinator)
    await coordinator.service.deliver(a_seat())
    await coordinator.send_notices()
    await coordinator.service.deliver(a_contact())
    coordinator.service.clock.now += timedelta(seconds=1)
    await coordinator.send_notices()
    assert [mail.to for mail in coordinator.catcher.messages] == [("tur@mote.example",)]


async def test_a_contact_function_that_we_never_hear_of_leaves_it_to_the_coordinator(coordinator: Coordinator) -> None:
    await set_coordinator(coordinator)
    await coordinator.service.deliver(a_seat())
    for _ in range(6):
        await coordinator.send_notices()
        coordinator.service.clock.now += timedelta(minutes=1)
    assert [mail.to for mail in coordinator.catcher.messages] == [("koordinator@mote.example",)]


async def test_nothing_is_sent_while_the_referral_service_does_not_answer(coordinator: Coordinator) -> None:
    coordinator.referrals.is_away = True
    await coordinator.service.deliver(a_contact(), a_seat())
    for _ in range(3):
        await coordinator.send_notices()
        coordinator.service.clock.now += timedelta(minutes=1)
    assert len(coordinator.catcher.messages) == 0
    assert await coordinator.service.names() == []
    coordinator.referrals.is_away = False
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 1


async def test_without_consent_in_force_the_notice_waits_and_others_go_out(coordinator: Coordinator) -> None:
    coordinator.referrals.refused = {REFERRAL}
    await coordinator.service.deliver(a_contact(), a_seat(), a_seat(referral_id=OTHER))
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 1
    assert {one.key for one in await coordinator.service.announced()} == {str(OTHER)}
    coordinator.referrals.refused = set()
    coordinator.service.clock.now += timedelta(minutes=1)
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 2


async def test_consent_is_asked_for_once_a_batch(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), *(a_seat(referral_id=UUID(int=100 + n)) for n in range(50)))
    await coordinator.send_notices()
    assert [len(ids) for ids in coordinator.referrals.asked] == [50]
    assert len(coordinator.catcher.messages) == 50
    assert len({mail.message_id for mail in coordinator.catcher.messages}) == 50
    assert len({link(mail) for mail in coordinator.catcher.messages}) == 50


async def test_consent_is_asked_for_with_a_token_for_that_call_alone(coordinator: Coordinator) -> None:
    await coordinator.invite()
    (token,) = coordinator.referrals.tokens
    caller = await coordinator.service.issuer.verifier().caller(token, service="referral")
    assert (caller.role, set(caller.scope)) == ("service", {"consent.read"})


async def test_a_mail_server_that_is_away_loses_no_notice(coordinator: Coordinator) -> None:
    await coordinator.catcher.stop()
    await coordinator.service.deliver(a_contact(), a_seat())
    await coordinator.send_notices()
    coordinator.service.clock.now += timedelta(days=3)
    await coordinator.send_notices()
    assert await coordinator.service.names() == []
    await coordinator.catcher.start()
    coordinator.service.clock.now += timedelta(minutes=1)
    await coordinator.send_notices()
    assert await coordinator.service.names() == ["ContactNotified"]


async def test_a_mail_server_that_hangs_up_between_two_notices_gets_the_second_too(coordinator: Coordinator) -> None:
    await coordinator.invite()
    await coordinator.catcher.stop()
    await coordinator.catcher.start()
    await coordinator.service.deliver(a_seat(referral_id=OTHER))
    await coordinator.send_notices()
    coordinator.service.clock.now += timedelta(seconds=1)
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 2


async def test_what_was_handed_over_and_marked_is_recorded_by_whoever_comes_next(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat(), a_seat(referral_id=OTHER))
    await not_written_down(coordinator, notices(coordinator))
    assert await coordinator.service.names() == []
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 2
    assert await coordinator.service.names() == ["ContactNotified"] * 2
    async with coordinator.service.service.engine.connect() as connection:
        assert await connection.scalar(text("select count(*) from handed_over")) == 0


async def test_what_was_handed_over_is_recorded_though_nobody_can_tell_of_consents(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    await not_written_down(coordinator, notices(coordinator))
    coordinator.referrals.is_away = True
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    assert await coordinator.service.names() == ["ContactNotified"]


async def test_who_lost_a_batch_puts_nothing_back_and_forgets_no_mark_of_another(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat(), a_seat(referral_id=OTHER))
    slow, now = replace(notices(coordinator), notifier=Answering("away")), coordinator.service.clock()
    lost = await slow._begin(await slow._claim(now), now)
    await slow._hand_over(lost)
    coordinator.service.clock.now += LEASE
    await not_written_down(coordinator, notices(coordinator))
    await slow._record(lost)
    await coordinator.send_notices()
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 2
    assert await coordinator.service.names() == ["ContactNotified"] * 2


async def test_a_mark_holds_for_the_address_that_the_mail_went_to(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    await not_written_down(coordinator, notices(coordinator))
    await coordinator.service.deliver(a_contact(2, email="ny@mote.example"))
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    assert [mail.to for mail in coordinator.catcher.messages] == [("tur@mote.example",), ("ny@mote.example",)]


async def test_whoever_dies_before_marking_sends_the_same_mail_again_and_no_other(coordinator: Coordinator) -> None:
    dying = notices(coordinator)
    await coordinator.service.deliver(a_contact(), a_seat())
    await not_written_down(coordinator, dying)
    await unmarked(coordinator)
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 1  # nobody else touches it while the lease lasts
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    first, second = coordinator.catcher.messages
    assert (first.message_id, link(first)) == (second.message_id, link(second))
    assert await coordinator.service.names() == ["ContactNotified"]


def be_away(monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Have the database be away so often when it is to be written down what became of notices."""
    record, away = Notices._record, [ConnectionResetError() for _ in range(times)]

    async def record_later(*given: object) -> None:
        if away:
            raise away.pop()
        await record(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(Notices, "_record", record_later)


async def test_a_mail_goes_once_though_the_database_is_away_when_that_is_to_be_written_down(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending = notices(coordinator)
    be_away(monkeypatch, times=2)
    await coordinator.service.deliver(a_contact(), a_seat(), a_seat(referral_id=OTHER))
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            await sending.send_due(coordinator.service.clock())
    assert await sending.send_due(coordinator.service.clock()) == 2
    coordinator.service.clock.now += LEASE
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 2
    assert await coordinator.service.names() == ["ContactNotified"] * 2


async def test_a_batch_that_another_took_meanwhile_is_sent_and_written_down_once(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = notices(coordinator), replace(notices(coordinator))
    be_away(monkeypatch, times=1)
    await coordinator.service.deliver(a_contact(), a_seat(), a_seat(referral_id=OTHER))
    with pytest.raises(ConnectionResetError):
        await slow.send_due(coordinator.service.clock())
    coordinator.service.clock.now += LEASE
    assert await quick.send_due(coordinator.service.clock()) == 2
    await slow.send_due(coordinator.service.clock())
    assert len(coordinator.catcher.messages) == 2
    assert await coordinator.service.names() == ["ContactNotified"] * 2


async def test_a_notice_that_cannot_be_written_waits_and_others_go_out(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Letterhead.notice

    def broken(letterhead: Letterhead, due: Due, *given: Any) -> Mail:  # noqa: ANN401 - as the letterhead has it
        if due.referral_id == OTHER:
            raise ValueError
        return write(letterhead, due, *given)

    monkeypatch.setattr(Letterhead, "notice", broken)
    seats = [a_seat(referral_id=UUID(int=100 + n)) for n in range(5)]
    await coordinator.service.deliver(a_contact(), a_seat(referral_id=OTHER), *seats)
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 5
    monkeypatch.undo()
    coordinator.service.clock.now += timedelta(seconds=1)
    await coordinator.send_notices()
    assert len(coordinator.catcher.messages) == 6


async def test_waiting_for_consent_is_no_attempt(coordinator: Coordinator) -> None:
    await set_coordinator(coordinator)
    coordinator.referrals.is_away = True
    await coordinator.service.deliver(a_seat())
    for _ in range(10):
        await coordinator.send_notices()
        coordinator.service.clock.now += timedelta(minutes=5)
    coordinator.referrals.is_away = False
    await coordinator.send_notices()
    await coordinator.service.deliver(a_contact())  # of which we have heard too late, had it been tried ten times
    coordinator.service.clock.now += timedelta(minutes=1)
    await coordinator.send_notices()
    assert [mail.to for mail in coordinator.catcher.messages] == [("tur@mote.example",)]


async def test_an_answer_that_is_quicker_than_our_record_of_the_notice_counts(coordinator: Coordinator) -> None:
    sending = notices(coordinator)
    await coordinator.service.deliver(a_contact(), a_seat())
    batch = await not_written_down(coordinator, sending)
    async with coordinator.service.client() as client:
        await client.post(link(coordinator.catcher.messages[0]), data={"answer": "accept"})
    await sending._record(batch)
    assert await coordinator.service.names() == ["ContactNotified", "InvitationAccepted"]
    assert (await coordinator.state())["state"] == "accepted"


async def test_a_withdrawal_while_the_mail_is_on_its_way_stands(coordinator: Coordinator) -> None:
    sending = notices(coordinator)
    await coordinator.service.deliver(a_contact(), a_seat())
    batch = await not_written_down(coordinator, sending)
    await coordinator.service.deliver(ReferralWithdrawn(referral_id=REFERRAL, choice=1, reason="consent"))
    await sending._record(batch)
    assert (await coordinator.state())["state"] == "released"
    assert await coordinator.service.names() == []


async def test_two_notifiers_never_send_the_same_notice(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), *(a_seat(referral_id=UUID(int=100 + n)) for n in range(20)))
    both = [replace(notices(coordinator)) for _ in range(2)]
    await asyncio.gather(*(each.send_due(coordinator.service.clock()) for each in both))
    assert len(coordinator.catcher.messages) == 20
    assert await coordinator.service.names() == ["ContactNotified"] * 20


class Answering:
    """A notifier whose mail server always says the same."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def send(self, messages: Sequence[Message], /) -> Sequence[Delivery]:
        """Say it."""
        return [self.delivery] * len(messages)


class Avoiding(Answering):
    """A notifier whose mail server hangs up on the first mail of each batch."""

    async def send(self, messages: Sequence[Message], /) -> Sequence[Delivery]:
        """Take all of them but the first."""
        return ["away", *await super().send(messages[1:])]


async def test_a_mail_that_the_server_hangs_up_on_is_tried_again_soon_and_no_other_waits_for_it(
    coordinator: Coordinator,
) -> None:
    sending = replace(notices(coordinator), notifier=Avoiding("sent"))
    for left in (3, 2):
        for n in range(left):
            await coordinator.service.deliver(a_contact(), a_seat(referral_id=UUID(int=100 * left + n)))
        await sending.send_due(coordinator.service.clock())
        assert sending.not_before == coordinator.service.clock() + PAUSES[0]
        coordinator.service.clock.now += PAUSES[0]
    assert await coordinator.service.names() == ["ContactNotified"] * 4


class Hanging(Answering):
    """A notifier whose mail server hangs on mails to one address, until there is no time for the mails behind it."""

    async def send(self, messages: Sequence[Message], /) -> Sequence[Delivery]:
        """Take those before it."""
        hangs = next((place for place, each in enumerate(messages) if each.to == "0@mote.example"), len(messages))
        return ["sent"] * hangs + [*["broken_off"], *["away"] * len(messages)][: len(messages) - hangs]


async def test_a_mail_on_which_the_server_hangs_every_time_keeps_others_waiting_once(coordinator: Coordinator) -> None:
    sending = replace(notices(coordinator), notifier=Hanging("sent"))
    functions = [UUID(int=500 + n) for n in range(12)]
    for n, function in enumerate(functions):
        contact = a_contact(contact_id=function, email=f"{n}@mote.example")
        await coordinator.service.deliver(contact, a_seat(referral_id=function, contact_id=function))
        coordinator.service.clock.now += timedelta(seconds=1)
    for sent in (0, 11, 11, 11):
        await sending.send_due(coordinator.service.clock())
        assert await coordinator.service.names() == ["ContactNotified"] * sent
        assert sending.failures <= 1
        coordinator.service.clock.now += PAUSES[-1]
    late = a_seat(referral_id=OTHER, contact_id=functions[1])
    await coordinator.service.deliver(late)
    await sending.send_due(coordinator.service.clock())
    assert await coordinator.service.names() == ["ContactNotified"] * 12


def with_answer(coordinator: Coordinator, delivery: Delivery) -> Notices:
    return replace(notices(coordinator), notifier=Answering(delivery))


async def test_a_mailbox_that_is_refused_for_ever_ends_the_invitation(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    refusing = with_answer(coordinator, "refused")
    while await refusing.send_due(coordinator.service.clock()):
        pass
    (unreachable,) = await coordinator.service.announced(ContactUnreachable)
    (expired,) = await coordinator.service.announced(InvitationExpired)
    assert (unreachable.event.reason, unreachable.event.contact_id) == ("mail_refused", CONTACT)
    assert expired.event.reason == "unreachable"


async def test_a_mailbox_that_says_later_for_days_ends_the_invitation(coordinator: Coordinator) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    deferring = with_answer(coordinator, "deferred")
    await deferring.send_due(coordinator.service.clock())
    assert await coordinator.service.names() == []
    await coordinator.tried_for_a_day()
    while await deferring.send_due(coordinator.service.clock()):
        pass
    assert await coordinator.service.names() == ["ContactUnreachable", "InvitationExpired"]


@pytest.mark.parametrize("delivery", ["sent", "deferred", "away"])
async def test_a_notice_is_dealt_with_once_whatever_becomes_of_it(coordinator: Coordinator, delivery: Delivery) -> None:
    await coordinator.service.deliver(a_contact(), a_seat())
    sending = with_answer(coordinator, delivery)
    assert await sending.send_due(coordinator.service.clock()) == 1
    assert await sending.send_due(coordinator.service.clock()) == 0


async def test_what_is_sent_is_a_whole_mail(coordinator: Coordinator) -> None:
    await coordinator.invite(activity_name=".\n.Dot och prick.")
    (mail,) = coordinator.catcher.messages
    read = message_from_bytes(mail.raw, policy=policy.SMTP)
    assert read["Subject"] == "Noen vil komme til . .Dot och prick."
    assert not read.defects
